"""What an archive's old generator would have replaced: Liquid and Hugo tags, kramdown attributes. Text is never a
template, so they are dropped outside code, and a link whose address hung on one keeps its words alone.
"""

import re
from collections.abc import Iterable, Iterator

import pyromark

from publisher.model import Body

OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_FOOTNOTES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_HEADING_ATTRIBUTES
)
"""The Markdown that is understood: CommonMark with these."""
_OPENS = re.compile(r"\{\{|\{%|\{:")
_HIGHLIGHT = re.compile(
    r"^[ \t]*(?:\{%-?\s*highlight\s+(?P<liquid>[\w+#-]*)[^%]*?-?%\}(?P<one>.*?)\{%-?\s*endhighlight\s*-?%\}"
    r"|\{\{[<%]\s*highlight\s+(?P<hugo>[\w+#-]+)[^>%]*?[>%]\}\}(?P<two>.*?)\{\{[<%]\s*/\s*highlight\s*[>%]\}\})[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
_TAG = re.compile(
    r"\{\{<|\{\{%|\{%-?\s*(?P<name>\w+)?|\{\{"
    r"|(?P<attributes>\{:(?:[ \t]{0,9}(?:[.#][\w-]+|[\w-]+=\"[^\"\n]*\"|[\w-]+)){0,20}[ \t]{0,9}\})"
)
_CLOSES = {"{{<": ">}}", "{{%": "%}}", "{{": "}}"}
_LONGEST = {"{{": 500}
"""Characters between the ends of a tag; of an include, which may carry whole paragraphs, 50,000."""
_DROPPED_WHOLE = frozenset({"comment", "capture", "for", "schema", "javascript", "stylesheet"})
_LOST_LINK = re.compile(r"(\]\()[^()\s]*\ufdd0[^()\n]*(?=\))")
_LOST_DEFINITION = re.compile(r"^([ \t]*\[[^\]\n]+\]:)[ \t]*[^\n]*\ufdd0[^\n]*$", re.MULTILINE)
_EMPTY_LINE = re.compile(r"^[ \t]*\ufdd0[ \t\ufdd0]*$\n?", re.MULTILINE)
_MARK = "\ufdd0"
"""Stands where a tag was, for a moment: a non-character, which no body holds."""
_HTML_CODE = re.compile(r"<(pre|code|samp|kbd|textarea)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)


def without_template_tags(body: Body) -> str:
    """The same text object when there was nothing to drop."""
    text = body.text
    if "{" not in text or not _OPENS.search(text):
        return text
    text = _HIGHLIGHT.sub(_fence, text.replace(_MARK, ""))
    if body.markup == "html":
        return _drop(text, _code_in_html(text)).replace(_MARK, "")
    # What looked like code may only have been indented beside a tag, so what is left is looked at once more.
    for _ in range(2):
        text = _drop(text, _code_in_markdown(text))
        text = _LOST_DEFINITION.sub(r"\1 <>", _LOST_LINK.sub(r"\1", text))
        text = _EMPTY_LINE.sub("", text).replace(_MARK, "")
        if not _OPENS.search(text):
            break
    return text


def _fence(found: re.Match[str]) -> str:
    language = found["liquid"] or found["hugo"] or ""
    code = (found["one"] or found["two"] or "").strip("\n")
    return f"\n~~~~~~{language}\n{code}\n~~~~~~\n"


def _drop(text: str, code: Iterable[tuple[int, int]]) -> str:
    """A tag is dropped unless it begins inside code; a block such as a comment goes with the code that is in it."""
    parts: list[str] = []
    end = at = 0
    ends = _Ends(text)
    spans = iter(code)
    begin, stop = next(spans, (len(text), len(text)))
    while tag := _TAG.search(text, at):
        while stop <= tag.start():
            begin, stop = next(spans, (len(text), len(text) + 1))
        if begin <= tag.start():
            at = stop
            continue
        kept, last = ends.of(tag)
        if last is None:
            at = tag.end()
            continue
        parts += [text[end : tag.start()], kept, _MARK]
        end = at = last
    return "".join([*parts, text[end:]])


class _Ends:
    """Where tags end. Each closing text is looked for once from each place, so that no input takes quadratic time."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._next: dict[str, int] = {}

    def of(self, tag: re.Match[str]) -> tuple[str, int | None]:
        """What of it stays, and the place behind it; None for what is no tag after all."""
        if tag["attributes"]:
            return "", tag.end()
        opening = tag[0][:3] if tag[0][:3] in _CLOSES else tag[0][:2]
        end = self._find(_CLOSES.get(opening, "%}"), tag.end())
        if end is None or end - tag.end() > _LONGEST.get(opening, 50_000):
            return "", None
        name = tag["name"] or ""
        if name == "raw" or name in _DROPPED_WHOLE:
            block = self._block(name, end)
            if block:
                return (self._text[end : block[0]] if name == "raw" else ""), block[1]
        return "", end

    def _find(self, closing: str, at: int) -> int | None:
        found = self._next.get(closing, 0)
        if 0 <= found < at:
            found = self._next[closing] = self._text.find(closing, at)
        return None if found < 0 else found + len(closing)

    def _block(self, name: str, at: int) -> tuple[int, int] | None:
        closing = self._find(f"end{name}", at)
        if closing is None:
            return None
        start = self._text.rfind("{%", at, closing)
        end = self._find("%}", closing)
        return (start, end) if start >= 0 and end is not None else None


def _code_in_html(text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in _HTML_CODE.finditer(text))


def _code_in_markdown(text: str) -> Iterator[tuple[int, int]]:
    """Where code stands, as character offsets (the parser counts bytes)."""
    raw = text.encode()
    at_byte = at = 0
    for event, span in pyromark.events_with_range(text, options=OPTIONS):
        if not isinstance(event, dict) or not ("Code" in event or _is_block(event.get("Start"))):
            continue
        start, end = span["start"], span["end"]
        if start < at_byte:
            continue
        at += len(raw[at_byte:start].decode())
        length = len(raw[start:end].decode())
        yield at, at + length
        at, at_byte = at + length, end


def _is_block(start: object) -> bool:
    return isinstance(start, dict) and "CodeBlock" in start
