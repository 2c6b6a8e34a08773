"""What the feed validators of the field complain about, asked of every document of a publication full of oddities.

The rules are those that the W3C Feed Validator and the specifications have; it is not needed to run them.
"""

import html.entities
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import etree
from msgspec.structs import replace

from publisher.collect.syndication import parse
from publisher.model import Correction, Origin, Retraction, Source
from test_feeds import ATOM, T, article, catalogue, parsed, publication, written

DC = "{http://purl.org/dc/elements/1.1/}"
TITLES = (
    "What &nbsp; means",
    "The </body> tag is optional",
    "a < b && b > c",
    "The pipeline operator (|&gt;)",
    "שלום & العالم",
    "Emoji 👩\u200d👩\u200d👧 and \x01 control",
    "]]> ends a section",
    "<script>alert(1)</script>",
    "&#x26; &#38; numeric",
    "Quotes \" ' “”",
    "R&D and AT&T; &copy",
    "",
    "long " * 90,
)
FEED_URL = "https://zendoric.example/feeds/atom.xml"
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
RFC5322 = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")


def odd() -> dict[str, bytes]:
    articles = [
        article(
            f"a{n}",
            title=title,
            lede=title,
            authors=(title,) if n % 3 else (),
            section=title or None,
            tags=(title, "plain"),
            lang="ar" if n % 5 == 4 else "en",
            published=T - timedelta(hours=n),
            sources=(
                Source(title=title, publisher=title, url="https://source.example/a b?q=<x>&y=ñ#z", note=title),
                Source(title=title, access="open", verification="verified"),
            ),
            corrections=(Correction(at=T, text=title),) if n % 4 == 1 else (),
            retracted=Retraction(at=T, reason=title) if n % 6 == 5 else None,
            origin=Origin(feed="https://other.example/feed", title=title, rights=title) if n % 2 else None,
        )
        for n, title in enumerate(TITLES)
    ]
    named = replace(publication(description="R&amp;D </b> & <i>"), name="Odd & <b>bold</b> &amp; news")
    of = catalogue(*articles, publication=named)
    return written(of, {one.slug: f"<p>{one.title}</p><iframe src='x'></iframe><a href='r'>r</a>" for one in articles})


@pytest.fixture(scope="module")
def documents() -> dict[str, bytes]:
    return odd()


def roots(documents: dict[str, bytes], name: str) -> Iterator[tuple[str, Any]]:
    found = [(path, etree.fromstring(content)) for path, content in documents.items() if path.endswith(name)]
    assert found
    yield from found


def looks_like_markup(text: str) -> bool:
    """As the validator and lenient readers judge plain text."""
    entities = (one for one in re.findall(r"&(#?\w+)", text))
    return bool(re.search(r"</\w+>", text)) or any(
        one in html.entities.name2codepoint or one == "apos" or not one.isalpha() for one in entities
    )


def test_plain_text_of_atom_is_never_taken_for_markup(documents: dict[str, bytes]) -> None:
    for path, root in roots(documents, "atom.xml"):
        for one in root.iter(f"{ATOM}title", f"{ATOM}subtitle", f"{ATOM}summary", f"{ATOM}rights"):
            if one.getparent().tag != f"{ATOM}source":
                assert one.get("type") == ("html" if looks_like_markup(one.text or "") else one.get("type")), path
        for name in root.iter(f"{ATOM}name"):
            assert not re.search(r"</\w+>", name.text)
        for link in root.iter(f"{ATOM}link"):
            assert not re.search(r"</\w+>", link.get("title", ""))


def test_plain_text_spells_its_ampersands_as_ampersands(documents: dict[str, bytes]) -> None:
    for path in ("feeds/atom.xml", "feeds/rss.xml"):
        bare = re.sub(rb"(?s)<(content|content:encoded|description)\b.*?</\1>", b"", documents[path])
        assert b"&#x26;" in bare
        assert b"&amp;" not in bare


def test_every_title_comes_back_as_it_was_written(documents: dict[str, bytes]) -> None:
    """Whatever it looks like, and in our own collector too."""
    for lang in ("", "ar/"):
        path = f"{lang}feeds/atom.xml"
        feed = parse(documents[path], content_type="application/atom+xml", url=FEED_URL, now=T)
        titles = {" ".join(title.replace("\x01", "").split()) for title in TITLES}
        for one in feed.entries:
            if not one.title.startswith("https://"):
                assert one.title in titles
        for read in json.loads(documents[f"{lang}feeds/feed.json"])["items"]:
            assert read["title"] in titles or read["title"] == read["url"]


