"""Acting out days, or the next run, on a copy: nothing leaves this machine and nothing is remembered."""

import shutil
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from publisher.config import Publication
from publisher.editing import slots
from publisher.errors import UsageError
from publisher.model import Article, Frequency, Problem
from publisher.running.closing import decide
from publisher.running.collecting import Collected, collect
from publisher.running.desk import Desk, Slot
from publisher.running.doors import Doors
from publisher.running.mailing import deliver
from publisher.running.publishing import publish
from publisher.running.report import Report, Tell
from publisher.running.weeks import decide_week
from publisher.store import articles as shelf
from publisher.store import editions, premieres, releases, subscribers
from publisher.store.copying import copied_into

Timeline = Sequence[tuple[Slot, Frequency]]

MARK = ".rehearsal"
FOREVER = timedelta(days=365_000)


class Rehearsal(msgspec.Struct, kw_only=True):
    digests: int = 0
    mails: int = 0
    articles: int = 0
    left_out: list[Problem] = msgspec.field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "digests": self.digests,
            "mails": self.mails,
            "articles": self.articles,
            "left_out": [str(problem) for problem in self.left_out],
        }


def rehearse(doors: Doors, *, first: date | None, last: date | None, out: Path, tell: Tell) -> Rehearsal:
    """Each day from `first` to `last` with the clock set to its slot; without them, the articles' own days."""
    if first and last and first > last:
        raise UsageError(f"--from {first} is later than --to {last}.")
    _make_room(out)
    found = Rehearsal()
    with _copy(doors, out) as copy:
        report = _report(copy, doors.now())
        collected = collect(copy, doors.now(), report)
        collected = replace(collected, day_files={d: replace(f, hold=False) for d, f in collected.day_files.items()})
        found.left_out = report.left_out
        articles = _all(copy)
        found.articles = len(articles)
        if articles:
            begin, end = first or _day(copy, articles[-1]), last or _day(copy, articles[0]) + timedelta(days=1)
            acting = replace(_begin_at(copy, begin), tell=tell)
            _play(acting, collected, articles, _slots(copy.publication, begin, end), found)
    return found


def _day(doors: Doors, article: Article) -> date:
    return article.published.astimezone(doors.publication.zone).date()


def _play(doors: Doors, collected: Collected, articles: list[Article], timeline: Timeline, found: Rehearsal) -> None:
    """Of the daily slots only those with something new are acted out; in all others nothing would happen."""
    times = sorted(one.published for one in articles)
    seen = bisect_right(times, timeline[0][0].at - timedelta(days=1)) if timeline else 0
    for slot, frequency in timeline:
        acting = replace(doors, now=_stopped_at(slot.at))
        if frequency == "weekly":
            _act(acting, collected, slot, decide_week, found)
            continue
        come = bisect_right(times, slot.at)
        if come > seen:
            _act(acting, collected, slot, decide, found)
        seen = come


def _act(
    doors: Doors, collected: Collected, slot: Slot, deciding: Callable[[Desk, Slot], None], found: Rehearsal
) -> None:
    report = _report(doors, slot.at)
    deciding(Desk(doors=doors, now=slot.at, collected=collected, report=report), slot)
    if report.digest is None:
        return
    publish(doors, slot.at, collected.day_files, report)
    deliver(doors, report)
    mails = report.states.get("written", 0)
    found.digests += 1
    found.mails += mails
    doors.tell(f"{report.digest}: {report.stories} articles, {mails} mails")


def _stopped_at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def _slots(publication: Publication, first: date, last: date) -> Timeline:
    """In the order in which they come; a weekly after the daily of the same moment."""
    found: list[tuple[Slot, Frequency]] = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        for frequency in editions.TABLES:
            plan = publication.digest.of(frequency)
            at = slots.slot_on(day, plan, publication.zone) if plan else None
            if at is not None:
                found.append((Slot(day=day, at=at), frequency))
    return sorted(found, key=lambda one: (one[0].at, one[1]))


def _begin_at(doors: Doors, first: date) -> Doors:
    start = datetime.combine(first, time(), doors.publication.zone)
    plan = replace(
        doors.publication.digest,
        start=start,
        late=FOREVER,
        hold_over=10**9,
        if_left_out="send",
        approve=False,
        spread=timedelta(),
    )
    return replace(doors, publication=replace(doors.publication, digest=plan))


@contextmanager
def _copy(doors: Doors, out: Path) -> Iterator[Doors]:
    """The store's articles and subscribers, with no edition closed and nothing released."""
    folder = out / MARK
    folder.mkdir(parents=True, exist_ok=True)
    store = copied_into(doors.store, folder, now=doors.now())
    publication = replace(
        doors.publication, upstreams=(), mail=replace(doors.publication.mail, maildir="mail"), keep_releases=2
    )
    try:
        with store.begin() as tx:
            releases.forget(tx)
            editions.forget(tx)
            premieres.forget(tx)
            if not subscribers.counts(tx).get("confirmed"):
                reader = f"reader@{doors.publication.authority}"
                subscribers.add_confirmed(
                    tx, reader, reader, evidence="a reader for the rehearsal", lang=None, now=doors.now()
                )
        yield replace(doors, store=store, site=out, publication=publication)
    finally:
        store.close()


def _make_room(out: Path) -> None:
    """An earlier rehearsal is cleared away; anything else is not ours to delete."""
    if out.is_symlink():
        raise UsageError(f"{out} is a link; name a folder with --out.")
    if not out.exists() or not any(out.iterdir()):
        out.mkdir(parents=True, exist_ok=True)
        return
    if not (out / MARK).is_dir():
        raise UsageError(f"{out} is no earlier rehearsal and not empty; name another folder with --out.")
    shutil.rmtree(out)
    out.mkdir(parents=True)


def _all(doors: Doors) -> list[Article]:
    with doors.store.read() as tx:
        return [one for one, _ in shelf.visible(tx, doors.now())]


def _report(doors: Doors, at: datetime) -> Report:
    return Report(date=at.astimezone(doors.publication.zone).date(), at=at)
