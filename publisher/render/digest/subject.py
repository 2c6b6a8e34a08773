"""The subject line: the most important words first, never the same one twice."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

LONGEST = 78
"""Characters. RFC 5322 s. 2.1.1 wants lines of at most 78; phones show about 40 of them."""

_CLAUSE = re.compile(r"\s+[\u2013\u2014|·-]\s+|[:;?!](?=\s)|[\uff1a\uff1b\u3002\uff1f\uff01]")
"""Where a clause ends: a dash or a dot between spaces, a stop, a full-width stop."""
_SHORTEST_CLAUSE = 20
"""Characters: a first clause shorter than this says too little alone."""


def distinct(lead: str, endings: Iterable[str], previous: Iterable[str]) -> str:
    """`lead` and the first of the `endings` that make a subject of at most 78 characters not among the `previous`.

    When each of them was used, a number is added: `(2)`, `(3)` ... Mail programs put messages with one subject into
    one conversation, and Gmail clips what it counts together, so letter case and spaces make no difference here.
    """
    used = {_key(subject) for subject in previous}
    return next(one for one in _candidates(lead, tuple(endings)) if _key(one) not in used)


def _candidates(lead: str, endings: tuple[str, ...]) -> Iterator[str]:
    for ending in endings:
        yield _joined(lead, ending)
    number = 2
    while True:
        yield _joined(lead, f"{endings[-1]} ({number})")
        number += 1


def _joined(lead: str, ending: str) -> str:
    room = LONGEST - len(ending)
    return shortened(lead, room).strip() + ending if room > 0 else ending.strip()[:LONGEST]


def _key(subject: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", subject).casefold().split())


def shortened(text: str, room: int) -> str:
    """At most `room` characters: all of it, else its first clauses, else its first words and an ellipsis."""
    text = " ".join(text.split())
    if len(text) <= room:
        return text
    ends = [match.start() + (match[0][0] in "?!\uff1f\uff01") for match in _CLAUSE.finditer(text[: room + 1])]
    clauses = [text[:end].rstrip() for end in ends if _SHORTEST_CLAUSE <= end <= room]
    return clauses[-1] if clauses else _first_words(text, room - 1) + "…"


def _first_words(text: str, room: int) -> str:
    """Cut at a space where there is one in the second half; never between a letter and its mark."""
    end = text.rfind(" ", room // 2, room + 1)
    if end < 0:
        end = room
        while end > 0 and (
            unicodedata.combining(text[end]) or text[end] in "\u200d\ufe0f" or text[end - 1] == "\u200d"
        ):
            end -= 1
    return text[:end].rstrip(" ,;:\u2013\u2014-")
