"""Opening the store, its transactions, and the lock that lets one run at a time act for a publication."""

import fcntl
import os
import pwd
import sqlite3
import time
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.pool import NullPool

from publisher.errors import ConfigurationError, PublisherError, StoreLostError, TemporaryError
from publisher.store import schema

LOOK = 0.0005
"""Seconds between two looks whether another writer has left a gap."""
BUSY_SECONDS = 30
"""How long a transaction waits for another one's end before it gives up with exit 75."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction of one publication: all that is done in it happens, or none of it."""

    connection: Connection
    publication: int

    @property
    def is_postgresql(self) -> bool:
        return self.connection.dialect.name == "postgresql"


class Store:
    """A store that is open, migrated and has the publication in it."""

    def __init__(self, engine: Engine, home: Path, publication: int, authority: str) -> None:
        self.engine = engine
        self.home = home
        self.publication = publication
        self.authority = authority

    @contextmanager
    def begin(self) -> Generator[Transaction]:
        """A writing transaction: commits at the end, rolls back on an exception.

        On SQLite it is BEGIN IMMEDIATE: one writer at a time, no deadlock by upgrade.
        """
        with told_in_a_sentence(self.home), self.engine.begin() as connection:
            yield Transaction(connection, self.publication)

    @contextmanager
    def read(self) -> Generator[Transaction]:
        """A consistent look that never waits for a writer; nothing that is written in it stays."""
        with told_in_a_sentence(self.home), self.engine.connect() as connection:
            reading = connection.execution_options(reads_only=True, **self._one_moment)
            with reading.begin() as transaction:
                yield Transaction(reading, self.publication)
                transaction.rollback()

    @contextmanager
    def exclusive(self, purpose: str) -> Generator[bool]:
        """True inside: nobody else is in `exclusive(purpose)` of this publication. False: somebody is; do nothing.

        The lock dies with its process, so a killed run never blocks the next.
        """
        holder = self._advisory(purpose) if self.engine.dialect.name == "postgresql" else self._flock(purpose)
        with holder as held:
            yield held

    @contextmanager
    def _flock(self, purpose: str) -> Generator[bool]:
        path = self.home / f".{purpose}.lock"
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise TemporaryError(f"{path} cannot be opened: {error.strerror}.{whose(path)}") from error
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(handle)

    @contextmanager
    def _advisory(self, purpose: str) -> Generator[bool]:
        with told_in_a_sentence(self.home), self.engine.connect() as connection:
            lock = {"name": f"publisher/{self.authority}/{purpose}"}
            taken = connection.execute(text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))"), lock).scalar()
            connection.commit()
            try:
                yield bool(taken)
            finally:
                if taken:
                    connection.execute(text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))"), lock)
                    connection.commit()

    @property
    def _one_moment(self) -> dict[str, str]:
        """What makes all that one reading transaction sees of the same moment; SQLite always does."""
        return {} if self.engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}

    def settle_file(self) -> None:
        """Write what is in SQLite's log into its file and empty the log, so that nothing deleted is left in it.

        A reader that is looking right now keeps the log for as long. PostgreSQL sees to it by itself.
        """
        if self.engine.dialect.name == "sqlite":
            with told_in_a_sentence(self.home), closing(self.engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def forked(self) -> None:
        """In a forked process, first: what was open stays the other process's."""
        self.engine.dispose(close=False)

    def close(self) -> None:
        self.engine.dispose()


def open_store(url: str, home: Path, authority: str, *, now: datetime, begin: bool = True) -> Store:
    """Open or make the store, migrate it if it is older than this program (a copy is kept), and find the publication.

    `begin` is false where releases are live already: then a store that does not know the publication has lost it.
    Raises `StoreLostError` for that and for a store that is newer than the program or damaged, `TemporaryError` for
    one that is locked, away or may not be written.
    """
    from publisher.store import upgrades

    engine = connect(url, home)
    try:
        with told_in_a_sentence(home):
            upgrades.bring_up_to_date(engine, url, home)
            number = _publication(engine, authority, now, begin=begin)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, home, number, authority)


def sqlite_file(url: str, home: Path) -> Path | None:
    """The file of an SQLite store; None for PostgreSQL."""
    if not url.startswith("sqlite:"):
        return None
    return home / url.removeprefix("sqlite:").removeprefix("///")


def connect(url: str, home: Path) -> Engine:
    """An engine with our rules on it; nothing is opened yet."""
    file = sqlite_file(url, home)
    if file is None:
        return _postgresql(url)
    engine = create_engine(
        f"sqlite:///{file}", poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
    )
    event.listen(engine, "connect", _settings)
    event.listen(engine, "begin", _begin)
    if not file.exists():
        _make_private(file)
    return engine


