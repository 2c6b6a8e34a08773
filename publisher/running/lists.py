"""Lists of people: what an import or a provider's list of bounces changes, and the list as a file of one's own."""

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import msgspec

from publisher import memory
from publisher.collect import lists as files
from publisher.running.doors import Doors
from publisher.store import lists as people
from publisher.store import outbox
from publisher.store.lists import Suppressed
from publisher.store.transaction import Transaction
from publisher.subscribing.lists import Entry, Known, Rejected, Step, neutral, read, step
from publisher.subscribing.lists.words import Said, of_file
from publisher.subscribing.suppression import hashed, hashes

BATCH = 1000
NAMED = 200
"""So many rows that cannot be used are named; the others are counted."""
Tell = Callable[[int], None]


class Counted(msgspec.Struct, kw_only=True):
    """What became of the rows of a list."""

    rows: int = 0
    states: Counter[str] = msgspec.field(default_factory=Counter)
    """Of those that were added, by state; of those that ended, as well."""
    steps: Counter[Step] = msgspec.field(default_factory=Counter)
    rejected: int = 0
    named: list[str] = msgspec.field(default_factory=list)
    """FILE:LINE: why, for the first of them."""
    odd: int = 0
    """Rows with a frequency that is unknown here."""
    odd_ones: list[str] = msgspec.field(default_factory=list)

    @property
    def exit_code(self) -> int:
        return 65 if self.rejected else 0

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            **{name: self.steps[name] for name in MEANINGS},
            "states": dict(sorted(self.states.items())),
            "rejected": self.rejected,
            "named": self.named,
            "odd": self.odd,
        }

    def lines(self, *, would: bool) -> Iterator[str]:
        read = "1 row was read." if self.rows == 1 else f"{self.rows} rows were read."
        yield read + (" Nothing was changed (--dry-run)." if would else "")
        for name, meaning in MEANINGS.items():
            if self.steps[name]:
                told = ", ".join(f"{n} {state}" for state, n in sorted(self.states.items())) if name == "add" else ""
                yield f"  {self.steps[name]:>8}  {meaning}{f' ({told})' if told else ''}"
        if self.rejected:
            yield f"  {self.rejected:>8}  could not be used:"
        yield from (f"            {line}" for line in self.named)
        if self.odd:
            yield f"  {self.odd:>8}  have a frequency that is unknown here, and get the daily one:"
            yield from (f"            {line}" for line in self.odd_ones)
        if self.rejected > len(self.named):
            yield f"            and {self.rejected - len(self.named)} more"


MEANINGS: Mapping[Step, str] = {
    "add": "are new",
    "end": "were subscribed here and have left: they get nothing more",
    "same": "were known, and nothing about them is new",
    "kept": "are otherwise here (they left, bounced, or opted in later), which stands: nobody is revived or undone",
    "unconfirmed": "never confirmed there, so they are left out",
    "suppressed": "asked never to be mailed again, or bounced or complained: they are left out",
}


class _NothingIsKept(Exception):  # noqa: N818 - no error: the end of a dry run
    """Rolls a transaction back."""


def take_in(doors: Doors, path: Path, *, dry_run: bool, tell: Tell = lambda _: None) -> Counted:
    """Import a list. Mails nobody and revives nobody; reading it again changes nothing.

    Each thousand rows are one transaction, so that a run is not kept waiting; a dry run is one that is rolled back.
    """
    memory.for_a_long_one()
    table = files.read(path)
    counted = Counted()
    entries = _entries(table, path, counted, by_default=of_file(path.name.lower()))
    if dry_run:
        with suppress(_NothingIsKept), doors.store.begin() as tx:
            while batch := list(islice(entries, BATCH)):
                _take_in_batch(doors, tx, batch, counted)
                tell(counted.rows)
            raise _NothingIsKept
    else:
        while batch := list(islice(entries, BATCH)):
            with doors.store.begin() as tx:
                _take_in_batch(doors, tx, batch, counted)
            tell(counted.rows)
    return counted


def _entries(table: files.Table, path: Path, counted: Counted, *, by_default: Said | None) -> Iterator[Entry]:
    for line, cells in table.rows:
        counted.rows += 1
        found = read(cells, table.columns, where=f"{path.name}, line {line}", by_default=by_default)
        if isinstance(found, Entry):
            if found.odd:
                _note_odd(counted, f"{path}:{line}: {found.odd!r}")
            yield found
            continue
        _reject(counted, path, line, found)


