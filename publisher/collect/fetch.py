"""One polite and safe HTTP GET. What happens is a value: `Fetched` or `FetchFailed`.

On the standard library's `http.client`, because the connection has to go to the very address that was checked, with
the host's own name in SNI, certificate and Host: a client library would have to be taught that against its grain.
"""

import base64
import http.client
import re
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from publisher.collect.addresses import is_public, resolve

PERMANENT = frozenset({301, 308})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
CHUNK = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds, except where said otherwise."""

    connect: float = 10
    read: float = 15
    """The longest silence."""
    total: float = 40
    """Of one hop, from the connection to the last byte."""
    redirects: int = 5
    size: int = 8 * 1024 * 1024
    """Bytes after decompression."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    reason: str
    """The end of a sentence about the address."""


class _RefusedError(Exception):
    """A limit or a rule of ours; never leaves this file."""


def fetch(
    url: str,
    *,
    user_agent: str,
    now: datetime,
    etag: str | None = None,
    last_modified: str | None = None,
    allow_private: bool = False,
    limits: Limits = Limits(),
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
            answer, location = _get(url, headers, now=now, allow_private=allow_private, limits=limits)
            if location is None:
                return replace(answer, moved_to=moved_to)
            only_permanent = only_permanent and answer.status in PERMANENT
            url = urljoin(url, location)
            moved_to = url if only_permanent else moved_to
    except _RefusedError as error:
        return FetchFailed(reason=str(error))
    except ssl.SSLError as error:
        return FetchFailed(
            reason=f"no secure connection: {getattr(error, 'verify_message', '') or error.reason or error}"
        )
    except TimeoutError:
        return FetchFailed(reason="no answer in time")
    except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
        return FetchFailed(reason=f"{type(error).__name__}: {error}".removesuffix(": "))
    return FetchFailed(reason=f"more than {limits.redirects} redirects")


def _get(
    url: str, headers: dict[str, str], *, now: datetime, allow_private: bool, limits: Limits
) -> tuple[Fetched, str | None]:
    """One hop: the answer, and where it redirects to."""
    parts = _checked(url)
    with _connected(parts, allow_private=allow_private, limits=limits) as (connection, is_late):
        try:
            connection.request("GET", _target(parts), headers=headers | _own_headers(parts))
            response = connection.getresponse()
            location = response.getheader("Location") if response.status in REDIRECTS else None
            body = _read(response, limits) if response.status == http.client.OK else b""
        except (OSError, http.client.HTTPException) as error:
            raise (_late(limits) if is_late() else error) from error
        if is_late():  # a cut in the middle of the headers looks like their end
            raise _late(limits)
    return _answer(url, response, body, now), location


def _late(limits: Limits) -> _RefusedError:
    return _RefusedError(f"not finished after {limits.total:g} seconds")


def _checked(url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _RefusedError(f"{url!r} is no web address")
    return parts


def _target(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    return f"{path}?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else path


def _own_headers(parts: SplitResult) -> dict[str, str]:
    host = _ascii_host(parts)
    named = f"[{host}]" if ":" in host else host
    headers = {"Host": f"{named}:{parts.port}" if parts.port else named}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    return headers


def _ascii_host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    return host if host.isascii() else host.encode("idna").decode()


@contextmanager
def _connected(
    parts: SplitResult, *, allow_private: bool, limits: Limits
) -> Iterator[tuple[http.client.HTTPConnection, Callable[[], bool]]]:
    """A connection to the address that was checked, and whether its time was up.

    At the end of its total time it is cut wherever it stands: a server that sends a byte now and then never times out.
    """
    host = _ascii_host(parts)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    line = _dial(host, port, allow_private=allow_private, limits=limits)
    late = threading.Event()

    def cut() -> None:
        late.set()
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(limits.total, cut)
    watch.daemon = True
    watch.start()
    connection = http.client.HTTPConnection(host, port)
    try:
        line.settimeout(limits.read)
        if parts.scheme == "https":
            line = secured = _tls().wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
            secured.do_handshake()
        connection.sock = line
        yield connection, late.is_set
    finally:
        watch.cancel()
        connection.close()
        line.close()


def _dial(host: str, port: int, *, allow_private: bool, limits: Limits) -> socket.socket:
    """Resolved once; if one address of a host is not public, none of them is trusted."""
    try:
        addresses = resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise _RefusedError(f"no address is known for {host}") from error
    refused = [address for address in addresses if not allow_private and not is_public(address)]
    if refused or not addresses:
        raise _RefusedError(f"{host} is not on the public internet ({', '.join(map(str, refused))})")
    last: OSError | None = None
    for address in addresses[:4]:
        try:
            return socket.create_connection((str(address), port), timeout=limits.connect)
        except OSError as error:
            last = error
    assert last is not None
    raise last


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _read(response: http.client.HTTPResponse, limits: Limits) -> bytes:
    coding = (response.getheader("Content-Encoding") or "identity").strip().lower()
    if coding not in {"identity", "gzip", "x-gzip"}:
        raise _RefusedError(f"it is coded as {coding}, which was not asked for")
    body = bytearray()
    for chunk in _inflated(response) if coding != "identity" else _chunks(response):
        body += chunk
        if len(body) > limits.size:
            raise _RefusedError(f"it is larger than {limits.size // 1024 // 1024 or 1} MB")
    if response.length:
        raise _RefusedError(f"it ended {response.length} bytes too early")
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
        raise _RefusedError("it ended before its compressed data was complete")


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
