"""The outbox and the ledger."""

from sqlalchemy import Column, Integer, Table, Text, text

from publisher.store.schema.columns import Instant, key, metadata, must, publication_key

# The outbox: (digest, subscriber) is the key, so nobody can be owed one digest twice. WITHOUT ROWID clusters it.
delivery = Table(
    "delivery",
    metadata,
    publication_key(),
    key("digest", Text),
    key("subscriber", Integer),
    must("variant", Text),
    must("state", Text, server_default=text("'queued'")),
    # Not claimed before this.
    must("due", Instant),
    # Who holds it, and until when; a mark needs the fence that its claim got.
    Column("lease", Instant),
    must("fence", Integer, server_default=text("0")),
    must("attempts", Integer, server_default=text("0")),
    must("revision", Integer, server_default=text("0")),
    sqlite_with_rowid=False,
)

# The ledger: every attempt with the server's own words. Append-only.
attempt = Table(
    "attempt",
    metadata,
    publication_key(),
    key("digest", Text),
    key("subscriber", Integer),
    key("n", Integer),
    must("at", Instant),
    must("outcome", Text),
    Column("relay", Text),
    Column("code", Integer),
    Column("reply", Text),
    must("revision", Integer, server_default=text("0")),
    sqlite_with_rowid=False,
)
