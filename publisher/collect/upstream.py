"""Articles from other people's feeds: each new entry once, with the entry as its source.

A feed that shows an old entry again (in another order, under another date or id) brings nothing new.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Protocol

import msgspec
from msgspec.structs import replace

from publisher import __version__
from publisher.collect.fetch import Fetched, FetchFailed
from publisher.collect.fetch import fetch as fetch_from_the_web
from publisher.collect.plain_text import one_line
from publisher.collect.syndication import ParsedFeed, Tombstone, parse
from publisher.collect.upstream_entry import manuscript_of
from publisher.collect.upstream_memory import CHANGES, KnownEntry, Mark, RememberedFeed, identified, vanished
from publisher.config import Publication, Upstream
from publisher.model import Body, Manuscript, Problem

AT_ONCE = 8
BACKOFF = timedelta(minutes=5)
LONGEST_BACKOFF = timedelta(days=1)
LONGEST_RETRY_AFTER = timedelta(days=7)
TRIES_WHERE_IT_MOVED = 3


class Fetch(Protocol):
    def __call__(
        self, url: str, *, user_agent: str, now: datetime, etag: str | None, last_modified: str | None
    ) -> Fetched | FetchFailed: ...


class UpstreamResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one look at a feed brought. Nothing is stored here: `remembered` and `articles` are kept together."""

    upstream: Upstream
    remembered: RememberedFeed
    articles: tuple[tuple[Manuscript, Body], ...] = ()
    """New entries, and changed ones (known by their `declared_id`)."""
    withdrawn: tuple[Tombstone, ...] = ()
    """Entries that were known, under the ids that they had when they were new, and that the feed has taken back."""
    first: bool = False
    """The feed was read for the first time: its articles are known, and never mailed."""
    asked: bool = True
    """False: it was not yet time, or the feed is gone."""
    problem: Problem | None = None


def user_agent(publication: Publication) -> str:
    return f"daily-publisher/{__version__} (+{publication.url})"


def collect(
    upstream: Upstream,
    remembered: RememberedFeed,
    *,
    publication: Publication,
    now: datetime,
    fetch: Fetch = fetch_from_the_web,
) -> UpstreamResult:
    """Ask one feed, if it is time, and make articles of what is new or changed. Never raises.

    Idempotent: the same document with the result's `remembered` brings nothing. A failure is a `Problem`, and the feed
    is asked again after 5 minutes, 10, 20 ... up to a day.
    """
    if remembered.gone or (remembered.next_fetch is not None and now < remembered.next_fetch):
        return UpstreamResult(upstream=upstream, remembered=remembered, asked=False)
    answer = fetch(
        _address(upstream, remembered),
        user_agent=user_agent(publication),
        now=now,
        etag=remembered.etag,
        last_modified=remembered.last_modified,
    )
    if isinstance(answer, FetchFailed):
        return _failed(upstream, remembered, f"the feed could not be fetched: {answer.reason}", now)
    if answer.status != HTTPStatus.OK:
        return _without_document(upstream, remembered, answer, now)
    feed = parse(answer.body, content_type=answer.content_type, url=answer.url, now=now)
    if feed.error:
        return _failed(upstream, remembered, feed.error, now, answer)
    return _taken_in(upstream, remembered, feed, answer, publication=publication, now=now)


def _address(upstream: Upstream, remembered: RememberedFeed) -> str:
    """Where it moved to for good, unless that place failed again and again."""
    if remembered.moved_to and remembered.failures < TRIES_WHERE_IT_MOVED:
        return remembered.moved_to
    return upstream.url


def _without_document(upstream: Upstream, remembered: RememberedFeed, answer: Fetched, now: datetime) -> UpstreamResult:
    if answer.status == HTTPStatus.NOT_MODIFIED:
        return UpstreamResult(upstream=upstream, remembered=_at_peace(remembered, answer, now))
    if answer.status == HTTPStatus.GONE:
        return _gone(upstream, remembered)
    return _failed(upstream, remembered, f"the feed's server answered {answer.status}", now, answer)


