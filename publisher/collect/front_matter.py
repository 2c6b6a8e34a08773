"""The head of an article file: YAML between `---`, TOML between `+++`, `Key: value` lines, or an HTML page's own head.

Every scalar comes out as the text that was written (`1984` is a fine title and `no` is Norwegian): what a value
means is decided where it is used. Null is None.
"""

import html
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, time
from typing import Any

import msgspec
import yaml
from yaml import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    MarkedYAMLError,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml._yaml import CParser

from publisher.collect import plain_yaml
from publisher.collect.plain_yaml import NULLS, key_of

LONGEST = 128 * 1024
"""Characters of front matter. More is an accident or an attack."""
DEEPEST = 20
_TOO_DEEP = "the front matter is nested beyond what an article needs"
_STARTS, _ENDS = {MappingStartEvent, SequenceStartEvent}, {MappingEndEvent, SequenceEndEvent}
_OPENING = re.compile(r"(---|\+\+\+)[ \t]*(?:\n|$)")
_CLOSING = {
    "---": re.compile(r"\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)"),
    "+++": re.compile(r"\n\+\+\+[ \t]*(?:\n|\Z)"),
}
DECISIVE = frozenset({"title", "published", "date", "draft", "status", "id", "slug", "lang", "hold", "retracted"})
"""Given twice with two values, these leave what is public, and when, to a guess. Of other keys the last value holds."""
KNOWN_HEADERS = frozenset({"title", "date", "published", "published_at"})


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    line: int
    reason: str


class FrontMatter(msgspec.Struct, frozen=True, kw_only=True):
    values: Mapping[str, Any]
    """Keys in lower case with `_` for `-` and spaces; values are text, None, lists and mappings of the same."""
    lines: Mapping[tuple[str | int, ...], int]
    """Path of a key, or of an item in a list, -> its line in the file, from 1."""
    body: str
    body_line: int
    """Where the body begins in the file, from 1."""
    doubts: tuple[Fault, ...] = ()
    """What was read nevertheless, such as a key that is given twice."""
    headers: bool = False
    """True for `Key: value` lines, where a list is written with commas."""


_Read = tuple[dict[str, Any], dict[tuple[str | int, ...], int], tuple[Fault, ...]]


class _FaultFound(Exception):  # noqa: N818 - it never leaves this module
    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.fault = Fault(line=line, reason=reason)


def split(text: str) -> FrontMatter | Fault:
    """Take the front matter off. `text` has line feeds and no byte order mark; blank lines before it are allowed."""
    start = len(text) - len(text.lstrip("\n \t"))
    first = text.count("\n", 0, start) + 1
    head = text[start:]
    try:
        fence = _OPENING.match(head)
        if fence:
            return _fenced(head, fence[1], first)
        if re.match(r"<!doctype html|<html", head, re.IGNORECASE):
            return _page(head, first)
        return _headers(head, first) or FrontMatter(values={}, lines={}, body=text, body_line=1)
    except _FaultFound as found:
        return found.fault


def _fenced(head: str, fence: str, first: int) -> FrontMatter:
    opening = head.find("\n") + 1
    end = _CLOSING[fence].search(head, opening - 1) if opening else None
    if end is None:
        raise _FaultFound(first, f"the front matter begins here and does not end; close it with a line `{fence}`")
    inner = head[opening : end.start() + 1]
    if len(inner) > LONGEST:
        raise _FaultFound(first, f"the front matter has more than {LONGEST} characters; texts belong below it")
    values, lines, doubts = (_yaml if fence == "---" else _toml)(inner, first + 1)
    body_line = first + head.count("\n", 0, end.end())
    return FrontMatter(values=values, lines=lines, body=head[end.end() :], body_line=body_line, doubts=doubts)


def _yaml(inner: str, first: int) -> _Read:
    found = plain_yaml.read(inner, first)
    return (*found, ()) if found else _any_yaml(inner, first)


