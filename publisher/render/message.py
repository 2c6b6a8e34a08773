"""The digest as a mail: built once for each digest and variant, then spliced for each recipient.

A skeleton is the whole message with gaps for the personal values, each on lines of its own, so that what differs
between two recipients' mails is those lines and nothing else. Splicing knows nothing of the template or of MIME.
"""

import hashlib
import hmac
import re
from base64 import b32decode, b32encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache, lru_cache
from html import escape
from typing import Literal

import msgspec
from msgspec.structs import fields

POLICY = SMTP.clone(max_line_length=76)
"""The standard library's default writes 78 characters; RFC 2045 s. 6.7 (5) allows 76."""
LINE = 76
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

Place = Literal["header", "text", "html"]
Gap = tuple[Place, str]
"""Which of `Personal`'s values goes there, and how it is encoded."""


class Slots(msgspec.Struct, frozen=True, kw_only=True):
    """What the composer of text and HTML writes where a personal value goes; ASCII, the same for the same digest."""

    unsubscribe: str
    """A URL: the page to leave, or a mailto."""
    preferences: str
    """A URL."""
    address: str
    """The address that the mail goes to."""
    since: str
    """When the subscriber confirmed, in the variant's language."""

    @classmethod
    def of(cls, digest: str, variant: str) -> "Slots":
        mark = hashlib.sha256(f"{digest}\n{variant}".encode()).hexdigest()[:12]
        return cls(**{field.name: f"slot-{field.name}-{mark}" for field in fields(cls)})


class Personal(msgspec.Struct, frozen=True, kw_only=True):
    """One recipient's values. All but `since` are ASCII."""

    to: str
    """The envelope's recipient, as `mailbox` gives it."""
    message_id: str
    """With its angle brackets."""
    unsubscribe: str
    unsubscribe_mailto: str
    """A `mailto:` URL for List-Unsubscribe (RFC 2369 s. 3.2)."""
    preferences: str
    address: str
    since: str


