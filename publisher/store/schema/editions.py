"""What a slot or a week sends, and its frozen bytes."""

from sqlalchemy import Boolean, Column, Date, ForeignKeyConstraint, Index, Integer, LargeBinary, Table, Text, text

from publisher.store.schema.columns import Instant, key, metadata, must, publication_key

# One row for each slot that was decided. Its key is what makes an edition close once.
edition = Table(
    "edition",
    metadata,
    publication_key(),
    key("day", Date),
    must("slot", Instant),
    # held: waits for a person, not closed. closed: has articles and a digest. empty, skipped: nothing is mailed.
    must("state", Text),
    Column("reason", Text),
    must("since", Instant),
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
    publication_key(),
    key("day", Date),
    must("slot", Instant),
    must("state", Text),
    Column("reason", Text),
    must("since", Instant),
    Column("approved", Instant),
    Column("audience", Integer),
)

# An article is in one edition at most, ever: the key has no edition in it.
taken = Table(
    "taken",
    metadata,
    publication_key(),
    key("article", Text),
    # Null for an article that no edition will ever take: what an upstream held at its first fetch.
    Column("day", Date),
    Column("place", Integer),
    # True: left out by the editor's hand; it counts as taken.
    must("left_out", Boolean, server_default=text("false")),
    ForeignKeyConstraint(["publication", "day"], ["edition.publication", "edition.day"]),
)
Index("ix_taken_day", taken.c.publication, taken.c.day)

# A correction is announced by one edition at most.
announced = Table(
    "announced",
    metadata,
    publication_key(),
    key("article", Text),
    key("at", Instant),
    must("day", Date),
)

digest = Table(
    "digest",
    metadata,
    publication_key(),
    # `2026-06-25`, `weekly-2026-06-27`.
    key("name", Text),
    must("day", Date),
    # Date header and DKIM t= of every copy; the retry clock starts here.
    must("due", Instant),
    must("expires", Instant),
    must("revision", Integer, server_default=text("1")),
    # `stop` sets it: nothing more is claimed or marked.
    Column("stopped", Instant),
    Column("stop_reason", Text),
    Column("finished", Instant),
    must("subject", Text),
    # How many deliveries were made with it; the sums of all states equal this at any moment.
    must("audience", Integer, server_default=text("0")),
    # Seconds over which its deliveries fall due, after `due`.
    must("spread", Integer, server_default=text("0")),
    # Which key of secret.key signed its links, by `tokens.fingerprint`; null for a digest that was adopted.
    Column("signed_with", Text),
    # When a person last let it go on: what servers said before that does not stop it again.
    Column("resumed", Instant),
)

# Why a digest has another revision than its first.
revision = Table(
    "revision",
    metadata,
    publication_key(),
    key("digest", Text),
    key("number", Integer),
    must("at", Instant),
    must("reason", Text),
)

# The frozen bytes of a digest for one variant: made before the first is sent, never changed afterwards.
rendition = Table(
    "rendition",
    metadata,
    publication_key(),
    key("digest", Text),
    key("variant", Text),
    key("revision", Integer),
    must("subject", Text),
    must("skeleton", LargeBinary),
    # The same for the web: nobody's links in it.
    must("web_html", LargeBinary),
    must("web_text", LargeBinary),
)
