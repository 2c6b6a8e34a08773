"""What is read out of a feed's document, and how its texts, dates, ids and addresses are read."""

import hashlib
import html
import re
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

import msgspec
import nh3

from publisher.collect.dates import FIRST_YEAR, moment
from publisher.collect.plain_text import legible, one_line

ENTRIES = 1_000
"""The most that one document may bring."""
_BLOCK = re.compile(r"<(?:/?(?:p|div|li|h[1-6]|blockquote|tr|td|dt|dd|pre|section)\b|br\b)", re.IGNORECASE)
_LINK = re.compile(r"""(\s(?:href|src)\s*=\s*)(["'])(.*?)\2""", re.IGNORECASE | re.DOTALL)
_UTC, _ELSEWHERE = ZoneInfo("UTC"), ZoneInfo("Asia/Tokyo")


class FeedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry, its text cleaned of what XML forbids, its addresses absolute, its body not yet sanitised."""

    id: str
    """As the feed gives it; else its link; else a hash of title and content."""
    title: str
    """Plain text; empty when it has none."""
    link: str | None
    published: datetime
    uncertain: bool
    """The date has no time or no zone, could only be guessed, lies in the future, or is the time of the fetch."""
    raw_date: str | None
    """As it was written."""
    updated: datetime | None
    authors: tuple[str, ...]
    summary: str | None
    """Plain text."""
    content: str
    """HTML; empty when there is only a summary or nothing."""
    tags: tuple[str, ...]
    lang: str | None


class Tombstone(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that its feed has taken back (RFC 6721)."""

    id: str
    at: datetime
    reason: str
    """Plain text; empty when none is given."""


class ParsedFeed(msgspec.Struct, frozen=True, kw_only=True):
    title: str | None = None
    id: str | None = None
    link: str | None = None
    lang: str | None = None
    rights: str | None = None
    updated: datetime | None = None
    entries: tuple[FeedEntry, ...] = ()
    deleted: tuple[Tombstone, ...] = ()
    error: str | None = None
    """Why nothing could be read: the end of a sentence about the feed. An empty feed is no error."""


class Dated(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    uncertain: bool


def read_date(raw: str | None, *, now: datetime, guess: datetime | None = None) -> Dated:
    """RFC 3339, then RFC 5322; else `guess`; else `now`. Without a zone UTC is meant; the future becomes `now`."""
    try:
        at = moment(one_line(raw or ""), _UTC)
        certain = at.has_time and moment(one_line(raw or ""), _ELSEWHERE).at == at.at
    except ValueError:
        # The year 1 is what some generators write when they know no date.
        known = guess is not None and guess.year >= FIRST_YEAR
        return Dated(at=min(guess, now) if guess and known else now, uncertain=True)
    return Dated(at=min(at.at, now), uncertain=not certain or at.at > now)


def identify(given: str | None, link: str | None, title: str, content: str) -> str:
    """The id as given, else the link, else a hash of what the entry says."""
    if given and given.strip():
        return legible(given.strip())
    return link or "sha256:" + hashlib.sha256(f"{title}\0{content}".encode("utf-8", "replace")).hexdigest()[:32]


def text_of(markup: str) -> str:
    """HTML as one line of plain text, without scripts and styles."""
    spaced = _BLOCK.sub(lambda found: " " + found[0], legible(markup))
    return one_line(html.unescape(nh3.clean(spaced, tags=set()))) if "<" in spaced else one_line(html.unescape(spaced))


def web_address(link: str | None, base: str) -> str | None:
    """An absolute http(s) address, or None."""
    if not link or not link.strip():
        return None
    try:
        found = urljoin(base, "".join(legible(link).split()))
        return found if urlsplit(found).scheme in {"http", "https"} and urlsplit(found).hostname else None
    except ValueError:
        return None


def with_absolute_addresses(markup: str, base: str) -> str:
    """`href` and `src` made absolute against the entry's base."""

    def absolute(found: re.Match[str]) -> str:
        address = html.unescape(found[3])
        try:
            resolved = urljoin(base, address.strip())
        except ValueError:
            return found[0]
        return f"{found[1]}{found[2]}{html.escape(resolved)}{found[2]}"

    return _LINK.sub(absolute, legible(markup))


def utc(parts: tuple[int, ...] | None) -> datetime | None:
    """A parser's time tuple, in UTC."""
    try:
        return datetime(*parts[:6], tzinfo=UTC) if parts else None  # type: ignore[misc,arg-type]
    except (ValueError, TypeError):
        return None
