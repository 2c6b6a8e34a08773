"""Plain text in columns: lines of at most 72 cells, as a terminal and a text-only mail client show them."""

import re
import unicodedata
from collections.abc import Iterator

COLUMNS = 72
"""RFC 3676 s. 4.2 asks for 78 at most; 72 leaves room for the marks of a quoted reply."""

_ADDRESS = re.compile(r"(?:https?://|mailto:)\S")
_NEVER_FIRST = frozenset({"Pe", "Pf", "Po", "Lm"})
_NEVER_LAST = frozenset({"Ps", "Pi"})
"""General categories: closing marks, stops and lengthening marks begin no line, opening marks end none."""


def cells(text: str) -> int:
    """How many columns a text takes: two for a wide character (UAX 11), none for a mark on another one."""
    return len(text) if text.isascii() else sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if _is_wide(character) else 1


def wrap(text: str, indent: str = "", first: str | None = None, columns: int = COLUMNS) -> str:
    """Lines of at most `columns` cells, each after `indent`; the first after `first` where that is given.

    Breaks at spaces and between wide characters. A web address is never broken, so it alone may be longer. Any other
    word that is too long for a line is cut.
    """
    lines: list[str] = []
    line, glued = indent if first is None else first, True
    for piece, spaced in _pieces(text):
        gap = " " if spaced and not glued else ""
        if cells(line) + len(gap) + cells(piece) <= columns or (glued and _ADDRESS.match(piece)):
            line, glued = line + gap + piece, False
            continue
        if not glued:
            lines.append(line)
            line = indent
        room = columns - max(cells(line), cells(indent))
        *full, rest = [piece] if _ADDRESS.match(piece) else _cut(piece, room)
        for part in full:
            lines.append(line + part)
            line = indent
        line, glued = line + rest, False
    return "\n".join([*lines, line] if line.strip() or not lines else lines)


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """What may not be broken, and whether a space stood before it."""
    for word in text.split():
        pieces = [word] if word.isascii() or _ADDRESS.match(word) else _unwide(word)
        for place, piece in enumerate(pieces):
            yield piece, place == 0


def _unwide(word: str) -> list[str]:
    """A word cut where a line may end between wide characters (UAX 14, the part that matters here)."""
    pieces: list[str] = []
    for character in word:
        if pieces and not _may_end_between(pieces[-1][-1], character):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _may_end_between(before: str, after: str) -> bool:
    if not (_is_wide(before) or _is_wide(after)) or _cells(after) == 0:
        return False
    return unicodedata.category(after) not in _NEVER_FIRST and unicodedata.category(before) not in _NEVER_LAST


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _cut(word: str, columns: int) -> Iterator[str]:
    """A word in parts of at most `columns` cells; a mark stays with its letter."""
    part = ""
    for character in word:
        if part and cells(part) + _cells(character) > columns:
            yield part
            part = ""
        part += character
    yield part
