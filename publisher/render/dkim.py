"""DKIM (RFC 6376, RFC 8463): a message in, the same message with its signatures out. No clock, no files, no DNS.

c=relaxed/simple: relays refold headers, and nobody touches the body, which is hashed once however many keys sign. There
is no l=: whoever can append to a signed mail can write one. A pure function of its arguments, and `cryptography` lets
other threads run while it signs.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

Key = RSAPrivateKey | Ed25519PrivateKey

COVERED = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Id",
    "Reply-To",
)
"""Signed where they are there. RFC 8058 s. 4 asks for both List-Unsubscribe headers."""
BITS = 2048
"""What every receiver takes and what fits into DNS. Shorter keys are refused (RFC 8301 s. 3.2 allows 1024)."""
_LINE = 72


class Signer(msgspec.Struct, frozen=True, kw_only=True):
    """One key, and where its other half stands in DNS: `SELECTOR._domainkey.DOMAIN`."""

    domain: str
    selector: str
    key: Key


def sign(message: bytes, signers: Sequence[Signer], at: datetime) -> bytes:
    """The message with a DKIM-Signature for each signer before it, in their order. The same bytes for the same values.

    `at` becomes t=. The message has CRLF line ends and is what goes over the wire, before dots are stuffed.
    """
    if not signers:
        return message
    head, _, body = message.partition(b"\r\n\r\n")
    names, headers = relaxed(head)
    digest = hashlib.sha256(_simple(body)).digest()
    return b"".join((*(Stamp.of(one, names, at).header(headers, digest) for one in signers), message))


class Stamp(msgspec.Struct, frozen=True):
    """One signer's DKIM-Signature, but for the two values that differ between copies: bh= and b=."""

    key: Key
    opening: bytes
    """The header up to bh=."""
    canonical: bytes
    """The same, relaxed."""

    @classmethod
    def of(cls, signer: Signer, names: Sequence[str], at: datetime) -> "Stamp":
        algorithm = "rsa" if isinstance(signer.key, RSAPrivateKey) else "ed25519"
        opening = (
            f"DKIM-Signature: v=1; a={algorithm}-sha256; c=relaxed/simple; t={int(at.timestamp())};\r\n"
            f" d={signer.domain};\r\n s={signer.selector};\r\n h={_folded(names)};\r\n bh="
        )
        canonical = opening.replace("\r\n", "").replace("DKIM-Signature: ", "dkim-signature:")
        return cls(signer.key, opening.encode(), canonical.encode())

    def header(self, headers: bytes, body: bytes) -> bytes:
        """The whole header, with its line end. `headers`: the covered ones, as `relaxed` gives them; `body`: its hash.

        The header itself is signed last, relaxed, with an empty b= and without its line end (RFC 6376 s. 3.7).
        """
        digest = b64encode(body)
        written = b64encode(_sign(self.key, b"%b%b%b; b=" % (headers, self.canonical, digest)))
        lines = [written[: _LINE - 2], *(written[n : n + _LINE] for n in range(_LINE - 2, len(written), _LINE))]
        return b"%b%b;\r\n b=%b\r\n" % (self.opening, digest, b"\r\n ".join(lines))


def _sign(key: Key, signed: bytes) -> bytes:
    if isinstance(key, RSAPrivateKey):
        return key.sign(signed, PKCS1v15(), SHA256())
    return key.sign(hashlib.sha256(signed).digest())  # RFC 8463 s. 3: the hash is what is signed


def relaxed(head: bytes) -> tuple[tuple[str, ...], bytes]:
    """The covered headers' names in h='s order, and their values as RFC 6376 s. 3.4.2 wants them.

    From is named twice: so a second one that is added on the way breaks the signature (s. 8.15).
    """
    found = dict(map(_relaxed_field, _FIELD_END.split(head)))
    covered = [key for key in _COVERED if key in found]
    return (*(_COVERED[key] for key in covered), "From"), b"".join([found[key] for key in covered])


_COVERED = {name.lower().encode(): name for name in COVERED}
_FIELD_END = re.compile(rb"\r\n(?![ \t])")


@lru_cache(maxsize=256)
def _relaxed_field(line: bytes) -> tuple[bytes, bytes]:
    """Its key, and the whole of it. Most headers are the same in every copy of a digest."""
    name, _, value = line.replace(b"\r\n", b"").partition(b":")
    key = name.rstrip().lower()
    return key, b"%b:%b\r\n" % (key, re.sub(rb"[ \t]+", b" ", value).strip(b" "))


def _simple(body: bytes) -> bytes:
    """Empty lines at the end are one line end (RFC 6376 s. 3.4.3); what `message` makes has none and is not copied."""
    if body.endswith(b"\r\n") and not body.endswith(b"\r\n\r\n") and body != b"\r\n":
        return body
    return re.sub(rb"(\r\n)*\Z", b"", body, count=1) + b"\r\n"


def _folded(names: Sequence[str]) -> str:
    """`From:To:...` with white space where a line would grow too long."""
    lines = [names[0]]
    for name in names[1:]:
        if len(lines[-1]) + len(name) > _LINE - 4:
            lines[-1] += ":"
            lines.append(name)
        else:
            lines[-1] += f":{name}"
    return "\r\n ".join(lines)


def new_key(*, ed25519: bool = False) -> Key:
    """The only thing here that is not the same twice."""
    return Ed25519PrivateKey.generate() if ed25519 else generate_private_key(public_exponent=65537, key_size=BITS)


def dump_key(key: Key) -> bytes:
    """PEM, PKCS #8, without a password: the file's mode protects it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def load_key(pem: bytes) -> Key:
    """Raises ValueError when it is no private key that DKIM can use."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(f"it cannot be used: {error}") from error
    if isinstance(key, RSAPrivateKey) and key.key_size < BITS:
        raise ValueError(f"{key.key_size} bits are too few; at least {BITS}")
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise ValueError("DKIM knows RSA and Ed25519 only")  # noqa: TRY004 - the file is wrong, not a type
    return key


def txt_value(key: Key) -> str:
    """What the TXT record says: the public half."""
    if isinstance(key, RSAPrivateKey):
        shown = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k=rsa; p={b64encode(shown).decode()}"
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"v=DKIM1; k=ed25519; p={b64encode(raw).decode()}"


def zone_line(signer: Signer) -> str:
    """The record as a zone file has it: strings of at most 255 characters (RFC 6376 s. 3.6.2.2)."""
    strings = " ".join(f'"{part}"' for part in _parts(txt_value(signer.key)))
    return f"{signer.selector}._domainkey.{signer.domain}. IN TXT ( {strings} )"


def _parts(value: str) -> Iterator[str]:
    return (value[n : n + 255] for n in range(0, len(value), 255))
