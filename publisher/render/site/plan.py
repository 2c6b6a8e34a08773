"""Which pages a site has, and what each depends on. Nothing is rendered until a document is written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from jinja2.sandbox import SandboxedEnvironment

from publisher.model import Article, DayFile, Document, Issue
from publisher.render.catalogue import Catalogue
from publisher.render.environment import source
from publisher.render.language import Language
from publisher.render.site import archive, article, day, lists, papers, sitemaps
from publisher.render.site.frame import FeedLink, Frame, Link
from publisher.render.site.style import styles

Arrange = Callable[[Sequence[Article], DayFile | None], Sequence[Article]]


def newest_then_by_time(articles: Sequence[Article], _: DayFile | None) -> Sequence[Article]:
    """The order of a day's page when no editor has said another: the newest leads, the rest stands by time."""
    by_time = sorted(articles, key=lambda one: (one.published, one.address))
    newest = next((one for one in by_time if one.published == by_time[-1].published), None)
    return [newest, *(one for one in by_time if one is not newest)] if newest else []


def frames(
    catalogue: Catalogue,
    *,
    environment: SandboxedEnvironment,
    languages: Mapping[str, Language],
    feeds: tuple[FeedLink, ...] = (),
) -> dict[str, Frame]:
    """One for each of `catalogue.languages`, the default language's first; `languages` has all of them."""
    found = styles(source(environment, "style.css"), catalogue.publication.theme)
    return {
        lang: Frame(
            catalogue=catalogue, environment=environment, languages=languages, lang=lang, feeds=feeds, styles=found
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
    desk = _Desk(next(iter(framed.values())).catalogue, framed, day_files or {}, arrange)
    seen: set[str] = set()
    for document in desk.documents():
        if document.path not in seen:
            seen.add(document.path)
            yield document


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
        self._day_files = day_files
        self._arrange = arrange
        self._issues: dict[date, list[Issue]] = {}
        for issue in catalogue.issues:
            self._issues.setdefault(issue.day, []).append(issue)

    def documents(self) -> Iterator[Document]:
        undated: list[str] = []
        for frame in self._frames.values():
            yield from self._articles(frame)
        for lang, frame in self._frames.items():
            articles = [one for one in self._catalogue.articles if one.lang == lang]
            yield from self._days(frame)
            sections = self._sections(frame, articles)
            yield from archive.documents(frame, self._catalogue.days.get(lang, {}), sections)
            for document in lists.documents(frame, articles):
                undated += [document.path.removesuffix("index.html")]
                yield document
            yield from papers.documents(frame, articles)
            undated += [
                frame.own(path).removeprefix("/") for path in ("/", "/archive/", "/standards/", "/corrections/")
            ]
        first = next(iter(self._frames.values()))
        yield papers.not_found(first)
        yield from sitemaps.documents(first, self._catalogue.articles, [f"/{path}" for path in sorted(undated)])

    def _articles(self, frame: Frame) -> Iterator[Document]:
        groups = self._catalogue.by_group
        for some in self._catalogue.days.get(frame.lang, {}).values():
            for place, one in enumerate(some):
                group = groups[one.group]
                where = article.Place(
                    earlier=some[place + 1] if place + 1 < len(some) else None,
                    later=some[place - 1] if place else None,
                    translations=_one_for_each_language(group, one) if len(group) > 1 else (),
                )
                yield article.document(frame, one, where)

    def _days(self, frame: Frame) -> Iterator[Document]:
        days = self._catalogue.days.get(frame.lang, {})
        order = list(days)
        if not order:
            yield day.empty_front(frame)
        for place, one in enumerate(order):
            found = self._day(frame, one, before=order[place + 1 : place + 2], after=order[max(0, place - 1) : place])
            if not place:
                yield day.document(frame, found, front=True)
            yield day.document(frame, found)

    def _day(self, frame: Frame, one: date, *, before: Sequence[date], after: Sequence[date]) -> day.Day:
        days = self._catalogue.days[frame.lang]
        file = self._day_files.get(one)
        monday = one - timedelta(days=one.weekday())
        return day.Day(
            day=one,
            articles=self._arrange(days[one], file),
            week=[len(days.get(monday + timedelta(days=n), ())) for n in range(7)],
            before=before[0] if before else None,
            after=after[0] if after else None,
            languages=[lang for lang in self._frames if one in self._catalogue.days.get(lang, {})],
            file=file,
            issues=self._issues.get(one, ()) if not frame.prefix else (),
        )

    def _sections(self, frame: Frame, articles: Sequence[Article]) -> Sequence[Link]:
        found = lists.topics(articles, lists.SECTIONS)
        return [
            Link(title=name, url=frame.href(frame.own(f"/{lists.SECTIONS}/{key}/"))) for key, (name, _) in found.items()
        ]


def _one_for_each_language(group: Sequence[Article], one: Article) -> Sequence[Article]:
    """An article and its translations; of two in one language the first, but never another than itself in its own."""
    found: dict[str, Article] = {}
    for other in group:
        found.setdefault(other.lang, other)
    found[one.lang] = one
    return tuple(found.values()) if len(found) > 1 else ()
