"""Cases of six sanitiser suites through `render`, read by a parser that is not ours."""

import json
from collections.abc import Iterator
from pathlib import Path

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model import Body
from publisher.render.excerpts import excerpt, for_feed, plain
from publisher.render.markdown import render

BASE = "https://z.example/a/"
DANGEROUS = {
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "form",
    "input",
    "button",
    "base",
    "meta",
    "link",
    "svg",
    "math",
}
URLS = {"href", "src", "action", "formaction", "poster", "background", "data", "cite", "srcset", "xlink:href"}


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def cases(corpora: Path) -> Iterator[str]:
    """Each file as it is, and each text in those that are JSON."""
    for place in sorted((corpora / "sanitize").rglob("*")):
        if place.is_file() and place.name != "MANIFEST.tsv":
            written = place.read_text(encoding="utf-8", errors="replace")
            yield written
            try:
                yield from texts(json.loads(written))
            except ValueError:
                yield from written.split("\n\n")


def assert_harmless(html: str) -> None:
    tree = lxml.html.fragment_fromstring(html, create_parent="div")
    for element in tree.iter():
        assert isinstance(element.tag, str), "no comments, no processing instructions"
        assert element.tag not in DANGEROUS, html
        for name, value in element.attrib.items():
            assert not name.startswith("on"), html
            assert name not in {"style", "srcdoc", "target"}, html
            if name in URLS:
                assert value.lower().startswith(("http://", "https://", "mailto:", "#fn", "#fr")), html


@pytest.mark.corpora
@pytest.mark.parametrize("markup", ["html", "markdown"])
def test_nothing_that_acts_is_left_of_any_known_attack(corpora: Path, markup):
    seen = 0
    for written in cases(corpora):
        seen += 1
        once = render(Body(markup=markup, text=written), (), base=BASE).html
        assert_harmless(once)
        assert_harmless(for_feed(once, base=BASE))
        if markup == "html":
            assert render(Body(markup="html", text=once), (), base=BASE).html == once
        plain(once)
        excerpt(once)
    assert seen > 600


PIECES = st.sampled_from(
    [
        *(
            "<",
            ">",
            '"',
            "'",
            "`",
            ")",
            "<a href=",
            "javascript:",
            "data:x",
            "//e.example",
            "<p>",
            "</p>",
            "<img src=x",
        ),
        *(
            " onerror=x ",
            "<svg>",
            "<math>",
            "<style>",
            "<!--",
            "-->",
            "</",
            "&#x6a;",
            "&#1;",
            "[^1]",
            "\n[^1]: ",
            "[@k]",
        ),
        *("{{", "%}", "\n\n", "    ", "<table>", "<td>", "<div>", "<h1>", "</h1>", "<noscript>", "<template>", "[x]("),
        *("<![CDATA[", "| a |\n|--|\n"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=25).map("".join), st.sampled_from(["html", "markdown"])
)
def test_nothing_that_acts_comes_out_of_anything(written, markup):
    once = render(Body(markup=markup, text=written), (), base=BASE).html
    if once.strip():
        assert_harmless(once)
    if "doc-endnotes" not in once:
        assert render(Body(markup="html", text=once), (), base=BASE).html == once or "{{" in once or "{%" in once
    plain(once)


def test_an_address_whose_host_cannot_be_is_taken_out_the_first_time():
    assert render(Body(markup="html", text="<a href=//e.example<svg>x</a>"), (), base=BASE).html == "x"
