"""What the live release was made of, and who is told of it."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, text

from publisher.store.schema.columns import Instant, key, metadata, must, publication_key

# Hubs that still have to be told of a feed that changed (WebSub). What a hub took is gone.
ping = Table(
    "ping",
    metadata,
    publication_key(),
    key("hub", Text),
    # The URL of the feed.
    key("topic", Text),
    must("changed", Instant),
    # Not told before this.
    must("due", Instant),
    must("attempts", Integer, server_default=text("0")),
    Column("error", Text),
)

# What the live release has at each path, by fingerprint: a document with the same one is not rendered again.
document = Table(
    "document",
    metadata,
    publication_key(),
    key("path", Text),
    must("fingerprint", Text),
    # Which documents it is planned with.
    must("chapter", Text, server_default=text("''")),
    sqlite_with_rowid=False,
)
Index("ix_document_chapter", document.c.publication, document.c.chapter)

# The fingerprint of each chapter of the live release: of one that has not changed, no document is even planned.
chapter = Table(
    "chapter",
    metadata,
    publication_key(),
    key("name", Text),
    must("fingerprint", Text),
    sqlite_with_rowid=False,
)

# What is dear to make and was made: compiled templates, serialised entries of feeds. All of it may be deleted.
kept = Table(
    "kept",
    metadata,
    publication_key(),
    key("name", Text),
    must("fingerprint", Text),
    must("content", LargeBinary),
)
