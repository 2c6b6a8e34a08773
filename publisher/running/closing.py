"""Edit: which articles make the day, and the one transaction that closes an edition with all its deliveries."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from publisher import clock
from publisher.editing import slots
from publisher.editing.edition import Selection, announced_by, is_due, notices_to_announce, reason_to_hold, select
from publisher.model import Article, Edition, Problem
from publisher.running.collecting import Collected
from publisher.running.desk import Desk, Slot, due, open_in_every_variant, still_open
from publisher.running.doors import Doors
from publisher.running.report import Report
from publisher.store import articles as shelf
from publisher.store import editions
from publisher.store.editions import Decision
from publisher.store.transaction import Transaction


def edit(doors: Doors, now: datetime, collected: Collected, report: Report, *, at_once: bool) -> None:
    """Close what is due, hold it, or note why nothing goes. Every decision is made once."""
    from publisher.running import weeks

    daily = [_now_as_slot(doors, now)] if at_once else due(doors, now, report, "daily")
    weekly = weeks.now_as_slot(doors, now) if at_once else due(doors, now, report, "weekly")
    if not daily and not weekly:
        return
    desk = Desk(doors=doors, now=now, collected=collected, report=report, no_way_out=_no_way_out(doors, report))
    for slot in daily:
        decide(desk, slot)
    for slot in weekly:
        weeks.decide_week(desk, slot)


def _no_way_out(doors: Doors, report: Report) -> str | None:
    """The public address to leave by one click is tried before anybody is mailed it; no answer at all only warns."""
    from publisher.running.standing import is_here, one_click

    if not doors.publication.service or doors.publication.mail.maildir is not None:
        return None
    if clock.is_set() and not is_here(urlsplit(doors.publication.url).hostname):
        return None  # whoever sets the clock is trying something out: nothing leaves this machine
    found = one_click(doors.publication, doors.keys, doors.store.publication)
    if found.verdict == "bad":
        return f"readers could not leave by one click: {found.where}: {found.found}. {found.advice}"
    if found.verdict == "unknown":
        report.notes.append(f"{found.where}: {found.found}. {found.advice}")
    return None


def _now_as_slot(doors: Doors, now: datetime) -> Slot:
    return Slot(day=now.astimezone(doors.publication.zone).date(), at=now, by_hand=True)


def decide(desk: Desk, slot: Slot) -> None:
    """Close this slot's edition, hold it or note it as empty; what is decided for good stays as it is."""
    with desk.doors.store.begin() as tx:
        before = editions.decision(tx, slot.day)
        if before and not still_open(desk, slot, before):
            return
        visible = [article for article, _ in shelf.visible(tx, desk.now)]
        mailed = editions.mailed(tx)
        selection = select(
            visible,
            slot=slot.at,
            publication=desk.doors.publication,
            taken=editions.taken_ids(tx) | _kept_for_held(desk, tx, slot, visible),
            day_file=desk.collected.day_files.get(slot.day),
            mailed_groups={one.group for one in visible if one.id in mailed},
        )
        if not selection.articles:
            _note_empty(desk, tx, slot, selection)
            return
        reason = _reason(desk, slot, selection, before)
        if reason:
            editions.record(tx, Decision(day=slot.day, slot=slot.at, state="held", since=desk.now, reason=reason))
            desk.report.held = reason
            return
        _close(desk, tx, slot, selection, visible)


def _kept_for_held(desk: Desk, tx: Transaction, slot: Slot, visible: Sequence[Article]) -> set[str]:
    """What belongs to editions that wait for a person is not taken by a later one."""
    plan = desk.doors.publication.digest
    earlier = [one.slot for one in editions.held(tx) if one.day < slot.day]
    return {article.id for at in earlier for article in visible if is_due(article, slot=at, plan=plan)}


def _note_empty(desk: Desk, tx: Transaction, slot: Slot, selection: Selection) -> None:
    if not slot.by_hand:
        editions.record(tx, Decision(day=slot.day, slot=slot.at, state="empty", since=desk.now, reason="nothing new"))
    editions.never_mail(tx, [one.id for one in selection.left_out])
    left = f" ({len(selection.left_out)} left out)" if selection.left_out else ""
    desk.report.notes.append(f"Nothing to send for {slot.day}{left}: no article that no digest took yet.")


def _reason(desk: Desk, slot: Slot, selection: Selection, before: Decision | None) -> str | None:
    if before and before.approved:
        return None
    if desk.no_way_out:
        return desk.no_way_out
    plan = desk.doors.publication.digest
    waited = before is not None and desk.now - before.since >= plan.hold_for
    return reason_to_hold(
        selection,
        day=slot.day,
        plan=plan,
        day_file=desk.collected.day_files.get(slot.day),
        unreadable=_of_the_day(desk, slot),
        waited_out=waited,
    )


def _of_the_day(desk: Desk, slot: Slot) -> list[Problem]:
    """Problems of articles that this edition would have taken: dated, or at least saved, since the slot before."""
    publication = desk.doors.publication
    before = slots.last_slot(slot.at - timedelta(seconds=1), publication.digest, publication.zone)
    first = before.at.astimezone(publication.zone).date() if before else slot.day
    return [problem for problem in desk.collected.unusable if problem.day and first <= problem.day <= slot.day]


def _close(desk: Desk, tx: Transaction, slot: Slot, selection: Selection, visible: Sequence[Article]) -> None:
    """The edition, its digest frozen in every variant, and all its deliveries: one transaction, one unique key."""
    from publisher.running.freezing import Lineup

    notices = notices_to_announce(
        visible, slot=slot.at, mailed=editions.mailed(tx), announced=editions.announced_corrections(tx)
    )
    edition = Edition(
        day=slot.day, slot=slot.at, articles=tuple(one.id for one in selection.articles), corrections=notices
    )
    if not editions.close(tx, edition, left_out=[one.id for one in selection.left_out], now=desk.now):
        return
    lineup = Lineup(
        name=editions.name_of(slot.day, "daily"),
        day=slot.day,
        slot=slot.at,
        articles=selection.articles,
        announced=announced_by({one.id: one for one in visible}, notices),
        day_file=desk.collected.day_files.get(slot.day),
        languages=tuple(sorted({one.lang for one in visible})),
        due=desk.now,
    )
    open_in_every_variant(desk, tx, lineup, "daily")
