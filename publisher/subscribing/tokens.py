"""Signed links: `v1.KEY.SUBJECT.LIST.PURPOSE.MAC`. A link for one purpose is worthless for another.

KEY names the signing key, so that keys rotate while old links live; SUBJECT is the subscriber's number and LIST the
publication's. PURPOSE is a letter; where a link is good for one occasion only, that instant follows it, in microseconds
since 1970. The MAC is HMAC-SHA-256 (RFC 2104), cut to 128 bits, base64url.
"""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Literal

Purpose = Literal["u", "p"]
"""Unsubscribe, preferences: for ever."""
Occasion = Literal["c", "r"]
"""Confirm what was asked at an instant; take back (revoke) an unsubscribe of an instant."""
CONFIRM_WITHIN = timedelta(days=7)
"""How long a confirmation link is good, and how long an address is kept that nobody confirms."""
UNDO_WITHIN = timedelta(hours=1)
"""How long after an unsubscribe it can be taken back from the page that says it is done."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """`signing` is the name of the newest; the others only verify."""

    signing: str
    secrets: Mapping[str, bytes] = field(repr=False)


def parse_keys(text: str) -> Keys:
    """`secret.key`: a line `NAME HEX` for each key, newest first. Raises ValueError for anything else."""
    pairs = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    secrets = {name: bytes.fromhex(secret) for name, secret in pairs}
    if len(secrets) < len(pairs):
        raise ValueError("two of its keys have one name")
    if not secrets or any(len(secret) < 16 for secret in secrets.values()):  # noqa: PLR2004 - 128 bits
        raise ValueError("each line is NAME HEX, at least 32 hexadecimal digits")
    return Keys(signing=pairs[0][0], secrets=secrets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """What a link that is good for one occasion says."""

    subject: int
    at: datetime


def fingerprint(secret: bytes) -> str:
    """What a key is known by where it must not be: 64 bits of its SHA-256, hexadecimal."""
    return sha256(b"fingerprint\0" + secret).hexdigest()[:16]


def sign(keys: Keys, *, subject: int, list_id: int, purpose: Purpose) -> str:
    """The same values give the same token."""
    return _signed(keys, f"{subject}.{list_id}.{purpose}")


def sign_dated(keys: Keys, *, subject: int, list_id: int, occasion: Occasion, at: datetime) -> str:
    """A token for what happened at that instant, and for nothing before or after it."""
    return _signed(keys, f"{subject}.{list_id}.{occasion}{(at - _EPOCH) // timedelta(microseconds=1)}")


def verify(keys: Keys, token: str, *, list_id: int, purpose: Purpose) -> int | None:
    """The subscriber's number; None for a token that is not ours, for another list or for another purpose."""
    found = _verified(keys, token, list_id)
    return found[0] if found and found[1] == purpose else None


def verify_dated(keys: Keys, token: str, *, list_id: int, occasion: Occasion) -> Dated | None:
    """The subscriber and the instant, whether or not it is long ago; None as for `verify`."""
    found = _verified(keys, token, list_id)
    if not found or found[1][:1] != occasion or not found[1][1:]:
        return None
    return Dated(subject=found[0], at=_EPOCH + timedelta(microseconds=int(found[1][1:])))


def _signed(keys: Keys, meaning: str) -> str:
    head = f"v1.{keys.signing}.{meaning}"
    return f"{head}.{_mac(keys.secrets[keys.signing], head)}"


def _verified(keys: Keys, token: str, list_id: int) -> tuple[int, str] | None:
    """Subject and purpose. What the MAC covers was written here, so it needs no further look."""
    head, _, mac = token.rpartition(".")
    parts = head.split(".")
    if len(parts) != 5 or parts[0] != "v1" or parts[1] not in keys.secrets:  # noqa: PLR2004 - the five fields
        return None
    if not hmac.compare_digest(mac.encode("utf-8", "replace"), _mac(keys.secrets[parts[1]], head).encode()):
        return None
    return (int(parts[2]), parts[4]) if parts[3] == str(list_id) else None


def _mac(secret: bytes, head: str) -> str:
    found = _keyed(secret).copy()
    found.update(head.encode("utf-8", "replace"))
    return base64.urlsafe_b64encode(found.digest()[:16]).rstrip(b"=").decode()


@cache
def _keyed(secret: bytes) -> hmac.HMAC:
    """Made once for each key: a digest's mails need two of them each. `hmac.digest` would also give up the GIL."""
    return hmac.new(secret, digestmod=sha256)
