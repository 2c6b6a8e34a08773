"""DNS, asked by dnspython: answers as `delivering.standing` reads them."""

import ipaddress
from typing import TYPE_CHECKING

from publisher.delivering.standing import Answer, Ask, Nothing, Records, Silence
from publisher.delivering.standing.answers import Kind
from publisher.errors import UsageError

if TYPE_CHECKING:
    from dns.rdata import Rdata
    from dns.resolver import Resolver

LIFETIME = 6.0
"""Seconds for one question, over all name servers."""


def asking(server: str | None = None) -> Ask:
    """`server`: ADDRESS or ADDRESS:PORT (IPv6 in brackets) in place of the system's resolvers.

    Each question is asked once. Raises `UsageError` where `server` is no address, or the system names no resolver.
    """
    resolver = _resolver(server)
    known: dict[tuple[Kind, str], Answer] = {}

    def ask(kind: Kind, name: str) -> Answer:
        key = (kind, name.lower())
        if key not in known:
            known[key] = _asked(resolver, kind, name)
        return known[key]

    return ask


def _resolver(server: str | None) -> "Resolver":
    from dns.exception import DNSException
    from dns.resolver import Resolver

    try:
        resolver = Resolver(configure=server is None)
        if server is not None:
            host, port = _host_and_port(server)
            resolver.nameservers = [str(ipaddress.ip_address(host))]
            resolver.port = port
    except (DNSException, ValueError) as error:
        raise UsageError(
            f"No name server can be asked: {error}. --nameserver takes an address, 192.0.2.53 or [::1]:53."
        ) from error
    resolver.lifetime = LIFETIME
    resolver.use_edns(0, 0, 1232)
    return resolver


def _host_and_port(server: str) -> tuple[str, int]:
    host, colon, port = server.rpartition(":")
    if server.count(":") > 1 and not server.startswith("["):
        return server, 53
    return (host.strip("[]"), int(port)) if colon and not server.endswith("]") else (server.strip("[]"), 53)


def _asked(resolver: "Resolver", kind: Kind, name: str) -> Answer:
    from dns.exception import DNSException, Timeout
    from dns.resolver import NXDOMAIN, NoAnswer, NoNameservers
    from dns.reversename import from_address

    try:
        answer = resolver.resolve(from_address(name) if kind == "PTR" else name, kind, search=False)
    except (NXDOMAIN, NoAnswer):
        return Nothing()
    except Timeout:
        return Silence(f"nothing came within {LIFETIME:g} seconds")
    except NoNameservers:
        return Silence("its name servers failed")
    except (DNSException, ValueError, UnicodeError) as error:
        return Silence(str(error) or type(error).__name__)
    return Records(tuple(sorted(_text(record) for record in answer)))


def _text(record: "Rdata") -> str:
    from dns.rdtypes.ANY.MX import MX
    from dns.rdtypes.ANY.TXT import TXT

    if isinstance(record, TXT):
        return b"".join(record.strings).decode("utf-8", "replace")
    return str(record.exchange) if isinstance(record, MX) else record.to_text()
