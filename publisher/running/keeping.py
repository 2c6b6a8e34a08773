"""Backup and restore: a publication outlives its store."""

import fcntl
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from publisher.config import Publication
from publisher.errors import ConfigurationError, TemporaryError, UsageError
from publisher.release import ids
from publisher.running.doors import Doors
from publisher.store import articles as shelf
from publisher.store import editions, open_store, subscribers
from publisher.store.copying import copied_into, copy_rows
from publisher.store.driver import sqlite_file

STORE = "publisher.db"
BESIDE = ("secret.key", ids.NAME)


def backup(doors: Doors, file: Path) -> None:
    """Store, secret.key and ids.tsv in one .tar.gz, 0600, complete or not there at all. Others may go on writing."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with tempfile.TemporaryDirectory(dir=doors.home, prefix=".backup-") as folder:
            copied_into(doors.store, Path(folder), now=doors.now()).close()
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as raw, tarfile.open(fileobj=raw, mode="w:gz") as archive:
                archive.add(Path(folder) / STORE, STORE)
                for name in BESIDE:
                    if (doors.home / name).exists():
                        archive.add(doors.home / name, name)
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise TemporaryError(f"{file} cannot be written: {error.strerror}; no backup was made") from error


def restore(publication: Publication, home: Path, file: Path, *, replace: bool, now: datetime) -> Iterator[str]:
    """Put a backup in place. What is there and differs is refused, or moved aside when `replace` is true.

    The next run brings the site up to date and goes on with what was owed when the backup was made; what was sent
    since then is not in it.
    """
    try:
        archive = tarfile.open(file, "r:gz")  # noqa: SIM115 - closed below
    except (OSError, tarfile.TarError) as error:
        raise ConfigurationError(f"{file} is no backup of a publication: {error}") from error
    with archive, _nobody_else(home):
        names = set(archive.getnames())
        if STORE not in names:
            raise ConfigurationError(f"{file} is no backup of a publication: it has no {STORE} in it")
        target = sqlite_file(publication.store_url, home)
        parts = {name: home / name for name in BESIDE if name in names}
        if target is not None:
            parts[STORE] = target
        yield from _make_way(archive, parts, replace=replace)
        for name, place in parts.items():
            _place(archive, name, place)
        if target is None:
            _into_postgresql(publication, home, archive, replace=replace, now=now)
    yield "The store is back. `publisher status` shows what it owes; `publisher run` goes on from there."


@contextmanager
def _nobody_else(home: Path) -> Iterator[None]:
    """No run of this publication is at work on this machine while files are exchanged."""
    with ExitStack() as held:
        for purpose in ("site", "mail"):
            try:
                lock = held.enter_context((home / f".{purpose}.lock").open("a"))
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise TemporaryError("A run is at work; try again when it is done.") from error
            except OSError as error:
                raise TemporaryError(f"{home} cannot be written: {error.strerror}") from error
        yield


def _make_way(archive: tarfile.TarFile, parts: Mapping[str, Path], *, replace: bool) -> Iterator[str]:
    """Nothing stands where the backup's files go; also no journal of a store that is gone."""
    standing = [
        place for name, place in parts.items() if place.exists() and place.read_bytes() != _bytes(archive, name)
    ]
    if standing and not replace:
        names = ", ".join(str(place) for place in standing)
        raise UsageError(f"{names} stands there and differs; `--replace` moves it aside first.")
    journals = [
        place.with_name(place.name + end) for place in standing + list(parts.values()) for end in ("-wal", "-shm")
    ]
    for place in dict.fromkeys([*standing, *journals]):
        if place.exists():
            place.replace(place.with_name(place.name + ".replaced"))
            yield f"What was {place.name} is now {place.name}.replaced."


def _into_postgresql(
    publication: Publication, home: Path, archive: tarfile.TarFile, *, replace: bool, now: datetime
) -> None:
    with tempfile.TemporaryDirectory(dir=home, prefix=".restore-") as folder:
        _place(archive, STORE, Path(folder) / STORE)
        source = open_store(f"sqlite:{STORE}", Path(folder), publication.authority, now=now)
        target = open_store(publication.store_url, home, publication.authority, now=now)
        with target.read() as tx:
            if (shelf.known(tx) or subscribers.counts(tx)) and not replace:
                raise UsageError(
                    "The database holds this publication already; `--replace` puts the backup in its place."
                )
            if editions.other_publications(tx):
                raise UsageError("The database holds other publications too; restore into an empty one.")
        copy_rows(source, target)
        source.close()
        target.close()


def _bytes(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    return member.read() if member is not None else b""


def _place(archive: tarfile.TarFile, name: str, target: Path) -> None:
    """One regular file, 0600 but for the list of ids, complete or not at all."""
    draft = target.with_name(f".{target.name}.restored")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644 if name == ids.NAME else 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(_bytes(archive, name))
        out.flush()
        os.fsync(out.fileno())
    draft.replace(target)
