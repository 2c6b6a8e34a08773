"""Tried before it is needed: a relay's encryption and password, and the public address to leave by one click."""

import asyncio
import http.client
import socket
import ssl
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from publisher.config import Relay
from publisher.deliver.smtp import RelayError, Timeouts, connect

PATIENCE = Timeouts(connect=10, greeting=15, command=15)
SECONDS = 10.0


def relay_fault(relay: Relay, *, context: ssl.SSLContext | None = None) -> str | None:
    """Connect, encrypt, authenticate, and say goodbye. What went wrong, or None. No mail is sent."""

    async def shake_hands() -> None:
        connection = await connect(relay, PATIENCE, context=context)
        await connection.quit()

    try:
        asyncio.run(shake_hands())
    except RelayError as error:
        return str(error)
    return None


def addresses(host: str) -> tuple[str, ...]:
    """The host's addresses as this machine sees them, sorted; empty where it has none."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return ()
    return tuple(sorted({str(one[4][0]) for one in found}))


class Answered(msgspec.Struct, frozen=True):
    """What a mail service's POST would meet (RFC 8058 s. 3.1)."""

    verdict: Literal["works", "broken", "silent"]
    """broken: readers who want to leave cannot. silent: nobody answered, which may be this machine's own network."""
    words: str


def one_click(url: str, *, context: ssl.SSLContext | None = None, seconds: float = SECONDS) -> Answered:
    """POST as a mail service does: no cookie, no redirect followed. `url` belongs to no subscriber."""
    parts = urlsplit(url)
    assert parts.hostname
    secure = parts.scheme == "https"
    connection = (
        http.client.HTTPSConnection(parts.hostname, parts.port, timeout=seconds, context=context)
        if secure
        else http.client.HTTPConnection(parts.hostname, parts.port, timeout=seconds)
    )
    try:
        connection.request(
            "POST",
            parts.path,
            body=b"List-Unsubscribe=One-Click",
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "User-Agent": "publisher (check of one-click)",
            },
        )
        status = connection.getresponse().status
    except ssl.SSLError as error:
        return Answered("broken", f"its certificate is refused: {error.reason or error}")
    except (OSError, http.client.HTTPException) as error:
        return Answered("silent", f"it does not answer: {error}")
    finally:
        connection.close()
    return _answered(status)


def _answered(status: int) -> Answered:
    if status in {404, 410} or status >= 500:  # noqa: PLR2004 - RFC 9110 s. 15.6
        return Answered("broken", f"it answers {status}")
    if 300 <= status < 400:  # noqa: PLR2004 - RFC 9110 s. 15.4
        return Answered("silent", f"it answers {status}, and mail services follow no redirect (RFC 8058 s. 3.1)")
    if status >= 400:  # noqa: PLR2004 - RFC 9110 s. 15.5
        return Answered("silent", f"it answers {status}")
    return Answered("works", f"it answers {status}")
