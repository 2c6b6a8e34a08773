"""The weekly digest: what the editions of a week carried, for those who chose to get it so."""

from datetime import date, datetime, timedelta

from publisher.editing import slots
from publisher.editing.edition import announced_by
from publisher.model import Edition
from publisher.running.desk import Desk, Slot, open_in_every_variant, still_open
from publisher.running.doors import Doors
from publisher.store import articles as shelf
from publisher.store import editions
from publisher.store.editions import Decision
from publisher.store.transaction import Transaction

WEEK = timedelta(days=7)
LONGEST = timedelta(days=slots.LOOK_BACK)
"""A weekly that comes after others were skipped carries their editions too, as far back as this."""


def now_as_slot(doors: Doors, now: datetime) -> list[Slot]:
    """`--now` on a weekly's day sends that too."""
    publication = doors.publication
    plan = publication.digest.of("weekly")
    today = now.astimezone(publication.zone).date()
    if plan is None or slots.slot_on(today, plan, publication.zone) is None:
        return []
    return [Slot(day=today, at=now, by_hand=True)]


def decide_week(desk: Desk, slot: Slot) -> None:
    """Close this slot's weekly, hold it or note it as empty; what is decided for good stays as it is.

    It comes after the dailies of the same moment, so that today's edition is in it.
    """
    with desk.doors.store.begin() as tx:
        before = editions.decision(tx, slot.day, "weekly")
        if before and not still_open(desk, slot, before):
            return
        reason = None if before and before.approved else _reason_to_hold(desk, tx, slot)
        if reason:
            _record(desk, tx, slot, "held", reason)
            desk.report.held = desk.report.held or reason
            return
        _close(desk, tx, slot)


def _reason_to_hold(desk: Desk, tx: Transaction, slot: Slot) -> str | None:
    name = editions.name_of(slot.day, "weekly")
    waiting = [one.name for one in editions.held(tx) if one.day <= slot.day]
    if waiting:
        return f"{name} waits for {waiting[0]}, which is held; `publisher approve {name}` sends it without"
    if desk.doors.publication.digest.approve:
        return f"`[digest] approve` is true; `publisher approve {name}` lets it go"
    return f"{desk.no_way_out} `publisher approve {name}` sends it all the same" if desk.no_way_out else None


def _close(desk: Desk, tx: Transaction, slot: Slot) -> None:
    from publisher.running.freezing import Lineup

    days = _days(tx, slot)
    carried, notices = editions.contents(tx, days)
    visible = {one.id: one for one, _ in shelf.visible(tx, desk.now)}
    stories = [visible[one] for one in carried if one in visible and not visible[one].retracted]
    if not stories:
        if not slot.by_hand:
            _record(desk, tx, slot, "empty", "no edition in this week")
        desk.report.notes.append(
            f"Nothing to send for {editions.name_of(slot.day, 'weekly')}: no edition in this week."
        )
        return
    closing = Edition(day=slot.day, slot=slot.at, articles=tuple(carried), corrections=tuple(notices))
    if not editions.close_week(tx, closing, days=days, now=desk.now):
        return
    lineup = Lineup(
        name=editions.name_of(slot.day, "weekly"),
        day=slot.day,
        slot=slot.at,
        due=desk.now,
        articles=tuple(stories),
        announced=announced_by(visible, notices),
        languages=tuple(sorted({one.lang for one in visible.values()})),
    )
    open_in_every_variant(desk, tx, lineup, "weekly")


def _days(tx: Transaction, slot: Slot) -> list[date]:
    """The editions that closed since the weekly before, however late; without one, those of seven days."""
    found = editions.in_no_weekly(tx, since=slot.at - LONGEST)
    before = [one.since for one in editions.last(tx, 10, "weekly") if one.state == "closed" and one.day < slot.day]
    return [one.day for one in found if (one.since > before[0] if before else one.slot > slot.at - WEEK)]


def _record(desk: Desk, tx: Transaction, slot: Slot, state: editions.State, reason: str) -> None:
    found = Decision(frequency="weekly", day=slot.day, slot=slot.at, state=state, since=desk.now, reason=reason)
    editions.record(tx, found)
