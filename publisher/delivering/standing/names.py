"""Names of the machines that send and receive: PTR with the way back, MX."""

import ipaddress
from collections.abc import Sequence

from publisher.delivering.standing.answers import Answer, Ask, Nothing, Silence, told, values
from publisher.delivering.standing.finding import Standing, Verdict, silent


def reverse_name(ask: Ask, address: str) -> Standing:
    """Gmail refuses mail from an address without a name, or whose name does not lead back to it."""
    answer = ask("PTR", address)
    names = [one.rstrip(".") for one in values(answer)]
    expected = f"a name whose own address is {address}"
    if isinstance(answer, Silence):
        return Standing(
            subject="PTR", where=address, verdict="unknown", expected=expected, found=told(answer), advice=silent()[1]
        )
    good = [name for name in names if _leads_back(ask, name, address)]
    advice = (
        "" if good else "Gmail and Yahoo refuse mail from such an address: whoever gave it to you sets its PTR record."
    )
    found = (
        f"{good[0]}, which leads back" if good else f"{told(answer)}" + (", which does not lead back" if names else "")
    )
    return Standing(
        subject="PTR",
        where=address,
        verdict="good" if good else "bad",
        expected=expected,
        found=found,
        advice=advice,
    )


def _leads_back(ask: Ask, name: str, address: str) -> bool:
    wanted = ipaddress.ip_address(address)
    found = values(ask("A" if wanted.version == 4 else "AAAA", name))  # noqa: PLR2004 - IPv4
    return any(ipaddress.ip_address(one) == wanted for one in found)


def mail_exchange(ask: Ask, domain: str) -> Standing:
    """Bounces, replies and mailto requests to leave come back to this domain."""
    answer = ask("MX", domain)
    hosts = [one.rstrip(".") for one in values(answer)]
    verdict, advice = _judged(ask, domain, answer, hosts)
    return Standing(
        subject="MX",
        where=domain,
        verdict=verdict,
        expected="a host that takes mail for the domain of the return path",
        found="it takes no mail (RFC 7505)" if hosts == [""] else told(answer),
        advice=advice,
    )


def _judged(ask: Ask, domain: str, answer: Answer, hosts: Sequence[str]) -> tuple[Verdict, str]:
    if any(hosts):
        return "good", ""
    if isinstance(answer, Silence):
        return silent()
    if isinstance(answer, Nothing) and (values(ask("A", domain)) or values(ask("AAAA", domain))):
        return "weak", "Servers fall back to the domain's own address (RFC 5321 s. 5.1); does that machine take mail?"
    return "bad", "Nothing that is sent back to it can arrive: bounces, answers, requests to leave."
