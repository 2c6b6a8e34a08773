"""What mail that came back does to subscribers: only what bears our signature, each message once."""

import hashlib
from collections.abc import Generator
from contextlib import closing
from datetime import datetime
from itertools import chain
from typing import Any, Literal

import msgspec

from publisher.deliver.returns import Arrived
from publisher.delivering import Verdict
from publisher.errors import ConfigurationError, TemporaryError
from publisher.render import message
from publisher.running.doors import Doors
from publisher.running.report import Report
from publisher.store import returns
from publisher.store.returns import Refusal, Return
from publisher.store.transaction import Transaction
from publisher.subscribing import bounces, states, tokens
from publisher.subscribing.addresses import masked
from publisher.subscribing.bounces import Kind, Reason, Returned
from publisher.subscribing.bounces.score import score

Effect = Literal["bounced", "complained", "unsubscribed", "counted", "noted", "nothing", "not signed", "known", "gone"]
"""counted: a soft bounce below the limit. noted: the subscriber is not blamed. not signed: nothing may be done on its
account. known: read before. gone: the subscriber is erased. nothing: nobody is concerned, or no longer in the list."""

PATIENCE = 20.0
"""Seconds that a run reads the mailbox for; what is left waits for the next one."""
HALF_LIVES = 12
"""After so many a bounce counts for less than a thousandth and is left out of the sum."""
EFFECTS: dict[Kind, tuple[states.Event, Effect]] = {
    Kind.HARD: ("bounced", "bounced"),
    Kind.COMPLAINT: ("complained", "complained"),
    Kind.UNSUBSCRIBE: ("unsubscribed", "unsubscribed"),
}


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """One message: what it was, and what became of it."""

    name: str
    found: Returned
    effect: Effect
    subscriber: int | None = None
    address: str | None = None
    digest: str | None = None
    score: float | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "message": self.name,
            "class": str(self.found.kind),
            "reason": self.found.reason,
            "effect": self.effect,
            "address": self.address,
            "digest": self.digest,
            "score": None if self.score is None else round(self.score, 2),
            "reporter": self.found.reporter,
            "recipients": [
                {
                    "address": one.address,
                    "class": str(one.kind),
                    "reason": str(one.reason),
                    "status": one.status,
                    "reply": one.code,
                }
                for one in self.found.failures
            ],
        }


class Tally(msgspec.Struct, kw_only=True):
    taken: list[Taken] = msgspec.field(default_factory=list)

    def of(self, *effects: Effect) -> list[Taken]:
        return [one for one in self.taken if one.effect in effects]


def take_back(doors: Doors, arrived: Generator[Arrived], *, envelope: str | None = None) -> Tally:
    """Read the messages one by one; each is marked as done after its effect is committed.

    `envelope` is the address that the message was sent to, where the mail server says so and the message need not.
    """
    tally = Tally()
    with doors.store.begin() as tx:
        returns.forget_old(tx, doors.now())
    with closing(arrived):
        for one in arrived:
            tally.taken.append(_take(doors, one, envelope))
            one.done()
    return tally


def read_mailbox(doors: Doors, report: Report) -> None:
    """At a run's start: whoever is gone is not mailed again. A mailbox that is away holds nothing up."""
    from publisher.deliver.imap import from_mailbox

    box = doors.publication.bounces.mailbox
    if box is None:
        return
    try:
        tally = take_back(doors, from_mailbox(box, within=PATIENCE))
    except TemporaryError as error:
        report.notes.append(f"Mail that came back was not read: {error}")
    except ConfigurationError as error:
        report.say(f"Mail that came back is not read: {error}")
    else:
        gone = len(tally.of("bounced", "complained", "unsubscribed"))
        if tally.taken:
            doors.tell(f"came back: messages {len(tally.taken)}, subscriptions ended {gone}")


def _take(doors: Doors, arrived: Arrived, envelope: str | None) -> Taken:
    found = bounces.read(arrived.raw)
    if found.kind in {Kind.AUTO_REPLY, Kind.OTHER}:
        return Taken(name=arrived.name, found=found, effect="nothing")
    signed = _signed(doors, found, envelope)
    if signed is None:
        return Taken(name=arrived.name, found=found, effect="not signed")
    number, digest = signed
    with doors.store.begin() as tx:
        reader = returns.reader(tx, number)
        if reader is None:
            return Taken(name=arrived.name, found=found, effect="gone", digest=digest)
        effect, points = _effect(doors, tx, found, _record(arrived, found, number, digest, doors.now()))
    return Taken(
        name=arrived.name,
        found=found,
        effect=effect,
        subscriber=number,
        address=masked(reader.address),
        digest=digest,
        score=points,
    )


