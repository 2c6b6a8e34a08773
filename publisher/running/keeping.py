"""Backup, restore, adopt: a publication outlives its store."""

import io
import os
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from publisher.config import Publication
from publisher.editing import slots
from publisher.errors import ConfigurationError, TemporaryError, UsageError
from publisher.release import ids, live
from publisher.running.collecting import collect
from publisher.running.doors import Doors
from publisher.running.report import Report
from publisher.store import articles as shelf
from publisher.store import editions, open_store
from publisher.store.copying import copy_file, copy_rows, is_sqlite
from publisher.store.editions import Decision
from publisher.store.engine import sqlite_file

STORE = "publisher.db"
BESIDE = ("secret.key", ids.NAME)


def backup(doors: Doors, file: Path) -> None:
    """Store, secret.key and ids.tsv in one .tar.gz, 0600, complete or not there at all. Others may go on writing."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with tempfile.TemporaryDirectory(dir=doors.home, prefix=".backup-") as folder:
            _copy_store(doors, Path(folder))
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


def _copy_store(doors: Doors, folder: Path) -> None:
    """As an SQLite file in either case, so that a backup can be restored anywhere."""
    if is_sqlite(doors.store):
        copy_file(doors.store, folder / STORE)
        return
    copy = open_store(f"sqlite:{STORE}", folder, doors.publication.authority, now=doors.now())
    copy_rows(doors.store, copy)
    copy.close()


def restore(publication: Publication, home: Path, file: Path, *, replace: bool) -> Iterator[str]:
    """Put a backup in place. A store that is there is refused, or moved aside when `replace` is true.

    The next run brings the site up to date and continues what was owed when the backup was made. What was sent since
    then is not in it: deliveries of digests that were open at that time could be sent again, and the words say so.
    """
    target = sqlite_file(publication.store_url, home)
    with tarfile.open(file, "r:gz") as archive:
        names = archive.getnames()
        if STORE not in names:
            raise ConfigurationError(f"{file} is no backup of a publication: it has no {STORE} in it")
        if target is not None and target.exists():
            if not replace:
                raise UsageError(f"{target} is there; `--replace` moves it aside first.")
            yield from _move_aside(target)
        for name in BESIDE:
            if name in names and not (home / name).exists():
                _place(archive, name, home / name)
                yield f"{name} is back."
        if target is not None:
            _place(archive, STORE, target)
        else:
            _into_postgresql(publication, home, archive)
    yield "The store is back. `publisher status` shows what it owes; `publisher run` goes on from there."


def _into_postgresql(publication: Publication, home: Path, archive: tarfile.TarFile) -> None:
    with tempfile.TemporaryDirectory(dir=home, prefix=".restore-") as folder:
        _place(archive, STORE, Path(folder) / STORE)
        now = datetime.fromtimestamp((Path(folder) / STORE).stat().st_mtime).astimezone()
        source = open_store(f"sqlite:{STORE}", Path(folder), publication.authority, now=now)
        target = open_store(publication.store_url, home, publication.authority, now=now)
        copy_rows(source, target)
        source.close()
        target.close()


def _move_aside(target: Path) -> Iterator[str]:
    for suffix in ("", "-wal", "-shm"):
        part = target.with_name(target.name + suffix)
        if part.exists():
            part.replace(part.with_name(part.name.replace(target.name, f"{target.name}.replaced")))
    yield f"The store that was there is now {target.name}.replaced."


def _place(archive: tarfile.TarFile, name: str, target: Path) -> None:
    """One regular file, 0600, complete or not at all."""
    member = archive.extractfile(name)
    content = member.read() if isinstance(member, io.BufferedReader) else b""
    draft = target.with_name(f".{target.name}.restored")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(target)


def adopt(doors: Doors) -> Iterator[str]:
    """After the loss of the store: ids from ids.tsv, and nothing is mailed again that public/ shows as mailed."""
    now = doors.now()
    days = _digests_shown(doors.home)
    report = Report(date=now.astimezone(doors.publication.zone).date(), at=now)
    collected = collect(doors, now, report)
    plan, zone = doors.publication.digest, doors.publication.zone
    with doors.store.begin() as tx:
        for day in days:
            slot = slots.at(day, plan, zone)
            editions.record(tx, Decision(day=day, slot=slot, state="closed", since=now, reason="adopted"))
        last = slots.at(days[-1], plan, zone) if days else now
        old = [one.id for one, _ in shelf.visible(tx, now) if one.published <= last]
        editions.never_mail(tx, old)
    yield f"{report.read} articles adopted, with their ids from {ids.NAME}; {len(old)} of them count as mailed."
    yield f"{len(days)} digests were found in public/; release {live(doors.home) or 0} stays live until the next run."
    yield "Subscribers are not in public/: bring them back with `publisher subscribers add` or a backup."
    for problem in collected.unusable:
        yield f"left out: {problem}"


def _digests_shown(home: Path) -> list[date]:
    """Days whose digest has a page in the live release, oldest first."""
    folder = home / "public" / "digest"
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            found.append(date.fromisoformat(path.name))
        except ValueError:
            continue
    return sorted(found)
