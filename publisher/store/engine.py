"""Opening the store, its transactions, and the lock that lets one run at a time act for a publication."""

import fcntl
import os
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, select, text

from publisher.errors import StoreLostError, TemporaryError
from publisher.store import schema, upgrades
from publisher.store.driver import connect
from publisher.store.transaction import Transaction
from publisher.store.wording import told_in_a_sentence, whose
from publisher.store.writing import insert_new


class Store:
    """A store that is open, migrated and has the publication in it."""

    def __init__(self, engine: Engine, home: Path, publication: int, authority: str) -> None:
        self.engine = engine
        self.home = home
        self.publication = publication
        self.authority = authority
        self._keeps = False
        self._kept: Connection | None = None
        self._turn = threading.Lock()

    @contextmanager
    def begin(self) -> Generator[Transaction]:
        """A writing transaction: commits at the end, rolls back on an exception.

        On SQLite it is BEGIN IMMEDIATE: one writer at a time, no deadlock by upgrade.
        """
        with told_in_a_sentence(self.home), self._connection() as connection:
            writing = connection.execution_options(reads_only=False)
            with writing.begin():
                yield Transaction(writing, self.publication)

    @contextmanager
    def read(self) -> Generator[Transaction]:
        """A consistent look that never waits for a writer; nothing that is written in it stays."""
        with told_in_a_sentence(self.home), self._connection() as connection:
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
    def _connection(self) -> Generator[Connection]:
        """The one that is kept, unless another thread or an outer transaction is using it; else a new one."""
        if not (self._keeps and self._turn.acquire(blocking=False)):
            with self.engine.connect() as connection:
                yield connection
            return
        try:
            self._kept = self._kept or self.engine.connect()
            yield self._kept
        finally:
            self._turn.release()

    @contextmanager
    def _keeping(self) -> Generator[None]:
        """One connection to SQLite's file stays open: to open it and read its schema again takes longer than most of
        what it is asked, and the last one to close writes the log into the file each time.

        Not without a lock: `restore` may put another file in its place.
        """
        self._keeps = True
        try:
            yield
        finally:
            self._keeps = False
            self.let_go()

    def let_go(self) -> None:
        """Close the connection that is kept, until it is asked for again: SQLite's may not be open across a fork."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

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
                with self._keeping():
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
    engine = connect(url, home)
    try:
        with told_in_a_sentence(home):
            upgrades.bring_up_to_date(engine, url, home)
            number = _publication(engine, authority, now, begin=begin)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, home, number, authority)


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
            tx = Transaction(connection, 0)
            insert_new(tx, table, [{"authority": authority, "created": now}], unique=["authority"])
            found = connection.execute(wanted).scalar_one()
    return int(found)
