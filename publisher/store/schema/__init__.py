"""The tables. A publication's id is in every key; unique keys, not code, are what guarantee "once".

A new store gets these tables; Alembic's migrations (`migrations/versions/`) make the same of an older one, and a test
compares the two.
"""

from publisher.store.schema.articles import (
    article,
    body,
    former_address,
    manuscript_file,
    outline,
    outline_month,
    picture,
    premiere,
    upstream,
    upstream_entry,
    version,
    withdrawal,
)
from publisher.store.schema.columns import Instant, metadata
from publisher.store.schema.editions import announced, digest, edition, rendition, revision, taken, week
from publisher.store.schema.outbox import attempt, delivery
from publisher.store.schema.people import letter, pace, returned, signup, subscriber, suppression
from publisher.store.schema.publications import publication, run
from publisher.store.schema.releases import chapter, document, kept, ping

__all__ = [
    "Instant",
    "announced",
    "article",
    "attempt",
    "body",
    "chapter",
    "delivery",
    "digest",
    "document",
    "edition",
    "former_address",
    "kept",
    "letter",
    "manuscript_file",
    "metadata",
    "outline",
    "outline_month",
    "pace",
    "picture",
    "ping",
    "premiere",
    "publication",
    "rendition",
    "returned",
    "revision",
    "run",
    "signup",
    "subscriber",
    "suppression",
    "taken",
    "upstream",
    "upstream_entry",
    "version",
    "week",
    "withdrawal",
]
