"""Which pages a site has, and what each depends on. Nothing is rendered until a document is written."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial

from jinja2.sandbox import SandboxedEnvironment

from publisher.model import Chapter, DayFile, Document
from publisher.render.catalogue import Catalogue
from publisher.render.environment import source
from publisher.render.language import Language
from publisher.render.site import archive, fixed, lists, papers, sitemaps
from publisher.render.site.calendar import Arrange, Calendar, newest_then_by_time, without
from publisher.render.site.frame import FeedLink, Frame, Link, file_of
from publisher.render.site.places import address_of, placed
from publisher.render.site.style import sheet_of

TOPS = frozenset({"archive", "standards", "corrections", "feeds", *lists.NAMES})
"""Where pages stand that are no articles, besides those of years, months and days."""


def frames(
    catalogue: Catalogue,
    *,
    environment: SandboxedEnvironment,
    languages: Mapping[str, Language],
    feeds: tuple[FeedLink, ...] = (),
) -> dict[str, Frame]:
    """One for each of `catalogue.languages`, the default language's first; `languages` has all of them."""
    sheet = sheet_of(source(environment, "style.css"), catalogue.publication.theme)
    return {
        lang: Frame(
            catalogue=catalogue, environment=environment, languages=languages, lang=lang, feeds=feeds, sheet=sheet
        )
        for lang in catalogue.languages
    }


def plan(
    framed: Mapping[str, Frame],
    *,
    day_files: Mapping[date, DayFile] | None = None,
    arrange: Arrange = newest_then_by_time,
) -> Iterator[Document]:
    """Every page of the site but the digests' own and those of old addresses, each path once.

    `day_files` are the editor's hand on single days, which `arrange` turns into the order of a day's page. Where an
    article's address is that of another page, the article has it.
    """
    seen: set[str] = set()
    for chapter in chapters(framed, day_files=day_files or {}, arrange=arrange):
        for document in chapter.documents():
            if document.path not in seen:
                seen.add(document.path)
                yield document


def chapters(
    framed: Mapping[str, Frame],
    *,
    day_files: Mapping[date, DayFile],
    arrange: Arrange,
    held: frozenset[str] = frozenset(),
) -> Iterator[Chapter]:
    """The same as `plan`, in chapters, so that one in which nothing changed is not even planned.

    `held` are files that no page but an article's may have, because something else has them.
    """
    catalogue = next(iter(framed.values())).catalogue
    return _Desk(catalogue, framed, day_files, arrange).chapters(held)


class _Desk:
    """Lays out the pages language by language."""

    def __init__(
        self,
        catalogue: Catalogue,
        frames: Mapping[str, Frame],
        day_files: Mapping[date, DayFile],
        arrange: Arrange,
    ) -> None:
        self._catalogue = catalogue
        self._frames = frames
        self._first = next(iter(frames.values()))
        self._calendar = Calendar(catalogue, tuple(frames), day_files, arrange)

    def chapters(self, held: frozenset[str]) -> Iterator[Chapter]:
        held |= self._held_by_articles()
        for frame in self._frames.values():
            yield from self._calendar.chapters(frame, held)
        for chapter in self._others():
            yield without(chapter, held)

    def _others(self) -> Iterator[Chapter]:
        undated: list[str] = []
        for lang, frame in self._frames.items():
            days = {one: len(some) for one, some in self._catalogue.days.get(lang, {}).items()}
            topics = list(lists.all_topics(frame))
            sections = [Link(title=one.name, url=frame.href(one.top)) for one in topics if one.kind == lists.SECTIONS]
            write = partial(archive.documents, frame, days, sections)
            yield frame.chapter(f"archive {lang}", write, repr((list(days.items()), sections)))
            for topic in topics:
                undated += [leaf.path(topic.top) for leaf in lists.leaves(len(topic.articles))]
                yield lists.chapter(frame, topic)
            yield from papers.chapters(frame)
            yield from fixed.chapters(frame)
            undated += [frame.own(path) for path in ("/", "/archive/", "/standards/", "/corrections/")]
        own = [address_of(self._catalogue, page) for page in placed(self._catalogue)]
        undated = sorted({*undated, *own})
        yield self._first.chapter("not found", lambda: [papers.not_found(self._first)])
        yield from sitemaps.chapters(self._first, undated)

    def _held_by_articles(self) -> frozenset[str]:
        """The files of articles whose addresses could be those of other pages; by most permalinks there are none."""
        if self._catalogue.publication.permalink.startswith("/{year}/{month}/{day}/{slug}"):
            return frozenset()
        files = (file_of(one.address) for one in self._catalogue.articles)
        return frozenset(file for file in files if self._may_be_a_page(file))

    def _may_be_a_page(self, file: str) -> bool:
        top, *below = file.split("/")
        if top in self._frames and below:
            top = below[0]
        return not below or top in TOPS or top.isdigit()