def test_atom_has_what_rfc_4287_asks_for_and_nothing_twice(documents: dict[str, bytes]) -> None:
    once = ("id", "title", "updated", "published", "content", "summary", "rights", "source", "subtitle", "generator")
    for path, root in roots(documents, "atom.xml"):
        for holder in (root, *root.findall(f"{ATOM}entry")):
            for name in ("id", "title", "updated"):
                assert (holder.findtext(f"{ATOM}{name}") or "").strip(), (path, name)
            for name in once:
                assert len(holder.findall(f"{ATOM}{name}")) <= 1, (path, name)
            assert holder.find(f"{ATOM}author/{ATOM}name").text.strip()
            for date in holder.findall(f"{ATOM}updated") + holder.findall(f"{ATOM}published"):
                assert DATE.fullmatch(date.text)
            alternates = [one for one in holder.findall(f"{ATOM}link") if one.get("rel") == "alternate"]
            assert len({(one.get("type"), one.get("hreflang")) for one in alternates}) == len(alternates) == 1
        for link in root.iter(f"{ATOM}link"):
            parts = urlsplit(link.get("href"))
            assert parts.scheme in {"http", "https"}
            assert parts.netloc
            assert re.fullmatch(r"[!#$%&'()*+,/:;=?@\[\]\w.~-]+", link.get("href"), re.ASCII)


def test_rss_has_what_its_specification_asks_for(documents: dict[str, bytes]) -> None:
    for path, root in roots(documents, "rss.xml"):
        channel = root.find("channel")
        for name in ("title", "link", "description"):
            assert channel.findtext(name).strip(), (path, name)
        assert RFC5322.fullmatch(channel.findtext("lastBuildDate"))
        for item in channel.findall("item"):
            for name in ("title", "link", "guid", "pubDate", "description"):
                assert len(item.findall(name)) == 1, (path, name)
                assert item.findtext(name).strip(), (path, name)
            assert item.find("guid").get("isPermaLink") == "false"
            assert RFC5322.fullmatch(item.findtext("pubDate"))
            assert item.find("author") is None, "RSS wants an address there; dc:creator has the name"
            for one in (*item.findall("title"), *item.findall("category"), *item.findall(f"{DC}creator")):
                assert not re.search(r"</\w+>", one.text)


def test_json_feed_has_the_types_of_version_1_1(documents: dict[str, bytes]) -> None:
    strings = {"id", "url", "title", "content_html", "summary", "image", "date_published", "date_modified", "language"}
    known = strings | {"authors", "tags", "_publisher"}
    top = {"version", "title", "home_page_url", "feed_url", "description", "language", "next_url", "authors", "hubs"}
    for path, content in documents.items():
        if not path.endswith("feed.json"):
            continue
        feed = json.loads(content)
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert set(feed) <= top | {"items", "_publisher"}
        assert feed["title"].strip()
        assert all(set(one) <= {"name", "url", "avatar"} for one in feed["authors"])
        for item in feed["items"]:
            assert set(item) <= known
            assert all(isinstance(item[key], str) and item[key] for key in strings & item.keys())
            assert all(isinstance(tag, str) and tag for tag in item["tags"])
            assert all(one["name"] for one in item["authors"])
            for key in ("date_published", "date_modified"):
                assert DATE.fullmatch(item[key])
                assert datetime.fromisoformat(item[key]).tzinfo
            assert "\x01" not in json.dumps(item)
        assert None not in _values(feed)


def _values(of: Any) -> Iterator[Any]:
    for one in of.values() if isinstance(of, dict) else of if isinstance(of, list) else ():
        yield one
        yield from _values(one)


def test_content_is_safe_whole_and_links_are_absolute(documents: dict[str, bytes]) -> None:
    for path in ("feeds/atom.xml", "feeds/rss.xml"):
        for entry in parsed(documents[path]).entries:
            markup = entry.content[0].value
            assert not re.search(r"<(script|iframe|object|embed|style|form)\b", markup)
            assert not re.search(r'(href|src)="(?!https?:|mailto:)', markup)
