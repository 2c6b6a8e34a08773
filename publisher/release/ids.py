"""`ids.tsv`: the ids of all articles ever released. It belongs in the editor's version control.

A line is ID, path, SHA-256 of the body, with tabs between; later lines about an id hold. With it, ids survive the loss
of the store. A kill in mid-append leaves half a line: it says nothing yet, and goes with the next append.
"""

import os
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from publisher.errors import ConfigurationError, TemporaryError

NAME = "ids.tsv"
FEW = 20
"""Ids that are looked for one by one: the file has a line for each article."""
LINE = re.compile(r"([^\t]+)\t([^\t]+)\t([0-9a-f]{64})\r?")
LINES = re.compile(r"^([^\t\n]+)\t([^\t\n]+)\t([0-9a-f]{64})\r?$", re.MULTILINE)
_BREAKS = re.compile("[%\x00-\x1f\x7f\x85\u2028\u2029]")


def read(home: Path) -> Mapping[str, tuple[str, str]]:
    """Id -> (path, body hash). A file that is not there is an empty one.

    Raises `ConfigurationError` for a line that cannot be read: to go on without it could give an article a second id.
    """
    seen = stamp(home)
    return _read(home, seen) if seen else {}


@lru_cache(maxsize=1)
def _read(home: Path, _: str) -> Mapping[str, tuple[str, str]]:
    """By the file's stamp: a run asks for it more than once, and it has a line for each article."""
    try:
        text = (home / NAME).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{home / NAME} cannot be read: {error}") from error
    whole, end, last = text.rpartition("\n")
    if LINE.fullmatch(last):
        whole, end = text, "\n"  # an editor took the last line's end away
    rows = LINES.findall(whole)
    if end and len(rows) <= whole.count("\n"):
        _name_the_wrong_line(whole)
    return {identity: (unquote(path) if "%" in path else path, body) for identity, path, body in rows}


def _said(home: Path, wanted: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """What the file says last of these ids; a line that cannot be read is not named here."""
    try:
        text = b"\n" + (home / NAME).read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigurationError(f"{home / NAME} cannot be read: {error}") from error
    found: dict[str, tuple[str, str]] = {}
    for identity in wanted:
        start = text.rfind(f"\n{identity}\t".encode()) + 1
        line = LINE.fullmatch(text[start:].partition(b"\n")[0].decode("utf-8", "replace")) if start else None
        if line:
            found[identity] = unquote(line[2]), line[3]
    return found


def _name_the_wrong_line(text: str) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        if LINE.fullmatch(line) is None:
            raise ConfigurationError(
                f"{NAME}:{number}: {line!r} is not id, path and SHA-256 with tabs between; put the line back as it was"
            )


def stamp(home: Path) -> str | None:
    """What tells that the file was not changed; None: it is not there."""
    try:
        seen = (home / NAME).stat()
    except FileNotFoundError:
        return None
    return f"{seen.st_mtime_ns} {seen.st_size}"


def append(home: Path, rows: Sequence[tuple[str, str, str]]) -> None:
    """Add the (id, path, hash) that the file does not say yet, durably. Idempotent."""
    if not rows:
        return
    known = read(home) if len(rows) > FEW else _said(home, [identity for identity, _, _ in rows])
    new = [row for row in rows if known.get(row[0]) != row[1:]]
    if not new:
        return
    path = home / NAME
    lines = "".join(f"{identity}\t{_escaped(where)}\t{body}\n" for identity, where, body in new)
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        with os.fdopen(handle, "r+b") as file:
            whole, end, last = file.read().rpartition(b"\n")
            file.seek(len(whole) + len(end))
            if LINE.fullmatch(last.decode("utf-8", "replace")):
                file.write(last + b"\n")
            file.write(lines.encode())
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise TemporaryError(f"{path} cannot be written: {error.strerror}; no release is made without it") from error


def _escaped(path: str) -> str:
    return _BREAKS.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), path)
