"""Which relay the next connection goes to: the first in the configuration's order that is not resting."""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from publisher.config import Relay
from publisher.deliver.smtp import Connection, RelayError, Timeouts, connect


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a relay rests after it failed, and when this call gives it up."""

    first: float = 0.5
    """Seconds after the first failure; doubled after each further one."""
    longest: float = 60
    failures: int = 6
    """In a row; then it is left to the next run."""

    def rest(self, failures: int) -> float:
        return min(self.first * 2.0 ** (failures - 1), self.longest)


@dataclass(slots=True)
class _Health:
    relay: Relay
    failures: int = 0
    rests_until: float = 0
    given_up: bool = False
    last: RelayError | None = None


class Relays:
    """The relays of one call, and how each of them fares."""

    def __init__(
        self, relays: Sequence[Relay], timeouts: Timeouts, patience: Patience, *, context: ssl.SSLContext | None = None
    ) -> None:
        self._all = [_Health(relay) for relay in relays]
        self._timeouts = timeouts
        self._patience = patience
        self._context = context

    async def open(self, ending: Callable[[], bool]) -> Connection | None:
        """A connection to the first relay that can be used. Waits while all rest; None: all are given up, or ending."""
        loop = asyncio.get_running_loop()
        while not ending():
            usable = [one for one in self._all if not one.given_up]
            if not usable:
                return None
            ready = next((one for one in usable if one.rests_until <= loop.time()), None)
            if ready is None:
                await asyncio.sleep(min(0.1, min(one.rests_until for one in usable) - loop.time()))
                continue
            started = loop.time()
            try:
                return await connect(ready.relay, self._timeouts, context=self._context)
            except RelayError as error:
                self._failed(ready, error, started)
        return None

    def failed(self, error: RelayError) -> None:
        """A connection to this relay ended badly: let it rest."""
        self._failed(self._find(error.relay), error, asyncio.get_running_loop().time())

    def worked(self, name: str) -> None:
        """It took a message."""
        self._find(name).failures = 0

    @property
    def refusal(self) -> RelayError | None:
        """When no relay is left: the 5yz to AUTH or MAIL among their failures, if there was one."""
        if not all(one.given_up for one in self._all):
            return None
        return next((one.last for one in self._all if one.last and one.last.last and one.last.reply), None)

    @property
    def reason(self) -> str:
        """What went wrong with each, as a sentence."""
        return "; ".join(str(one.last) for one in self._all if one.last is not None)

    def _find(self, name: str) -> _Health:
        return next(one for one in self._all if one.relay.name == name)

    def _failed(self, health: _Health, error: RelayError, started: float) -> None:
        health.last = error
        if error.last:
            health.given_up = True
        elif started >= health.rests_until:  # connections that fail together count once
            health.failures += 1
            health.rests_until = asyncio.get_running_loop().time() + self._patience.rest(health.failures)
            health.given_up = health.failures >= self._patience.failures
