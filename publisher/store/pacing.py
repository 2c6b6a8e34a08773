"""How fast one digest may go: what is claimed and may not leave yet is put back into the queue, with its turn."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from publisher.delivering import Claim, Rate
from publisher.store import limits, outbox
from publisher.store.transaction import Transaction

ALL = "mail"
RELAY = "relay"
DOMAIN = "domain"
LINE = "domain line"
"""The line of those who wait for their domain."""
REST = "domain rest"
EVERY_OTHER = "*"


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """None and nothing: no limit."""

    overall: Rate | None = None
    relays: Mapping[str, Rate] = msgspec.field(default_factory=dict)
    domains: Mapping[str, Rate] = msgspec.field(default_factory=dict)
    """`*`: each domain that is not named, by itself."""

    def of_domain(self, domain: str) -> Rate | None:
        return self.domains.get(domain, self.domains.get(EVERY_OTHER))


class Sifted(msgspec.Struct, frozen=True, kw_only=True):
    go: list[Claim]
    again: datetime | None
    """When the limit on all mail lets more go; None: it holds nothing back."""


def sift(tx: Transaction, name: str, found: Sequence[Claim], rules: Limits, now: datetime) -> Sifted:
    """Those that may leave now. The others are queued again: for their domain's turn, or for that of all mail."""
    going = _by_domain(tx, name, found, rules, now)
    if rules.overall is None or not going:
        return Sifted(go=going, again=None)
    rate = rules.overall
    granted = limits.grant(tx, ALL, "", len(going), now=now, every=rate.every, burst=rate.burst)
    outbox.give_back(tx, name, going[granted.number :])
    again = turn(now, granted.wait, rate) if granted.wait else None
    return Sifted(go=going[: granted.number], again=again)


def turn(now: datetime, wait: timedelta, rate: Rate) -> datetime:
    """When it is worth to come again: for a good part of a burst, not for one mail."""
    return now + max(wait, rate.every * rate.burst / 2)


def _by_domain(tx: Transaction, name: str, found: Sequence[Claim], rules: Limits, now: datetime) -> list[Claim]:
    resting = limits.resting(tx, REST, now)
    if not resting and not rules.domains:
        return list(found)
    going: list[Claim] = []
    later: list[tuple[Claim, datetime]] = []
    groups: dict[str, list[Claim]] = defaultdict(list)
    for one in found:
        groups[one.domain].append(one)
    for domain, group in groups.items():
        rate = rules.of_domain(domain)
        if domain in resting:
            later += [(one, resting[domain]) for one in group]
        elif rate is None:
            going += group
        else:
            may = limits.grant(tx, DOMAIN, domain, len(group), now=now, every=rate.every, burst=rate.burst)
            waiting = group[may.number :]
            line = [limits.queue(tx, LINE, domain, now=now + may.wait, every=rate.every) for _ in waiting]
            going += group[: may.number]
            later += zip(waiting, line, strict=True)
    outbox.postpone(tx, name, later)
    return sorted(going, key=lambda one: one.subscriber)


def grant(tx: Transaction, relay: str, wanted: int, rules: Limits, now: datetime) -> tuple[int, datetime | None]:
    """How many mails this relay may get now, and, where it is none, when to come again."""
    rate = rules.relays.get(relay)
    if rate is None:
        return wanted, None
    may = limits.grant(tx, RELAY, relay, wanted, now=now, every=rate.every, burst=rate.burst)
    return may.number, None if may.number else turn(now, may.wait, rate)


def rest(tx: Transaction, domain: str, until: datetime) -> None:
    """Nothing goes to this domain before `until`."""
    limits.rest(tx, REST, domain, until)
