"""Statements that run for every message or article, compiled once and handed to the driver itself.

SQLAlchemy takes longer over each of them than the database does. They are still its statements and run in its
transaction: only their text is kept, and their rows come as the driver gives them.
"""

import json
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from itertools import chain, repeat
from typing import Any

import msgspec
from sqlalchemy import ARRAY, BindParameter, Column, ColumnElement, Dialect, Text, any_, bindparam, cast, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import TypeEngine

from publisher.store.schema import Instant
from publisher.store.schema.columns import sqlite_text
from publisher.store.transaction import Transaction

Columns = Mapping[str, Sequence[Any]]
_INSTANT = Instant()
ROWS = 32
"""Rows of one INSERT at most: the driver keeps the compiled text for each number of them."""


class Prepared(msgspec.Struct, frozen=True):
    """One statement's text for one database.

    It runs once for each row of `columns`, lists of equal length by the parameters' names; `this` are the parameters
    that are the same in all rows.
    """

    text: str
    names: tuple[str, ...]
    """The parameters, in their order."""
    fixed: Mapping[str, Any]
    """Those whose values came with the statement."""

    def each(self, tx: Transaction, this: Mapping[str, Any], columns: Columns) -> list[list[tuple[Any, ...]]]:
        """What it returned for each of the rows, in their order."""
        rows = self._rows(this, columns)
        with _cursor(tx, self.text) as cursor:
            if not tx.is_postgresql:
                return [cursor.execute(self.text, row).fetchall() for row in rows]
            # psycopg sends all of them before it waits for the first answer.
            cursor.executemany(self.text, rows, returning=True)
            found = [cursor.fetchall()]
            while cursor.nextset():
                found.append(cursor.fetchall())
            return found

    def rows(self, tx: Transaction, this: Mapping[str, Any], these: Iterable[str]) -> list[tuple[Any, ...]]:
        """What it returns of all whose keys are among `these` (see `among`)."""
        keys = list(these)
        given = self._row({**this, "these": keys if tx.is_postgresql else json.dumps(keys)})
        with _cursor(tx, self.text) as cursor:
            return list(cursor.execute(self.text, given).fetchall())

    def all(self, tx: Transaction, this: Mapping[str, Any], columns: Columns) -> int:
        """How many of the table's rows it changed. Where the text asks for `these`, it runs once for all rows.

        SQLite's driver lets other threads run at each step, and has to wait for its turn again.
        """
        if "these" in self.names:
            rows = [self._row({**this, "these": json.dumps(list(zip(*columns.values(), strict=True)))})]
        else:
            rows = self._rows(this, columns)
        with _cursor(tx, self.text) as cursor:
            cursor.executemany(self.text, rows)
            return int(cursor.rowcount)

    def insert(self, tx: Transaction, this: Mapping[str, Any], columns: Columns) -> None:
        """Put in all rows; on SQLite many at a time, for the reason that `all` has."""
        rows = self._rows(this, columns)
        more = f", ({', '.join('?' * len(self.names))})"
        with _cursor(tx, self.text) as cursor:
            if tx.is_postgresql:
                cursor.executemany(self.text, rows)
                return
            for first in range(0, len(rows), ROWS):
                some = rows[first : first + ROWS]
                cursor.execute(self.text + more * (len(some) - 1), [*chain.from_iterable(some)])

    def _row(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        given = {**self.fixed, **values}
        return tuple(given[name] for name in self.names)

    def _rows(self, this: Mapping[str, Any], columns: Columns) -> list[tuple[Any, ...]]:
        same = {**self.fixed, **this}
        # The repeated ones never end, so the columns say how many rows there are.
        return list(zip(*(columns[n] if n in columns else repeat(same[n]) for n in self.names), strict=False))


def compiled(statement: ClauseElement, dialect: Dialect, names: Sequence[str] | None = None) -> Prepared:
    """The statement as this database's driver takes it. An INSERT without values gets these of its table's columns."""
    kind: Any = type(dialect)
    made: Any = statement.compile(
        dialect=kind(paramstyle="qmark" if dialect.name == "sqlite" else "format"), column_keys=names
    )
    assert isinstance(made, SQLCompiler)
    return Prepared(str(made), tuple(made.positiontup or ()), dict(made.params))


def among(column: Column[str], dialect: Dialect) -> ColumnElement[bool]:
    """Whether it is one of `these`, however many there are: the text of the statement stays the same."""
    these: BindParameter[Any] = bindparam("these")
    if dialect.name == "sqlite":
        return column.in_(select(func.json_each(these).table_valued("value").c.value))
    return column == any_(cast(these, ARRAY(Text)))


def instant(tx: Transaction, value: datetime) -> Any:
    """As the store keeps it."""
    keeper = _keeper(_INSTANT, tx.connection.dialect)
    return keeper(value) if keeper else value


def as_kept(column: Column[Any], values: Iterable[Any], dialect: Dialect) -> list[Any]:
    """The values as the store keeps them in this column."""
    keeper = _keeper(column.type, dialect)
    return [*map(keeper, values)] if keeper else [*values]


@lru_cache(maxsize=200)  # no more: whoever stays opens the store anew for each run, and each time it is another dialect
def _keeper(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """None: as it is."""
    if isinstance(kind, Instant) and dialect.name == "sqlite":
        return sqlite_text
    return kind.dialect_impl(dialect).bind_processor(dialect)


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
