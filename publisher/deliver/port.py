"""What delivering asks of the room that remembers, and of the one that makes the mails. `running` brings both."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from publisher.delivering import Claim, Outcome


class Outbox(Protocol):
    """One digest's open deliveries. Called from one thread at a time. Each call is one transaction, durable on return.

    Any of them may raise `TemporaryError` when the store cannot be used: then nothing that it was asked for happened.
    """

    def claim(self, limit: int) -> Sequence[Claim]:
        """Take deliveries that are due; none when there are none, or when the digest is stopped."""
        ...

    def record(self, marks: Sequence[Claim], outcomes: Sequence[Outcome]) -> frozenset[int]:
        """Write outcomes and marks down; returns the subscribers whose final dot may leave.

        Consent, stop and fence are checked in the same transaction. A claim whose subscriber is not returned is no
        longer ours, and whatever is to become of it has become of it.
        """
        ...

    def give_back(self, claims: Iterable[Claim]) -> None:
        """These were not sent and are free again."""
        ...

    def grant(self, relay: str, wanted: int) -> tuple[int, float]:
        """How many mails this relay may be handed now, and, where it is none, the seconds until it may get more."""
        ...

    def rest(self, domain: str, seconds: float) -> None:
        """Claim nothing for recipients of this domain for so long."""
        ...

    def stopped(self) -> bool: ...

    def is_current(self, claim: Claim) -> bool:
        """False: the digest has a newer revision, and whatever was claimed before that has to be claimed anew."""
        ...

    def pause(self, reason: str) -> None:
        """Stop the digest until a person has looked."""
        ...


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One mail, ready to go."""

    sender: str
    """The envelope's return path (RFC 5321 s. 4.4)."""
    recipient: str
    """ASCII, but for a local part that needs SMTPUTF8 (RFC 6531)."""
    content: bytes
    """ASCII, CRLF line ends, no dots stuffed."""
    dotless: bool = False
    """No line begins with a dot, so there is none to stuff: to look for one takes as long as an Ed25519 signature."""
    message_id: str
    """The same for every attempt at this delivery."""


class Unsendable(msgspec.Struct, frozen=True, kw_only=True):
    """No server can be given this one, and why."""

    reason: str


Compose = Callable[[Claim], "Letter | Unsendable"]
"""Pure, quick, and the same bytes for the same claim. What it raises is taken as a mail that cannot be made.

What it has to read for a revision it reads when it is first asked for one of its letters; after that it is called in
other processes too, where nothing of the store may be touched.
"""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far this call has come."""

    accepted: int = 0
    """Or written, for a Maildir."""
    deferred: int = 0
    rejected: int = 0
    in_doubt: int = 0
    connections: int = 0


Report = Callable[[Progress], None]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What one call did."""

    progress: Progress
    ended: str | None = None
    """Why it ended before all that was due was tried, as a sentence; None: nothing is due any more."""
    given_up: tuple[str, ...] = ()
    """Relays that cannot be used, each with what it said; others may have done their work."""