def _settings(connection: Any, record: Any) -> None:  # noqa: ARG001 - the event's form
    connection.isolation_level = None  # we say BEGIN ourselves
    # FULL: a commit is on the disk when it returns. The marks of DELIVERY rest on that.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("reads_only", False):
        connection.exec_driver_sql("BEGIN")
    elif not _has_turn(connection.connection.driver_connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _has_turn(driver: Any) -> bool:
    """BEGIN IMMEDIATE, as soon as the other writers leave a gap. False: they did not in `BUSY_SECONDS`.

    SQLite's own way to wait sleeps up to a tenth of a second between two looks. While a digest is sent the gaps are
    half a millisecond, and an editor's `stop` missed one after the other for seconds.
    """
    end = time.monotonic() + BUSY_SECONDS
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while time.monotonic() < end:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    return False  # said again by the one who asks, in the words of all errors
                time.sleep(LOOK)
            else:
                return True
        return False
    finally:
        driver.execute(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}")


def _postgresql(url: str) -> Engine:
    try:
        return create_engine(make_url(url).set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "[store] url names PostgreSQL, and its driver is not installed: pip install 'daily-publisher[postgresql]'"
        ) from error
    except (ArgumentError, ValueError):
        # Without its cause: the address may hold a password.
        raise ConfigurationError("[store] url is no address of a PostgreSQL database: postgresql://HOST/NAME") from None


def _make_private(file: Path) -> None:
    """An empty file that only its owner may read: addresses go into it."""
    with suppress(OSError):  # the driver says better what is wrong
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _publication(engine: Engine, authority: str, now: datetime, *, begin: bool) -> int:
    """The publication's number; several processes may ask at once for a new one, and get the same."""
    table = schema.publication
    wanted = select(table.c.id).where(table.c.authority == authority)
    with engine.connect().execution_options(reads_only=True) as connection:
        found = connection.execute(wanted).scalar()
        others = connection.execute(select(table.c.authority)).scalars().all()
    if found is None and not begin:
        known = f"; it knows {', '.join(others)}, and an authority never changes" if others else ""
        raise StoreLostError(
            f"public/ shows releases, but the store has nothing of {authority}{known}. Nothing is mailed, so that "
            "nobody gets a digest twice. Bring the store back with `publisher restore FILE`, or rebuild it with "
            "`publisher adopt`."
        )
    if found is None:
        with engine.begin() as connection:
            from publisher.store.writing import insert_new

            tx = Transaction(connection, 0)
            insert_new(tx, table, [{"authority": authority, "created": now}], unique=["authority"])
            found = connection.execute(wanted).scalar_one()
    return int(found)


@contextmanager
def told_in_a_sentence(home: Path) -> Generator[None]:
    """The driver's errors as ours: what an operator can do about a locked, full, read-only or damaged store."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise _explained(error, home) from error
    except DBAPIError as error:
        if "malformed" in str(error.orig) or "not a database" in str(error.orig):
            raise _explained(error, home) from error
        raise


def _explained(error: DBAPIError, home: Path) -> PublisherError:
    words = str(error.orig).strip().splitlines()[0] if error.orig else str(error)
    if "locked" in words:
        return TemporaryError(f"The store is busy with another command's work: {words}. Try again in a minute.")
    if "malformed" in words or "not a database" in words:
        return StoreLostError(
            f"The store in {home} is damaged ({words}). Nothing was changed. Put the newest backup in its place with "
            "`publisher restore FILE`."
        )
    if "disk is full" in words or "disk I/O error" in words:
        return TemporaryError(f"The store in {home} cannot be written ({words}). Free some space, then run again.")
    if "readonly" in words or "unable to open" in words:
        return TemporaryError(f"The store in {home} cannot be written ({words}).{whose(home / 'publisher.db')}")
    return TemporaryError(f"The store cannot be reached: {words}. It is tried again by the next run.")


def whose(path: Path) -> str:
    """What to type when files belong to somebody else, as after one run under sudo; else what to look at."""
    folder = path if path.is_dir() else path.parent
    for one in [path, *sorted(folder.glob("publisher.db*")), folder]:
        try:
            owner = one.stat().st_uid
        except OSError:
            continue
        if owner != os.geteuid():
            return f" {one} belongs to {_name(owner)}; type: sudo chown -R {_name(os.geteuid())} {folder}"
    return f" May {_name(os.geteuid())} write in {folder}, and is there room on the disk?"


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