def _signed(doors: Doors, found: Returned, envelope: str | None) -> tuple[int, str | None] | None:
    """(subscriber, digest) that a signature of ours names; None: nobody signed, so nobody is meant.

    A request to leave is signed by the link in its subject; a bounce by the address that it was sent to, or the return
    path that the returned mail bore; a complaint by that, or by the link in the mail that it is about.
    """
    links = found.requests if found.kind is Kind.UNSUBSCRIBE else found.links if found.kind is Kind.COMPLAINT else ()
    list_id = doors.store.publication
    for link in links:
        subscriber = tokens.verify(doors.keys, link, list_id=list_id, purpose="u")
        if subscriber is not None:
            return subscriber, None
    if found.kind is Kind.UNSUBSCRIBE:
        return None
    for address in chain((envelope,) if envelope else (), found.recipients, found.return_paths):
        for secret in doors.keys.secrets.values():
            read = message.read_return_path(address, secret, authority=doors.publication.authority)
            if read:
                return read[1], read[0]
    return None


def _record(arrived: Arrived, found: Returned, number: int, digest: str | None, at: datetime) -> Return:
    first = next((one for one in found.failures if one.kind is found.kind), None)
    return Return(
        message=hashlib.sha256(b"\n".join(arrived.raw.splitlines())).hexdigest(),
        subscriber=number,
        digest=digest,
        at=at,
        kind="delayed" if first and first.reason is Reason.DELAYED else str(found.kind),
        reason=found.reason or str(found.kind),
        status=first.status if first else None,
        words=first.words[:300] if first else None,
    )


def _effect(doors: Doors, tx: Transaction, found: Returned, record: Return) -> tuple[Effect, float | None]:
    if not returns.remember(tx, record):
        return "known", None
    if not _blames(found):
        return "noted", None
    if found.kind in EFFECTS:
        event, effect = EFFECTS[found.kind]
        return (effect if returns.end(tx, record.subscriber, event, now=record.at) else "nothing"), None
    return soft_bounce(doors, tx, record.subscriber, record.at)


def soft_bounce(doors: Doors, tx: Transaction, number: int, now: datetime) -> tuple[Effect, float]:
    """After one more is remembered: whether the score ends the subscription, and what it is."""
    settings = doors.publication.bounces
    since = now - settings.half_life * HALF_LIVES
    points = score(returns.soft_bounces(tx, number, since), now=now, half_life=settings.half_life)
    if points < settings.limit:
        return "counted", points
    return ("bounced" if returns.end(tx, number, "bounced", now=now) else "nothing"), points


def _blames(found: Returned) -> bool:
    """Whether it says anything against the subscriber.

    A warning that a server goes on trying does not, nor a report that our own signature failed (RFC 6591).
    """
    if found.kind is Kind.POLICY or found.feedback in {"auth-failure", "dmarc"}:
        return False
    return not found.failures or any(one.reason is not Reason.DELAYED for one in found.failures)


def refused(doors: Doors, tx: Transaction, one: Refusal) -> bool:
    """A refusal at send time: whether it ended the subscription. Nothing if it is remembered already.

    Hard is what both tables call so, the one of SMTP replies and the one of words: a block list's 550 to RCPT is not.
    """
    unknown = one.outcome == Verdict.NO_SUCH_ADDRESS.value
    failure = bounces.judge_reply(one.code, one.reply or "", stage="rcpt" if unknown else None)
    kind = failure.kind
    if kind is Kind.HARD and not unknown:
        kind = Kind.SOFT
    record = Return(
        message=one.name,
        subscriber=one.subscriber,
        digest=one.digest,
        at=one.at,
        kind=str(kind),
        reason=str(failure.reason),
        status=failure.status,
        words=failure.words[:300],
    )
    if not returns.remember(tx, record) or kind is Kind.POLICY:
        return False
    if kind is Kind.HARD:
        return returns.end(tx, one.subscriber, "bounced", now=one.at)
    return soft_bounce(doors, tx, one.subscriber, doors.now())[0] == "bounced"
