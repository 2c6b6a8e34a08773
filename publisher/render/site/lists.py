"""The pages of sections, tags and authors, cut from the oldest article on: a full page stays as it is."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

import msgspec

from publisher.model import Chapter, Document, Listed, Material
from publisher.render.catalogue import Catalogue
from publisher.render.feeds.channels import slug
from publisher.render.site.cards import Card, card
from publisher.render.site.frame import Frame, Link, PageView

SIZE = 30
"""Articles on a full page; the newest page has half as many at least, and as many more at most."""

SECTIONS, TAGS, AUTHORS = "sections", "tags", "authors"
NAMES = {SECTIONS: "Section", TAGS: "Tag", AUTHORS: "Author"}

Item = TypeVar("Item")


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a long list: where it stands in it."""

    number: int | None
    """From 1, the oldest; None: the newest, which grows."""
    start: int
    end: int
    full: int
    """How many full pages there are."""

    def path(self, top: str) -> str:
        return top if self.number is None else f"{top}{self.number}/"

    def older(self, top: str) -> str | None:
        before = self.full if self.number is None else self.number - 1
        return f"{top}{before}/" if before else None

    def newer(self, top: str) -> str | None:
        if self.number is None:
            return None
        return top if self.number == self.full else f"{top}{self.number + 1}/"


class ListView(msgspec.Struct, frozen=True, kw_only=True):
    """`list` in its template."""

    kind: str
    title: str
    feeds: Sequence[Link]
    cards: Sequence[Card]


def leaves(count: int) -> Iterator[Leaf]:
    """How a list of so many items, newest first, is cut into pages."""
    full = max(0, (count - SIZE // 2) // SIZE)
    yield Leaf(number=None, start=0, end=count - full * SIZE, full=full)
    for number in range(full, 0, -1):
        yield Leaf(number=number, start=count - number * SIZE, end=count - (number - 1) * SIZE, full=full)


def path_of(frame: Frame, kind: str, name: str) -> str:
    return frame.own(f"/{kind}/{slug(name)}/")


def topics(catalogue: Catalogue, lang: str, kind: str) -> Mapping[str, tuple[str, Sequence[Listed]]]:
    """Slug -> (name, its articles, newest first), in the order of slugs. Names with one slug are one topic."""
    named = catalogue.named(lang, kind.removesuffix("s"))
    spelt: dict[str, list[str]] = {}
    for name in named:
        spelt.setdefault(slug(name), []).append(name)
    return {
        key: (min(names), catalogue.together([named[one] for one in names])) for key, names in sorted(spelt.items())
    }


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """One section, tag or author of one language."""

    kind: str
    name: str
    top: str
    """The site path of its newest page."""
    articles: Sequence[Listed]
    feeds: Sequence[Link]


def all_topics(frame: Frame) -> Iterator[Topic]:
    """The sections, tags and authors of one language."""
    for kind in (SECTIONS, TAGS, AUTHORS):
        for key, (name, found) in topics(frame.catalogue, frame.lang, kind).items():
            yield Topic(
                kind=kind,
                name=name,
                top=frame.own(f"/{kind}/{key}/"),
                articles=found,
                feeds=frame.feed_links(kind.removesuffix("s"), name),
            )


def chapter(frame: Frame, topic: Topic) -> Chapter:
    """Its pages. When it grows the newest page changes, and at times the one that was full before."""
    seen = (topic.name, repr(topic.feeds), frame.catalogue.seal(topic.articles))
    return frame.chapter(f"list {topic.top}", partial(_documents, frame, topic), *seen)


def _documents(frame: Frame, topic: Topic) -> Iterator[Document]:
    return (_document(frame, topic, leaf) for leaf in leaves(len(topic.articles)))


def _document(frame: Frame, topic: Topic, leaf: Leaf) -> Document:
    shown = topic.articles[leaf.start : leaf.end]
    links = repr((topic.name, leaf.older(topic.top), leaf.newer(topic.top), topic.feeds))
    write = partial(_write, frame, topic, leaf)
    return frame.document(leaf.path(topic.top), write, links, frame.catalogue.prints(shown), shows=shown)


def _write(frame: Frame, topic: Topic, leaf: Leaf, material: Material) -> bytes:
    words, top = frame.language, topic.top
    title = topic.name if leaf.number is None else f"{topic.name} · {words.number(leaf.number)}"
    page = PageView(
        title=title,
        description=words.text("{topic}: articles from {name}", topic=title, name=frame.catalogue.publication.name),
        url=frame.absolute(leaf.path(top)),
        previous=neighbour(frame, leaf.newer(top), "Newer"),
        next=neighbour(frame, leaf.older(top), "Older"),
        feeds=[*frame.site_feeds, *topic.feeds],
        zone=frame.zone,
    )
    view = ListView(
        kind=words.text(NAMES[topic.kind]),
        title=title,
        feeds=topic.feeds,
        cards=[card(frame, material.articles[one.id]) for one in topic.articles[leaf.start : leaf.end]],
    )
    return frame.fill("list.html", "list", page, list=view)


def neighbour(frame: Frame, path: str | None, label: str) -> Link | None:
    """The next page of a list, newer or older."""
    if path is None:
        return None
    return Link(title=frame.language.text("Next page"), url=frame.href(path), label=frame.language.text(label))
