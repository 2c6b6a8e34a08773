"""Two versions of a text held against each other, line by line and within a line word by word."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal

import msgspec

_ALONE = r"\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff"
_WORDS = rf"\s+|[{_ALONE}]|[^\s{_ALONE}]+"
"""Runs between spaces; in scripts that put none between words, single characters."""
ALIKE = 0.4
"""So much of two lines is the same that one became the other."""
MOST_PAIRS = 900
"""Lines held against each other, at most, to see which became which."""

Kind = Literal["same", "out", "in"]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A run of words that is in both versions, only in the older or only in the newer one."""

    kind: Kind
    text: str

    @property
    def inner(self) -> str:
        """Without the space at its edges, which is not to be underlined; of a run that is nothing else, all of it."""
        return self.text.strip() or self.text

    @property
    def before(self) -> str:
        return self.text.partition(self.inner)[0]

    @property
    def after(self) -> str:
        return self.text.partition(self.inner)[2]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    parts: tuple[Part, ...]

    @property
    def changed(self) -> bool:
        return any(part.kind != "same" for part in self.parts)

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


def lines(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    """All lines of both, in the order of reading: the older words before those that stand in their place."""
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            yield from (_whole("same", one) for one in old[start:end])
        else:
            yield from _replaced(old[start:end], new[new_start:new_end])


def _replaced(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    """Each older line with the first newer one that it may have become; the others stand alone."""
    place = 0
    few = len(old) * len(new) <= MOST_PAIRS
    for one in old:
        found = next((n for n in range(place, len(new)) if _alike(one, new[n])), None) if few else None
        if found is None:
            yield _whole("out", one)
            continue
        yield from (_whole("in", other) for other in new[place:found])
        yield Line(parts=tuple(_words(one, new[found])))
        place = found + 1
    yield from (_whole("in", other) for other in new[place:])


def _whole(kind: Kind, text: str) -> Line:
    return Line(parts=(Part(kind=kind, text=text),))


def _alike(one: str, other: str) -> bool:
    matcher = SequenceMatcher(None, re.findall(_WORDS, one), re.findall(_WORDS, other), autojunk=False)
    return matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def _words(one: str, other: str) -> Iterator[Part]:
    """What was taken out stands before what was put in; a space alone between two changes belongs to both."""
    old, new = re.findall(_WORDS, one), re.findall(_WORDS, other)
    gone = come = ""
    for kind, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        same = "".join(old[start:end])
        if kind == "equal" and (same.strip() or not (gone or come)):
            yield from _pair(gone, come)
            gone = come = ""
            yield Part(kind="same", text=same)
        else:
            gone += same
            come += "".join(new[new_start:new_end])
    yield from _pair(gone, come)


def _pair(gone: str, come: str) -> Iterator[Part]:
    if gone:
        yield Part(kind="out", text=gone)
    if come:
        yield Part(kind="in", text=come)
