"""The tables. A publication's id is in every key; unique keys, not code, are what guarantee "once".

Alembic's migrations (`migrations/versions/`) make these tables; a test compares the two.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)


class Instant(TypeDecorator[datetime]):
    """An aware `datetime`, stored in UTC: `timestamptz` on PostgreSQL, ISO text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the store")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _key(name: str, kind: Any) -> Column[Any]:
    return Column(name, kind, primary_key=True, nullable=False, autoincrement=False)


def _must(name: str, kind: Any, **more: Any) -> Column[Any]:
    return Column(name, kind, nullable=False, **more)


def _publication() -> Column[Any]:
    return _key("publication", Integer)


publication = Table(
    "publication",
    metadata,
    Column("id", Integer, primary_key=True),
    _must("authority", Text, unique=True),
    _must("created", Instant),
    # Editor's hold on everything that is mailed: set by `hold`, cleared by `resume`.
    Column("held_since", Instant),
    # The release that `document` describes, and what it was made from. A release is always built on this one.
    _must("release", Integer, server_default=text("0")),
    Column("site_fingerprint", Text),
    # What the articles were read with; another zone or permalink reads them all anew.
    Column("read_with", Text),
    # Grows with every change of an article, and what it was when `release` was made: together with how many are
    # visible it tells whether any did.
    _must("changes", Integer, server_default=text("0")),
    _must("released_changes", Integer, server_default=text("0")),
    # The size and time of ids.tsv when all that it says was in the store.
    Column("ids_seen", Text),
)

# One row for each file under articles/, as it was last read: what lets the next run read only what changed.
manuscript_file = Table(
    "manuscript_file",
    metadata,
    _publication(),
    _key("path", Text),
    _must("mtime_ns", BigInteger),
    _must("size", BigInteger),
    Column("article", Text),
    # The sentence about a file that cannot be used, until it changes.
    Column("problem", Text),
)

article = Table(
    "article",
    metadata,
    _publication(),
    _key("id", Text),
    _must("path", Text),
    _must("address", Text),
    _must("published", Instant),
    _must("body_hash", Text),
    # Hash of every value of the article and its body.
    _must("fingerprint", Text),
    # The article without its body, as JSON.
    _must("record", LargeBinary),
    _must("markup", Text),
    _must("body", Text),
    # False when its file is gone or it was left out: it is no longer shown, and its id is still known.
    _must("present", Boolean),
    # When its id was first part of a release; null: not released yet.
    Column("released", Instant),
    # `publication.changes` when it was saved last.
    _must("change", Integer, server_default=text("0")),
)
Index("ix_article_path", article.c.publication, article.c.path)
Index("ix_article_address", article.c.publication, article.c.address)
Index("ix_article_published", article.c.publication, article.c.published)
Index("ix_article_body_hash", article.c.publication, article.c.body_hash)
Index("ix_article_change", article.c.publication, article.c.change)
Index("ix_article_released", article.c.publication, article.c.released)

# Of each article that is present, what planning asks of it (`model.Outline` as JSON): all of them are read at every
# release, so the row is small.
outline = Table(
    "outline",
    metadata,
    _publication(),
    _key("article", Text),
    _must("published", Instant),
    _must("fingerprint", Text),
    _must("content", LargeBinary),
    sqlite_with_rowid=False,
)

# Addresses that an article's page had when readers could see it and has no more: each leads to where it is now.
former_address = Table(
    "former_address",
    metadata,
    _publication(),
    _key("address", Text),
    _must("article", Text),
    _must("since", Instant),
)

# Each article that says of a work it cites that it was withdrawn; the work as `editing.withdrawals` names it.
withdrawal = Table("withdrawal", metadata, _publication(), _key("article", Text), _key("work", Text))

# One row for each file that an article shows as a picture, as it was when the article was last read.
picture = Table(
    "picture",
    metadata,
    _publication(),
    # Of the article's file.
    _key("manuscript", Text),
    # Of the picture's, relative to the publication.
    _key("path", Text),
    # -1 for a file that is not there: it is looked for again.
    _must("mtime_ns", BigInteger),
    _must("size", BigInteger),
    # The picture as JSON; null where it cannot be shown.
    Column("record", LargeBinary),
)

# The order in which the articles of a language were first released: the archives of the feeds are cut from it, so a row
# never moves and is never deleted.
premiere = Table(
    "premiere",
    metadata,
    _publication(),
    _key("lang", Text),
    _key("place", Integer),
    _must("article", Text),
    # Since when it is no longer shown, without a retraction.
    Column("gone", Instant),
    UniqueConstraint("publication", "article"),
)

upstream = Table(
    "upstream",
    metadata,
    _publication(),
    _key("url", Text),
    Column("etag", Text),
    Column("last_modified", Text),
    # Where a permanent redirect led.
    Column("moved_to", Text),
    Column("first_fetched", Instant),
    Column("last_fetched", Instant),
    Column("last_good", Instant),
    # Not before this is it asked again: max-age, Retry-After, backoff.
    Column("next_fetch", Instant),
    _must("failures", Integer, server_default=text("0")),
    Column("error", Text),
    _must("gone", Boolean, server_default=text("false")),
)

