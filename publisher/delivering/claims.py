"""What passes between the outbox and those who deliver from it."""

from datetime import datetime

import msgspec

from publisher.delivering.replies import Verdict
from publisher.delivering.states import Event


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery that we hold."""

    subscriber: int
    address: str
    """As the subscriber wrote it."""
    variant: str
    revision: int
    """Which revision of the digest this attempt sends."""
    fence: int
    """Raised by every claim: whoever has an older one has lost the delivery."""
    attempts: int
    """Finished attempts before this one."""
    confirmed: datetime | None
    """When the subscriber confirmed."""

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2].lower()


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How one attempt ended."""

    claim: Claim
    event: Event
    verdict: Verdict
    relay: str | None = None
    code: int | None = None
    reply: str | None = None
    """The server's own words, or what happened instead of a reply."""
