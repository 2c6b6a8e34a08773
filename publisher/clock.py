"""The only reader of the wall clock. `PUBLISHER_CLOCK` sets it, for rehearsals and demonstrations.

A set clock stands still, except that `sleep` puts it forward; whoever sends mail beyond this machine asks `is_set`
first and refuses.
"""

import os
import time
from datetime import UTC, datetime, timedelta

from publisher.errors import ConfigurationError

VARIABLE = "PUBLISHER_CLOCK"


def now() -> datetime:
    """In UTC. Raises `ConfigurationError` where `PUBLISHER_CLOCK` is no ISO 8601 time with an offset."""
    written = os.environ.get(VARIABLE)
    return _parsed(written) if written else datetime.now(tz=UTC)  # noqa: TID251 - this is the one place


def is_set() -> bool:
    """Whether `PUBLISHER_CLOCK` says what time it is."""
    return bool(os.environ.get(VARIABLE))


def sleep(seconds: float) -> None:
    """Wait; a set clock is put forward instead, for this process and those that it starts."""
    if is_set():
        os.environ[VARIABLE] = (now() + timedelta(seconds=seconds)).isoformat()
    else:
        time.sleep(seconds)


def _parsed(written: str) -> datetime:
    wanted = f'{VARIABLE} is {written!r}; it takes a time with an offset, such as "2026-06-25T09:00:00+02:00"'
    try:
        found = datetime.fromisoformat(written)
        if found.tzinfo is None:
            raise ConfigurationError(wanted)
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ConfigurationError(wanted) from error
