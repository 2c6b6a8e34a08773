"""Signed links: `v1.KEY.SUBJECT.LIST.PURPOSE.MAC`. A link for one purpose is worthless for another.

KEY names the signing key, so that keys rotate while old links live; SUBJECT is the subscriber's number and LIST the
publication's. The MAC is HMAC-SHA-256 (RFC 2104), cut to 128 bits, base64url.
"""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

Purpose = Literal["u", "p", "c"]
"""Unsubscribe, preferences, confirm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """`signing` is the name of the newest; the others only verify."""

    signing: str
    secrets: Mapping[str, bytes] = field(repr=False)


def parse_keys(text: str) -> Keys:
    """`secret.key`: a line `NAME HEX` for each key, newest first. Raises ValueError for anything else."""
    pairs = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    secrets = {name: bytes.fromhex(secret) for name, secret in pairs}
    if not secrets or any(len(secret) < 16 for secret in secrets.values()):  # noqa: PLR2004 - 128 bits
        raise ValueError("each line is NAME HEX, at least 32 hexadecimal digits")
    return Keys(signing=pairs[0][0], secrets=secrets)


def sign(keys: Keys, *, subject: int, list_id: int, purpose: Purpose) -> str:
    """The same values give the same token."""
    head = f"v1.{keys.signing}.{subject}.{list_id}.{purpose}"
    return f"{head}.{_mac(keys.secrets[keys.signing], head)}"


def verify(keys: Keys, token: str, *, list_id: int, purpose: Purpose) -> int | None:
    """The subscriber's number; None for a token that is not ours, for another list or for another purpose."""
    head, _, mac = token.rpartition(".")
    parts = head.split(".")
    if len(parts) != 5 or parts[0] != "v1" or parts[1] not in keys.secrets:  # noqa: PLR2004 - the five fields
        return None
    if not hmac.compare_digest(mac.encode(), _mac(keys.secrets[parts[1]], head).encode()):
        return None
    same = parts[3] == str(list_id) and parts[4] == purpose
    return int(parts[2]) if same and parts[2].isdigit() else None


def _mac(secret: bytes, head: str) -> str:
    return base64.urlsafe_b64encode(hmac.digest(secret, head.encode(), sha256)[:16]).rstrip(b"=").decode()
