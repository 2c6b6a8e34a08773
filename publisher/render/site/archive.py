"""The calendar: the archive's latest months, a page for each year, a page for each month with its headlines."""

from calendar import Calendar
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import groupby

import msgspec

from publisher.model import Article, Document, Listed, Material
from publisher.render import sourcing
from publisher.render.site.cards import Card, card
from publisher.render.site.frame import Frame, Link, PageView

LATEST = 6
"""Months on the archive's own page; the others are on the pages of their years."""
HEADLINES = 45
"""About so many on a month's page, shared among its days."""

Days = Mapping[date, Sequence[Listed]]
"""Newest first, each with its articles, the lead first."""


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    number: str = ""
    url: str = ""
    newest: bool = False
    """The last day that has articles; on the archive's own page alone."""


class MonthView(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    url: str
    weeks: Sequence[Sequence[Cell]]


class ArchiveView(msgspec.Struct, frozen=True, kw_only=True):
    """`archive` in its template."""

    title: str
    counts: str
    weekdays: Sequence[Link]
    months: Sequence[MonthView]
    years: Sequence[Link]
    sections: Sequence[Link]


class MonthDay(msgspec.Struct, frozen=True, kw_only=True):
    iso: str
    title: str
    url: str
    stories: Sequence[Card]
    more: str


class MonthPageView(msgspec.Struct, frozen=True, kw_only=True):
    """`month` in its template."""

    title: str
    year: str
    counts: str
    days: Sequence[MonthDay]


def documents(frame: Frame, days: Mapping[date, int], sections: Sequence[Link]) -> Iterator[Document]:
    """The archive and its years. `days`, newest first, with the number of their articles."""
    years = [(year, list(some)) for year, some in groupby(days, key=lambda day: day.year)]
    counts = {year: sum(days[day] for day in some) for year, some in years}
    months = [list(some) for _, some in groupby(days, key=lambda day: (day.year, day.month))]
    latest = [day for some in months[:LATEST] for day in some]
    total = (len(days), sum(counts.values()), min(days, default=None))
    write = partial(_write_archive, frame, latest, total, list(counts), sections)
    seen = repr(([one.toordinal() for one in latest], total, list(counts), sections))
    yield frame.document(frame.own("/archive/"), write, seen)
    for year, some in years:
        write = partial(_write_year, frame, year, some, counts[year])
        yield frame.document(frame.own(f"/{year:04}/"), write, repr(([one.toordinal() for one in some], counts[year])))


def _write_archive(
    frame: Frame,
    latest: Sequence[date],
    total: tuple[int, int, date | None],
    years: Sequence[int],
    sections: Sequence[Link],
    _: Material,
) -> bytes:
    words = frame.language
    counted, articles, first = total
    said = _counts(frame, counted, articles)
    if first:
        said = words.text(
            "{counts} since {day}. A day with a link has articles.", counts=said, day=words.voice.date(first)
        )
    view = _view(
        frame, words.text("Archive"), said, latest, years=years, sections=sections, newest=next(iter(latest), None)
    )
    page = PageView(
        title=words.text("Archive"),
        description=words.text("Every day of {name} since the first.", name=frame.catalogue.publication.name),
        url=frame.absolute(frame.own("/archive/")),
        alternates=frame.everywhere("/archive/"),
        feeds=frame.site_feeds,
        zone=frame.zone,
    )
    return frame.fill("archive.html", "archive", page, archive=view)


def _write_year(frame: Frame, year: int, days: Sequence[date], articles: int, _: Material) -> bytes:
    view = _view(frame, str(year), _counts(frame, len(days), articles), days)
    page = PageView(
        title=str(year),
        description=frame.language.text(
            "The days of {year} in {name}.", year=str(year), name=frame.catalogue.publication.name
        ),
        url=frame.absolute(frame.own(f"/{year:04}/")),
        up=frame.href(frame.own("/archive/")),
        feeds=frame.site_feeds,
        zone=frame.zone,
    )
    return frame.fill("archive.html", "archive", page, archive=view)


def _counts(frame: Frame, days: int, articles: int) -> str:
    words = frame.language
    return f"{words.plural('{n} day', '{n} days', days)}, {words.plural('{n} article', '{n} articles', articles)}"


def _view(
    frame: Frame,
    title: str,
    counts: str,
    days: Sequence[date],
    *,
    years: Sequence[int] = (),
    sections: Sequence[Link] = (),
    newest: date | None = None,
) -> ArchiveView:
    words = frame.language
    months = [list(some) for _, some in groupby(days, key=lambda day: (day.year, day.month))]
    return ArchiveView(
        title=title,
        counts=counts,
        weekdays=[
            Link(title=name, url="", label=short)
            for short, (_, name) in zip(words.weekday_initials, words.weekdays, strict=True)
        ],
        months=[_calendar(frame, set(some), newest) for some in months],
        years=[Link(title=str(year), url=frame.href(frame.own(f"/{year:04}/"))) for year in years],
        sections=sections,
    )


def _calendar(frame: Frame, days: set[date], newest: date | None) -> MonthView:
    one = next(iter(days))
    weeks = Calendar().monthdayscalendar(one.year, one.month)
    return MonthView(
        title=frame.language.month(one),
        url=frame.href(frame.own(f"/{one:%Y/%m}/")),
        weeks=[[_cell(frame, one, number, days, newest) for number in week] for week in weeks],
    )


def _cell(frame: Frame, month: date, number: int, days: set[date], newest: date | None) -> Cell:
    if not number:
        return Cell()
    day = month.replace(day=number)
    url = frame.href(frame.day(day)) if day in days else ""
    return Cell(number=frame.language.number(number), url=url, newest=day == newest)


def month(frame: Frame, days: Days, before: date | None, after: date | None) -> Document:
    """The page of a month; `before` and `after` are days of the next months that have any."""
    first = next(iter(days))
    links = repr([(one.toordinal(), len(some)) for one, some in days.items()]) + _months(before, after)
    write = partial(_write_month, frame, days, before, after)
    shown = _all(days)
    path = frame.own(f"/{first:%Y/%m}/")
    return frame.document(path, write, links, frame.catalogue.prints(shown), shows=shown)


def _months(before: date | None, after: date | None) -> str:
    return repr([one and (one.year, one.month) for one in (before, after)])


def _all(days: Days) -> list[Listed]:
    return [article for some in days.values() for article in some]


def _write_month(frame: Frame, listed: Days, before: date | None, after: date | None, material: Material) -> bytes:
    days = {day: [material.articles[one.id] for one in some] for day, some in listed.items()}
    words, publication = frame.language, frame.catalogue.publication
    first = next(iter(days))
    most = max(1, HEADLINES // len(days))
    page = PageView(
        title=words.month(first),
        description=words.text("Articles of {month} in {name}.", month=words.month(first), name=publication.name),
        url=frame.absolute(frame.own(f"/{first:%Y/%m}/")),
        up=frame.href(frame.own(f"/{first.year:04}/")),
        previous=_neighbour(frame, before, "Previous month"),
        next=_neighbour(frame, after, "Next month"),
        feeds=frame.site_feeds,
        zone=frame.zone,
    )
    view = MonthPageView(
        title=words.month(first),
        year=str(first.year),
        counts=" · ".join(
            sourcing.counts([one for some in days.values() for one in some], words, since=publication.sources_since)
        ),
        days=[_day(frame, day, some, most) for day, some in days.items()],
    )
    return frame.fill("month.html", "archive", page, month=view)


def _day(frame: Frame, day: date, articles: Sequence[Article], most: int) -> MonthDay:
    more = len(articles) - most
    return MonthDay(
        iso=day.isoformat(),
        title=frame.language.weekday_date(day),
        url=frame.href(frame.day(day)),
        stories=[card(frame, article) for article in articles[:most]],
        more=frame.language.plural("{n} more article", "{n} more articles", more) if more > 0 else "",
    )


def _neighbour(frame: Frame, month: date | None, label: str) -> Link | None:
    if month is None:
        return None
    url = frame.href(frame.own(f"/{month:%Y/%m}/"))
    return Link(title=frame.language.month(month), url=url, label=frame.language.text(label))
