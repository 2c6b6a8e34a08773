"""What the ledger says of one digest, for a worried editor at nine in the morning, and for machines."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from publisher.config import Publication
from publisher.store.accounts import Account

MEANINGS: Mapping[str, str] = {
    "accepted": "accepted: a mail server has taken them",
    "written": "written to the Maildir as files; these were never sent",
    "queued": "waiting for their turn",
    "sending": "being sent",
    "dot_imminent": "being handed over at this very moment",
    "deferred": "put off by their server, and tried again",
    "rejected": "refused for good by their server",
    "in_doubt": "in doubt: they may have it or not, see below",
    "suppressed": "no longer subscribed when their copy was to leave",
    "expired": "given up: no server took them in time",
    "parked": "left aside: their copy could not be made",
}
"""In the order in which an editor asks."""


def verify_lines(found: Account, publication: Publication, *, held: bool) -> Iterator[str]:
    """The whole account: who has it, who has not, why, and what to type."""
    zone = publication.zone
    yield f"Digest {found.name}, “{found.subject}”, of {_at(found.due, zone)}."
    yield f"When it closed, {_people(found.sums.audience)} counted. Now:"
    yield ""
    for state, meaning in MEANINGS.items():
        number = getattr(found.sums, state)
        if number:
            yield f"  {number:>9,}  {meaning}"
            yield from _why(state, found)
    yield f"  {found.sums.open + found.sums.closed:>9,}  {_adding_up(found)}"
    yield ""
    yield standing(found, publication, held=held)
    yield from _revision_lines(found)
    yield from _never_sent(found, publication)
    yield from _doubt_lines(found, zone)


def _people(number: int) -> str:
    return f"{number:,} subscriber was" if number == 1 else f"{number:,} subscribers were"


def _why(state: str, found: Account) -> Iterator[str]:
    """Servers' own words under the number they explain."""
    replies = {"rejected": found.refusals, "deferred": found.delays}.get(state, {})
    for words, number in replies.items():
        yield f"             {number:,} {'time' if number == 1 else 'times'}: {words}"


def _adding_up(found: Account) -> str:
    if found.sums.adds_up:
        return "in all. It adds up: everybody is in exactly one line."
    return f"in all. IT DOES NOT ADD UP to {found.sums.audience:,}. Stop, keep a copy of the store, and report this."


def standing(found: Account, publication: Publication, *, held: bool) -> str:
    """How the digest stands, in one or two sentences."""
    sums = found.sums
    if not sums.open:
        return _finished(found)
    if found.is_empty:
        return f"Nothing more of it is sent: {found.stop_reason}."
    if found.stopped:
        return (
            f"It is stopped: {found.stop_reason}. {sums.open:,} have not got it; "
            f"`publisher resume {found.name}` goes on with it."
        )
    if held:
        return f"All mail is held, and {sums.open:,} have not got it; `publisher resume` lets it go."
    return " ".join(_going(found, publication))


def _finished(found: Account) -> str:
    sums = found.sums
    if not sums.audience:
        return "Nobody was subscribed: there was nothing to send."
    if found.is_empty:
        return f"It is finished, before everybody had it: {found.stop_reason}."
    if sums.in_doubt:
        return f"It is finished, but for {sums.in_doubt:,} in doubt that you decide about."
    if sums.written and not sums.accepted:
        return "It is finished, as files; nothing was sent."
    return "It is finished."


def _going(found: Account, publication: Publication) -> Iterator[str]:
    sums, zone = found.sums, publication.zone
    yield f"It is going out: {sums.open:,} of {sums.audience:,} remain."
    turn = sums.open - sums.deferred
    if found.last_turn:
        yield f"Not all of them are due yet; the last is at {_at(found.last_turn, zone)}."
    elif turn and found.lately:
        pace = max(1, round(turn / found.lately))
        yield f"{found.lately:,} were accepted in the last minute; at that pace, {_minutes(pace)} for {turn:,} of them."
    elif sums.sending or sums.dot_imminent:
        yield "None was accepted in the last minute: a run waits for its server, or was killed. The next one goes on."
        if sums.dot_imminent:
            yield f"If it was killed, {sums.dot_imminent:,} were at the last byte, and are listed as in doubt then."
    if found.next_due and not found.last_turn and not (turn and found.lately):
        yield f"The next is tried by the first run after {_at(found.next_due, zone)}."
    if sums.deferred:
        yield f"What no server has taken by {_at(found.expires, zone)} is given up."


def _minutes(number: int) -> str:
    if number < 90:  # noqa: PLR2004 - minutes that are still told as such
        return f"about {number} minute{'s' if number > 1 else ''}"
    return f"about {round(number / 60)} hours"


def _revision_lines(found: Account) -> Iterator[str]:
    if not found.changes:
        return
    for number in sorted({*found.revisions, *found.changes}):
        change = f", {found.changes[number]}" if number in found.changes else ""
        yield f"  {found.revisions.get(number, 0):,} had revision {number}{change}"
    yield f"`publisher verify {found.name} --revision 1` lists who had the first."


def _never_sent(found: Account, publication: Publication) -> Iterator[str]:
    if found.sums.written and publication.mail.maildir is None:
        yield (
            f"{found.sums.written:,} of them are files only, from when [mail] transport was a Maildir: they were never "
            "sent, and no run will send them."
        )


def _doubt_lines(found: Account, zone: ZoneInfo) -> Iterator[str]:
    if not found.in_doubt:
        return
    yield "In doubt, because the line broke or the process ended after the last byte and before the server's answer:"
    for one in found.in_doubt:
        relay = f"relay {one.relay}: " if one.relay else ""
        yield f"  {one.address or 'somebody who was erased since'}, {_at(one.at, zone)}, {relay}{one.reply}"
    yield f"Nobody can know whether they have it. `publisher resolve {found.name} --resend` sends it again, with the"
    yield "same Message-ID: some may get it twice. `--assume-sent` notes it as sent: some may not have got it."
    if len(found.in_doubt) > 1:
        yield "Either of them is about all of these, or with `--address ADDRESS` about that one."


def verify_json(found: Account) -> dict[str, Any]:
    return {
        "digest": found.name,
        **found.sums.as_json(),
        "adds_up": found.sums.adds_up,
        "stopped": found.stop_reason if found.stopped else None,
        "finished": not found.sums.open,
        "next_due": found.next_due.isoformat() if found.next_due else None,
        "refusals": dict(found.refusals),
        "delays": dict(found.delays),
        "revisions": {str(number): count for number, count in found.revisions.items()},
        "in_doubt_addresses": [one.address for one in found.in_doubt],
    }


def _at(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"
