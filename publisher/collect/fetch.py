"""One polite and safe HTTP GET. What happens is a value: `Fetched` or `FetchFailed`."""

import http.client
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from urllib.parse import urljoin

import msgspec
from msgspec.structs import replace

from publisher.connecting import FAILURES, STANDARD, Limits, RefusedError, ask, why

__all__ = ["FetchFailed", "Fetched", "Limits", "fetch"]

PERMANENT = frozenset({301, 308})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
CHUNK = 65_536


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, whatever its status."""

    status: int
    url: str
    """Where it came from in the end."""
    body: bytes = b""
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    """Both raw, to be sent back as they are (RFC 9110 s. 13.1)."""
    moved_to: str | None = None
    """Where permanent redirects alone led; None when there was none or a temporary one came first."""
    retry_after: int | None = None
    """Seconds."""
    max_age: int | None = None
    """Seconds."""


class FetchFailed(msgspec.Struct, frozen=True, kw_only=True):
    reason: str
    """The end of a sentence about the address."""


def fetch(
    url: str,
    *,
    user_agent: str,
    now: datetime,
    etag: str | None = None,
    last_modified: str | None = None,
    allow_private: bool = False,
    limits: Limits = STANDARD,
) -> Fetched | FetchFailed:
    """GET, conditional when a validator is given, over at most `limits.redirects` redirects, each checked anew.

    `allow_private` lets it connect to this machine and its network: for tests, and for feeds inside an organisation.
    """
    headers = {"User-Agent": user_agent, "Accept": ACCEPT, "Accept-Encoding": "gzip", "Connection": "close"}
    headers |= {"If-None-Match": etag} if etag else {}
    headers |= {"If-Modified-Since": last_modified} if last_modified else {}
    moved_to: str | None = None
    only_permanent = True
    try:
        for _ in range(limits.redirects + 1):
            read = partial(_hop, url, now, limits)
            answer, location = ask("GET", url, headers=headers, allow_private=allow_private, limits=limits, read=read)
            if location is None:
                return replace(answer, moved_to=moved_to)
            only_permanent = only_permanent and answer.status in PERMANENT
            url = urljoin(url, location)
            moved_to = url if only_permanent else moved_to
    except FAILURES as error:
        return FetchFailed(reason=why(error))
    return FetchFailed(reason=f"more than {limits.redirects} redirects")


def _hop(url: str, now: datetime, limits: Limits, response: http.client.HTTPResponse) -> tuple[Fetched, str | None]:
    """The answer, and where it redirects to."""
    location = response.getheader("Location") if response.status in REDIRECTS else None
    body = _read(response, limits) if response.status == http.client.OK else b""
    return _answer(url, response, body, now), location


def _read(response: http.client.HTTPResponse, limits: Limits) -> bytes:
    coding = (response.getheader("Content-Encoding") or "identity").strip().lower()
    if coding not in {"identity", "gzip", "x-gzip"}:
        raise RefusedError(f"it is coded as {coding}, which was not asked for")
    body = bytearray()
    for chunk in _inflated(response) if coding != "identity" else _chunks(response):
        body += chunk
        if len(body) > limits.size:
            raise RefusedError(f"it is larger than {limits.size // 1024 // 1024 or 1} MB")
    if response.length:
        raise RefusedError(f"it ended {response.length} bytes too early")
    return bytes(body)


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while chunk := response.read1(CHUNK):
        yield chunk


def _inflated(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """Never more than a chunk at a time, however far the bytes expand; several members are one (RFC 1952 s. 2.2)."""
    member = zlib.decompressobj(wbits=31)
    for chunk in _chunks(response):
        rest = chunk
        while rest:
            if member.eof and not rest.startswith(b"\x1f\x8b"):
                return  # padding after the last member
            if member.eof:
                member = zlib.decompressobj(wbits=31)
            yield member.decompress(rest, CHUNK)
            rest = member.unused_data if member.eof else member.unconsumed_tail
    yield member.flush()
    if not member.eof:
        raise RefusedError("it ended before its compressed data was complete")


def _answer(url: str, response: http.client.HTTPResponse, body: bytes, now: datetime) -> Fetched:
    return Fetched(
        status=response.status,
        url=url,
        body=body,
        content_type=response.getheader("Content-Type") or "",
        etag=_single_line(response.getheader("ETag")),
        last_modified=_single_line(response.getheader("Last-Modified")),
        retry_after=_retry_after(response.getheader("Retry-After"), now),
        max_age=_max_age(response.getheader("Cache-Control")),
    )


def _single_line(value: str | None) -> str | None:
    """What can be sent back in a header; a folded or overlong validator is not worth keeping."""
    return value if value and value.isprintable() and len(value) <= 1024 else None  # noqa: PLR2004


def _retry_after(value: str | None, now: datetime) -> int | None:
    """RFC 9110 s. 10.2.3: seconds or a date."""
    if value is None:
        return None
    if re.fullmatch(r"\d{1,9}", value.strip()):
        return int(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0, int(((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()))


def _max_age(value: str | None) -> int | None:
    found = re.search(r"\bmax-age\s*=\s*\"?(\d{1,9})", value or "", re.IGNORECASE)
    return int(found[1]) if found else None
