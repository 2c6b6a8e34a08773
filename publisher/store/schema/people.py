"""Subscribers, whom nobody mails, what was asked and what came back, and the limits on all of it."""

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint, text

from publisher.store.schema.columns import Instant, key, metadata, must, publication_key

subscriber = Table(
    "subscriber",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    must("publication", Integer),
    must("address", Text),
    # The address with its domain in lower case and in A-labels: what makes two spellings one subscriber.
    must("address_key", Text),
    must("state", Text),
    must("created", Instant),
    Column("confirmed", Instant),
    Column("ended", Instant),
    # How consent was given, in words.
    Column("evidence", Text),
    Column("lang", Text),
    # daily, weekly.
    must("frequency", Text, server_default=text("'daily'")),
    # both: HTML and text; text: text only.
    must("format", Text, server_default=text("'both'")),
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
    publication_key(),
    # HMAC-SHA-256 of the address key under secret.key, hexadecimal: an erased address cannot be read back from it.
    key("address_hash", Text),
    # erased, bounced, complained, unsubscribed.
    must("reason", Text),
    must("since", Instant),
)

# What was asked for at the form and nobody has looked at yet: one row, whoever the address belongs to.
signup = Table(
    "signup",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    must("publication", Integer),
    must("address", Text),
    must("asked", Instant),
    Column("lang", Text),
    must("frequency", Text),
    # Where and how it was asked, in words.
    must("evidence", Text),
    sqlite_autoincrement=True,
)

# A mail that one person is owed besides digests; at most one at a time. The row goes when a server took it.
letter = Table(
    "letter",
    metadata,
    publication_key(),
    key("subscriber", Integer),
    # confirm, known.
    must("kind", Text),
    must("asked", Instant),
    # Not claimed before this; a claim puts it off, so that a killed sender's letter is taken again.
    must("due", Instant),
    must("fence", Integer, server_default=text("0")),
    must("attempts", Integer, server_default=text("0")),
    sqlite_with_rowid=False,
)

# Mail that came back and bore our signature: what makes one message count once, and what a score is summed from.
returned = Table(
    "returned",
    metadata,
    publication_key(),
    # SHA-256 of the message, hexadecimal; of a refusal at send time, its place in the ledger.
    key("message", Text),
    must("subscriber", Integer),
    # Null for a request to leave, which names no digest.
    Column("digest", Text),
    must("at", Instant),
    # hard, soft, policy, complaint, unsubscribe.
    must("kind", Text),
    must("reason", Text),
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
    publication_key(),
    key("scope", Text),
    key("key", Text),
    must("until", Instant),
)
