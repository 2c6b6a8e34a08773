"""A publication, and its runs."""

from sqlalchemy import Column, Index, Integer, Table, Text, text

from publisher.store.schema.columns import Instant, metadata, must

publication = Table(
    "publication",
    metadata,
    Column("id", Integer, primary_key=True),
    must("authority", Text, unique=True),
    must("created", Instant),
    # Editor's hold on everything that is mailed: set by `hold`, cleared by `resume`.
    Column("held_since", Instant),
    # The release that `document` describes, and what it was made from. A release is always built on this one.
    must("release", Integer, server_default=text("0")),
    Column("site_fingerprint", Text),
    # What the articles were read with; another zone or permalink reads them all anew.
    Column("read_with", Text),
    # Grows with every change of an article, and what it was when `release` was made: together with how many are
    # visible it tells whether any did.
    must("changes", Integer, server_default=text("0")),
    must("released_changes", Integer, server_default=text("0")),
    # The size and time of ids.tsv when all that it says was in the store.
    Column("ids_seen", Text),
)

run = Table(
    "run",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    must("publication", Integer),
    must("started", Instant),
    Column("finished", Instant),
    Column("exit_code", Integer),
    # What `run --json` prints.
    Column("report", Text),
    sqlite_autoincrement=True,
)
Index("ix_run_started", run.c.publication, run.c.started)