# Every entry that an upstream ever showed. An entry that is known is not news.
upstream_entry = Table(
    "upstream_entry",
    metadata,
    _publication(),
    _key("url", Text),
    _key("entry", Text),
    _must("fingerprint", Text),
    _must("changes", Integer, server_default=text("0")),
    _must("seen", Instant),
)

# One row for each slot that was decided. Its key is what makes an edition close once.
edition = Table(
    "edition",
    metadata,
    _publication(),
    _key("day", Date),
    _must("slot", Instant),
    # held: waits for a person, not closed. closed: has articles and a digest. empty, skipped: nothing is mailed.
    _must("state", Text),
    Column("reason", Text),
    _must("since", Instant),
    Column("approved", Instant),
    # How many deliveries were made when it closed.
    Column("audience", Integer),
    # The day of the weekly digest that carried it too: one at most.
    Column("week", Date),
)

# One row for each weekly slot that was decided, in the same states. Its articles are those of the editions that name
# it.
week = Table(
    "week",
    metadata,
    _publication(),
    _key("day", Date),
    _must("slot", Instant),
    _must("state", Text),
    Column("reason", Text),
    _must("since", Instant),
    Column("approved", Instant),
    Column("audience", Integer),
)

# An article is in one edition at most, ever: the key has no edition in it.
taken = Table(
    "taken",
    metadata,
    _publication(),
    _key("article", Text),
    # Null for an article that no edition will ever take: what an upstream held at its first fetch.
    Column("day", Date),
    Column("place", Integer),
    # True: left out by the editor's hand; it counts as taken.
    _must("left_out", Boolean, server_default=text("false")),
    ForeignKeyConstraint(["publication", "day"], ["edition.publication", "edition.day"]),
)
Index("ix_taken_day", taken.c.publication, taken.c.day)

# A correction is announced by one edition at most.
announced = Table(
    "announced",
    metadata,
    _publication(),
    _key("article", Text),
    _key("at", Instant),
    _must("day", Date),
)

digest = Table(
    "digest",
    metadata,
    _publication(),
    # `2026-06-25`, `weekly-2026-06-27`.
    _key("name", Text),
    _must("day", Date),
    # Date header and DKIM t= of every copy; the retry clock starts here.
    _must("due", Instant),
    _must("expires", Instant),
    _must("revision", Integer, server_default=text("1")),
    # `stop` sets it: nothing more is claimed or marked.
    Column("stopped", Instant),
    Column("stop_reason", Text),
    Column("finished", Instant),
    _must("subject", Text),
    # How many deliveries were made with it; the sums of all states equal this at any moment.
    _must("audience", Integer, server_default=text("0")),
    # Seconds over which its deliveries fall due, after `due`.
    _must("spread", Integer, server_default=text("0")),
    # Which key of secret.key signed its links, by `tokens.fingerprint`; null for a digest that was adopted.
    Column("signed_with", Text),
)

# Why a digest has another revision than its first.
revision = Table(
    "revision",
    metadata,
    _publication(),
    _key("digest", Text),
    _key("number", Integer),
    _must("at", Instant),
    _must("reason", Text),
)

# The frozen bytes of a digest for one variant: made before the first is sent, never changed afterwards.
rendition = Table(
    "rendition",
    metadata,
    _publication(),
    _key("digest", Text),
    _key("variant", Text),
    _key("revision", Integer),
    _must("subject", Text),
    _must("skeleton", LargeBinary),
    # The same for the web: nobody's links in it.
    _must("web_html", LargeBinary),
    _must("web_text", LargeBinary),
)

subscriber = Table(
    "subscriber",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _must("publication", Integer),
    _must("address", Text),
    # The address with its domain in lower case and in A-labels: what makes two spellings one subscriber.
    _must("address_key", Text),
    _must("state", Text),
    _must("created", Instant),
    Column("confirmed", Instant),
    Column("ended", Instant),
    # How consent was given, in words.
    Column("evidence", Text),
    Column("lang", Text),
    # daily, weekly.
    _must("frequency", Text, server_default=text("'daily'")),
    # both: HTML and text; text: text only.
    _must("format", Text, server_default=text("'both'")),
    # The chosen sections as a JSON list, sorted; null: all.
    Column("sections", Text),
    # Nothing is sent before this instant.
    Column("paused_until", Instant),
    UniqueConstraint("publication", "address_key"),
    sqlite_autoincrement=True,
)
Index("ix_subscriber_state", subscriber.c.publication, subscriber.c.state, subscriber.c.id)

