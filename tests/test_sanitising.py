"""Cases of six sanitiser suites through `render`, read by a parser that is not ours."""

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import lxml.html
import pyromark
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model import Body
from publisher.render.excerpts import excerpt, for_feed, plain
from publisher.render.markdown import render
from publisher.render.sanitise import sanitise
from publisher.render.settled import settled
from publisher.render.template_tags import OPTIONS

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


WORDS = st.sampled_from(
    [
        *(
            "*",
            "**",
            "_",
            "~~",
            "`",
            "```",
            "#",
            "##",
            "- ",
            "1. ",
            "3) ",
            "> ",
            "    ",
            "\t",
            "\n",
            "\n\n",
            "  \n",
            "---",
        ),
        *(
            "[a](https://a.example/b?c=d&e#f)",
            "[a](",
            ")",
            "[",
            "]",
            "](//b.example)",
            "(javascript:x)",
            "![i](j)",
            "[^1]",
        ),
        *(
            "https://a.example",
            "http://1.2.3.4.5/",
            "HTTP://b",
            "&amp;",
            "&lt;b&gt;",
            "&#13;",
            "&#1;",
            "&nbsp;",
            "&quot;",
        ),
        *("\\", "|", "a", "b c", "\xa0", '"', "'", "{#x .y}", "é", "\u2028", "words", "."),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=25).map("".join))
def test_what_is_told_to_be_clean_is_what_the_cleaner_would_have_made_of_it(text):
    raw = pyromark.html(text, options=OPTIONS)
    plain = settled(raw)
    assert plain is None or plain[0] == sanitise(raw, base=BASE)


@pytest.mark.corpora
def test_whole_archives_are_told_to_be_clean_as_the_cleaner_leaves_them(corpora: Path):
    seen = 0
    with tarfile.open(corpora / "archives" / "nodejs-blog" / "articles.tar.xz") as packed:
        texts = [packed.extractfile(one).read().decode() for one in packed if one.isfile()]  # type: ignore[union-attr]
    for text in texts:
        body = text.partition("\n---\n")[2]
        raw = pyromark.html(body, options=OPTIONS)
        plain = settled(raw) if "<" not in body else None
        seen += plain is not None
        assert plain is None or plain[0] == sanitise(raw, base=BASE)
    assert seen > len(texts) // 2


@pytest.mark.parametrize(
    "written",
    [
        '<a href="javascript:x">',
        '<a href="HTTPS://a.example/">',
        '<a href="https://127.0.0.1/">',
        '<a href="https://xn--a.example/">',
        '<a href="https://a.example/" onclick="x">',
        '<a href="https://a.example/\u2028">',
        '<p class="x">',
        "<script>",
        "<svg/onload=x>",
        "<p",
        "&#106;",
        "a\rb",
        "<!-- -->",
        '<ol start="x">',
    ],
)
def test_what_a_cleaner_could_mind_is_never_told_to_be_clean(written):
    assert settled(f"<p>a</p>{written}") is None
