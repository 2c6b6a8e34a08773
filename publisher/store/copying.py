"""A whole publication, from one store into another: for rehearsals, dry runs, backups and moves."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import select, text

from publisher.store.driver import copy_file
from publisher.store.engine import Store, open_store
from publisher.store.schema import metadata

NAME = "publisher.db"
ROWS = 1000


def copied_into(store: Store, folder: Path, *, now: datetime) -> Store:
    """An SQLite copy, `folder/publisher.db`, of what the store says at one moment, while others may write."""
    if store.engine.dialect.name == "sqlite":
        copy_file(Path(str(store.engine.url.database)), folder / NAME)
    copy = open_store(f"sqlite:{NAME}", folder, store.authority, now=now)
    if store.engine.dialect.name != "sqlite":
        copy_rows(store, copy)
    return copy


def copy_rows(source: Store, target: Store) -> None:
    """All rows of all tables into a store that holds nothing else; its counters go on from there."""
    with source.read() as reading, target.begin() as writing:
        for table in reversed(metadata.sorted_tables):
            writing.connection.execute(table.delete())
        for table in metadata.sorted_tables:
            rows = reading.connection.execution_options(stream_results=True).execute(select(table))
            for part in rows.mappings().partitions(ROWS):
                writing.connection.execute(table.insert(), [dict(row) for row in part])
            if writing.is_postgresql and table.autoincrement_column is not None:
                name = table.name
                writing.connection.execute(
                    text(
                        f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), "  # noqa: S608 - our own table's name
                        f"(SELECT coalesce(max(id), 0) + 1 FROM {name}), false)"
                    )
                )
