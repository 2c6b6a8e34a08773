"""Article files are read and taken in as articles; a large archive is read by one process for each core."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TypeVar

import msgspec

from publisher.collect import packing
from publisher.collect.files import Read, Unread
from publisher.collect.packing import Seen
from publisher.collect.stamps import ReadFile, SeenFile
from publisher.model import Body, Manuscript, Problem
from publisher.running.admitting import take_in
from publisher.running.doors import Doors
from publisher.running.sharing import shared
from publisher.store.transaction import Transaction

Got = TypeVar("Got")
Part = TypeVar("Part")

MANY, PART = 400, 50
"""New files that are worth more processes, and how many are given out together."""


class TakenIn(msgspec.Struct, frozen=True, kw_only=True):
    """Every file that was read is in one of the two, by its path."""

    ids: Mapping[str, str]
    """Path -> the article's id."""
    problems: tuple[Problem, ...]


class AllAtOnce:
    """Takes in what is read when all of it was: what is known already has a say."""

    def __init__(self, doors: Doors, open_until: ExitStack) -> None:
        self._doors = doors
        self._open_until = open_until
        self._tx: Transaction | None = None
        self._found: list[tuple[Manuscript, Body]] = []

    def read(self, unread: Sequence[Unread], read: Read) -> Iterator[Seen[SeenFile]]:
        for stamp, found in read_all(self._doors, unread, read, _as_it_is, ReadFile):
            if isinstance(found, ReadFile):
                self._found.append((found.manuscript, found.body))
            yield stamp, found

    def transaction(self) -> Transaction:
        self._tx = self._tx or self._open_until.enter_context(self._doors.store.begin())
        return self._tx

    def end(self, on_disk: Collection[str]) -> TakenIn:
        admission = take_in(self._doors, self.transaction(), self._found, files_now=on_disk)
        return TakenIn(ids={one.path: one.id for one in admission.articles}, problems=admission.problems)


def _as_it_is(read: ReadFile) -> ReadFile:
    return read


def read_all(
    doors: Doors, unread: Sequence[Unread], read: Read, make: Callable[[ReadFile], Got], kind: type[Got]
) -> Iterable[Seen[Got]]:
    """What `make` makes of each in the process that reads it, which is a `kind`; in the order of `unread`."""

    def made(one: Unread) -> Seen[Got]:
        stamp, found = read(one)
        return stamp, make(found) if isinstance(found, ReadFile) else found

    if len(unread) < MANY:
        return map(made, unread)
    doors.store.let_go()
    parts = [unread[start : start + PART] for start in range(0, len(unread), PART)]
    packed = shared([range(len(parts))], lambda number: (number, packing.packed(map(made, parts[number]))))
    unpacked = packing.unpacking(kind)
    return (one for part in _in_order(packed) for one in unpacked(part))


def _in_order(found: Iterable[tuple[int, Part]]) -> Iterator[Part]:
    """What is numbered from 0, by number, as soon as all before it are there."""
    early: dict[int, Part] = {}
    wanted = 0
    for number, part in found:
        early[number] = part
        while wanted in early:
            yield early.pop(wanted)
            wanted += 1
