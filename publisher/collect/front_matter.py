"""The head of an article file: YAML between `---`, TOML between `+++`, `Key: value` lines, or an HTML page's own head.

Every scalar comes out as the text that was written (`1984` is a fine title and `no` is Norwegian): what a value
means is decided where it is used. Null is None.
"""

import html
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, time
from typing import Any

import msgspec
import yaml

LONGEST = 128 * 1024
"""Characters of front matter. More is an accident or an attack."""
DEEPEST = 20
_TOO_DEEP = "the front matter is nested beyond what an article needs"
_INDICATOR = re.compile(r"[-?:](?=[ \t]|$)")
_MANY = 20
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
        for fence in ("---", "+++"):
            if re.match(rf"{re.escape(fence)}[ \t]*(?:\n|$)", head):
                return _fenced(head, fence, first)
        if re.match(r"<!doctype html|<html", head, re.IGNORECASE):
            return _page(head, first)
        return _headers(head, first) or FrontMatter(values={}, lines={}, body=text, body_line=1)
    except _FaultFound as found:
        return found.fault


def key_of(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip()).lower()


def _fenced(head: str, fence: str, first: int) -> FrontMatter:
    ends = r"---|\.\.\." if fence == "---" else r"\+\+\+"
    opening = head.find("\n") + 1
    end = re.compile(rf"^(?:{ends})[ \t]*(?:\n|\Z)", re.MULTILINE).search(head, opening) if opening else None
    if end is None:
        raise _FaultFound(first, f"the front matter begins here and does not end; close it with a line `{fence}`")
    inner = head[opening : end.start()]
    if len(inner) > LONGEST:
        raise _FaultFound(first, f"the front matter has more than {LONGEST} characters; texts belong below it")
    values, lines, doubts = (_yaml if fence == "---" else _toml)(inner, first + 1)
    body_line = first + head.count("\n", 0, end.end())
    return FrontMatter(values=values, lines=lines, body=head[end.end() :], body_line=body_line, doubts=doubts)


def _yaml(inner: str, first: int) -> _Read:
    try:
        if _may_be_deep(inner):
            _refuse_depth(inner, first)
        root = yaml.compose(inner, Loader=_Untyped)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if "nesting depth" in str(error.problem):  # newer readers have a limit of their own
            raise _FaultFound(first + (mark.line if mark else 0), _TOO_DEEP) from error
        hint = '; a value that has ": " or begins with one of [{*&!|>%@` needs quotes'
        raise _FaultFound(first + (mark.line if mark else 0), f"not valid YAML: {error.problem}{hint}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise _FaultFound(first, f"not valid YAML: {str(error).splitlines()[0]}") from error
    if root is None:
        return {}, {}, ()
    if not isinstance(root, yaml.MappingNode):
        raise _FaultFound(first, "the front matter is no list of keys; write lines such as `title: ...`")
    reader = _YamlReader(first)
    return reader.mapping(root, ()), reader.lines, tuple(reader.doubts)


class _Untyped(yaml.CSafeLoader):
    """What type a plain scalar would have is not asked: every one is taken as it is written."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:  # noqa: ARG002 - the form that PyYAML calls
        return ""

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Nothing is resolved."""

    def ascend_resolver(self) -> None:
        """Nothing is resolved."""


def _may_be_deep(inner: str) -> bool:
    if inner.count("[") + inner.count("{") > _MANY * 10:
        return True
    return any(len(line) > 2 * _MANY and len(_INDICATOR.findall(line)) > _MANY for line in inner.split("\n"))


def _refuse_depth(inner: str, first: int) -> None:
    """Composing recurses in C without a limit: a hundred kilobytes of `- - -` would end the process. Events do not."""
    depth = 0
    for event in yaml.parse(inner, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            line = event.start_mark.line if event.start_mark else 0
            raise _FaultFound(first + line, _TOO_DEEP)


def _twice(key: str, earlier: int) -> str:
    return f"`{key[:80]}` is given twice (first on line {earlier}); keep one"


class _YamlReader:
    """YAML nodes -> values, by the core schema of YAML 1.2 less its numbers; an alias is read where it stands."""

    def __init__(self, first: int) -> None:
        self.lines: dict[tuple[str | int, ...], int] = {}
        self.doubts: list[Fault] = []
        self._first = first
        self._nodes = 0

    def mapping(self, node: yaml.MappingNode, path: tuple[str | int, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = self._first + key_node.start_mark.line
            if not isinstance(key_node, yaml.ScalarNode):
                raise _FaultFound(line, "a key is a list or a mapping; a key is one word")
            key = key_of(key_node.value)
            value = self._value(value_node, (*path, key))
            if key in found:
                doubt = Fault(line=line, reason=_twice(key_node.value, self.lines[*path, key]))
                if not path and key in DECISIVE and value != found[key]:
                    raise _FaultFound(doubt.line, doubt.reason)
                self.doubts.append(doubt)
            self.lines[*path, key] = line
            found[key] = value
        return found

    def _value(self, node: yaml.Node, path: tuple[str | int, ...]) -> Any:
        self._nodes += 1
        line = self._first + node.start_mark.line
        if len(path) > DEEPEST or self._nodes > LONGEST // 16:
            raise _FaultFound(line, "the front matter is nested or repeated beyond what an article needs")
        if isinstance(node, yaml.ScalarNode):
            is_null = not node.style and node.value in {"", "~", "null", "Null", "NULL"}
            return None if is_null else node.value
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        items = []
        for place, item in enumerate(node.value):
            self.lines[*path, place] = self._first + item.start_mark.line
            items.append(self._value(item, (*path, place)))
        return items


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
