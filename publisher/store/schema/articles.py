"""What was written or came in."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from publisher.store.schema.columns import Instant, key, metadata, must, publication_key

# One row for each file under articles/, as it was last read: what lets the next run read only what changed.
manuscript_file = Table(
    "manuscript_file",
    metadata,
    publication_key(),
    key("path", Text),
    must("mtime_ns", BigInteger),
    must("size", BigInteger),
    Column("article", Text),
    # The sentence about a file that cannot be used, until it changes.
    Column("problem", Text),
    # When something in it is due that waits for its time: it is read again then.
    Column("again", Instant),
)

article = Table(
    "article",
    metadata,
    publication_key(),
    key("id", Text),
    must("path", Text),
    must("address", Text),
    must("published", Instant),
    must("body_hash", Text),
    # Hash of every value of the article and its body.
    must("fingerprint", Text),
    # The article without its body, as JSON.
    must("record", LargeBinary),
    # False when its file is gone or it was left out: it is no longer shown, and its id is still known.
    must("present", Boolean),
    # When its id was first part of a release; null: not released yet.
    Column("released", Instant),
    # `publication.changes` when it was saved last.
    must("change", Integer, server_default=text("0")),
)
Index("ix_article_path", article.c.publication, article.c.path)
Index("ix_article_address", article.c.publication, article.c.address)
Index("ix_article_published", article.c.publication, article.c.published)
Index("ix_article_body_hash", article.c.publication, article.c.body_hash)
Index("ix_article_change", article.c.publication, article.c.change)
Index("ix_article_released", article.c.publication, article.c.released)

# The text of each article, beside it: what is noted of an article does not write its text again.
body = Table("body", metadata, publication_key(), key("article", Text), must("markup", Text), must("text", Text))

# What an article said to its readers before its words or sources were changed, oldest first by `number`.
version = Table(
    "version",
    metadata,
    publication_key(),
    key("article", Text),
    key("number", Integer),
    # When readers saw it last.
    must("until", Instant),
    # When the corrections were made that it bore, as JSON.
    must("corrections", Text),
    # As in `article` and `body`.
    must("record", LargeBinary),
    must("markup", Text),
    must("body", Text),
)

# Of each article that is present, what planning asks of it (`model.Outline` as JSON).
outline = Table(
    "outline",
    metadata,
    publication_key(),
    key("article", Text),
    must("published", Instant),
    must("fingerprint", Text),
    must("content", LargeBinary),
    sqlite_with_rowid=False,
)
Index("ix_outline_published", outline.c.publication, outline.c.published)

# The outlines of one month of UTC together, which are quicker read than one by one. A row is emptied by whatever
# changes in its month, in the same transaction, and filled again by the next run that asks for it.
outline_month = Table(
    "outline_month",
    metadata,
    publication_key(),
    # `2026-06`
    key("month", Text),
    # What the summary depends on besides.
    Column("made_with", Text),
    # What planning asks of all articles of the month together.
    Column("summary", LargeBinary),
    # As JSON: the fingerprints, then the outlines, newest first. It stands last: SQLite reads all that stands before
    # what it is asked for.
    Column("content", LargeBinary),
)

# Addresses that an article's page had when readers could see it and has no more: each leads to where it is now.
former_address = Table(
    "former_address",
    metadata,
    publication_key(),
    key("address", Text),
    must("article", Text),
    must("since", Instant),
)

# Each article that says of a work it cites that it was withdrawn; the work as `editing.withdrawals` names it.
withdrawal = Table("withdrawal", metadata, publication_key(), key("article", Text), key("work", Text))

# One row for each file that an article shows as a picture, as it was when the article was last read.
picture = Table(
    "picture",
    metadata,
    publication_key(),
    # Of the article's file.
    key("manuscript", Text),
    # Of the picture's, relative to the publication.
    key("path", Text),
    # -1 for a file that is not there: it is looked for again.
    must("mtime_ns", BigInteger),
    must("size", BigInteger),
    # The picture as JSON; null where it cannot be shown.
    Column("record", LargeBinary),
)

# The order in which the articles of a language were first released: the archives of the feeds are cut from it, so a row
# never moves and is never deleted.
premiere = Table(
    "premiere",
    metadata,
    publication_key(),
    key("lang", Text),
    key("place", Integer),
    must("article", Text),
    # Since when it is no longer shown, without a retraction.
    Column("gone", Instant),
    UniqueConstraint("publication", "article"),
)

upstream = Table(
    "upstream",
    metadata,
    publication_key(),
    key("url", Text),
    Column("etag", Text),
    Column("last_modified", Text),
    # Where a permanent redirect led.
    Column("moved_to", Text),
    Column("first_fetched", Instant),
    Column("last_fetched", Instant),
    Column("last_good", Instant),
    # Not before this is it asked again: max-age, Retry-After, backoff.
    Column("next_fetch", Instant),
    must("failures", Integer, server_default=text("0")),
    Column("error", Text),
    must("gone", Boolean, server_default=text("false")),
)

# Every entry that an upstream ever showed. An entry that is known is not news.
upstream_entry = Table(
    "upstream_entry",
    metadata,
    publication_key(),
    key("url", Text),
    key("entry", Text),
    must("fingerprint", Text),
    must("changes", Integer, server_default=text("0")),
    must("seen", Instant),
)
