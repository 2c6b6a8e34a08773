"""A table of people as a service exports it: comma, semicolon or tab, any usual encoding, with or without a header."""

import csv
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

import msgspec

from publisher.errors import UsageError
from publisher.subscribing.addresses import clean
from publisher.subscribing.lists import Columns, columns_of

SAMPLE = 50
BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


class Table(msgspec.Struct, frozen=True):
    columns: Columns
    rows: Iterator[tuple[int, list[str]]]
    """(line, cells), empty rows left out; read as they are asked for."""


def read(path: Path) -> Table:
    """Raises `UsageError` where there is no table with a column of addresses in it."""
    try:
        encoding = _encoding(path)
        file = path.open(encoding=encoding, errors="replace", newline="")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    lines = _lines(file, path)
    first = next(lines, None)
    if first is None:
        raise UsageError(f"{path} is empty; nobody is in it.")
    sample = list(islice(lines, SAMPLE))
    if any(clean(cell.strip()) for cell in first[1]):
        sample = [first, *sample]
        first = (0, [f"column {n}" for n, _ in enumerate(first[1], 1)])
    columns = columns_of(first[1], [cells for _, cells in sample])
    if columns is None:
        raise UsageError(
            f"{path}: no column has mail addresses in it; its columns are {', '.join(first[1][:12])}. "
            "Subscribers come from a list with a column such as `email`."
        )
    return Table(columns, chain(sample, lines))


def _encoding(path: Path) -> str:
    """UTF-8 where all of it is that; else what spreadsheets on Windows write."""
    with path.open("rb") as file:
        start = file.read(3)
        named = next((encoding for bom, encoding in BOMS.items() if start.startswith(bom)), None)
        if named:
            return named
    try:
        with path.open(encoding="utf-8") as text:
            while text.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _lines(file: TextIO, path: Path) -> Iterator[tuple[int, list[str]]]:
    with file:
        heading = file.readline()
        file.seek(0)
        reader = csv.reader(file, delimiter=_delimiter(heading))
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield reader.line_num, cells
        except csv.Error as error:
            raise UsageError(f"{path}:{reader.line_num}: it is no table: {error}") from error


def _delimiter(heading: str) -> str:
    return max(",;\t|", key=heading.count)
