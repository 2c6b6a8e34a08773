"""A whole publication, row by row, from one store into another: for rehearsals, dry runs and backups."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import select

from publisher.store.engine import Store
from publisher.store.schema import metadata

ROWS = 1000


def copy_file(store: Store, target: Path) -> None:
    """A consistent copy of an SQLite store, made while others write. `target` must not exist."""
    file = Path(str(store.engine.url.database))
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def copy_rows(source: Store, target: Store) -> None:
    """All rows of all tables, from either database into an empty store with the same schema."""
    with source.read() as reading, target.begin() as writing:
        for table in reversed(metadata.sorted_tables):
            writing.connection.execute(table.delete())
        for table in metadata.sorted_tables:
            rows = reading.connection.execution_options(stream_results=True).execute(select(table))
            for part in rows.mappings().partitions(ROWS):
                writing.connection.execute(table.insert(), [dict(row) for row in part])


def is_sqlite(store: Store) -> bool:
    return store.engine.dialect.name == "sqlite"
