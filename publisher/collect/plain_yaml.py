"""The part of YAML that front matter seldom goes beyond, read by a few patterns in 60 % of the time.

It is lines of `key: text`, and lists of texts and of mappings, in brackets or below their key. Whatever is anything
else, or could be, is left to libyaml; what is read here is the same there.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

LONGEST = 10_000
NULLS = frozenset({"", "~", "null", "Null", "NULL"})

_KEY = r"([A-Za-z_][A-Za-z0-9_-]{0,40})"
_QUOTED = r"""'[^'\n]*'|"[^"\\\n]*\""""
_TEXT = rf"([^\W_][^\n:#]*(?::[^\s:#][^\n:#]*)*|{_QUOTED})"
"""No sign that means something begins it, and no colon ends a word of it."""
_TEXT_IN_BRACKETS = rf"([^\W_][^\n:#,?\[\]{{}}]*(?::[\w/][^\n:#,?\[\]{{}}]*)*|{_QUOTED})"
_BREAK = r"( *(?:\n +)?)"
_START, _END = r"(?<![^,])", r"(?<! )(?:,|\Z)"
"""Where a piece can begin is seen at once: else one that fails would be tried again at each of its signs."""
_LINE = re.compile(
    rf"(^( *)(- )?(?:{_KEY}:(?: |(?=\n)))?(?:{_TEXT}|\[([^\[\]{{}}\n]+)\]|\{{([^\[\]{{}}]+)\}})?(?<! )\n)",
    re.MULTILINE,
)
_ITEM = re.compile(rf"({_START}{_BREAK}{_TEXT_IN_BRACKETS}{_END})")
_PAIR = re.compile(rf"({_START}{_BREAK}{_KEY}: {_TEXT_IN_BRACKETS}{_END})")

_Path = tuple[str | int, ...]


class _Beyond(Exception):  # noqa: N818 - it is no fault
    """Here is more than is read here."""


@lru_cache(maxsize=200)
def key_of(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip()).lower()


def read(inner: str, first: int) -> tuple[dict[str, Any], dict[_Path, int]] | None:
    """The values and the lines of their paths; `first` is the line on which the text begins. None: ask libyaml."""
    # What is printable here is so there too, and ends no line.
    if len(inner) > LONGEST or not inner.replace("\n", "").isprintable():
        return None
    lines: dict[_Path, int] = {}
    try:
        return _values(_pieces(_LINE, inner), first, lines), lines
    except _Beyond:
        return None


def _pieces(pattern: re.Pattern[str], text: str) -> list[tuple[str, ...]]:
    """The groups of each, the first of which is the piece, where the text is such pieces and nothing else."""
    found = pattern.findall(text)
    if sum([len(piece[0]) for piece in found]) != len(text):
        raise _Beyond
    return found


def _values(rows: Iterable[tuple[str, ...]], line: int, lines: dict[_Path, int]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    key = margin = ""
    items: list[Any] | None = None  # those below the key, which has no other value
    inside: dict[str, Any] | None = None  # the last of them, where it is a mapping of lines
    for row, indent, dash, name, text, listed, paired in rows:
        into, path = values, (key_of(name),)  # type: dict[str, Any], _Path
        if dash:
            if items is None or (items and indent != margin):
                raise _Beyond
            margin, values[key], inside = indent, items, {} if name else None
            path = (key, len(items))
            lines[path] = line
            items.append(inside if name else _text(text) if text else _bracketed(listed, paired, path, line, lines))
        if name and (dash or indent):
            if items is None or inside is None or not (dash or indent == f"{margin}  "):
                raise _Beyond
            into, path = inside, (key, len(items) - 1, key_of(name))
        elif name:
            key, items, inside = key_of(name), None if text or listed or paired else [], None
        elif not dash and row != "\n":
            raise _Beyond
        if name:
            _note(path, line, lines)
            into[str(path[-1])] = _text(text) if text else _bracketed(listed, paired, path, line, lines)
        line += row.count("\n")
    return values


def _note(path: _Path, line: int, lines: dict[_Path, int]) -> None:
    if path in lines:  # which of the two holds is said where all of YAML is read
        raise _Beyond
    lines[path] = line


def _bracketed(listed: str, paired: str, path: _Path, line: int, lines: dict[_Path, int]) -> Any:
    if listed:
        texts = [_text(text) for _, _, text in _pieces(_ITEM, listed)]
        lines |= {(*path, place): line for place in range(len(texts))}
        return texts
    found: dict[str, Any] = {}
    for _, space, name, text in _pieces(_PAIR, paired):
        line += space.count("\n")
        key = key_of(name)
        _note((*path, key), line, lines)
        found[key] = _text(text)
    return found or None


def _text(written: str) -> str | None:
    if written[0] in "'\"":
        return written[1:-1]
    return None if written in NULLS else written
