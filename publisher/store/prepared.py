"""Statements that run for every message, compiled once and handed to the driver itself.

SQLAlchemy takes longer over each of them than the database does. They are still its statements and run in its
transaction: only their text is kept, and their rows come as the driver gives them.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import ClauseElement

from publisher.store.engine import Transaction
from publisher.store.schema import Instant


@dataclass(frozen=True, slots=True)
class Prepared:
    """One statement's text for one database; its parameters are named."""

    text: str
    fixed: Mapping[str, Any]
    """The parameters whose values came with the statement."""

    def each(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> list[list[tuple[Any, ...]]]:
        """Run it for each of the rows. Returns what it returned for each, in their order."""
        complete = [{**self.fixed, **row} for row in rows]
        with _cursor(tx, self.text) as cursor:
            if not tx.is_postgresql:
                return [cursor.execute(self.text, row).fetchall() for row in complete]
            # psycopg sends all of them before it waits for the first answer.
            cursor.executemany(self.text, complete, returning=True)
            found = [cursor.fetchall()]
            while cursor.nextset():
                found.append(cursor.fetchall())
            return found

    def many(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each of the rows; it returns nothing."""
        with _cursor(tx, self.text) as cursor:
            cursor.executemany(self.text, [{**self.fixed, **row} for row in rows])


def compiled(statement: ClauseElement, dialect: Dialect) -> Prepared:
    """The statement as this database's driver takes it."""
    if dialect.name == "sqlite":
        dialect = sqlite.dialect(paramstyle="named")
    made = statement.compile(dialect=dialect)
    return Prepared(str(made), dict(made.params))


def instant(tx: Transaction, value: datetime) -> Any:
    """As the store keeps it."""
    return _instants(tx.connection.dialect)(value)


@cache
def _instants(dialect: Dialect) -> Any:
    kind = Instant().dialect_impl(dialect)
    return kind.bind_processor(dialect) or (lambda value: value)


@contextmanager
def _cursor(tx: Transaction, text: str) -> Generator[Any]:
    """The driver's cursor, inside the transaction; its errors are SQLAlchemy's, as everywhere in this room."""
    cursor = tx.connection.connection.cursor()
    dialect = tx.connection.dialect
    driver: Any = dialect.loaded_dbapi
    try:
        yield cursor
    except driver.Error as error:
        lost = dialect.is_disconnect(error, tx.connection.connection.dbapi_connection, cursor)
        if lost:
            tx.connection.invalidate(error)
        raise DBAPIError.instance(
            text, None, error, driver.Error, connection_invalidated=lost, dialect=dialect
        ) from error
    finally:
        cursor.close()
