"""The databases' drivers with our rules on them: durability, who waits for whom, who may read the file."""

import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from publisher.errors import ConfigurationError, TemporaryError

LOOK = 0.0005
"""Seconds between two looks whether another writer has left a gap."""
BUSY_SECONDS = 30
"""How long a transaction waits for another one's end before it gives up with exit 75."""


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
    # Where several open a new file at once, SQLite refuses this to all but one and does not wait by itself.
    log = "PRAGMA journal_mode=WAL"
    if not _has_turn(connection, log):
        connection.execute(log)
    # FULL: a commit is on the disk when it returns. The marks of DELIVERY rest on that.
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    if connection.get_execution_options().get("reads_only", False):
        _set_patience(connection, BUSY_SECONDS)
        connection.exec_driver_sql("BEGIN")
        return
    _set_patience(connection, 0)
    if not _has_turn(driver, "BEGIN IMMEDIATE"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # once more, so that the refusal is told like all errors


def _set_patience(connection: Connection, seconds: float) -> None:
    """How long SQLite itself waits for others; not said again where nothing changes."""
    if connection.info.get("patience", BUSY_SECONDS) != seconds:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(seconds * 1000)}")
        connection.info["patience"] = seconds


def _has_turn(driver: Any, statement: str) -> bool:
    """Run what needs the file for itself, as soon as the others leave a gap. False: they did not in `BUSY_SECONDS`.

    SQLite's own way to wait sleeps up to a tenth of a second between two looks. While a digest is sent the gaps are
    half a millisecond, and an editor's `stop` missed one after the other for seconds.
    """
    end = time.monotonic() + BUSY_SECONDS
    while time.monotonic() < end:
        try:
            driver.execute(statement)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                return False
            time.sleep(LOOK)
        else:
            return True
    return False


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


def copy_file(file: Path, target: Path) -> None:
    """An SQLite store as it is at one moment, while others may write: private, and whole or not there at all.

    Raises `TemporaryError` for a full disk and the like; what was at `target` before is then still there.
    """
    draft = target.with_name(f"{target.name}.new")
    try:
        _make_private(draft)
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(draft)) as copy:
            source.backup(copy)
        draft.replace(target)
    except (sqlite3.Error, OSError) as error:
        with suppress(OSError):
            draft.unlink()
        raise TemporaryError(
            f"The store could not be copied to {target} ({error}), and is as it was. See that there is room and that "
            "its folder may be written, then run again."
        ) from error
