"""One entry of an upstream feed as an article: the entry is its source, the feed its origin."""

import hashlib
import html
import re
from datetime import datetime
from urllib.parse import quote, urlsplit

from publisher.collect.feed_document import FeedEntry, ParsedFeed, text_of
from publisher.collect.slugs import slugify
from publisher.config import Publication, Upstream
from publisher.model import Body, Manuscript, Origin, Source
from publisher.render.words import count_words

TITLE, LEDE, TAGS = 90, 600, 12
"""The longest title that is made of an entry's text, the longest lede, the most tags."""


def manuscript_of(
    entry: FeedEntry, feed: ParsedFeed, upstream: Upstream, *, publication: Publication, now: datetime
) -> tuple[Manuscript, Body]:
    """`now` is when the source was seen."""
    publisher = upstream.title or feed.title or urlsplit(upstream.url).hostname
    lang = _language(upstream.lang or entry.lang or feed.lang, publication)
    title = entry.title or _title_of(entry)
    body, lede = _body_and_lede(entry)
    source = Source(
        title=title,
        url=entry.link or feed.link or upstream.url,
        publisher=publisher,
        role="primary",
        access="unknown",
        verification="unverified",
        seen=now,
        lang=lang,
    )
    manuscript = Manuscript(
        path=f"upstream:{upstream.url}#{entry.id}",
        declared_id=declared_id(entry.id, upstream.url),
        slug=slugify(title) or hashlib.sha256(entry.id.encode("utf-8", "replace")).hexdigest()[:12],
        title=title,
        published=entry.published,
        updated=entry.updated if entry.updated and entry.updated > entry.published else None,
        lede=lede,
        authors=entry.authors,
        section=upstream.section,
        tags=entry.tags[:TAGS],
        lang=lang,
        sources=(source,),
        words=count_words(body),
        body_hash=hashlib.sha256(body.text.encode("utf-8", "replace")).hexdigest(),
        origin=Origin(feed=upstream.url, id=feed.id, title=publisher, updated=feed.updated, rights=feed.rights),
    )
    return manuscript, body


def declared_id(entry_id: str, feed_url: str) -> str:
    """The entry's id if it can be one of Atom's (an absolute IRI, RFC 4287 s. 4.2.6), else the feed's URL with it."""
    is_iri = re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+", entry_id)
    needs_host = entry_id.lower().startswith(("http:", "https:"))
    if is_iri and (not needs_host or re.match(r"https?://[^/?#]+", entry_id, re.IGNORECASE)):
        return entry_id
    return f"{feed_url.partition('#')[0]}#{quote(entry_id, safe='')}"


def _language(tag: str | None, publication: Publication) -> str:
    """`en-us` in a publication in `en` is its own language, not another one."""
    ours = publication.language
    return ours if tag is None or tag.partition("-")[0].lower() == ours.partition("-")[0].lower() else tag


def _title_of(entry: FeedEntry) -> str:
    """A short post without a headline is known by its first words."""
    text = entry.summary or text_of(entry.content)
    return _cut(text, TITLE) if text else (entry.link or entry.id).partition("://")[2].rstrip("/") or entry.id


def _body_and_lede(entry: FeedEntry) -> tuple[Body, str | None]:
    """A summary that is as long as an article is the article's body."""
    if not entry.content and entry.summary and len(entry.summary) > LEDE:
        return Body(markup="html", text=f"<p>{html.escape(entry.summary)}</p>"), None
    return Body(markup="html", text=entry.content), _cut(entry.summary, LEDE) if entry.summary else None


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0] + "…"
