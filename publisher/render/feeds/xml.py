"""XML of an entry as text: one is written for each article ever published, and a tree for it takes ten times as long.

Values are cleaned before (`entry.clean`): no character is left that XML forbids.
"""

import re
from collections.abc import Sequence

Escapes = Sequence[tuple[str, str]]
"""What stands for a character, the ampersand's first."""
MARKUP: Escapes = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;"))
"""For text that is HTML."""
_MARKUP = tuple((character.encode(), reference.encode()) for character, reference in MARKUP)
QUOTED: Escapes = (('"', "&quot;"), ("\t", "&#9;"), ("\n", "&#10;"))
"""In an attribute besides."""


_ODD = re.compile('[&<>\r"\t\n]')


def escaped(text: str, escapes: Escapes) -> str:
    return _replaced(text, escapes) if _ODD.search(text) else text


def quoted(text: str, escapes: Escapes) -> str:
    """For an attribute between double quotes."""
    return _replaced(_replaced(text, escapes), QUOTED) if _ODD.search(text) else text


def _replaced(text: str, escapes: Escapes) -> str:
    for character, reference in escapes:
        text = text.replace(character, reference)
    return text


def markup(*pieces: str) -> bytes:
    """A long text that is HTML, in UTF-8: by bytes it is replaced four times as quickly as by letters."""
    raw = b"".join([piece.encode() for piece in pieces])
    for character, reference in _MARKUP:
        raw = raw.replace(character, reference)
    return raw


def element(name: str, text: str, escapes: Escapes) -> str:
    return f"<{name}>{escaped(text, escapes)}</{name}>"
