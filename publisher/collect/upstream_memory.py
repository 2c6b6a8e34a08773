"""What is remembered of an upstream feed, and how an entry that it shows is recognised."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Self

import msgspec

from publisher.collect.feed_document import FeedEntry, text_of

CHANGES = 24
"""A feed that shows an entry differently at every look (a counter, an advertisement) is followed this often."""


class KnownEntry(msgspec.Struct, frozen=True, kw_only=True):
    fingerprint: str
    """A `Mark` as text; nothing outside this file looks into it."""
    changes: int = 0


class RememberedFeed(msgspec.Struct, frozen=True, kw_only=True):
    """What the next look at a feed has to know. `RememberedFeed()` is a feed that was never seen."""

    etag: str | None = None
    last_modified: str | None = None
    moved_to: str | None = None
    next_fetch: datetime | None = None
    """It is not asked before."""
    failures: int = 0
    """In a row."""
    gone: bool = False
    """It answered 410 and is not asked again."""
    first: bool = True
    """No document of it was ever read."""
    known: Mapping[str, KnownEntry] = msgspec.field(default_factory=dict)
    """Every entry that it ever showed, by the entry's id."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Hashes by which an entry is known again, without any date of the feed's own but one."""

    whole: str
    """All that it says: another one is a change."""
    text: str
    """Title and text; without a title text and date, because short posts repeat themselves; `-` without either."""
    place: str
    """Title and date; without a date title and link; `-` without a title."""
    published: str
    """As first seen: it never changes."""
    first_id: str
    """The id it had when it was new; its article bears it."""

    @classmethod
    def of(cls, entry: FeedEntry) -> Self:
        said = (entry.title, _bare(entry.link), entry.summary or "", entry.content, *entry.authors, *entry.tags)
        text = text_of(entry.content) or entry.summary or ""
        dated = entry.published.isoformat() if entry.raw_date else ""
        return cls(
            whole=_hash(*said),
            text=_hash(entry.title, text, "" if entry.title else dated) if text and (entry.title or dated) else "-",
            place=_hash(entry.title, dated or _bare(entry.link)) if entry.title and (dated or entry.link) else "-",
            published=entry.published.isoformat(),
            first_id=entry.id,
        )

    @classmethod
    def read(cls, fingerprint: str) -> Self:
        whole, text, place, published, first_id = fingerprint.split(" ", 4)
        return cls(whole=whole, text=text, place=place, published=published, first_id=first_id)

    def __str__(self) -> str:
        return f"{self.whole} {self.text} {self.place} {self.published} {self.first_id}"


def identified(entries: Iterable[FeedEntry]) -> dict[str, FeedEntry]:
    """Each entry once, by its id; an id that several links share names nothing, and the link is taken in its place."""
    listed = list(entries)
    links = Counter(one for one, _ in {(entry.id, entry.link) for entry in listed})
    found: dict[str, FeedEntry] = {}
    for entry in listed:
        name = entry.link if links[entry.id] > 1 and entry.link else entry.id
        found.setdefault(name, entry)
    return found


def vanished(known: Mapping[str, KnownEntry], shown: Mapping[str, FeedEntry]) -> dict[str, Mark]:
    """Known entries that a document no longer shows under their ids, by each hash that would give them away.

    Only those can have come back under another id: two entries that stand side by side are two.
    """
    found: dict[str, Mark] = {}
    for name, entry in known.items():
        if name not in shown:
            mark = Mark.read(entry.fingerprint)
            found.update({key: mark for key in (mark.text, mark.place) if key != "-"})
    return found


def _bare(link: str | None) -> str:
    """What stays of an address when a site moves to https or drops its closing slashes."""
    return (link or "").partition("#")[0].partition("://")[2].rstrip("/")


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:24]
