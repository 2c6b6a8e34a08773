"""One digest to one address, outside the ledger: to see it in a real mailbox before anybody else does."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path

import msgspec
from msgspec.structs import replace

from publisher import deliver as post
from publisher.deliver import Letter, Unsendable
from publisher.deliver.handful import Handful
from publisher.delivering import Claim, Event, Outcome
from publisher.editing import slots
from publisher.errors import UsageError
from publisher.model import Frequency
from publisher.running.closing import decide
from publisher.running.collecting import collect
from publisher.running.composing import trial_letter
from publisher.running.desk import Desk, Slot
from publisher.running.doors import Doors
from publisher.running.report import Report
from publisher.running.weeks import decide_week
from publisher.store import digests, editions
from publisher.store.copying import copied_into
from publisher.subscribing.addresses import clean


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it, for a person."""

    sentence: str
    exit_code: int = 0


def send_test(doors: Doors, address: str, day: date | None = None, *, frequency: Frequency = "daily") -> Sent:
    """The digest of a day as it went, or else as it would go, to one address. Nothing is remembered."""
    to = clean(address)
    if to is None:
        raise UsageError(f"{address} is no mail address.")
    day = day or doors.now().astimezone(doors.publication.zone).date()
    name = editions.name_of(day, frequency)
    letter = _as_it_went(doors, to, name) or _as_it_would_go(doors, to, day, name)
    if letter is None:
        return Sent(sentence=f"Nothing was sent: there is nothing to send for {name}.")
    return _send(doors, letter, to)


def _as_it_went(doors: Doors, to: str, name: str) -> Letter | Unsendable | None:
    with doors.store.read() as tx:
        went = bool(digests.renditions(tx, name))
    return trial_letter(doors, name, to) if went else None


def _as_it_would_go(doors: Doors, to: str, day: date, name: str) -> Letter | Unsendable | None:
    """Closed on a copy of the store, at its slot; nothing holds it."""
    slot = slot_on_trial(doors, day)
    with _copy(doors, slot) as copy:
        report = Report(date=day, at=slot.at)
        collected = collect(copy, slot.at, report)
        collected = replace(collected, day_files={d: replace(f, hold=False) for d, f in collected.day_files.items()})
        desk = Desk(doors=copy, now=slot.at, collected=collected, report=report)
        decide(desk, slot)
        if editions.frequency_of(name) == "weekly":
            decide_week(desk, slot)
        return _as_it_went(replace(copy, now=doors.now), to, name)


def slot_on_trial(doors: Doors, day: date) -> Slot:
    """The day's slot, or now when that is over and made no digest; for a day without a slot, its end."""
    zone, now = doors.publication.zone, doors.now()
    at = slots.slot_on(day, doors.publication.digest, zone)
    if at is None:
        at = datetime.combine(day + timedelta(days=1), time(), zone) - timedelta(seconds=1)
    if now.astimezone(zone).date() == day:
        at = max(at, now)
    return Slot(day=day, at=at, by_hand=True)


@contextmanager
def _copy(doors: Doors, slot: Slot) -> Iterator[Doors]:
    plan = replace(doors.publication.digest, hold_over=10**9, if_left_out="send", approve=False)
    publication = replace(doors.publication, digest=plan, upstreams=())
    with tempfile.TemporaryDirectory(prefix="publisher-") as folder:
        store = copied_into(doors.store, Path(folder), now=doors.now())
        try:
            yield replace(doors, store=store, publication=publication, now=lambda: slot.at)
        finally:
            store.close()


# To the mailbox --------------------------------------------------------------------------------------------------


def _send(doors: Doors, letter: Letter | Unsendable, to: str) -> Sent:
    mail = doors.publication.mail
    box = Handful([to])
    compose: Callable[[Claim], Letter | Unsendable] = lambda _: letter  # noqa: E731 - there is only one
    if mail.maildir is not None:
        result = post.write_to_maildir(box, compose, doors.site / mail.maildir)
    else:
        result = post.deliver(box, compose, mail.relays, connections=1)
    return _told(box.outcomes, result.ended, to)


def _told(outcomes: Sequence[Outcome], ended: str | None, to: str) -> Sent:
    if not outcomes:
        return Sent(sentence=f"It was not sent to {to}: {ended}", exit_code=75)
    last = outcomes[-1]
    if last.event is Event.WRITTEN:
        return Sent(sentence=f"The mail to {to} is a file in the Maildir, {last.reply}; nothing left this machine.")
    if last.event is Event.TAKEN:
        return Sent(sentence=f"{last.relay} took the mail to {to}: {last.reply}")
    where = f"{last.relay} says: " if last.relay else ""
    again = last.event is Event.PUT_OFF
    return Sent(sentence=f"It was not sent to {to}: {where}{last.reply}", exit_code=75 if again else 1)
