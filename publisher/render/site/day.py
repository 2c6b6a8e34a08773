"""The page of a day, and the front page, which is the last day that has articles."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

import msgspec
from markupsafe import Markup

from publisher.model import Article, Body, DayFile, Document, Issue, Listed, Material
from publisher.render import markdown, sourcing
from publisher.render.site.cards import Card, card, split
from publisher.render.site.frame import Frame, Link, PageView

MOST_DOTS = 6


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One day of the week strip."""

    name: str
    number: str
    url: str
    dots: str
    count: str
    current: str


class DayView(msgspec.Struct, frozen=True, kw_only=True):
    """`day` in its template."""

    iso: str
    title: str
    counts: str
    week: Sequence[Cell]
    note: Markup
    stories: Sequence[Card]
    more: Sequence[Card]
    """What would make the page too large: headlines alone."""
    issues: Sequence[Link]


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """One day of one language, with what its page shows of other days."""

    day: date
    articles: Sequence[Listed]
    """In the page's order, the lead first."""
    week: Sequence[int]
    """How many articles each of its week's seven days has, Monday first."""
    before: date | None
    """The last day before it that has articles."""
    after: date | None
    languages: Sequence[str]
    """Those that have articles on this day."""
    file: DayFile | None
    issues: Sequence[Issue]

    @property
    def key(self) -> str:
        """Equal keys make equal pages, where the articles are equal too."""
        names = [issue.name for issue in self.issues]
        return repr((self.week, self.before, self.after, self.languages, self.file, names))


def document(frame: Frame, found: Day, *, front: bool = False) -> Document:
    """`front` makes the same page the language's first one."""
    seen = [frame.catalogue.fingerprints[article.id] for article in found.articles]
    path = frame.own("/") if front else frame.day(found.day)
    write = partial(_write, frame, found, front)
    return frame.document(path, write, found.day.isoformat(), found.key, *seen, shows=found.articles)


def empty_front(frame: Frame) -> Document:
    """The first page of a language in which nothing has been published."""

    def write(_: Material) -> bytes:
        page = PageView(title="", url=frame.absolute(frame.own("/")), feeds=frame.site_feeds, zone=frame.zone)
        return frame.fill("day.html", "day", page, day=None)

    return frame.document(frame.own("/"), write)


def _write(frame: Frame, found: Day, front: bool, material: Material) -> bytes:  # noqa: FBT001 - see `document`
    articles = [material.articles[one.id] for one in found.articles]
    view = _view(frame, found, articles, front=front)
    return frame.fill("day.html", "day", _page(frame, found, front=front), day=view)


def _page(frame: Frame, found: Day, *, front: bool) -> PageView:
    words, publication = frame.language, frame.catalogue.publication
    date_words = words.voice.date(found.day)
    said = words.text("Articles published by {name} on {day}.", name=publication.name, day=date_words)
    if front:
        alternates = frame.everywhere("/")
    else:
        paths = {lang: f"{frame.catalogue.prefix(lang)}/{found.day:%Y/%m/%d}/" for lang in found.languages}
        alternates = frame.alternates(paths)
    return PageView(
        title="" if front else words.weekday_date(found.day),
        description=(publication.description or said) if front else said,
        url=frame.absolute(frame.own("/") if front else frame.day(found.day)),
        up="" if front else frame.href(frame.own(f"/{found.day:%Y/%m}/")),
        previous=_neighbour(frame, found.before, "Previous day"),
        next=_neighbour(frame, found.after, "Next day"),
        alternates=alternates,
        feeds=frame.site_feeds,
        zone=words.zone_name(found.articles[0].published),
    )


def _neighbour(frame: Frame, day: date | None, label: str) -> Link | None:
    if day is None:
        return None
    words = frame.language
    return Link(title=words.weekday_date(day), url=frame.href(frame.day(day)), label=words.text(label))


def _view(frame: Frame, found: Day, articles: Sequence[Article], *, front: bool) -> DayView:
    words, publication = frame.language, frame.catalogue.publication
    cards = [card(frame, article) for article in articles]
    whole = split(articles)
    counts = sourcing.counts(articles, words, since=publication.sources_since)
    note = found.file.note if found.file and frame.lang == publication.language else ""
    base = frame.absolute(frame.day(found.day))
    return DayView(
        iso=found.day.isoformat(),
        title=words.weekday_date(found.day),
        counts=" · ".join(counts),
        week=_week(frame, found, front=front),
        note=Markup(markdown.render(Body(markup="markdown", text=note), base=base).html) if note else Markup(),  # noqa: S704 - sanitised
        stories=cards[:whole],
        more=cards[whole:],
        issues=[_issue_link(frame, issue) for issue in found.issues],
    )


def _issue_link(frame: Frame, issue: Issue) -> Link:
    said = "The week’s email, as sent" if issue.weekly else "This day’s email, as sent"  # noqa: RUF001
    return Link(title=issue.subject, url=frame.href(f"/digest/{issue.name}/"), label=frame.language.text(said))


def _week(frame: Frame, found: Day, *, front: bool) -> list[Cell]:
    words = frame.language
    monday = found.day - timedelta(days=found.day.weekday())
    cells = []
    for place, count in enumerate(found.week):
        day = monday + timedelta(days=place)
        current = "date" if front else "page"
        cells.append(
            Cell(
                name=words.weekdays[place][0],
                number=words.number(day.day),
                url=frame.href(frame.day(day)) if count else "",
                dots="\u2022" * min(count, MOST_DOTS),
                count=words.plural("{n} article", "{n} articles", count),
                current=current if day == found.day else "",
            )
        )
    return cells
