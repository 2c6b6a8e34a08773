"""What daily and weekly editions share: which slots are to be decided, and how a digest is opened for its readers."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from publisher.editing import slots
from publisher.model import Frequency
from publisher.running.collecting import Collected
from publisher.running.doors import Doors
from publisher.running.report import Closed, Report
from publisher.store import digests, editions
from publisher.store.editions import Decision
from publisher.store.transaction import Transaction
from publisher.subscribing import tokens

if TYPE_CHECKING:
    from publisher.running.freezing import Lineup

FRESH = {"daily": timedelta(hours=24), "weekly": timedelta(days=3)}
"""A daily is stale when the next one is out."""


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What lies on the table when a slot is decided."""

    doors: Doors
    now: datetime
    collected: Collected
    report: Report
    no_way_out: str | None = None
    """Why readers could not leave by the link that the mail would carry; it holds the digest."""


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """The one slot that this run may close."""

    day: date
    at: datetime
    by_hand: bool = False
    """`--now`: it does not wait, and an empty or skipped day may still get its digest."""


def due(doors: Doors, now: datetime, report: Report, frequency: Frequency) -> list[Slot]:
    """What is to be decided now, oldest first. Slots that nobody will catch up any more are recorded as skipped.

    A held edition waits for its person, however long, and is looked at again by each run.
    """
    plan, zone = doors.publication.digest.of(frequency), doors.publication.zone
    if plan is None:
        return []
    with doors.store.read() as tx:
        decided = editions.decided_days(tx, frequency)
        wanted = {one.day: Slot(day=one.day, at=one.slot) for one in editions.held(tx, frequency)}
        opened = editions.opened(tx)
    found = slots.missed(now, plan, zone, decided=decided)
    for one in found.skipped:
        if one.day not in wanted and one.at >= opened:
            _skip(doors, now, report, one, frequency)
    if found.due:
        before = wanted.get(found.due.day)
        wanted[found.due.day] = Slot(day=found.due.day, at=max(found.due.at, before.at) if before else found.due.at)
    return [wanted[day] for day in sorted(wanted)]


def _skip(doors: Doors, now: datetime, report: Report, skipped: slots.Skipped, frequency: Frequency) -> None:
    found = Decision(
        frequency=frequency,
        day=skipped.day,
        slot=skipped.at,
        state="skipped",
        since=now,
        reason=skipped.reason,
    )
    with doors.store.begin() as tx:
        editions.record(tx, found)
    told = f"The digest {found.name} was not sent: {skipped.reason}"
    report.notes.append(told)
    report.skipped.append(told)


def still_open(desk: Desk, slot: Slot, before: Decision) -> bool:
    """Whether a slot with this decision may still be decided. `--now` is told what it cannot change."""
    if before.state == "held" or (slot.by_hand and before.state != "closed"):
        return True
    if slot.by_hand:
        at = before.slot.astimezone(desk.doors.publication.zone)
        desk.report.notes.append(
            f"The digest {before.name} was closed at {at:%H:%M}; what was published since goes into the next one."
        )
    return False


def open_in_every_variant(desk: Desk, tx: Transaction, lineup: "Lineup", frequency: Frequency) -> None:
    """Compose it for what its readers chose, freeze the bytes, and owe each of them one."""
    from publisher.running.freezing import compose_variants

    readers = digests.choices(tx, frequency=frequency, at=desk.now)
    made = compose_variants(desk.doors, tx, lineup, readers)
    spread = desk.doors.publication.digest.spread
    audience = digests.open_digest(
        tx,
        lineup.name,
        lineup.day,
        due=desk.now,
        expires=desk.now + spread + FRESH[frequency],
        spread=spread,
        subject=made.renditions[0].subject,
        variants=made.variants,
        frequency=frequency,
    )
    keys = desk.doors.keys
    digests.change(tx, lineup.name, signed_with=tokens.fingerprint(keys.secrets[keys.signing]))
    digests.freeze(tx, lineup.name, made.renditions)
    editions.note_audience(tx, lineup.day, audience, frequency)
    without = sum(number for choice, number in readers.items() if choice not in made.variants)
    if without:
        desk.report.notes.append(
            f"{lineup.name} has nothing in the sections of {without:,} of its readers; they get none."
        )
    if desk.doors.publication.digest.weekly is None:
        _name_the_forgotten(desk, tx)
    stories = len({one.group for one in lineup.articles})
    desk.report.note_closed(Closed(digest=lineup.name, stories=stories, audience=audience))


def _name_the_forgotten(desk: Desk, tx: Transaction) -> None:
    """Where there was a weekly once, and is none now."""
    waiting = sum(digests.choices(tx, frequency="weekly", at=desk.now).values())
    if waiting:
        readers = "1 reader" if waiting == 1 else f"{waiting:,} readers"
        desk.report.urgent.append(
            f"{readers} chose a weekly digest, and `[digest] weekly` is not set: they get nothing."
        )
