"""Which recipient domains answer slowly, so that they do not hold up the others: they get half of the connections."""

from collections import Counter
from collections.abc import Hashable
from math import inf

SLOW = 2.0
"""Seconds of work on one mail after which its domain counts as slow."""
REMEMBERED = 10.0
"""Seconds for which it counts as slow after it was last seen so."""
NONE: frozenset[str] = frozenset()


class Crowds:
    """What each connection works on. `most`: how many connections there may be; times are those of one clock."""

    def __init__(self, most: int) -> None:
        self._share = max(1, most // 2)
        self._busy: dict[Hashable, tuple[str, float]] = {}
        self._promised: dict[Hashable, str] = {}
        self._slow: dict[str, float] = {}

    def works(self, connection: Hashable, domain: str, now: float) -> None:
        """A connection has begun with a mail to this domain."""
        self._busy[connection] = (domain, now)
        if self._promised:
            self._promised.pop(connection, None)

    def will_work(self, connection: Hashable, domain: str) -> None:
        """The next mail of a connection is offered already."""
        if self._slow:
            self._promised[connection] = domain

    def rests(self, connection: Hashable) -> None:
        self._busy.pop(connection, None)
        self._promised.pop(connection, None)

    def begun(self, connection: Hashable) -> float:
        """When a connection began with the mail that it is at; infinity before its first."""
        return self._busy[connection][1] if connection in self._busy else inf

    def look(self, now: float) -> None:
        """Find out who is slow; several times a second."""
        self._slow |= {domain: now for domain, since in self._busy.values() if now - since > SLOW}
        if self._slow:
            self._slow = {domain: seen for domain, seen in self._slow.items() if now - seen < REMEMBERED}

    def crowded(self) -> frozenset[str]:
        """Slow domains that have their share."""
        if not self._slow:
            return NONE
        busy = Counter(domain for domain, _ in self._busy.values() if domain in self._slow)
        busy.update(self._promised.values())
        return frozenset(domain for domain in self._slow if busy[domain] >= self._share)

    def forget(self) -> None:
        """There is nobody else who would be held up."""
        self._slow.clear()
