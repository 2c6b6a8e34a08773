"""`ids.tsv`: the ids of all articles ever released. It belongs in the editor's version control.

A line is ID, path, SHA-256 of the body, with tabs between; later lines about an id hold. With it, ids survive the loss
of the store.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from publisher.errors import ConfigurationError, TemporaryError

NAME = "ids.tsv"
FIELDS = 3


def read(home: Path) -> dict[str, tuple[str, str]]:
    """Id -> (path, body hash). A file that is not there is an empty one.

    Raises `ConfigurationError` for a line that cannot be read: to go on without it could give an article a second id.
    """
    try:
        text = (home / NAME).read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{home / NAME} cannot be read: {error}") from error
    found: dict[str, tuple[str, str]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split("\t")
        if len(fields) != FIELDS or not all(fields):
            raise ConfigurationError(f"{NAME}:{number}: expected id, path and body hash with tabs between: {line!r}")
        found[fields[0]] = (fields[1], fields[2])
    return found


def append(home: Path, rows: Iterable[tuple[str, str, str]]) -> None:
    """Add the rows that the file does not have yet, durably. Idempotent; a half-written last line goes first."""
    known = {(identity, *where) for identity, where in _read_whole_lines(home).items()}
    new = [row for row in rows if row not in known]
    if not new:
        return
    path = home / NAME
    try:
        with path.open("r+b" if path.exists() else "w+b") as file:
            _drop_half_line(file)
            file.write("".join("\t".join(row) + "\n" for row in new).encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise TemporaryError(f"{path} cannot be written: {error.strerror}; no release is made without it") from error


def _read_whole_lines(home: Path) -> dict[str, tuple[str, str]]:
    path = home / NAME
    if not path.exists():
        return {}
    whole = path.read_bytes().rpartition(b"\n")[0].decode()
    rows = [line.split("\t") for line in whole.splitlines()]
    return {row[0]: (row[1], row[2]) for row in rows if len(row) == FIELDS}


def _drop_half_line(file: BinaryIO) -> None:
    """A kill in mid-write leaves a line without its end; its article is appended again, so it can go."""
    content = file.read()
    file.seek(content.rfind(b"\n") + 1)
    file.truncate()
