"""What a call of `deliver` goes by, where a test may want it otherwise than the standards do."""

import os
import ssl

import msgspec

from publisher.deliver.notary import PAUSE
from publisher.deliver.relays import Patience
from publisher.deliver.smtp import Timeouts


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    chunk: int = 500
    makers: int = msgspec.field(default_factory=lambda: os.cpu_count() or 1)
    """Processes that make letters, at most."""
    pause: float = PAUSE
    drain: float = 30
    """Seconds that open transactions get once `stop` is set."""
    timeouts: Timeouts = msgspec.field(default_factory=Timeouts)
    patience: Patience = msgspec.field(default_factory=Patience)
    context: ssl.SSLContext | None = None
    """Replaces the one that the relay's `tls` calls for."""
