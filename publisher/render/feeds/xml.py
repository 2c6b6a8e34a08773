"""XML of an entry as text: one is written for each article ever published, and a tree for it takes ten times as long.

Values are cleaned before (`entry.clean`): no character is left that XML forbids.
"""

from collections.abc import Sequence

Escapes = Sequence[tuple[str, str]]
"""What stands for a character, the ampersand's first."""
MARKUP: Escapes = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;"))
"""For text that is HTML."""
QUOTED: Escapes = (('"', "&quot;"), ("\t", "&#9;"), ("\n", "&#10;"))
"""In an attribute besides."""


def escaped(text: str, escapes: Escapes) -> str:
    for character, reference in escapes:
        if character in text:
            text = text.replace(character, reference)
    return text


def element(name: str, text: str, escapes: Escapes, **attributes: str) -> str:
    """`escapes` is for the text and, with quotes, for the attributes."""
    return f"{start(name, escapes, **attributes)}>{escaped(text, escapes)}</{name}>"


def empty(name: str, escapes: Escapes, **attributes: str) -> str:
    return f"{start(name, escapes, **attributes)}/>"


def start(name: str, escapes: Escapes, **attributes: str) -> str:
    given = "".join([f' {key}="{escaped(escaped(value, escapes), QUOTED)}"' for key, value in attributes.items()])
    return f"<{name}{given}"
