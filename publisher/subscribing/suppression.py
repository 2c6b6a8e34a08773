"""How an address is remembered by those who may not know it: as a keyed hash, one for each key of `secret.key`."""

import hmac

from publisher.subscribing.tokens import Keys


def hashed(keys: Keys, address_key: str) -> str:
    """HMAC-SHA-256 under the signing key, hexadecimal: what is written down."""
    return _hash(keys.secrets[keys.signing], address_key)


def hashes(keys: Keys, address_key: str) -> tuple[str, ...]:
    """Under every key that is still honoured: what is looked for. A rotated key makes nobody mailable again."""
    return tuple(_hash(secret, address_key) for secret in keys.secrets.values())


def _hash(secret: bytes, address_key: str) -> str:
    return hmac.digest(secret, b"suppressed\0" + address_key.encode(), "sha256").hex()
