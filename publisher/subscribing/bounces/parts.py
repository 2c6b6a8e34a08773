"""A message that came back, taken apart: what a server says in words, what it says in fields, and what it returns.

Nothing here raises, whatever the bytes are: mail that comes from strangers is broken in every way that it can be.
"""

import re
from collections.abc import Iterator, Mapping
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from html import unescape

import msgspec

Fields = Mapping[str, tuple[str, ...]]
"""Header fields by their name in lower case, each with all of its values, unfolded and decoded."""

LARGEST = 4 << 20
"""Octets of a message that are looked at: what tells why it came back is in front."""
_LONGEST_VALUE = 4_000
_DEEPEST = 12

_HIDDEN = re.compile(r"(?i)<(/?)(?:style|script)\b")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_BREAK = re.compile(r"(?i)<(br|p|div|tr|li|h\d)\b[^<>]{0,500}>")


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    head: Fields
    """The message's own header."""
    kind: str
    """Its content type, in lower case; of a multipart/report the type of the report: `delivery-status`."""
    notice: str
    """All text in front of what is returned."""
    reports: tuple[tuple[Fields, ...], ...]
    """The blocks of each message/delivery-status part (RFC 3464 s. 2.1): the first is about the message."""
    feedback: Fields | None
    """The fields of a message/feedback-report (RFC 5965 s. 3)."""
    original: Fields
    """The header of what is returned, where a part of its own holds it; else empty."""


def take_apart(raw: bytes) -> Parts:
    """Of any bytes. Line ends may be LF, CRLF or CR; a line `From ` of an mbox in front is dropped."""
    message = _parsed(_lines(raw))
    notice: list[str] = []
    reports: list[tuple[Fields, ...]] = []
    feedback: Fields | None = None
    original: Fields = {}
    for part in _walk(message, 0):
        kind = content_type(part)
        if kind in {"message/delivery-status", "message/global-delivery-status"}:
            reports.append(_blocks(part))
        elif kind == "message/feedback-report":
            feedback = _merged(_blocks(part))
        elif kind in {"message/rfc822", "message/global", "text/rfc822-headers", "text/rfc822-header"}:
            if not original:
                original = _returned(part)
        elif kind.startswith(("text/", "multipart/")) and not (notice and _is_attached(part)):
            notice.append(_text(part, kind))
    return Parts(
        head=fields(message),
        kind=_report_type(message),
        notice="\n".join(notice),
        reports=tuple(reports),
        feedback=feedback,
        original=original,
    )


def _parsed(lines: bytes) -> Message:
    parser = BytesParser(policy=compat32)
    try:
        return parser.parsebytes(lines)
    except RecursionError:  # parts in parts, hundreds deep
        return parser.parsebytes(lines, headersonly=True)


def _lines(raw: bytes) -> bytes:
    raw = raw[:LARGEST].replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\0", b"").lstrip(b"\n")
    if raw.startswith((b"From ", b">From ")):
        raw = raw.partition(b"\n")[2]
    return raw


def content_type(part: Message) -> str:
    """As written, not as the standard library corrects it."""
    return str(part.get("content-type", "text/plain")).partition(";")[0].strip().lower() or "text/plain"


def _is_attached(part: Message) -> bool:
    return str(part.get("content-disposition", "")).strip().lower().startswith("attachment")


def _report_type(message: Message) -> str:
    kind = content_type(message)
    if kind != "multipart/report":
        return kind
    found = re.search(r'report-type\s*=\s*"?([\w-]+)', str(message.get("content-type", "")), re.IGNORECASE)
    return found[1].lower() if found else kind


def _walk(part: Message, depth: int) -> Iterator[Message]:
    """The leaves, and messages inside as one leaf each."""
    payload = part.get_payload()
    if isinstance(payload, list) and content_type(part).startswith("multipart/") and depth < _DEEPEST:
        for inner in payload:
            if isinstance(inner, Message):
                yield from _walk(inner, depth + 1)
    else:
        yield part


def fields(message: Message) -> Fields:
    found: dict[str, list[str]] = {}
    for name, value in message.items():
        found.setdefault(name.lower().strip(), []).append(decoded(str(value)))
    return {name: tuple(values) for name, values in found.items()}


def decoded(value: str) -> str:
    """A header's value in one line, encoded words (RFC 2047) read, without controls: people see it on terminals."""
    return _CONTROL.sub("", _words(" ".join(value[:_LONGEST_VALUE].split())))


def _words(value: str) -> str:
    if "=?" not in value:
        return value.encode("utf-8", "replace").decode()
    try:
        pieces = decode_header(value)
    except (ValueError, LookupError, MessageError):
        return value
    return "".join(_letters(piece, charset) if isinstance(piece, bytes) else piece for piece, charset in pieces)


def _letters(octets: bytes, charset: str | None) -> str:
    try:
        return octets.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return octets.decode("utf-8", "replace")


def _blocks(part: Message) -> tuple[Fields, ...]:
    """The blocks of fields that blank lines divide, however the part is encoded or mended by the parser."""
    text = re.sub(r"\n[ \t]+\n", "\n\n", _source(part))
    blocks = [_block(block) for block in re.split(r"\n{2,}", text)]
    return tuple(block for block in blocks if block)


def _block(text: str) -> Fields:
    found: dict[str, list[str]] = {}
    unfolded = re.sub(r"\n[ \t]+", " ", text)
    for line in unfolded.splitlines():
        name, colon, value = line.partition(":")
        if colon and re.fullmatch(r"[A-Za-z][\w-]*\s*", name):
            found.setdefault(name.strip().lower(), []).append(decoded(value))
    return {name: tuple(values) for name, values in found.items()}


def _merged(blocks: tuple[Fields, ...]) -> Fields:
    found: dict[str, tuple[str, ...]] = {}
    for block in blocks:
        for name, values in block.items():
            found[name] = found.get(name, ()) + values
    return found


def _returned(part: Message) -> Fields:
    text = _source(part)
    head = re.split(r"\n[ \t]*\n", text.lstrip("\n"), maxsplit=1)[0]
    return _block(head)


def _source(part: Message) -> str:
    """The text of a part that the parser may have read as messages."""
    payload = part.get_payload()
    if isinstance(payload, list):
        pieces = []
        for inner in payload:
            if not isinstance(inner, Message):
                continue
            head = "\n".join(f"{name}: {value}" for name, value in inner.items())
            body = inner.get_payload()
            deeper = _source(inner) if isinstance(body, list) else _text(inner, "text/plain")
            pieces.append(f"{head}\n\n{deeper}" if head else deeper)
        return "\n\n".join(pieces)
    return _text(part, "text/plain")


def _text(part: Message, kind: str) -> str:
    try:
        octets = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        octets = None
    if not isinstance(octets, bytes):
        return ""
    text = _letters(octets, _charset(part))
    return _plain(text) if kind == "text/html" else text


def _charset(part: Message) -> str | None:
    try:
        found = part.get_content_charset()
    except (ValueError, LookupError):
        return None
    return found


def _plain(html: str) -> str:
    """The text of a page, in one pass however it is built."""
    first, *rest = _HIDDEN.split(html)
    shown = first + "".join(f"<{text}" for slash, text in zip(rest[::2], rest[1::2], strict=True) if slash)
    return unescape(_TAG.sub("", _BREAK.sub("\n", shown)))
