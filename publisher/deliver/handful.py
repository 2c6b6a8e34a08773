"""A few mails that no ledger counts: a test to one address, an alert."""

from collections.abc import Iterable, Sequence

from publisher.delivering import Claim, Outcome


class Handful:
    """Their `Outbox`. Nothing is remembered: whoever sends them looks at the outcomes."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._waiting = [
            Claim(subscriber=number, address=one, variant="", revision=1, fence=0, attempts=0, confirmed=None)
            for number, one in enumerate(addresses)
        ]
        self.outcomes: list[Outcome] = []

    def claim(self, limit: int) -> Sequence[Claim]:
        taken, self._waiting = self._waiting[:limit], self._waiting[limit:]
        return taken

    def record(self, marks: Sequence[Claim], outcomes: Sequence[Outcome]) -> frozenset[int]:
        self.outcomes += outcomes
        return frozenset(one.subscriber for one in marks)

    def give_back(self, claims: Iterable[Claim]) -> None:
        """They are not tried again."""

    def grant(self, relay: str, wanted: int) -> tuple[int, float]:  # noqa: ARG002 - a few are within any limit
        return wanted, 0.0

    def rest(self, domain: str, seconds: float) -> None:
        """There is nobody else to spare it."""

    def stopped(self) -> bool:
        return False

    def is_current(self, claim: Claim) -> bool:  # noqa: ARG002 - the outbox's form
        return True

    def pause(self, reason: str) -> None:
        """There is nothing to pause."""
