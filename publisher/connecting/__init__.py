"""One HTTP request to a host on the public internet, and to no other: each hop's address is checked, then connected to.

On the standard library's `http.client`, because the connection has to go to the very address that was checked, with
the host's own name in SNI, certificate and Host: a client library would have to be taught that against its grain.
"""

import base64
import http.client
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import TypeVar
from urllib.parse import SplitResult, quote, unquote, urlsplit

import msgspec

from publisher.connecting.addresses import is_public, resolve

__all__ = ["FAILURES", "STANDARD", "Limits", "RefusedError", "ask", "why"]

Answer = TypeVar("Answer")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds, except where said otherwise."""

    connect: float = 10
    read: float = 15
    """The longest silence."""
    total: float = 40
    """Of one hop, from the connection to the last byte."""
    redirects: int = 5
    size: int = 8 * 1024 * 1024
    """Bytes after decompression."""


STANDARD = Limits()


class RefusedError(Exception):
    """A limit or a rule of ours, as the end of a sentence about the address."""


FAILURES = (RefusedError, OSError, http.client.HTTPException, ValueError, zlib.error)
"""What `ask` raises."""


def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    allow_private: bool,
    limits: Limits,
    read: Callable[[http.client.HTTPResponse], Answer],
) -> Answer:
    """One hop: what `read` makes of the answer, while the connection is open. Raises one of `FAILURES`.

    `allow_private` lets it connect to this machine and its network: for tests, and for what an organisation keeps to
    itself.
    """
    parts = _checked(url)
    with _connected(parts, allow_private=allow_private, limits=limits) as (connection, is_late):
        try:
            connection.request(method, _target(parts), body=body, headers={**headers, **_own_headers(parts)})
            answer = read(connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            raise (_late(limits) if is_late() else error) from error
        if is_late():  # a cut in the middle of the headers looks like their end
            raise _late(limits)
    return answer


def why(error: Exception) -> str:
    """One of `FAILURES` as the end of a sentence about the address."""
    if isinstance(error, RefusedError):
        return str(error)
    if isinstance(error, ssl.SSLError):
        return f"no secure connection: {getattr(error, 'verify_message', '') or error.reason or error}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def _late(limits: Limits) -> RefusedError:
    return RefusedError(f"not finished after {limits.total:g} seconds")


def _checked(url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise RefusedError(f"{url!r} is no web address")
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
        raise RefusedError(f"no address is known for {host}") from error
    refused = [address for address in addresses if not allow_private and not is_public(address)]
    if refused or not addresses:
        raise RefusedError(f"{host} is not on the public internet ({', '.join(map(str, refused))})")
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
