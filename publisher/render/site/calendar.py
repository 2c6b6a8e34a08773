"""The pages that belong to a day, a month at a time: its articles, its days, the month; and the front page."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import groupby

import msgspec
from msgspec.structs import replace

from publisher.config import Publication
from publisher.model import Chapter, DayFile, Document, Issue, Listed
from publisher.render.catalogue import Catalogue
from publisher.render.site import archive, article, day, versions
from publisher.render.site.frame import Frame

Arrange = Callable[[Sequence[Listed], DayFile | None, Publication], Sequence[Listed]]


def newest_then_by_time(articles: Sequence[Listed], _: DayFile | None, __: Publication) -> Sequence[Listed]:
    """The order of a day's page when no editor has said another: the newest leads, the rest stands by time."""
    by_time = sorted(articles, key=lambda one: (one.published, one.address))
    newest = next((one for one in by_time if one.published == by_time[-1].published), None)
    return [newest, *(one for one in by_time if one is not newest)] if newest else []


class Month(msgspec.Struct, frozen=True):
    """The days of one month that have articles, newest first, and what stands around them."""

    days: Sequence[date]
    older: Sequence[date]
    """The days of the next older month that has any; empty for the first."""
    newer: Sequence[date]

    @property
    def around(self) -> tuple[date | None, date | None]:
        """The last day before it and the first day after it."""
        return (self.older[0] if self.older else None, self.newer[-1] if self.newer else None)


def without(chapter: Chapter, held: Collection[str]) -> Chapter:
    """The chapter less what stands in the files that articles hold."""
    if not held:
        return chapter
    seen = f"{chapter.fingerprint} {sorted(held)}"
    return replace(
        chapter, fingerprint=seen, documents=lambda: (one for one in chapter.documents() if one.path not in held)
    )


class Calendar:
    """What the pages of days say of each other."""

    def __init__(
        self, catalogue: Catalogue, languages: Sequence[str], files: Mapping[date, DayFile], arrange: Arrange
    ) -> None:
        self._catalogue = catalogue
        self._languages = languages
        self._files = files
        self._arrange = arrange
        self._corrections: dict[str, Mapping[date, Sequence[Listed]]] = {}
        self._issues: dict[date, list[Issue]] = {}
        for issue in catalogue.issues:
            self._issues.setdefault(issue.day, []).append(issue)

    def chapters(self, frame: Frame, held: Collection[str]) -> Iterator[Chapter]:
        """The months of one language, newest first, and its front page."""
        months = list(self._months(frame))
        if not months:
            yield frame.chapter(f"front {frame.lang}", lambda: [day.empty_front(frame)])
        for place, one in enumerate(months):
            seen = self._seen(frame, one)
            if not place:
                front = partial(self._front, frame, one)
                yield without(frame.chapter(f"front {frame.lang}", front, seen), held)
            name = f"articles {frame.lang} {one.days[0]:%Y-%m}"
            yield frame.chapter(name, partial(self._articles, frame, one), seen)
            name = f"days {frame.lang} {one.days[0]:%Y-%m}"
            yield without(frame.chapter(name, partial(self._pages, frame, one), seen), held)

    def _months(self, frame: Frame) -> Iterator[Month]:
        days = self._catalogue.days.get(frame.lang, {})
        months = [tuple(some) for _, some in groupby(days, key=lambda one: (one.year, one.month))]
        for place, some in enumerate(months):
            older = months[place + 1] if place + 1 < len(months) else ()
            yield Month(some, older, months[place - 1] if place else ())

    def _seen(self, frame: Frame, month: Month) -> str:
        """All that the pages of this month depend on."""
        days = self._catalogue.days[frame.lang]
        groups = self._catalogue.translated
        articles = [one for at in month.days for one in days[at]] if groups else []
        others = [[(one.address, one.lang) for one in groups[it.group]] for it in articles if it.group in groups]
        languages = [self._also_in(at) for at in month.days] if len(self._languages) > 1 else []
        files = [self._files[at] for at in month.days if at in self._files]
        issues = [one.name for at in month.days for one in self._issues.get(at, ())]
        weeks = [self._week(frame, at) for at in (month.days[0], month.days[-1])]
        corrected = [one for at in month.days for one in self._corrected(frame.lang).get(at, ())]
        sent = [self._catalogue.sent(one) for one in corrected]
        bore = [self._catalogue.bore.get(one.id, ()) for one in corrected]
        parts = (month.around, weeks, others, languages, files, issues, sent, bore)
        return f"{parts!r} {' '.join([self._catalogue.seal(days[at]) for at in month.days])}"

    def _corrected(self, lang: str) -> Mapping[date, Sequence[Listed]]:
        """The corrected and the updated articles of each day, newest first."""
        if lang not in self._corrections:
            found: dict[date, list[Listed]] = {}
            for one in self._catalogue.corrected(lang):
                found.setdefault(self._catalogue.day_of(one), []).append(one)
            self._corrections[lang] = found
        return self._corrections[lang]

    def _articles(self, frame: Frame, month: Month) -> Iterator[Document]:
        groups = self._catalogue.translated
        for at in month.days:
            some = list(self._catalogue.days[frame.lang][at])
            for place, one in enumerate(some):
                group = groups.get(one.group, ())
                where = article.Place(
                    earlier=some[place + 1] if place + 1 < len(some) else None,
                    later=some[place - 1] if place else None,
                    translations=_one_for_each_language(group, one) if group else (),
                )
                yield article.document(frame, one, where)
                if one.corrections:
                    yield from versions.document(frame, one)

    def _front(self, frame: Frame, newest: Month) -> Iterator[Document]:
        yield self._day(frame, newest, newest.days[0], front=True)

    def _pages(self, frame: Frame, month: Month) -> Iterator[Document]:
        for at in month.days:
            yield self._day(frame, month, at)
        days = self._catalogue.days[frame.lang]
        older, newer = (some[0] if some else None for some in (month.older, month.newer))
        yield archive.month(frame, {at: days[at] for at in month.days}, older, newer)

    def _day(self, frame: Frame, month: Month, at: date, *, front: bool = False) -> Document:
        place = month.days.index(at)
        oldest, newest = month.around
        file = self._files.get(at)
        found = day.Day(
            day=at,
            articles=self._arrange(self._catalogue.days[frame.lang][at], file, self._catalogue.publication),
            week=self._week(frame, at),
            before=month.days[place + 1] if place + 1 < len(month.days) else oldest,
            after=month.days[place - 1] if place else newest,
            languages=self._also_in(at),
            file=file,
            issues=self._issues.get(at, ()) if not frame.prefix else (),
        )
        return day.document(frame, found, front=front)

    def _week(self, frame: Frame, at: date) -> list[int]:
        """How many articles each day of its week has, Monday first."""
        days = self._catalogue.days[frame.lang]
        monday = at - timedelta(days=at.weekday())
        return [len(days.get(monday + timedelta(days=n), ())) for n in range(7)]

    def _also_in(self, at: date) -> list[str]:
        return [lang for lang in self._languages if at in self._catalogue.days.get(lang, {})]


def _one_for_each_language(group: Sequence[Listed], one: Listed) -> Sequence[Listed]:
    """An article and its translations; of two in one language the first, but never another than itself in its own."""
    found: dict[str, Listed] = {}
    for other in group:
        found.setdefault(other.lang, other)
    found[one.lang] = one
    return tuple(found.values()) if len(found) > 1 else ()
