"""`[[mail.relay]]`, `[[mail.limit]]`, `[alerts]`: whom mail is handed to, how fast, and who is told of trouble."""

import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from publisher.config.schema import AlertsKeys, LimitKeys, RelayKeys
from publisher.config.values import Alerts, Relay, Tls
from publisher.errors import ConfigurationError

Refusal = Callable[[str, str], ConfigurationError]
"""Makes the error of a key from a reason."""

EVERY_OTHER = "*"
"""In `[[mail.limit]]`: each domain that has no entry of its own."""
MAILBOX = r"[^\s<>@]+@[^\s<>@]+"


def relays(given: Sequence[RelayKeys], refuse: Refusal) -> tuple[Relay, ...]:
    """In the order of the file: the first is used, the others when it fails or has reached its limit."""
    names = [one.name for one in given]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise refuse("mail.relay.name", f"two relays are called {twice!r}; each needs a name of its own")
    return tuple(_relay(one, "mail.relay", refuse) for one in given)


def _relay(given: RelayKeys, key: str, refuse: Refusal) -> Relay:
    tls: Tls = given.tls or ("required" if given.user else "opportunistic")
    if given.user and tls in {"none", "opportunistic"}:
        raise refuse(f"{key}.tls", 'a password is only sent over TLS; "required" or "implicit"')
    header = given.idempotency_header
    if header is not None and not re.fullmatch(r"[!-9;-~]+", header):
        raise refuse(f"{key}.idempotency_header", f'{header!r} is no header\'s name; as in "X-EE-Idempotency-Key"')
    return Relay(
        name=given.name,
        host=given.host,
        port=given.port or {"implicit": 465, "required": 587}.get(tls, 25),
        user=given.user,
        password=given.password,
        tls=tls,
        per_hour=per_hour(f"{key}.per_hour", given.per_hour, refuse),
        idempotency_header=header,
    )


def per_hour(key: str, value: int | None, refuse: Refusal) -> int | None:
    if value is not None and value < 1:
        raise refuse(key, f"{value} is too small; at least 1. `publisher hold` is what lets nothing go")
    return value


def domain_limits(given: Sequence[LimitKeys], refuse: Refusal) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for one in given:
        domain = one.domain.lower()
        if domain != EVERY_OTHER and not re.fullmatch(r"[^\s@*]+\.[^\s@*]+", domain):
            raise refuse(
                "mail.limit.domain", f'{one.domain!r} is no domain; as in "example.org", or "*" for the others'
            )
        if domain in found:
            raise refuse("mail.limit.domain", f"{domain} stands twice; a domain has one limit")
        found[domain] = per_hour("mail.limit.per_hour", one.per_hour, refuse) or one.per_hour
    return found


def alerts(given: AlertsKeys, refuse: Refusal) -> Alerts:
    for address in given.to:
        if not re.fullmatch(MAILBOX, address):
            raise refuse("alerts.to", f'{address!r} is no address; for example ["ops@zendoric.example"]')
    if given.url is not None and urlsplit(given.url).scheme not in {"http", "https"}:
        raise refuse("alerts.url", f'{given.url!r} is no web address; for example "https://example.org/ping/zendoric"')
    if given.host is None:
        return Alerts(to=tuple(given.to), url=given.url)
    keys = RelayKeys(
        host=given.host, name="alerts", port=given.port, user=given.user, password=given.password, tls=given.tls
    )
    return Alerts(to=tuple(given.to), url=given.url, relay=_relay(keys, "alerts", refuse))
