"""Insert-or-update and friends, the same on both databases."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import sqlite

from publisher.store.prepared import Columns, Prepared, as_kept, compiled
from publisher.store.transaction import Transaction

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


def upsert(tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows; where a primary key is there already, its row gets the new values."""
    if rows:
        upsert_columns(tx, table, {}, {name: [row[name] for row in rows] for name in rows[0]})


def upsert_columns(tx: Transaction, table: Table, this: Mapping[str, Any], columns: Columns) -> None:
    """The same of rows in columns of equal length; `this` is the same in all of them."""
    dialect = tx.connection.dialect
    kept = {name: as_kept(table.c[name], values, dialect) for name, values in columns.items()}
    _upserting(dialect, table, (*this, *columns)).all(tx, this, kept)


@lru_cache(maxsize=50)
def _upserting(dialect: Dialect, table: Table, names: tuple[str, ...]) -> Prepared:
    statement = _insert(dialect, table)
    key = [column.name for column in table.primary_key.columns]
    changed = {name: statement.excluded[name] for name in names if name not in key}
    return compiled(statement.on_conflict_do_update(index_elements=key, set_=changed), dialect, names)


def insert_new(
    tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]], *, unique: Sequence[str] | None = None
) -> int:
    """Insert the rows whose key is not there yet; returns how many were. The unique key decides, not this code.

    `unique` names the columns of the key that is meant, where it is not the primary one.
    """
    if not rows:
        return 0
    # One key is named: another that is hurt is a fault, not a repetition.
    # RETURNING and not rowcount: psycopg's is -1 for such a statement.
    key = unique or [column.name for column in table.primary_key.columns]
    statement = (
        _insert(tx.connection.dialect, table)
        .on_conflict_do_nothing(index_elements=key)
        .returning(*table.primary_key.columns)
    )
    return sum(len(tx.connection.execute(statement, row).all()) for row in rows)


def insert_all_new(
    tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]], *, unique: Sequence[str] | None = None
) -> None:
    """The same for many rows at once, without saying how many were new."""
    if rows:
        key = unique or [column.name for column in table.primary_key.columns]
        tx.connection.execute(
            _insert(tx.connection.dialect, table).on_conflict_do_nothing(index_elements=key), list(rows)
        )


def _insert(dialect: Dialect, table: Table) -> "sqlite.Insert | postgresql.Insert":
    if dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)
