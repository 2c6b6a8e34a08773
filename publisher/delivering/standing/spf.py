"""Who may send for the domain of the return path (RFC 7208), as far as it can be evaluated without a mail at hand.

Macros, `exists` and `ptr` depend on the single mail: such a mechanism counts as a look-up and matches nothing.
"""

import ipaddress
from collections.abc import Iterator, Sequence

from publisher.delivering.standing.answers import Ask, Kind, Nothing, Silence, told, values
from publisher.delivering.standing.finding import Standing, Verdict, silent

LOOKUPS = 10
"""s. 4.6.4: more end in an error for the whole record."""
VOID = 2
_MECHANISMS = frozenset({"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"})
_WEIGHT = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}


class _BrokenError(Exception):
    """The record cannot be used as it is; the message is a sentence."""


class _SilentError(Exception):
    """A name server did not answer."""


def spf(ask: Ask, *, domain: str, senders: Sequence[str], relay: str) -> Standing:
    """`senders`: the addresses that mail is known to leave from, maybe none. `relay`: the name behind them."""
    answer = ask("TXT", domain)
    records = [one for one in values(answer) if _is_spf(one)]
    try:
        verdict, advice = _judged(ask, domain, records, senders, relay)
    except _BrokenError as error:
        verdict, advice = "bad", str(error)
    except _SilentError as error:
        verdict, advice = "unknown", f"{error}: ask again later."
    if isinstance(answer, Silence):
        verdict, advice = silent()
    shown = " | ".join(records) or (told(answer) if isinstance(answer, Silence | Nothing) else "no SPF record")
    expected = f"v=spf1 ... -all, one record that covers {', '.join(senders) or relay}"
    return Standing(subject="SPF", where=domain, verdict=verdict, expected=expected, found=shown, advice=advice)


def _judged(ask: Ask, domain: str, records: Sequence[str], senders: Sequence[str], relay: str) -> tuple[Verdict, str]:
    if not records:
        return "bad", (
            f"Gmail and Yahoo ask bulk senders for SPF and DKIM. The service behind {relay} says which `include:` it "
            f'needs; for a server of your own: {domain}. IN TXT "v=spf1 {_own(senders)} -all"'
        )
    if len(records) > 1:
        raise _BrokenError("There are several SPF records: that counts as none (RFC 7208 s. 4.5). Make one of them.")
    results = [_Evaluation(ask).result(records[0], domain, ipaddress.ip_address(one)) for one in senders]
    _Evaluation(ask).result(records[0], domain, None)
    end = _ending(records[0])
    if end in {"pass", "neutral"}:
        return "weak", "It ends by letting everybody send in your name: end it in ~all, then -all."
    missing = [one for one, result in zip(senders, results, strict=True) if result != "pass"]
    if missing:
        return "weak", (
            f"It does not cover {', '.join(missing)}, where {relay} answers. A service may send from other addresses "
            "than the one that takes your mail: its documentation names the `include:`."
        )
    return "good", ""


def _own(senders: Sequence[str]) -> str:
    return " ".join(f"ip{ipaddress.ip_address(one).version}:{one}" for one in senders) or "ip4:ADDRESS"


def _ending(record: str) -> str:
    """What those get whom no mechanism names; a redirect decides elsewhere."""
    for term in _terms(record):
        if term.lower().startswith("redirect="):
            return "redirect"
        if term.lstrip("+-~?").lower() == "all":
            return _WEIGHT[term[0] if term[0] in _WEIGHT else "+"]
    return "neutral"


class _Evaluation:
    """check_host() of s. 4, for one address; None walks the whole record, to find what is wrong in it."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._lookups = self._void = 0

    def result(self, record: str, domain: str, sender: ipaddress.IPv4Address | ipaddress.IPv6Address | None) -> str:
        redirect = None
        for term in _terms(record):
            name, value = _parsed(term)
            if name == "redirect":
                redirect = value
            elif name in _MECHANISMS:
                if self._matches(name, value, domain, sender):
                    return _WEIGHT[term[0] if term[0] in _WEIGHT else "+"]
            elif "=" not in term:
                raise _BrokenError(f"`{term}` is no mechanism of SPF, so the whole record fails (RFC 7208 s. 4.6).")
        if redirect:
            self._count("redirect", redirect)
            return self.result(self._record_of(redirect), redirect, sender)
        return "neutral"

    def _matches(
        self, name: str, value: str, domain: str, sender: ipaddress.IPv4Address | ipaddress.IPv6Address | None
    ) -> bool:
        if name == "all":
            return sender is not None
        if name in {"ip4", "ip6"}:
            return _covers(value, sender)
        self._count(name, value)
        target, _, prefix = (value or domain).partition("/")
        if name in {"exists", "ptr"} or "%{" in target:
            return False
        if name == "include":
            return self.result(self._record_of(target), target, sender) == "pass"
        hosts = self._found("MX", target or domain) if name == "mx" else [target or domain]
        return sender is not None and any(
            _covers(f"{one}/{prefix}" if prefix and sender.version == 4 else one, sender)  # noqa: PLR2004 - IPv4
            for host in hosts
            for one in self._found("A" if sender.version == 4 else "AAAA", host.rstrip("."))  # noqa: PLR2004 - IPv4
        )

    def _record_of(self, domain: str) -> str:
        records = [one for one in self._found("TXT", domain) if _is_spf(one)]
        if len(records) != 1:
            raise _BrokenError(
                f"It names {domain}, which has {len(records) or 'no'} SPF record{'s' * (len(records) > 1)}: that makes "
                "the whole record fail (RFC 7208 s. 5.2)."
            )
        return records[0]

    def _found(self, kind: Kind, name: str) -> tuple[str, ...]:
        answer = self._ask(kind, name)
        if isinstance(answer, Silence):
            raise _SilentError(f"{name}: {answer.reason}")
        if isinstance(answer, Nothing):
            self._void += 1
            if self._void > VOID:
                raise _BrokenError(f"More than {VOID} of its names lead nowhere, the last one {name} (s. 4.6.4).")
        return values(answer)

    def _count(self, name: str, value: str) -> None:
        self._lookups += 1
        if self._lookups > LOOKUPS:
            raise _BrokenError(
                f"It needs more than {LOOKUPS} look-ups ({name}:{value} is one too many), so it fails everywhere "
                "(RFC 7208 s. 4.6.4): name addresses instead of services."
            )


def _covers(network: str, sender: ipaddress.IPv4Address | ipaddress.IPv6Address | None) -> bool:
    try:
        found = ipaddress.ip_network(network, strict=False)
    except ValueError:
        raise _BrokenError(f"`{network}` is no network, so the whole record fails (RFC 7208 s. 4.6).") from None
    return sender is not None and sender.version == found.version and sender in found


def _terms(record: str) -> Iterator[str]:
    return iter(record.split()[1:])


def _parsed(term: str) -> tuple[str, str]:
    """(name, value); a bare prefix, as in `a/24`, stays in the value."""
    bare = term.lstrip("+-~?") if term[:1] in _WEIGHT else term
    for sign in ("=", ":"):
        name, found, value = bare.partition(sign)
        if found and "/" not in name:
            return name.lower(), value
    name, slash, prefix = bare.partition("/")
    return name.lower(), slash + prefix


def _is_spf(record: str) -> bool:
    return record.lower() == "v=spf1" or record.lower().startswith("v=spf1 ")
