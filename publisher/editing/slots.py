"""When a digest is due: the instant that (local date, local time, zone) stands for, and which of them were missed.

A slot is the first instant at which the zone's clocks show its date and time, or later: a time that clocks skip in
spring gives the next valid instant, a time that they show twice in autumn gives the first. Instants are in UTC, so that
they compare by time alone: Python compares two datetimes of one zone by their wall clocks and cannot tell a doubled
hour apart.
"""

from collections.abc import Container, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo

import msgspec

from publisher.config import DigestPlan

DAY = timedelta(days=1)
LOOK_BACK = 31
"""Undecided slots that are looked for, counted in days: years of absence do not fill the records."""


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    day: date
    """The date that its edition bears."""
    at: datetime


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """A slot that gets no digest any more."""

    day: date
    at: datetime
    reason: str


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """What no run has decided yet."""

    due: Slot | None
    """The newest slot that has come, where it may still be caught up."""
    skipped: tuple[Skipped, ...]
    """The others, oldest first."""


def at(day: date, plan: DigestPlan, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which the clocks of `zone` first show this day and `plan.at`, or later."""
    wanted = datetime.combine(day, plan.at)
    # PEP 495: fold=0 is the first of two times, and inside a gap it is reckoned with the offset before the change.
    found = wanted.replace(tzinfo=zone).astimezone(UTC)
    return found if _shown(found, zone) == wanted else _end_of_gap(wanted, zone)


def slot_on(day: date, plan: DigestPlan, zone: tzinfo) -> datetime | None:
    """The slot of one day, in UTC. None: `days` or `skip` leave it out, or the zone never had that day (Apia, 2011)."""
    if day.weekday() not in plan.weekdays or day in plan.skip:
        return None
    found = at(day, plan, zone)
    if _shown(found, zone).date() > day and _shown(found - timedelta(seconds=1), zone).date() < day:
        return None
    return found


def next_slot(after: datetime, plan: DigestPlan, zone: tzinfo) -> Slot | None:
    """The first slot later than `after`. None: no day is left."""
    # A gap across midnight moves a slot into the next day, so yesterday's may still be to come.
    return next((slot for slot in _slots(after.astimezone(zone).date() - DAY, 1, plan, zone) if slot.at > after), None)


def last_slot(now: datetime, plan: DigestPlan, zone: tzinfo) -> Slot | None:
    """The newest slot that has come, `now` included. None: there was none yet."""
    # Clocks put back across midnight show yesterday again after today's slot, so tomorrow's may have come.
    return next((slot for slot in _slots(now.astimezone(zone).date() + DAY, -1, plan, zone) if slot.at <= now), None)


def missed(
    now: datetime, plan: DigestPlan, zone: tzinfo, *, decided: Container[date], since: datetime | None = None
) -> Missed:
    """Which slots have come and are not decided: the newest is due within `catch_up`, all others are skipped.

    Looks back to the newest decided day, to `since` (inclusive) and over `LOOK_BACK` days, whichever is nearest.
    Whoever records the answer records the skipped ones no later than the newest, else they are not found again.
    """
    found = list(_undecided(now, plan, zone, decided, since))
    if not found:
        return Missed(due=None, skipped=())
    newest = found[0]
    due = newest if now - newest.at <= plan.catch_up else None
    reason = f"a newer slot, that of {newest.day}, had come before anything ran"
    skipped = [Skipped(day=slot.day, at=slot.at, reason=reason) for slot in reversed(found[1:])]
    if due is None:
        late = f"nothing ran until {_words(now - newest.at)} after it, and `catch_up` is {_words(plan.catch_up)}"
        skipped.append(Skipped(day=newest.day, at=newest.at, reason=late))
    return Missed(due=due, skipped=tuple(skipped))


def _undecided(
    now: datetime, plan: DigestPlan, zone: tzinfo, decided: Container[date], since: datetime | None
) -> Iterator[Slot]:
    """Newest first."""
    newest = last_slot(now, plan, zone)
    if newest is None:
        return
    for slot in _slots(newest.day, -1, plan, zone):
        if slot.day in decided or (since is not None and slot.at < since) or newest.day - slot.day > LOOK_BACK * DAY:
            return
        yield slot


def _slots(start: date, step: int, plan: DigestPlan, zone: tzinfo) -> Iterator[Slot]:
    """From `start` on, day by day in either direction; ends where no slot can follow."""
    # Each week has a day of `days`, and `skip` can take as many of them as it has entries.
    silence = 0
    day = start
    while silence <= 7 * (len(plan.skip) + 3):
        found = slot_on(day, plan, zone)
        silence = silence + 1 if found is None else 0
        if found is not None:
            yield Slot(day=day, at=found)
        if not date.min + 2 * DAY < day < date.max - 2 * DAY:
            return
        day += step * DAY


def _shown(instant: datetime, zone: tzinfo) -> datetime:
    """What the clocks of `zone` show, without the zone."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def _end_of_gap(wanted: datetime, zone: tzinfo) -> datetime:
    """The instant of the change that skips `wanted`: the first whole second at which clocks show more."""
    # fold=1 reckons with the offset after the change and so lands before it, fold=0 the other way round.
    before = wanted.replace(tzinfo=zone, fold=1).astimezone(UTC).replace(microsecond=0)
    after = wanted.replace(tzinfo=zone, fold=0).astimezone(UTC).replace(microsecond=0)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if _shown(middle, zone) < wanted:
            before = middle
        else:
            after = middle
    return after


def _words(span: timedelta) -> str:
    """Rounded down to minutes: `7 h 12 min`, `45 min`, `2 days`."""
    minutes = int(span.total_seconds()) // 60
    days, minutes = divmod(minutes, 1440)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{days} day{'s' if days > 1 else ''}" if days else "", f"{hours} h" if hours else ""]
    return " ".join(filter(None, [*parts, f"{minutes} min" if minutes else ""])) or "0 min"
