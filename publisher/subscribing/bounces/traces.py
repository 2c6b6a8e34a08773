"""Where a message may carry a signature of ours: the addresses that it was sent to, and what the returned mail bore.

These are candidates only. Whoever has the key says which of them is one.
"""

import re
from collections.abc import Iterable

from publisher.subscribing.bounces.notices import ADDRESS
from publisher.subscribing.bounces.parts import Fields, Parts

_DELIVERED = (
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-delivered-to",
    "x-rcpt-to",
    "delivered-to",
    "x-forwarded-to",
    "resent-to",
    "to",
    "cc",
)
"""Headers that name the envelope's recipient, the surest first; a list of a thousand is not read to its end."""
_RETURNED = ("return-path", "x-return-path", "x-envelope-from", "envelope-from", "errors-to", "x-mailer-return-path")
_REPORTED = ("x-postfix-sender", "original-mail-from", "original-envelope-id", "x-original-from")
_TOKEN = re.compile(r"v1\.[A-Za-z0-9_-]+\.\d+\.\d+\.[a-z]+\.[A-Za-z0-9_-]+")
_MOST = 50


def recipients(parts: Parts) -> tuple[str, ...]:
    """The addresses that the message itself was sent to."""
    received = [value.rpartition(" for ")[2] for value in parts.head.get("received", ()) if " for " in value]
    return _addresses([*_values(parts.head, _DELIVERED), *received])


def return_paths(parts: Parts) -> tuple[str, ...]:
    """The envelope senders that the returned mail, or a report about it, names."""
    blocks = [block for report in parts.reports for block in report]
    reported = [value for block in (*blocks, parts.feedback or {}) for value in _values(block, _REPORTED)]
    copy = re.findall(r"(?im)^return-path:(.{1,200})|envelope-from(.{1,200})", parts.notice)
    return _addresses([*_values(parts.original, _RETURNED), *reported, *(part for pair in copy for part in pair)])


def links(fields: Fields) -> tuple[str, ...]:
    """The signed links in List-Unsubscribe (RFC 2369) of a returned mail."""
    return tuple(dict.fromkeys(_TOKEN.findall(" ".join(fields.get("list-unsubscribe", ())))))[:_MOST]


def requests(head: Fields) -> tuple[str, ...]:
    """The signed links in the subject of a mail: what List-Unsubscribe's `mailto:` writes there. Never in the body,
    which quotes a whole digest when somebody answers it.
    """
    return tuple(dict.fromkeys(_TOKEN.findall(" ".join(head.get("subject", ())))))[:_MOST]


def _values(fields: Fields, names: Iterable[str]) -> list[str]:
    return [value for name in names for value in fields.get(name, ())]


def _addresses(values: Iterable[str]) -> tuple[str, ...]:
    found = dict.fromkeys(address for value in values for address in ADDRESS.findall(value))
    return tuple(found)[:_MOST]
