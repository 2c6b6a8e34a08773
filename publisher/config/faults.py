"""A wrong key, named with its path, its line and what would be right."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args, get_type_hints

import msgspec

from publisher.config.schema import PublicationKeys


def explain(message: str, text: str, raw: dict[str, Any], file: str) -> str:
    """Msgspec's message, with the line it is about and, for a wrong name, the nearest right one."""
    words, _, where = message.partition(" - at ")
    path = [part for part in re.findall(r"[a-z_]+|\[\d+\]", where.strip("`$")) if not part.startswith("[")]
    unknown = re.search(r"unknown field `([^`]+)`", words)
    if unknown:
        known = _known_keys(path)
        close = difflib.get_close_matches(unknown[1], known, 1)
        dotted = ".".join([*path, unknown[1]])
        hint = f"did you mean `{close[0]}`?" if close else f"known here: {', '.join(sorted(known))}"
        if path and not close and (home := _tables_with(unknown[1])):
            hint = f"it belongs under {home}: is that line commented out, or further down?"
        return f"{file}:{line_of(text, [*path, unknown[1]])}: unknown key `{dotted}`; {hint}"
    missing = re.search(r"missing required field `([^`]+)`", words)
    if missing:
        dotted = ".".join([*path, missing[1]])
        return f"{file}:{line_of(text, path)}: `{dotted}` is missing; {EXAMPLES.get(dotted, 'it has to be given')}"
    value: Any = raw
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    shown = f" (it is {value!r})" if isinstance(value, str | int | float | bool) else ""
    return f"{file}:{line_of(text, path)}: `{'.'.join(path)}`: {words.lower()}{shown}"


EXAMPLES: Mapping[str, str] = {
    "name": 'for example: name = "Zendoric"',
    "url": 'for example: url = "https://zendoric.example/"',
    "authority": 'for example: authority = "zendoric.example"; it is part of every article\'s id and never changes',
    "timezone": 'for example: timezone = "Europe/Madrid"',
    "mail.relay.host": 'for example: host = "smtp.example.net"',
    "redirect.from": 'for example: from = "/rss/"',
    "redirect.to": 'for example: to = "/feeds/rss.xml"',
    "upstream.url": 'for example: url = "https://example.org/feed.xml"',
}


def _known_keys(path: Sequence[str]) -> list[str]:
    schema: Any = PublicationKeys
    for part in path:
        hints = {("from" if name == "sender" else name): hint for name, hint in get_type_hints(schema).items()}
        schema = hints.get(part)
        schema = next(iter(get_args(schema)), schema)
    if not (isinstance(schema, type) and issubclass(schema, msgspec.Struct)):
        return []
    return [field.encode_name for field in msgspec.structs.fields(schema)]


def _tables_with(name: str) -> str:
    """The headers of the tables that know a key of this name, as TOML writes them: `[web]` or `[[mail.relay]]`."""
    found = [header for header, keys in _tables(PublicationKeys, ()) if name in keys]
    return " or ".join(f"`{header}`" for header in found)


def _tables(schema: Any, path: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    for name, hint in get_type_hints(schema).items():
        table = next(iter(get_args(hint)), hint)
        if isinstance(table, type) and issubclass(table, msgspec.Struct):
            dotted = ".".join([*path, name])
            header = f"[{dotted}]" if table is hint else f"[[{dotted}]]"
            yield header, [field.encode_name for field in msgspec.structs.fields(table)]
            yield from _tables(table, (*path, name))


def line_of(text: str, path: Sequence[str]) -> int:
    """The line, from 1, on which a key or table stands in TOML text; the table's line, or 1, when it is not found."""
    table: list[str] = []
    best = 1
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?", line)
        if header:
            table = [part.strip().strip('"') for part in header[1].split(".")]
            best = number if list(path[: len(table)]) == table else best
            if list(path) == table:
                return number
        key = re.match(r'\s*"?([A-Za-z0-9_-]+)"?\s*(?:\.|=)', line)
        if key and [*table, key[1]] == list(path):
            return number
    return best
