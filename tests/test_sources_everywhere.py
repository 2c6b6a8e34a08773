"""Every source of an article is on its page, in both parts of the mail and in the feeds, with as many marks in each."""

import json
import re
from html.parser import HTMLParser

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace

from newsroom import LENS, MADRID, PUBLICATION, TEMPLATES, WORDS, at, newsroom
from publisher.model import Article, Body, Source
from publisher.render import feeds, language, sourcing
from publisher.render.digest import DigestContent, compose
from publisher.render.environment import environment
from publisher.render.feeds import load
from publisher.render.message import Slots

ATOM = "{http://www.w3.org/2005/Atom}"
ENGLISH = language.load(WORDS, ["en"], MADRID)["en"]
words = st.text(alphabet="abcdefghijklmnop ", min_size=3, max_size=40).map(lambda text: " ".join(text.split()) or "x")


@st.composite
def sources(draw: st.DrawFn) -> tuple[Source, ...]:
    """In every state, each with a title that is nowhere else."""
    return tuple(
        Source(
            key=f"k{n}",
            title=f"Q{n}q {draw(words)}",
            publisher=draw(st.none() | words),
            url=draw(st.sampled_from([None, f"https://source{n}.example/?a=1&b={n}"])),
            role=draw(st.sampled_from([None, *sourcing.ROLES])),
            access=draw(st.sampled_from(list(sourcing.ACCESSES))),
            verification=draw(st.sampled_from(list(sourcing.VERIFICATIONS))),
            archived=draw(st.sampled_from([None, f"https://archive{n}.example/"])),
            seen=draw(st.sampled_from([None, at(2026, 6, 24, 8, 5)])),
            note=draw(st.none() | words),
        )
        for n in range(1, draw(st.integers(1, 7)) + 1)
    )


class Marks(HTMLParser):
    """What a page says of each source: the text of its row, under its number."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.text += data


def said(html: str) -> str:
    return " ".join(Marks(html).text.split())


def marks(text: str, found: tuple[Source, ...]) -> list[str]:
    """For each source whose title is there, the word that follows it first: its mark."""
    all_words = "|".join(map(re.escape, sourcing.VERIFICATIONS.values()))
    ends = [text.find(f"Q{n}q ", 0) for n in range(1, len(found) + 1)]
    assert -1 not in ends, f"source {ends.index(-1) + 1} is missing"
    return [match[0] if (match := re.search(all_words, text[place:])) else "" for place in ends]


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(sources())
def test_every_source_is_everywhere_with_the_same_mark(found: tuple[Source, ...]) -> None:
    piece = replace(LENS, sources=found)
    cited = "Said so." + " ".join(f"[@{one.key}]" for one in found)
    wanted = [sourcing.VERIFICATIONS[one.verification] for one in found]
    room = newsroom([piece], bodies={piece.id: cited})
    page = room.page("2026/06/25/lens/index.html")
    listed = page[page.index('id="sources"') :]
    assert marks(said(listed), found) == wanted
    assert len(re.findall(r'<li id="s\d+"', listed)) == len(found)
    assert set(re.findall(r'href="#s(\d+)"', page)) == {str(n) for n in range(1, len(found) + 1)}

    mail = composed(piece, cited)
    assert marks(" ".join(mail.text.split()), found) == wanted
    assert len(re.findall(r"^\[\d+\] Q", mail.text, re.MULTILINE)) == len(found)
    rows = said(mail.html[mail.html.index('cellspacing="0" border="0"><tr><td class="mut"') :])
    assert marks(rows, found) == wanted
    assert {int(n) for n in re.findall(r"\[(\d+)\]", said(mail.html))} == set(range(1, len(found) + 1))

    for content in (atom_content(room), json_content(room)):
        items = content[content.index("<ol>") :]
        assert marks(said(items), found) == wanted
        assert items.count("<li>") == len(found)


def composed(piece: Article, body: str):
    content = DigestContent(
        name="2026-06-25",
        day=piece.published.date(),
        slot=piece.published,
        articles=(piece,),
        bodies={piece.id: Body(markup="markdown", text=body)},
    )
    return compose(
        content,
        language=ENGLISH,
        environment=environment(TEMPLATES),
        publication=PUBLICATION,
        slots=Slots.of("2026-06-25", "en"),
    )


def feed_of(room, path: str) -> str:
    definitions = load({"site.toml": 'title = "{publication}"\narticles = "site"\nformats = ["atom", "json"]\n'})
    planned = {one.path: one for one in feeds.plan(room.catalogue, definitions)}
    return room.write(planned[path])


def atom_content(room) -> str:
    entry = etree.fromstring(feed_of(room, "feeds/atom.xml").encode()).find(f"{ATOM}entry")
    return entry.findtext(f"{ATOM}content")


def json_content(room) -> str:
    return json.loads(feed_of(room, "feeds/feed.json"))["items"][0]["content_html"]
