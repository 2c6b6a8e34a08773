"""A digest's deliveries, counted by state."""

from collections.abc import Mapping

import msgspec

from publisher.delivering.states import CLOSED, OPEN, State


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """One number for each state, beside the audience that was counted when the edition closed."""

    audience: int
    queued: int = 0
    sending: int = 0
    dot_imminent: int = 0
    deferred: int = 0
    accepted: int = 0
    written: int = 0
    rejected: int = 0
    in_doubt: int = 0
    suppressed: int = 0
    expired: int = 0
    parked: int = 0

    @classmethod
    def of(cls, audience: int, counts: Mapping[str, int]) -> "Sums":
        """`counts`: state as the store writes it -> how many; a state that is not there counts 0."""
        return cls(audience=audience, **{State(state).key: number for state, number in counts.items()})

    def by_state(self) -> dict[State, int]:
        return {state: getattr(self, state.key) for state in State}

    def as_json(self) -> dict[str, int]:
        """`audience`, and one number for each state under the name that machines know it by."""
        return {"audience": self.audience, **{state.key: number for state, number in self.by_state().items()}}

    @property
    def open(self) -> int:
        """Still owed."""
        return sum(number for state, number in self.by_state().items() if state in OPEN)

    @property
    def closed(self) -> int:
        return sum(number for state, number in self.by_state().items() if state in CLOSED)

    @property
    def adds_up(self) -> bool:
        """True at any moment, or somebody is lost."""
        return self.open + self.closed == self.audience