class Headers(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for every recipient."""

    sender: str
    """`Name <address>` or an address."""
    reply_to: str | None = None
    subject: str
    date: datetime
    """The digest's due time, with its offset: not when it happens to be sent."""
    list_name: str
    list_id: str
    """RFC 2919: `daily.zendoric.example`."""
    language: str
    archived_at: str | None = None
    """The digest's address on the web (RFC 5064)."""
    one_click: bool
    """The unsubscribe URL answers to RFC 8058's POST: both headers say so."""


class Skeleton(msgspec.Struct, frozen=True):
    """Bytes, and between them which value goes where: `pieces` has one more than `gaps`."""

    pieces: tuple[bytes, ...]
    gaps: tuple[Gap, ...]

    def dump(self) -> bytes:
        return msgspec.msgpack.encode((self.pieces, self.gaps))

    @classmethod
    def load(cls, stored: bytes) -> "Skeleton":
        return cls(*msgspec.msgpack.decode(stored, type=tuple[tuple[bytes, ...], tuple[Gap, ...]]))


class AddressError(ValueError):
    """An address that cannot be put into an envelope; the message says why."""


def build(headers: Headers, text: str, html: str | None, slots: Slots) -> Skeleton:
    """The message without anybody's values: multipart/alternative, text then HTML, quoted-printable, CRLF, ASCII.

    Without HTML it is the text alone, in one part.
    """
    pieces: list[bytes] = [_fixed_headers(headers)]
    gaps: list[Gap] = []

    def gap(place: Place, name: str, after: str) -> None:
        gaps.append((place, name))
        pieces.append(after.encode())

    pieces[-1] += b"To: "
    gap("header", "to", "\r\nMessage-ID: ")
    gap("header", "message_id", "\r\nList-Unsubscribe: <")
    if headers.one_click:
        gap("header", "unsubscribe", ">,\r\n <")
    one_click = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" if headers.one_click else ""
    gap("header", "unsubscribe_mailto", f">\r\n{one_click}")

    def part(place: Place, kind: str, content: str) -> None:
        pieces[-1] += _part_opening(kind)
        for literal, name in _split(content, slots):
            pieces[-1] += literal
            if name:
                gap(place, name, "")

    if html is None:
        part("text", "plain", text)
        return Skeleton(tuple(pieces), tuple(gaps))
    boundary = _boundary(headers, text, html)
    pieces[-1] += f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n'.encode()
    pieces[-1] += f"\r\n--{boundary}\r\n".encode()
    part("text", "plain", text)
    pieces[-1] += f"\r\n--{boundary}\r\n".encode()
    part("html", "html", html)
    pieces[-1] += f"\r\n--{boundary}--\r\n".encode()
    return Skeleton(tuple(pieces), tuple(gaps))


def with_subject(skeleton: Skeleton, subject: str) -> Skeleton:
    """The same message under another subject."""
    first, *rest = skeleton.pieces
    changed = re.sub(rb"(?m)^Subject:.*\r\n([ \t].*\r\n)*", lambda _: subject_line(subject), first, count=1)
    return Skeleton((changed, *rest), skeleton.gaps)


def with_date(skeleton: Skeleton, date: datetime) -> Skeleton:
    """The same message with another Date."""
    first, *rest = skeleton.pieces
    changed = re.sub(rb"(?m)^Date:.*\r\n", b"Date: " + format_datetime(date).encode() + b"\r\n", first, count=1)
    return Skeleton((changed, *rest), skeleton.gaps)


def _part_opening(kind: str) -> bytes:
    return (
        f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    ).encode()


def splice(skeleton: Skeleton, values: Personal) -> bytes:
    """One recipient's message. The same bytes for the same values."""
    return b"".join(interleaved(skeleton, written(frozenset(skeleton.gaps), values)))


def written(gaps: Iterable[Gap], values: Personal) -> dict[Gap, bytes]:
    """What stands in each of the gaps, encoded for its place."""
    return {gap: _written(gap[0], getattr(values, gap[1])) for gap in gaps}


def interleaved(skeleton: Skeleton, made: Mapping[Gap, bytes]) -> list[bytes]:
    """The message in pieces: the skeleton's and the values', by turns."""
    parts = [b""] * (2 * len(skeleton.gaps) + 1)
    parts[::2] = skeleton.pieces
    parts[1::2] = [made[gap] for gap in skeleton.gaps]
    return parts


_BARE = re.compile(r"[!#-%(-;=?-~]+")
"""Such a value needs neither cleaning nor escaping; in quoted-printable only its `=` does."""


def _written(place: Place, value: str) -> bytes:
    bare = _BARE.fullmatch(value)
    if place == "header":
        return (value if bare else clean(value)).encode("ascii", "replace")
    if bare:
        return _wrapped(value.replace("=", "=3D").encode()) + b"=\r\n"
    if place == "html":
        value = escape(value)
    return quoted_printable(clean(value)) + b"=\r\n"


def _fixed_headers(headers: Headers) -> bytes:
    common = _common_headers(headers.sender, headers.reply_to, headers.date, headers.language)
    lines = [f"List-Id: {_phrase(headers.list_name)}<{clean(headers.list_id)}>"]
    if headers.archived_at:
        lines.append(f"Archived-At: <{clean(headers.archived_at)}>")
    # By hand: the library would fold a long URL and encode it.
    by_hand = "".join(f"{line}\r\n" for line in lines).encode("ascii", "replace")
    return common + subject_line(headers.subject) + by_hand


@lru_cache(maxsize=16)
def _common_headers(sender: str, reply_to: str | None, date: datetime, language: str) -> bytes:
    """Those that all forms of a digest in one language share."""
    message = EmailMessage(policy=POLICY)
    message["From"] = _address(sender)
    if reply_to:
        message["Reply-To"] = _address(reply_to)
    message["Date"] = format_datetime(date)
    message["Content-Language"] = language
    # No Precedence: RFC 2076 discourages it, and List-Id tells autoresponders enough (RFC 3834 s. 2).
    message["MIME-Version"] = "1.0"
    return message.as_bytes().removesuffix(b"\r\n")


def subject_line(text: str) -> bytes:
    """The header, as encoded words when a letter needs it, all of it: the policy's mix with ASCII loses spaces."""
    cleaned = clean(text)
    charset = "us-ascii" if cleaned.isascii() and "=?" not in cleaned else "utf-8"
    encoded = Header(cleaned, charset, maxlinelen=76, header_name="Subject").encode(linesep="\r\n")
    return f"Subject: {encoded}\r\n".encode("ascii")


def _phrase(name: str) -> str:
    """A list's name as List-Id may carry it: RFC 2919 s. 2 wants a phrase, and readers do not decode it."""
    plain = re.sub(r"[^A-Za-z0-9 .-]", "", clean(name)).strip()
    return f'"{plain}" ' if plain else ""


def _address(value: str) -> Address:
    name, address = parseaddr(clean(value))
    local, _, domain = mailbox(address or clean(value)).rpartition("@")
    return Address(name, local, domain)


def clean(value: str) -> str:
    """A value that is one line: CR, LF, U+2028 and other controls become one space."""
    return _UNSAFE.sub(" ", value.encode("utf-8", "replace").decode()).strip()


def _boundary(headers: Headers, text: str, html: str) -> str:
    """`=_` cannot stand in quoted-printable text (RFC 2045 s. 6.7), so no content can contain it."""
    return "=_" + hashlib.sha256("\0".join((repr(headers), text, html)).encode("utf-8", "replace")).hexdigest()[:32]


@lru_cache(maxsize=8)
def _split(content: str, slots: Slots) -> Sequence[tuple[bytes, str | None]]:
    """Encoded text, and the slot that follows it. Each piece before a slot ends its line softly."""
    names = {getattr(slots, field.name): field.name for field in fields(slots)}
    parts = re.split("(" + "|".join(map(re.escape, names)) + ")", content)
    found: list[tuple[bytes, str | None]] = []
    for literal, token in zip(parts[::2], [*parts[1::2], None], strict=True):
        encoded = quoted_printable(literal)
        if token is not None and encoded and not encoded.endswith(b"\n"):
            encoded += b"=\r\n"
        found.append((encoded, names[token] if token else None))
    return found


def quoted_printable(text: str) -> bytes:
    """RFC 2045 s. 6.7, with lines of at most 76, CRLF ends; none begins with `.` or `From ` or ends in a space."""
    lines = re.split("\r\n|\r|\n", text)
    return b"\r\n".join(_encode_line(line.encode("utf-8", "replace")) for line in lines)


_ODD = re.compile(rb"[^\t !-<>-~]")
_PLAIN = re.compile(rb"[!-<>-~][ !-<>-~]*(?<! )")


def _encode_line(line: bytes) -> bytes:
    return _wrapped(line if _PLAIN.fullmatch(line) else _coded(line))


def _wrapped(coded: bytes) -> bytes:
    """In lines of 75 and a soft line break; the first characters of each such that no server takes them amiss."""
    if len(coded) < LINE and coded[:1] != b"." and coded[:4] != b"From":
        return coded
    done: list[bytes] = []
    while True:
        if coded[:1] == b"." or coded[:5] == b"From " or coded == b"From=20":
            coded = b"=%02X" % coded[0] + coded[1:]
        if len(coded) < LINE:
            return b"=\r\n".join([*done, coded])
        cut = LINE - 1
        while b"=" in coded[cut - 2 : cut]:  # between two codes, not within one
            cut -= 1
        done.append(coded[:cut])
        coded = coded[cut:]


def _coded(line: bytes) -> bytes:
    """Each byte as it may stand in a line (RFC 2045 s. 6.7, rules 1 to 3)."""
    coded = _ODD.sub(lambda found: b"=%02X" % found[0][0], line)
    return coded[:-1] + b"=%02X" % coded[-1] if coded[-1:] in {b" ", b"\t"} else coded


# Addresses ---------------------------------------------------------------------------------------------------------

_COMMON = re.compile(r"[A-Za-z0-9._+-]{1,64}@[a-z0-9.-]{1,255}")
"""Such an address stays as it is."""


def mailbox(address: str) -> str:
    """An address as the envelope carries it: the domain in lower case and in A-labels (RFC 5890).

    Raises `AddressError`. A local part that is not ASCII needs SMTPUTF8 (RFC 6531) all the way to the reader, which no
    relay can promise; it is refused.
    """
    if _COMMON.fullmatch(address):
        return address
    local, at, domain = address.rpartition("@")
    if not (at and local and domain) or re.search(r"[\s<>\x00-\x1f\x7f-\x9f\u2028\u2029]", address):
        raise AddressError(f"{clean(address)!r} is no address; for example reader@example.org")
    if not local.isascii():
        raise AddressError(f"{address}: letters beyond ASCII before the @ need SMTPUTF8, which few servers take")
    try:
        host = domain.encode("idna").decode().lower() if not domain.isascii() else domain.lower()
    except UnicodeError as error:
        raise AddressError(f"{address}: {domain!r} is no domain") from error
    if len(local) > 64 or len(host) > 255:  # noqa: PLR2004 - RFC 5321 s. 4.5.3.1
        raise AddressError(f"{clean(address)}: longer than an address may be")
    return f"{local}@{host}"


def message_id(authority: str, digest: str, subscriber: int) -> str:
    """The same for every attempt, so that a reader who gets two has one (RFC 5322 s. 3.6.4)."""
    mark = hashlib.sha256(f"{authority}\n{digest}\n{subscriber}".encode()).hexdigest()[:24]
    return f"<{digest}.{mark}@{authority}>"


def return_path(
    sender: str, digest: str, subscriber: int, key: bytes | None, *, authority: str = "", box: str | None = None
) -> str:
    """The envelope's sender: a bounce to it names the delivery, and nobody without the key can make one.

    `sender` is the From header's value; without a key its address is used as it is. `box` says where bounces go
    instead: a domain, or a mailbox to whose name the signature is added (`+`, or the `-` or `=` that it ends in). The
    local part is base32 in lower case, because some servers change the case, and at most 64 octets (RFC 5321 s.
    4.5.3.1.1).
    """
    address = mailbox_of(sender)
    if key is None:
        return address
    payload = subscriber.to_bytes(5, "big") + digest.encode()
    local = _before(box) + b32encode(payload + _signature(payload, key, authority)).decode().rstrip("=").lower()
    if len(local) > 64:  # noqa: PLR2004 - RFC 5321 s. 4.5.3.1.1
        raise AddressError(f"the digest's name {digest!r} is too long for a return path")
    return f"{local}@{(box or address).rpartition('@')[2]}"


def _before(box: str | None) -> str:
    name = (box or "").rpartition("@")[0]
    if not name:
        return "b-"
    return name if name.endswith(("+", "-", "=")) else f"{name}+"


@cache
def mailbox_of(sender: str) -> str:
    """The From header's address, as `mailbox` gives it."""
    return mailbox(parseaddr(sender)[1] or sender)


def read_return_path(address: str, key: bytes, *, authority: str = "") -> tuple[str, int] | None:
    """(digest, subscriber) of a return path that we made; None for anything else.

    Whatever stands before the signature is passed over: servers on the way put theirs there (SRS, BATV).
    """
    coded = re.split(r"[^a-z2-7]", address.rpartition("@")[0].lower())[-1].upper()
    try:
        raw = b32decode(coded + "=" * (-len(coded) % 8))
        payload, signature = raw[:-10], raw[-10:]
        if not hmac.compare_digest(signature, _signature(payload, key, authority)):
            return None
        return payload[5:].decode(), int.from_bytes(payload[:5], "big")
    except ValueError:
        return None


def _signature(payload: bytes, key: bytes, authority: str) -> bytes:
    """80 bits: enough against guessing by mail, and it leaves room for the digest's name."""
    found = _keyed(key, authority).copy()
    found.update(payload)
    return found.digest()[:10]


@cache
def _keyed(key: bytes, authority: str) -> hmac.HMAC:
    return hmac.new(key, b"return-path\0" + authority.encode() + b"\0", "sha256")
