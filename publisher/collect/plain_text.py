"""Foreign text made fit for a title, a header line, XML: what would be invisible or dangerous is taken out."""

import html
import re

from publisher.render.characters import CONTROLS

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""XML 1.0 s. 2.2, with the non-characters and DEL, which it only discourages."""
_C1 = re.compile("[\x80-\x84\x86-\x9f]")
_INVISIBLE = re.compile("[\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
"""Bidirectional controls, zero-width characters, soft hyphens, interlinear marks."""
_STRAY_JOINER = re.compile("(?<![\u0600-\u1fff\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]")
"""Joiners are letters' business in Persian and Hindi and hold emoji together; elsewhere they only hide."""
_TAG = re.compile(
    r"</?(?:a|abbr|b|bdi|bdo|big|br|cite|code|del|dfn|div|em|font|h[1-6]|hr|i|iframe|img|ins|kbd|li|mark|ol|p|q|s|samp"
    r"|script|small|span|strike|strong|style|sub|sup|svg|tt|u|ul|var|wbr)(?:[\s/][^<>]*)?>|<!--(?:.*?-->|.*)",
    re.IGNORECASE | re.DOTALL,
)
_CODE = re.compile(r"(`+)(.{1,500}?)\1(?!`)")
_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()\s]*(?:\s+\"[^\"]*\")?\)|\[[^\[\]]*\])")
_EMPHASIS = (
    re.compile(r"(?<!\\)(\*{1,3}|~~)(?=\S)(.{1,500}?)(?<=[^\s\\])\1"),
    re.compile(r"(?<![\w\\])(_{1,3})(?=\S)(.{1,500}?)(?<=[^\s\\])\1(?!\w)"),
)
LONGEST = 10_000
"""Characters of a title, a lede, a note."""
_UNMARKED = re.compile(r"[^<&*_~`\\\[]*")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def legible(text: str) -> str:
    """The text without what XML forbids; C1 controls are read as the Windows-1252 characters they were meant to be."""
    if text.isascii():
        raw = text.encode("ascii")
        kept = raw.translate(None, CONTROLS)
        return text if len(kept) == len(raw) else kept.decode("ascii")
    if _C1.search(text):
        text = _C1.sub(lambda found: found[0].encode("latin-1").decode("cp1252", "ignore"), text)
    return _FORBIDDEN.sub("", text)


def one_line(text: str) -> str:
    """One line of plain text without controls, runs of spaces, and characters that only hide or reorder."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join(_STRAY_JOINER.sub("", _INVISIBLE.sub("", legible(text))).split())


def headline(text: str) -> str:
    """As `one_line`, from a title or lede that may hold HTML tags, entities and Markdown emphasis, links and code.

    What is beyond `LONGEST` characters is cut off: that is no headline any more.
    """
    if _UNMARKED.fullmatch(text) and len(text) <= LONGEST:
        return one_line(text)
    text = text[:LONGEST]
    parts: list[str] = []
    end = 0
    for code in _CODE.finditer(text):
        parts += [_without_markup(text[end : code.start()]), code[2].strip()]
        end = code.end()
    parts.append(_without_markup(text[end:]))
    return one_line("".join(parts))


def _without_markup(text: str) -> str:
    text = _LINK.sub(r"\1", _TAG.sub("", text))
    for emphasis in _EMPHASIS:
        text = emphasis.sub(r"\2", text)
    return html.unescape(_ESCAPE.sub(r"\1", text))