def collect_all(
    feeds: Iterable[tuple[Upstream, RememberedFeed]],
    *,
    publication: Publication,
    now: datetime,
    fetch: Fetch = fetch_from_the_web,
) -> Iterator[UpstreamResult]:
    """All feeds, at most eight at a time, in the order given; a slow or dead one keeps none of the others."""
    with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="upstream") as pool:
        looks = [
            pool.submit(collect, upstream, remembered, publication=publication, now=now, fetch=fetch)
            for upstream, remembered in feeds
        ]
        for look in looks:
            yield look.result()


def _taken_in(
    upstream: Upstream,
    remembered: RememberedFeed,
    feed: ParsedFeed,
    answer: Fetched,
    *,
    publication: Publication,
    now: datetime,
) -> UpstreamResult:
    known = dict(remembered.known)
    shown = identified(feed.entries)
    away = vanished(known, shown)
    articles: list[tuple[Manuscript, Body]] = []
    for name, given in shown.items():
        entry = replace(given, id=name)
        mark, changes, is_news = _recognised(Mark.of(entry), known.get(name), away)
        known[name] = KnownEntry(fingerprint=str(mark), changes=changes)
        if is_news:
            entry = replace(entry, id=mark.first_id, published=datetime.fromisoformat(mark.published))
            articles.append(manuscript_of(entry, feed, upstream, publication=publication, now=now))
    new = replace(
        _at_peace(remembered, answer, now),
        etag=answer.etag,
        last_modified=answer.last_modified,
        first=False,
        known=known,
    )
    withdrawn = tuple(
        replace(one, id=Mark.read(known[one.id].fingerprint).first_id)
        for one in feed.deleted
        if one.id in known and one.id not in shown
    )
    return UpstreamResult(
        upstream=upstream, remembered=new, articles=tuple(articles), withdrawn=withdrawn, first=remembered.first
    )


def _recognised(mark: Mark, known: KnownEntry | None, away: dict[str, Mark]) -> tuple[Mark, int, bool]:
    """The mark to keep, how often the entry has changed, and whether there is something to tell."""
    if known is None:
        old = away.pop(mark.place, None) or away.pop(mark.text, None)
        if old is None:
            return mark, 0, True
        return replace(mark, published=old.published, first_id=old.first_id), 0, False
    before = Mark.read(known.fingerprint)
    kept = replace(mark, published=before.published, first_id=before.first_id)
    if mark.whole == before.whole:
        return kept, known.changes, False
    if known.changes >= CHANGES:
        return kept, known.changes, False
    return kept, known.changes + 1, True


def _at_peace(remembered: RememberedFeed, answer: Fetched, now: datetime) -> RememberedFeed:
    wait = min(timedelta(seconds=answer.max_age or 0), LONGEST_BACKOFF)
    return replace(
        remembered,
        moved_to=answer.moved_to or remembered.moved_to,
        next_fetch=now + wait if wait else None,
        failures=0,
    )


def _failed(
    upstream: Upstream, remembered: RememberedFeed, reason: str, now: datetime, answer: Fetched | None = None
) -> UpstreamResult:
    failures = remembered.failures + 1
    wait = min(BACKOFF * 2 ** min(failures - 1, 10), LONGEST_BACKOFF)
    if answer and answer.retry_after is not None:
        wait = max(wait, min(timedelta(seconds=answer.retry_after), LONGEST_RETRY_AFTER))
    return UpstreamResult(
        upstream=upstream,
        remembered=replace(remembered, failures=failures, next_fetch=now + wait),
        problem=Problem(path=f"upstream:{upstream.url}", reason=f"{one_line(reason)}; it is asked again later"),
    )


def _gone(upstream: Upstream, remembered: RememberedFeed) -> UpstreamResult:
    reason = "the feed is gone for good (410) and is not asked again; take it out of publication.toml"
    return UpstreamResult(
        upstream=upstream,
        remembered=replace(remembered, gone=True),
        problem=Problem(path=f"upstream:{upstream.url}", reason=reason),
    )