# Who is never mailed, whether or not a subscriber of that address is known: an erased person, a provider's list. Only a
# new double opt-in lifts it.
suppression = Table(
    "suppression",
    metadata,
    _publication(),
    # HMAC-SHA-256 of the address key under secret.key, hexadecimal: an erased address cannot be read back from it.
    _key("address_hash", Text),
    # erased, bounced, complained, unsubscribed.
    _must("reason", Text),
    _must("since", Instant),
)

# What was asked for at the form and nobody has looked at yet: one row, whoever the address belongs to.
signup = Table(
    "signup",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _must("publication", Integer),
    _must("address", Text),
    _must("asked", Instant),
    Column("lang", Text),
    _must("frequency", Text),
    # Where and how it was asked, in words.
    _must("evidence", Text),
    sqlite_autoincrement=True,
)

# A mail that one person is owed besides digests; at most one at a time. The row goes when a server took it.
letter = Table(
    "letter",
    metadata,
    _publication(),
    _key("subscriber", Integer),
    # confirm, known.
    _must("kind", Text),
    _must("asked", Instant),
    # Not claimed before this; a claim puts it off, so that a killed sender's letter is taken again.
    _must("due", Instant),
    _must("fence", Integer, server_default=text("0")),
    _must("attempts", Integer, server_default=text("0")),
    sqlite_with_rowid=False,
)

# Mail that came back and bore our signature: what makes one message count once, and what a score is summed from.
returned = Table(
    "returned",
    metadata,
    _publication(),
    # SHA-256 of the message, hexadecimal; of a refusal at send time, its place in the ledger.
    _key("message", Text),
    _must("subscriber", Integer),
    # Null for a request to leave, which names no digest.
    Column("digest", Text),
    _must("at", Instant),
    # hard, soft, policy, complaint, unsubscribe.
    _must("kind", Text),
    _must("reason", Text),
    Column("status", Text),
    # The server's own.
    Column("words", Text),
)
Index("ix_returned_subscriber", returned.c.publication, returned.c.subscriber, returned.c.at)

# Limits that survive a restart, by the generic cell rate algorithm: a key (a relay, a domain, a network that
# subscribes) may go on when `until` is not too far ahead.
pace = Table(
    "pace",
    metadata,
    _publication(),
    _key("scope", Text),
    _key("key", Text),
    _must("until", Instant),
)

# The outbox: (digest, subscriber) is the key, so nobody can be owed one digest twice. WITHOUT ROWID clusters it.
delivery = Table(
    "delivery",
    metadata,
    _publication(),
    _key("digest", Text),
    _key("subscriber", Integer),
    _must("variant", Text),
    _must("state", Text, server_default=text("'queued'")),
    # Not claimed before this.
    _must("due", Instant),
    # Who holds it, and until when; a mark needs the fence that its claim got.
    Column("lease", Instant),
    _must("fence", Integer, server_default=text("0")),
    _must("attempts", Integer, server_default=text("0")),
    _must("revision", Integer, server_default=text("0")),
    sqlite_with_rowid=False,
)

# The ledger: every attempt with the server's own words. Append-only.
attempt = Table(
    "attempt",
    metadata,
    _publication(),
    _key("digest", Text),
    _key("subscriber", Integer),
    _key("n", Integer),
    _must("at", Instant),
    _must("outcome", Text),
    Column("relay", Text),
    Column("code", Integer),
    Column("reply", Text),
    _must("revision", Integer, server_default=text("0")),
    sqlite_with_rowid=False,
)

# Hubs that still have to be told of a feed that changed (WebSub). What a hub took is gone.
ping = Table(
    "ping",
    metadata,
    _publication(),
    _key("hub", Text),
    # The URL of the feed.
    _key("topic", Text),
    _must("changed", Instant),
    # Not told before this.
    _must("due", Instant),
    _must("attempts", Integer, server_default=text("0")),
    Column("error", Text),
)

# What the live release has at each path, by fingerprint: a document with the same one is not rendered again.
document = Table(
    "document",
    metadata,
    _publication(),
    _key("path", Text),
    _must("fingerprint", Text),
    # Which documents it is planned with.
    _must("chapter", Text, server_default=text("''")),
    sqlite_with_rowid=False,
)
Index("ix_document_chapter", document.c.publication, document.c.chapter)

# The fingerprint of each chapter of the live release: of one that has not changed, no document is even planned.
chapter = Table(
    "chapter",
    metadata,
    _publication(),
    _key("name", Text),
    _must("fingerprint", Text),
    sqlite_with_rowid=False,
)

# What is dear to make and was made: compiled templates, serialised entries of feeds. All of it may be deleted.
kept = Table(
    "kept",
    metadata,
    _publication(),
    _key("name", Text),
    _must("fingerprint", Text),
    _must("content", LargeBinary),
    sqlite_with_rowid=False,
)

run = Table(
    "run",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _must("publication", Integer),
    _must("started", Instant),
    Column("finished", Instant),
    Column("exit_code", Integer),
    # What `run --json` prints.
    Column("report", Text),
    sqlite_autoincrement=True,
)
Index("ix_run_started", run.c.publication, run.c.started)
