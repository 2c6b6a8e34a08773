"""Which relay the next connection goes to: the first in the configuration's order that can be used now."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from publisher.config import Relay
from publisher.deliver.smtp import Connection, RelayError, Timeouts, connect
from publisher.delivering import Stage

HANGS = 5.0
"""Seconds without a greeting after which another relay is tried, where there is one."""
PACED = 2.0
"""Seconds of waiting for a limit that a call stays for; a longer wait is not its own."""
STALLS = 5.0
"""Seconds in which no connection to a relay began another mail; then further ones go to the next relay."""
FULL = 30.0
"""Seconds for which no further connection is tried, where a relay refused one while others to it were at work."""
KEPT_FREE = 4
"""Where there are several relays, one connection of so many is kept for another than the first."""
CLOSED_AT_RCPT = 3
"""421 to the recipients of so many domains with no message taken in between: it is the relay, not the domains."""

_DOOR = frozenset({Stage.CONNECT, Stage.GREETING})

Grant = Callable[[str, int], Awaitable[tuple[int, float]]]
"""`Outbox.grant`, asked in the outbox's thread."""


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long a relay rests after it failed, and when this call gives it up."""

    first: float = 0.5
    """Seconds after the first failure; doubled after each further one."""
    longest: float = 60
    failures: int = 6
    """In a row; then it is left to the next run."""

    def rest(self, failures: int) -> float:
        return min(self.first * 2.0 ** (failures - 1), self.longest)


class _Health(msgspec.Struct):
    relay: Relay
    failures: int = 0
    rests_until: float = 0
    paced_until: float = 0
    """At its limit until then."""
    allowance: int = 0
    """Mails that the limit granted and that were not handed over yet."""
    attempts: list[float] = msgspec.field(default_factory=list)
    """When the connections began that are not greeted yet."""
    proven: bool = False
    """It greeted a connection of this call, and did not fail since."""
    open: set[Connection] = msgspec.field(default_factory=set)
    """Those that are greeted and not closed."""
    most: int = 0
    """So many connections at most, by our own rule ..."""
    ceiling: int = 0
    """... and by its own, until `full_until`."""
    full_until: float = 0
    stalls: bool = False
    """All its connections have been at one mail each for `STALLS`."""
    closed_at_rcpt: set[str] = msgspec.field(default_factory=set)
    given_up: bool = False
    last: RelayError | None = None

    def hangs(self, now: float) -> bool:
        return bool(self.attempts) and not self.proven and now - self.attempts[0] > HANGS

    def turns_away(self, now: float) -> bool:
        """It rests, or is at its limit, or would refuse one more connection, or that is just being found out."""
        if self.rests_until > now or self.paced_until > now:
            return True
        return self.full_until > now and (len(self.open) >= self.ceiling or bool(self.attempts and not self.open))

    @property
    def has_its_share(self) -> bool:
        return len(self.open) + len(self.attempts) >= self.most

    def refused_one_more(self, now: float) -> None:
        self.ceiling, self.full_until = max(1, len(self.open)), now + FULL

    def opened(self, connection: Connection) -> None:
        self.proven = True
        self.open.add(connection)
        self.ceiling = max(self.ceiling, len(self.open))


class Relays:
    """The relays of one call, and how each of them fares."""

    def __init__(
        self,
        relays: Sequence[Relay],
        timeouts: Timeouts,
        patience: Patience,
        *,
        connections: int,
        grant: Grant,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """`connections`: how many may be open to all of them together."""
        kept_free = max(1, connections // KEPT_FREE) if len(relays) > 1 else 0
        self._all = [_Health(relay, most=max(1, connections - kept_free)) for relay in relays]
        self._named = {one.relay.name: one for one in self._all}
        self._timeouts = timeouts
        self._patience = patience
        self._grant = grant
        self._context = context
        self.paced = False
        """What can be used is at its limit; the call ends, and the next one goes on."""
        self.full = False
        """What can be used has as many connections as it may; those go on."""

    async def open(self, ending: Callable[[], bool]) -> Connection | None:
        """A connection to the first relay that can be used. Waits while all rest.

        None: all are given up, or at their limits for longer than is worth waiting (`paced`), or have as many
        connections as they may (`full`), or the call is ending.
        """
        self.full = False
        while not ending():
            usable = self._in_order()
            chosen = await self._choose(usable)
            if chosen is not None:
                connection = await self._connect(chosen)
                if connection is not None:
                    return connection
                continue
            now = asyncio.get_running_loop().time()
            if not usable or all(one.paced_until > now + PACED for one in usable):
                self.paced = bool(usable)
                return None
            if any(one.open and (one.has_its_share or one.full_until > now) for one in usable):
                self.full = True
                return None
            await asyncio.sleep(0.05)
        return None

    def _in_order(self) -> list[_Health]:
        """Those that are not given up. One that stalls is last: it may wake up, and it may be the only one."""
        return sorted((one for one in self._all if not one.given_up), key=lambda one: one.stalls)

    def have_room(self) -> bool:
        """Whether one more connection could be opened now."""
        now = asyncio.get_running_loop().time()
        next_one = next((one for one in self._in_order() if not one.turns_away(now)), None)
        return next_one is not None and not next_one.has_its_share

    def closed(self, connection: Connection) -> None:
        self._find(connection.relay.name).open.discard(connection)

    def look(self, now: float, begun: Callable[[Connection], float]) -> None:
        """Find out which of them stall; `begun`: when a connection began with the mail that it is at."""
        for one in self._all:
            one.stalls = bool(one.open) and now - max(map(begun, one.open)) > STALLS

    async def _choose(self, usable: Sequence[_Health]) -> _Health | None:
        """The first that neither rests nor hangs nor is at a limit; one connection proves a relay before the rest."""
        now = asyncio.get_running_loop().time()
        for one in usable:
            if one.turns_away(now):
                continue
            if one.has_its_share:
                return None
            if len(usable) > 1 and one.attempts and not one.proven:
                if one.hangs(now):
                    continue
                return None  # somebody is finding out; that takes no longer than HANGS
            if await self._allows(one):
                return one
        return None

    async def _connect(self, chosen: _Health) -> Connection | None:
        began = asyncio.get_running_loop().time()
        chosen.attempts.append(began)
        try:
            connection = await connect(chosen.relay, self._timeouts, context=self._context)
        except RelayError as error:
            others = bool(chosen.open) or len(chosen.attempts) > 1
            if others and error.stage in _DOOR and not (error.last or chosen.stalls):
                chosen.refused_one_more(asyncio.get_running_loop().time())
            else:
                self._failed(chosen, error, began)
            return None
        finally:
            chosen.attempts.remove(began)
        chosen.opened(connection)
        return connection

    # Limits ------------------------------------------------------------------------------------------------------

    async def permit(self, name: str) -> bool:
        """One more mail to this relay, by its limit. False: not now; the connection is of no use."""
        health = self._find(name)
        if health.relay.per_hour is None:
            return True
        if not await self._allows(health):
            return False
        health.allowance -= 1
        return True

    def permit_at_once(self, name: str) -> bool:
        """The same without asking the store: False may mean that nobody knows yet."""
        health = self._find(name)
        if health.relay.per_hour is None:
            return True
        if not health.allowance:
            return False
        health.allowance -= 1
        return True

    def unused(self, name: str) -> None:
        """What was permitted was not handed over after all."""
        self._find(name).allowance += 1

    async def _allows(self, health: _Health) -> bool:
        if health.relay.per_hour is None or health.allowance:
            return True
        batch = max(1, health.relay.per_hour // 3600)
        granted, wait = await self._grant(health.relay.name, batch)
        health.allowance += granted
        if not granted:
            health.paced_until = asyncio.get_running_loop().time() + wait
        return bool(health.allowance)

    # Health ------------------------------------------------------------------------------------------------------

    def failed(self, error: RelayError) -> None:
        """A connection to this relay ended badly: let it rest."""
        self._failed(self._find(error.relay), error, asyncio.get_running_loop().time())

    def closed_at_rcpt(self, error: RelayError, domain: str) -> None:
        """421 to a recipient: that is its domain's matter, unless one domain after the other gets it."""
        health = self._find(error.relay)
        health.closed_at_rcpt.add(domain)
        if len(health.closed_at_rcpt) >= CLOSED_AT_RCPT:
            self.failed(error)

    def worked(self, name: str) -> None:
        """It took a message."""
        health = self._find(name)
        health.failures = 0
        if health.closed_at_rcpt:
            health.closed_at_rcpt.clear()

    @property
    def refusal(self) -> RelayError | None:
        """When no relay is left: the 5yz to AUTH or MAIL among their failures, if there was one."""
        if not all(one.given_up for one in self._all):
            return None
        refusals = (one.last for one in self._all if one.last and one.last.last and one.last.reply)
        return next((one for one in refusals if one.stage in {Stage.AUTH, Stage.MAIL}), None)

    @property
    def given_up(self) -> tuple[str, ...]:
        """Those that this call tries no more, each with why."""
        return tuple(str(one.last) for one in self._all if one.given_up)

    @property
    def reason(self) -> str:
        """What went wrong with each, as a sentence."""
        return "; ".join(str(one.last) for one in self._all if one.last is not None)

    def _find(self, name: str) -> _Health:
        return self._named[name]

    def _failed(self, health: _Health, error: RelayError, began: float) -> None:
        health.last = error
        health.proven = False
        if error.last:
            health.given_up = True
        elif began >= health.rests_until:  # connections that fail together count once
            health.failures += 1
            health.rests_until = asyncio.get_running_loop().time() + self._patience.rest(health.failures)
            health.given_up = health.failures >= self._patience.failures
