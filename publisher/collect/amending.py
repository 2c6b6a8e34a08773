"""One key of an article file written or taken out, in whatever form its head has; all other bytes stay. No I/O.

What was written is read back before it is handed over: a head too odd to be amended is refused, never damaged.
"""

import html
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from publisher.collect.article_file import decoded
from publisher.collect.dialects import UPDATED
from publisher.collect.front_matter import Fault, FrontMatter, split
from publisher.errors import UsageError
from publisher.model import Retraction

RETRACTED = "retracted"
BOM = b"\xef\xbb\xbf"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")
_FENCES = {"---": "yaml", "+++": "toml"}


def retracted(data: bytes, retraction: Retraction) -> bytes:
    """The file with its `retracted` key; one that is there is replaced. Times keep the offset that they have.

    Raises `UsageError` with the end of a sentence about the file.
    """
    return _amended(data, RETRACTED, lambda form: _retraction(retraction, form))


def reinstated(data: bytes, at: datetime) -> bytes:
    """The file without it, and updated `at`: who met the tombstone has to see that something newer holds."""
    bare = _amended(data, RETRACTED, None)
    matter = _read(bare)
    key = next((name for name in UPDATED if matter.values.get(name)), UPDATED[0])
    return _amended(bare, key, lambda _: at.isoformat(timespec="seconds"))


def _amended(data: bytes, key: str, value: Callable[[str], str] | None) -> bytes:
    mark, rest = (BOM, data[len(BOM) :]) if data.startswith(BOM) else (b"", data)
    before = _read(data)
    head = _Head.of(rest.decode(), before)
    new = mark + head.amended(key, value(head.form) if value else None).encode()
    if not _says(new, before, key, present=value is not None):
        raise UsageError(f"its front matter is written in a way that cannot be amended; write `{key}` by hand")
    return new


def _read(data: bytes) -> FrontMatter:
    try:
        matter = split(decoded(data))
    except UnicodeDecodeError as error:
        raise UsageError("it is not UTF-8; save it as UTF-8 first") from error
    if isinstance(matter, Fault):
        raise UsageError(f"its front matter cannot be read: line {matter.line}: {matter.reason}")
    return matter


def _says(data: bytes, before: FrontMatter, key: str, *, present: bool) -> bool:
    """Whether the key alone is another, and there as it is meant to be."""
    after = split(decoded(data))
    if isinstance(after, Fault):
        return False
    others = [{name: value for name, value in one.values.items() if name != key} for one in (before, after)]
    same = others[0] == others[1] and before.body == after.body
    return same and (after.values.get(key) is not None) is present


def _retraction(retraction: Retraction, form: str) -> str:
    at, reason = retraction.at.isoformat(timespec="seconds"), json.dumps(retraction.reason, ensure_ascii=False)
    if form == "yaml":
        return f'{{at: "{at}", reason: {reason}{", takedown: true" if retraction.takedown else ""}}}'
    if form == "toml":
        return f"{{at = {at}, reason = {reason}{', takedown = true' if retraction.takedown else ''}}}"
    return f"{at} {'takedown: ' if retraction.takedown else ''}{retraction.reason}"


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    """A file as lines with their ends, and where in it the front matter stands."""

    form: str
    """yaml, toml, headers or page."""
    lines: list[str]
    matter: FrontMatter
    first: int
    """The first line of the head, from 0; for a file that has none, where one begins."""
    is_new: bool = False

    @classmethod
    def of(cls, text: str, matter: FrontMatter) -> "_Head":
        lines = _LINE.findall(text)
        first = next((place for place, line in enumerate(lines) if line.strip()), 0)
        fence = lines[first].strip() if lines else ""
        form = _FENCES.get(fence) or (_form(text) if matter.headers else "yaml")
        is_new = fence not in _FENCES and not matter.headers
        return cls(form=form, lines=lines, matter=matter, first=first, is_new=is_new)

    def amended(self, key: str, value: str | None) -> str:
        if self.form == "page":
            return self._page(key, value)
        if self.is_new:
            block = ["---", f"{key}: {value}", "---"] if value is not None else []
            return "".join(line + self._end for line in block) + "".join(self.lines)
        start, end = self._place(key)
        written = [self._line(key, value, start, end)] if value is not None else []
        lines = [*self._closed(self.lines[:start]), *written, *self.lines[end:]]
        if value is None and self.form != "headers" and not self.matter.values.keys() - {key}:
            closing = self.first + 1
            return "".join(lines[: self.first] + lines[closing + 1 :])
        return "".join(lines)

    @property
    def _end(self) -> str:
        found = re.search(r"\r\n|\n|\r", "".join(self.lines[:1]))
        return found[0] if found else "\n"

    @property
    def _closing(self) -> int:
        """The line after the last of the keys."""
        return self.matter.body_line - (1 if self.form == "headers" else 2)

    def _place(self, key: str) -> tuple[int, int]:
        """The lines that the key has now; where it has none, an empty place for it."""
        found = self.matter.lines.get((key,)) or self.matter.lines.get((key, 0))
        if found is None:
            start = self.first + 1 if self.form == "toml" else self._closing
            return start, start
        start = found - 1
        is_table = self.form == "toml" and self.lines[start].lstrip().startswith("[")
        return start, self._end_of_table(start) if is_table else self._end_of_value(start)

    def _end_of_table(self, start: int) -> int:
        rest = range(start + 1, self._closing)
        return next((place for place in rest if self.lines[place].lstrip().startswith("[")), self._closing)

    def _end_of_value(self, start: int) -> int:
        """A value goes on in lines that are further in, or that close a bracket or are an item of a list."""
        end = start + 1
        for place in range(start + 1, self._closing):
            line = self.lines[place]
            if not line.strip():
                continue
            if _indent(line) <= _indent(self.lines[start]) and line.lstrip()[0] not in "}]-":
                break
            end = place + 1
        return end

    def _line(self, key: str, value: str, start: int, end: int) -> str:
        """As the keys around it are written: the same name where it was there, the same margin."""
        model = self.lines[start] if end > start else self.lines[self.first + (self.form == "yaml")]
        margin = model[: _indent(model)] if self.form == "yaml" else ""
        was = re.match(r"\s*([\w -]+?)\s*[:=]", self.lines[start]) if end > start else None
        name = was[1] if was else key.capitalize() if self.form == "headers" else key
        return f"{margin}{name}{' = ' if self.form == 'toml' else ': '}{value}{self._end}"

    def _closed(self, lines: list[str]) -> list[str]:
        """The last line of a file may lack its end; a line that follows needs it."""
        if lines and not lines[-1].endswith(("\n", "\r")):
            return [*lines[:-1], lines[-1] + self._end]
        return lines

    def _page(self, key: str, value: str | None) -> str:
        """An HTML page of its own: a `meta` before its title."""
        text = "".join(self.lines)
        bare = re.sub(rf'<meta name="{key}" content="[^"]*">(?:\r\n|\n|\r)?', "", text, count=1, flags=re.IGNORECASE)
        if value is None:
            return bare
        place = re.search(r"<title\b|</head>|<body\b", bare, re.IGNORECASE)
        at = place.start() if place else len(bare)
        return f'{bare[:at]}<meta name="{key}" content="{html.escape(value)}">{self._end}{bare[at:]}'


def _form(text: str) -> str:
    return "page" if re.match(r"\s*(?:<!doctype html|<html)", text, re.IGNORECASE) else "headers"


def _indent(line: Any) -> int:
    return len(line) - len(line.lstrip(" \t"))
