"""What one row says of one person."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from publisher.subscribing.addresses import clean, key
from publisher.subscribing.lists import columns as known
from publisher.subscribing.lists.cells import plain
from publisher.subscribing.lists.columns import Columns, spelled
from publisher.subscribing.lists.words import NO, WORDS, YES, Said

OURS = ("frequency", "format", "sections", "paused_until", "evidence")
"""Columns that only our own export has."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    address: str
    key: str
    state: Said
    consented: datetime | None
    """None where no column says when, or not in a way that can be read; then `evidence` has it as it was written."""
    ended: datetime | None
    evidence: str
    """How consent was given, as the file tells it: the columns that speak of it, in the file's own words."""
    lang: str | None
    choices: tuple[tuple[str, str], ...] = ()
    """Of our own export: frequency, format, sections, paused_until."""
    odd: str = ""
    """A frequency that is none of ours, as it is written."""


class Rejected(msgspec.Struct, frozen=True):
    """A row that cannot be used; the end of a sentence says why."""

    reason: str


def read(row: Sequence[str], columns: Columns, *, where: str, by_default: Said | None = None) -> Entry | Rejected:
    """`where`: the file and line, for the evidence. `by_default`: what the name of the file says of all rows."""
    cells = [plain(cell) for cell in row]
    written = cells[columns.address] if columns.address < len(cells) else ""
    address = clean(written)
    if address is None:
        return Rejected(_why_not(written))
    state = _state(cells, columns, by_default)
    if isinstance(state, Rejected):
        return state
    consented, ended = _time(cells, columns, known.CONSENTED), _time(cells, columns, tuple(known.ENDED))
    if state == "unsubscribed" and _came_back(cells, columns, consented, ended):
        state = "confirmed"
    return Entry(
        address=address,
        key=key(address),
        state=state,
        consented=consented,
        ended=ended,
        evidence=_evidence(cells, columns, where),
        lang=_language(cells, columns),
        choices=_choices(cells, columns),
        odd=_odd(cells, columns),
    )


def _why_not(written: str) -> str:
    if not written:
        return "it has no address"
    if not written.rpartition("@")[0].isascii():
        return f"{written!r} has letters beyond ASCII before the @, which few servers take mail for (RFC 6531)"
    return f"{written!r} is no mail address"


def _state(cells: Sequence[str], columns: Columns, by_default: Said | None) -> Said | Rejected:
    """The worst that any column says: whoever left by any of them has left."""
    said: set[Said] = {by_default} if by_default else set()
    name, word = columns.first(known.STATUS, cells)
    if word:
        found = WORDS.get(spelled(word))
        if found is None:
            return Rejected(f"{name} is {word!r}, which we do not know as subscribed or unsubscribed")
        said.add(found)
    if kind := WORDS.get(spelled(columns.first(known.KIND, cells)[1])):
        said.add(kind)
    for key_, end in known.ENDED.items():
        if end and columns.first((key_,), cells)[1]:
            said.add(WORDS[end])
    for key_, end in known.ENDS_IF_TRUE.items():
        if columns.first((key_,), cells)[1].lower() in YES:
            said.add(WORDS[end])
    if any(columns.first((key_,), cells)[1].lower() in NO for key_ in known.ENDS_IF_FALSE):
        said.add("unsubscribed")
    worst: tuple[Said, ...] = ("complained", "unsubscribed", "bounced", "pending")
    return next((one for one in worst if one in said), "confirmed")


def _came_back(cells: Sequence[str], columns: Columns, consented: datetime | None, ended: datetime | None) -> bool:
    """They left and subscribed again later, and the service says that they are subscribed."""
    _, word = columns.first(known.STATUS, cells)
    subscribed = WORDS.get(spelled(word)) == "confirmed"
    return subscribed and consented is not None and ended is not None and consented > ended


def _time(cells: Sequence[str], columns: Columns, wanted: Sequence[str]) -> datetime | None:
    return instant(columns.first(wanted, cells)[1])


_ZONE = re.compile(r"\s*(?:UTC|GMT|Z)$", re.IGNORECASE)


def instant(written: str) -> datetime | None:
    """ISO 8601, with a space for the T and `UTC` for the offset too; without an offset it is UTC. None for the rest."""
    text = _ZONE.sub("+00:00", written.strip())
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _evidence(cells: Sequence[str], columns: Columns, where: str) -> str:
    told = columns.first(("evidence",), cells)[1]
    if told:
        return told
    said = [columns.first((key_,), cells) for key_ in columns.speaking]
    return "; ".join([f"imported from {where}", *(f"{name} {value}" for name, value in said if value)])


def _language(cells: Sequence[str], columns: Columns) -> str | None:
    _, written = columns.first(known.LANGUAGE, cells)
    found = written.replace("_", "-")
    return found if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", found) else None


def _choices(cells: Sequence[str], columns: Columns) -> tuple[tuple[str, str], ...]:
    """Only what our own export can have written."""
    found = {name: columns.first((name,), cells)[1] for name in OURS[:-1]}
    good = {
        "frequency": found["frequency"] in {"daily", "weekly"},
        "format": found["format"] in {"both", "text"},
        "sections": _is_list(found["sections"]),
        "paused_until": instant(found["paused_until"]) is not None,
    }
    return tuple((name, value) for name, value in found.items() if value and good[name])


def _odd(cells: Sequence[str], columns: Columns) -> str:
    written = columns.first(("frequency",), cells)[1]
    return "" if written in {"", "daily", "weekly"} else written


def _is_list(text: str) -> bool:
    try:
        found = json.loads(text) if text else None
    except ValueError:
        return False
    return isinstance(found, list) and all(isinstance(one, str) for one in found)
