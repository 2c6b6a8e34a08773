"""Pages about the publication: its feeds, its corrections, how it works; and what is not there."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial

import msgspec

from publisher.model import Chapter, Document, Listed, Material
from publisher.render.site import versions
from publisher.render.site.frame import FORM_NAMES, MEDIA_TYPES, FeedLink, Frame, Link, Moment, PageView
from publisher.render.site.lists import Leaf, leaves, neighbour
from publisher.render.site.places import placed

MOST_FEEDS = 12
"""Of sections, of tags and of authors on the page of feeds; all are in the OPML file and on their own pages."""
GROUPS = {
    "site": "All articles",
    "digest": "The digest",
    "selection": "Selections",
    "section": "Sections",
    "tag": "Tags",
    "author": "Authors",
}


class FeedView(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    address: str
    forms: Sequence[Link]


class FeedGroup(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    feeds: Sequence[FeedView]
    rest: str


class FeedsView(msgspec.Struct, frozen=True, kw_only=True):
    """`feeds` in its template."""

    groups: Sequence[FeedGroup]
    opml: str


class CorrectionView(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    url: str
    label: str
    at: Moment
    text: str
    compare: Link | None
    """Where what it changed is shown."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A correction or a retraction, with its article."""

    article: Listed
    at: datetime
    label: str
    text: str
    compare: Link | None = None

    @property
    def key(self) -> str:
        """Equal keys look the same."""
        return repr(
            (self.article.address, self.article.title, self.at.timestamp(), self.label, self.text, self.compare)
        )


def chapters(frame: Frame) -> Iterator[Chapter]:
    corrected = frame.catalogue.corrected(frame.lang)
    seen, kept = frame.catalogue.prints(corrected), repr([frame.catalogue.bore.get(one.id) for one in corrected])
    yield frame.chapter(f"corrections {frame.lang}", partial(_corrections, frame, corrected), seen, kept)
    own = [feed for feed in frame.feeds if feed.lang == frame.lang]
    yield frame.chapter(f"papers {frame.lang}", partial(_papers, frame, own), repr(own))


def _papers(frame: Frame, feeds: Sequence[FeedLink]) -> Iterator[Document]:
    if ("standards", frame.lang) not in {(page.name, page.lang) for page in placed(frame.catalogue)}:
        yield frame.document(frame.own("/standards/"), partial(_standards, frame))
    if frame.feeds:
        yield frame.document(frame.own("/feeds/"), partial(_feeds, frame, feeds), repr(feeds))


def _page(frame: Frame, title: str, path: str, description: str = "") -> PageView:
    return PageView(
        title=frame.language.text(title),
        description=description,
        url=frame.absolute(frame.own(path)),
        alternates=frame.everywhere(path),
        feeds=frame.site_feeds,
        zone=frame.zone,
    )


def _standards(frame: Frame, _: Material) -> bytes:
    words = frame.language.text("Every article says what it rests on, in one line at the top and in full at the end.")
    page = _page(frame, "How we work", "/standards/", words)
    return frame.fill("standards.html", "paper", page, corrections=frame.href(frame.own("/corrections/")))


def _feeds(frame: Frame, feeds: Sequence[FeedLink], _: Material) -> bytes:
    said = frame.language.text("The feeds of {name}.", name=frame.catalogue.publication.name)
    groups = [_group(frame, kind, [one for one in feeds if one.kind == kind]) for kind in GROUPS]
    view = FeedsView(groups=[group for group in groups if group.feeds], opml=frame.href("/feeds/opml.xml"))
    return frame.fill("feeds.html", "feeds", _page(frame, "Feeds", "/feeds/", said), feeds=view)


def _group(frame: Frame, kind: str, feeds: Sequence[FeedLink]) -> FeedGroup:
    rest = len(feeds) - MOST_FEEDS
    more = ("And {n} more: its page names its feed.", "And {n} more: the page of each names its feed.")
    return FeedGroup(
        title=frame.language.text(GROUPS[kind]),
        feeds=[_feed(frame, feed) for feed in feeds[:MOST_FEEDS] if feed.paths],
        rest=frame.language.plural(*more, rest) if rest > 0 else "",
    )


def _feed(frame: Frame, feed: FeedLink) -> FeedView:
    forms = [
        Link(title="", label=FORM_NAMES[form], type=MEDIA_TYPES[form], url=frame.href(f"/{path}"))
        for form, path in feed.paths.items()
    ]
    return FeedView(title=feed.title, address=frame.absolute(f"/{next(iter(feed.paths.values()))}"), forms=forms)


def _corrections(frame: Frame, articles: Sequence[Listed]) -> Iterator[Document]:
    changes = sorted(_changes(frame, articles), key=lambda one: (one.at, one.article.id), reverse=True)
    top = frame.own("/corrections/")
    for leaf in leaves(len(changes)):
        shown = changes[leaf.start : leaf.end]
        links = repr((leaf.older(top), leaf.newer(top), [one.key for one in shown]))
        yield frame.document(leaf.path(top), partial(_write_corrections, frame, leaf, shown), links)


def _changes(frame: Frame, articles: Iterable[Listed]) -> Iterator[Change]:
    for article in articles:
        compared = versions.links(frame, article)
        for one in (it for it in article.corrections if it.kind == "correction"):
            yield Change(article=article, at=one.at, label="Correction", text=one.text, compare=compared.get(one.at))
        if article.retracted:
            yield Change(article=article, at=article.retracted.at, label="Retracted", text=article.retracted.reason)


def _write_corrections(frame: Frame, leaf: Leaf, changes: Sequence[Change], _: Material) -> bytes:
    words, top = frame.language, frame.own("/corrections/")
    page = PageView(
        title=words.text("Corrections"),
        description=words.text("What {name} got wrong and set right.", name=frame.catalogue.publication.name),
        url=frame.absolute(leaf.path(top)),
        previous=neighbour(frame, leaf.newer(top), "Newer"),
        next=neighbour(frame, leaf.older(top), "Older"),
        alternates=frame.everywhere("/corrections/") if leaf.number is None else (),
        feeds=frame.site_feeds,
        zone=frame.zone,
    )
    views = [
        CorrectionView(
            title=one.article.title,
            url=frame.href(one.article.address),
            label=words.text(one.label),
            at=Moment(iso=words.iso(one.at), words=words.moment(one.at)),
            text=one.text,
            compare=one.compare,
        )
        for one in changes
    ]
    return frame.fill("corrections.html", "paper", page, corrections=views)


def not_found(frame: Frame) -> Document:
    """What a web server shows for an address that is nobody's."""

    def write(_: Material) -> bytes:
        page = PageView(
            title=frame.language.text("Page not found"), hidden=True, feeds=frame.site_feeds, zone=frame.zone
        )
        return frame.fill("404.html", "", page, archive=frame.href(frame.own("/archive/")))

    return frame.document("/404.html", write)