def _note_odd(counted: Counted, line: str) -> None:
    counted.odd += 1
    if len(counted.odd_ones) < NAMED:
        counted.odd_ones.append(line)


def _reject(counted: Counted, path: Path, line: int, found: Rejected) -> None:
    counted.rejected += 1
    if len(counted.named) < NAMED:
        counted.named.append(f"{path}:{line}: {found.reason}")


def _take_in_batch(doors: Doors, tx: Transaction, batch: list[Entry], counted: Counted) -> None:
    """Rows of one address in the same batch come one after the other, as if they were in two."""
    now = doors.now()
    here = dict(people.known(tx, {one.key for one in batch}))
    banned = _banned(doors, tx, batch)
    new: dict[str, Entry] = {}
    ending: list[Entry] = []
    for one in batch:
        what = step(one, here.get(one.key), suppressed=one.key in banned)
        counted.steps[what] += 1
        if what == "add":
            new[one.key] = one
            counted.states[one.state] += 1
            here[one.key] = _as_known(one)
        elif what == "end":
            ending.append(one)
            here[one.key] = _as_known(one)
    people.add(tx, new.values(), now=now)
    for one in ending:
        _end(tx, one.key, one.state, now)


def _as_known(one: Entry) -> Known:
    assert one.state != "pending"
    return Known(state=one.state, confirmed=one.consented, imported=one.evidence.startswith(people.IMPORTED))


def _banned(doors: Doors, tx: Transaction, batch: list[Entry]) -> set[str]:
    of_key = {one.key: hashes(doors.keys, one.key) for one in batch}
    found = people.suppressed(tx, [each for all_ in of_key.values() for each in all_])
    return {key for key, all_ in of_key.items() if not found.isdisjoint(all_)}


def _end(tx: Transaction, key: str, state: Said, now: datetime) -> bool:
    """Consent ends, and with it all that is still owed: one transaction."""
    assert state in {"unsubscribed", "bounced", "complained"}
    ended = people.end(tx, [key], state, now=now)
    for number in ended:
        outbox.withdraw(tx, number)
    return bool(ended)


# A provider's list of those whom it no longer delivers to ------------------------------------------------------------


class Banned(msgspec.Struct, kw_only=True):
    ended: int = 0
    """Were subscribed here."""
    noted: int = 0
    """Are not here: kept as a hash, so that no import brings them in."""
    rejected: int = 0
    named: list[str] = msgspec.field(default_factory=list)


def ban(doors: Doors, path: Path, *, reason: Said | None) -> Banned:
    """Nobody in the list is mailed again, whatever it says of them; `reason` for rows that say nothing."""
    table = files.read(path)
    done, counted = Banned(), Counted()
    by_default = reason or of_file(path.name.lower()) or "unsubscribed"
    entries = _entries(table, path, counted, by_default=by_default)
    while batch := list(islice(entries, BATCH)):
        with doors.store.begin() as tx:
            _ban_batch(doors, tx, batch, done, by_default)
    done.rejected, done.named = counted.rejected, counted.named
    return done


def _ban_batch(doors: Doors, tx: Transaction, batch: list[Entry], done: Banned, by_default: Said) -> None:
    now = doors.now()
    here = people.known(tx, {one.key for one in batch})
    strangers = []
    for one in batch:
        state = one.state if one.state in {"unsubscribed", "bounced", "complained"} else by_default
        if one.key in here:
            done.ended += _end(tx, one.key, state, now)
        else:
            strangers.append(Suppressed(address_hash=hashed(doors.keys, one.key), reason=state))
    people.suppress(tx, strangers, now=now)
    done.noted += len(strangers)


# Out -----------------------------------------------------------------------------------------------------------------

EXPORTED = (
    "address",
    "state",
    "confirmed",
    "ended",
    "lang",
    "frequency",
    "format",
    "sections",
    "paused_until",
    "evidence",
)


def export(doors: Doors, file: TextIO) -> None:
    """All subscribers as CSV, formula cells neutralised; `take_in` reads it back."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(EXPORTED)
    with doors.store.read() as tx:
        for row in people.everything(tx):
            writer.writerow([neutral(_cell(getattr(row, name))) for name in EXPORTED])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value)
