"""Which network addresses a fetch may connect to: none that only this machine or its own network can reach."""

import ipaddress
import socket
from collections.abc import Iterator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_REFUSED = (
    ipaddress.IPv6Network("64:ff9b:1::/48"),  # NAT64 for a network's own use, RFC 8215
    ipaddress.IPv6Network("fec0::/10"),  # site-local, RFC 3879
)
_COMPATIBLE = ipaddress.IPv6Network("::/96")


def is_public(address: Address) -> bool:
    """Whether everything that the address stands for is on the public internet.

    `ipaddress.is_global` alone believes in NAT64, 6to4 and multicast, so that 64:ff9b::7f00:1, which is 127.0.0.1,
    would pass.
    """
    return all(_is_public(one) for one in _embedded(address))


def resolve(host: str, port: int) -> tuple[Address, ...]:
    """All addresses of a host, in the resolver's order. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found))


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and any(address in network for network in _REFUSED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved and not address.is_unspecified


def _embedded(address: Address) -> Iterator[Address]:
    """The address, or what it is a wrapping of: mapped, 6to4 (RFC 3056), Teredo (RFC 4380), NAT64 (RFC 6052)."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
    elif address.ipv4_mapped:
        yield address.ipv4_mapped
    elif address.sixtofour:
        yield address.sixtofour
    elif address.teredo:
        yield from address.teredo
    elif address in _NAT64 or address in _COMPATIBLE:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    else:
        yield address
