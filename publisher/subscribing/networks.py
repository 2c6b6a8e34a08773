"""Visitors' networks: what is limited together, because one person may have all of it."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


def network_of(host: str) -> str:
    """The /24 of an IPv4 address, the /48 of an IPv6 one, as text. `unknown` for anything else."""
    try:
        found = ip_address(host.partition("%")[0])
    except ValueError:
        return "unknown"
    address: IPv4Address | IPv6Address = getattr(found, "ipv4_mapped", None) or found
    prefix = 24 if isinstance(address, IPv4Address) else 48
    return str(ip_network((address, prefix), strict=False))