def _any_yaml(inner: str, first: int) -> _Read:
    try:
        events = _Events(inner, first)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if "nesting depth" in str(error.problem):  # newer readers have a limit of their own
            raise _FaultFound(first + (mark.line if mark else 0), _TOO_DEEP) from error
        hint = '; a value that has ": " or begins with one of [{*&!|>%@` needs quotes'
        raise _FaultFound(first + (mark.line if mark else 0), f"not valid YAML: {error.problem}{hint}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise _FaultFound(first, f"not valid YAML: {str(error).splitlines()[0]}") from error
    reader = _YamlReader(events, first)
    return reader.document(), reader.lines, tuple(reader.doubts)


class _Events:
    """All that YAML says, before anything of it is read.

    PyYAML would compose nodes of it, which takes as long again and recurses in C without a limit: a hundred kilobytes
    of `- - -` would end the process.
    """

    def __init__(self, inner: str, first: int) -> None:
        """Raises `yaml.YAMLError`."""
        self.all: list[Any] = []
        """Of the one document, without its own start and end."""
        self.anchors: dict[str, int] = {}
        """Name -> place among all."""
        self._first = first
        following = CParser(inner).get_event
        following()
        if type(following()) is StreamEndEvent:
            return
        self._take(following, named="&" in inner or "*" in inner)
        more: Any = following()
        if type(more) is not StreamEndEvent:
            raise MarkedYAMLError(problem="but found another document", problem_mark=more.start_mark)

    def _take(self, following: Callable[[], Any], *, named: bool) -> None:
        depth = 0
        while (kind := type(event := following())) is not DocumentEndEvent:
            if kind in _STARTS:
                depth += 1
                if depth > DEEPEST:
                    raise _FaultFound(self._first + event.start_mark.line, _TOO_DEEP)
            elif kind in _ENDS:
                depth -= 1
            if named and kind not in _ENDS and event.anchor:
                self._note_anchor(event)
            self.all.append(event)

    def _note_anchor(self, event: Any) -> None:
        if (type(event) is AliasEvent) == (event.anchor in self.anchors):
            self.anchors.setdefault(event.anchor, len(self.all))
            return
        problem = "found undefined alias" if type(event) is AliasEvent else "second occurrence"
        raise MarkedYAMLError(problem=problem, problem_mark=event.start_mark)


def _twice(key: str, earlier: int) -> str:
    return f"`{key[:80]}` is given twice (first on line {earlier}); keep one"


class _YamlReader:
    """Events -> values, by the core schema of YAML 1.2 less its numbers; an alias is read where it stands."""

    def __init__(self, events: _Events, first: int) -> None:
        self.lines: dict[tuple[str | int, ...], int] = {}
        self.doubts: list[Fault] = []
        self._events = events.all
        self._anchors = events.anchors
        self._at = 0
        self._first = first
        self._nodes = 0

    def document(self) -> dict[str, Any]:
        if not self._events:
            return {}
        if type(self._next()) is not MappingStartEvent:
            raise _FaultFound(self._first, "the front matter is no list of keys; write lines such as `title: ...`")
        return self._mapping(())

    def _next(self) -> Any:
        self._at += 1
        return self._events[self._at - 1]

    def _meant(self, event: Any) -> Any:
        """Itself, or what the alias stands for."""
        return self._events[self._anchors[str(event.anchor)]] if type(event) is AliasEvent else event

    def _mapping(self, path: tuple[str | int, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while type(event := self._next()) is not MappingEndEvent:
            event = self._meant(event)
            line = self._first + event.start_mark.line
            if type(event) is not ScalarEvent:
                raise _FaultFound(line, "a key is a list or a mapping; a key is one word")
            key = key_of(event.value)
            here = (*path, key)
            value = self._value(self._next(), here)
            if key in found:
                doubt = Fault(line=line, reason=_twice(event.value, self.lines[here]))
                if not path and key in DECISIVE and value != found[key]:
                    raise _FaultFound(doubt.line, doubt.reason)
                self.doubts.append(doubt)
            self.lines[here] = line
            found[key] = value
        return found

    def _sequence(self, path: tuple[str | int, ...]) -> list[Any]:
        found: list[Any] = []
        while type(event := self._next()) is not SequenceEndEvent:
            here = (*path, len(found))
            self.lines[here] = self._first + self._meant(event).start_mark.line
            found.append(self._value(event, here))
        return found

    def _value(self, event: Any, path: tuple[str | int, ...]) -> Any:
        """Of the event that was just taken, and those that follow as far as they belong to it."""
        kind = type(event)
        if kind is AliasEvent:
            return self._aliased(event, path)
        self._nodes += 1
        if len(path) > DEEPEST or self._nodes > LONGEST // 16:
            line = self._first + event.start_mark.line
            raise _FaultFound(line, "the front matter is nested or repeated beyond what an article needs")
        if kind is ScalarEvent:
            is_null = not event.style and event.value in NULLS
            return None if is_null else event.value
        return self._mapping(path) if kind is MappingStartEvent else self._sequence(path)

    def _aliased(self, event: Any, path: tuple[str | int, ...]) -> Any:
        behind, self._at = self._at, self._anchors[event.anchor]
        value = self._value(self._next(), path)
        self._at = behind
        return value


def _toml(inner: str, first: int) -> _Read:
    try:
        values = tomllib.loads(inner)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        at = re.search(r"at line (\d+)", str(error))
        line = first + int(at[1]) - 1 if at else first + inner.count("\n")
        reason = re.sub(r" \(at .*\)$", "", str(error))
        raise _FaultFound(line, f'not valid TOML: {reason}; text is written in quotes: title = "..."') from error
    lines: dict[tuple[str | int, ...], int] = dict(_toml_lines(inner, first))
    return {key_of(key): _as_text(value, 0, first) for key, value in values.items()}, lines, ()


def _toml_lines(inner: str, first: int) -> Iterator[tuple[tuple[str | int, ...], int]]:
    seen: dict[str, int] = {}
    for number, line in enumerate(inner.split("\n"), first):
        table = re.match(r"\s*\[\[?\s*([\w-]+)", line)
        key = re.match(r'\s*"?([\w-]+)"?\s*=', line)
        if table:
            place = seen[table[1]] = seen.get(table[1], -1) + 1
            yield (key_of(table[1]), place), number
        elif key and not seen:
            yield (key_of(key[1]),), number


def _as_text(value: Any, depth: int, line: int) -> Any:
    if depth > DEEPEST:
        raise _FaultFound(line, _TOO_DEEP)
    if isinstance(value, dict):
        return {key_of(key): _as_text(inner, depth + 1, line) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_text(inner, depth + 1, line) for inner in value]
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _headers(head: str, first: int) -> FrontMatter | None:
    """`Key: value` lines up to the first line that is none; an indented line continues the one before."""
    values: dict[str, Any] = {}
    lines: dict[tuple[str | int, ...], int] = {}
    rows = head.split("\n")
    key, number = "", 0
    for number, row in enumerate(rows):
        found = re.match(r"([A-Za-z][\w -]{0,40}):(?:\s+(.*))?$", row)
        if found and not row.startswith((" ", "\t")):
            key = key_of(found[1])
            if key in values:
                raise _FaultFound(first + number, _twice(found[1], lines[(key,)]))
            values[key], lines[(key,)] = (found[2] or "").strip(), first + number
        elif key and row.startswith(("    ", "\t")) and row.strip():
            values[key] = f"{values[key]}\n{row.strip()}".strip()
        else:
            break
    else:
        number += 1
    if not KNOWN_HEADERS & values.keys():
        return None
    body = "\n".join(rows[number:])
    return FrontMatter(values=values, lines=lines, body=body, body_line=first + number, headers=True)


def _page(head: str, first: int) -> FrontMatter:
    """A whole HTML page: `<title>`, `<html lang>` and `<meta name content>` are its front matter, as in Pelican."""
    values: dict[str, Any] = {}
    lines: dict[tuple[str | int, ...], int] = {}
    body = re.search(r"<body\b[^>]*>(.*?)(?:</body>|\Z)", head, re.IGNORECASE | re.DOTALL)
    top = head[: body.start()] if body else head
    for meta in re.finditer(r"<meta\s[^>]*>", top, re.IGNORECASE):
        given = {
            name.lower(): a or b for name, a, b in re.findall(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""", meta[0])
        }
        if given.get("name") and "content" in given:
            key = key_of(given["name"])
            values.setdefault(key, html.unescape(given["content"]))
            lines.setdefault((key,), first + top.count("\n", 0, meta.start()))
    title = re.search(r"<title[^>]*>(.*?)</title>", top, re.IGNORECASE | re.DOTALL)
    language = re.search(r"""<html[^>]*\slang\s*=\s*["']?([\w-]+)""", top, re.IGNORECASE)
    for key, found in (("title", title), ("lang", language)):
        if found:
            values.setdefault(key, html.unescape(found[1]))
            lines.setdefault((key,), first + top.count("\n", 0, found.start()))
    start = body.start(1) if body else 0
    return FrontMatter(
        values=values,
        lines=lines,
        body=body[1] if body else head,
        body_line=first + head.count("\n", 0, start),
        headers=True,
    )
