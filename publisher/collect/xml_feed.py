"""RSS 0.9x to 2.0, RDF and Atom through feedparser; documents that declare entities are refused before it sees them."""

import html
import io
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from publisher.collect.feed_document import (
    ENTRIES,
    FeedEntry,
    ParsedFeed,
    Tombstone,
    identify,
    read_date,
    text_of,
    utc,
    web_address,
    with_absolute_addresses,
)
from publisher.collect.plain_text import legible, one_line
from publisher.collect.slugs import language_tag

_TOMBSTONES = "{http://purl.org/atompub/tombstones/1.0}"
_ASIDE = re.compile(rb"<!--.*?-->|<\?.*?\?>", re.DOTALL)
_ROOT = re.compile(rb"<[A-Za-z_:]")
_HTML = frozenset({"text/html", "application/xhtml+xml"})


def declares_entities(data: bytes) -> bool:
    """Whether an internal DTD declares entities: a billion laughs, or a file of ours. A bare DOCTYPE is harmless."""
    ascii_only = data.replace(b"\0", b"")
    before = _ASIDE.sub(b"", ascii_only)
    root = _ROOT.search(before)
    prolog = before[: root.start()] if root else before
    return b"<!ENTITY" in prolog.upper()


def read(data: bytes, *, content_type: str, url: str, now: datetime) -> ParsedFeed:
    if declares_entities(data):
        return ParsedFeed(error="it declares entities in a DTD, which a feed has no use for; it is not read")
    import feedparser

    headers = {"content-type": content_type or "application/xml", "content-location": url}
    # A stream, never the bytes themselves: feedparser would open a file of that name.
    found = feedparser.parse(
        io.BytesIO(data), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    if not found.entries and not found.version:
        return ParsedFeed(error=_why(found, content_type))
    feed = found.feed
    return ParsedFeed(
        title=_plain(feed, "title") or None,
        id=_string(feed, "id") or None,
        link=web_address(_string(feed, "link"), url),
        lang=language_tag(_string(feed, "language")),
        rights=_plain(feed, "rights") or None,
        updated=utc(_get(feed, "updated_parsed")),
        entries=tuple(_entry(one, url=url, now=now) for one in found.entries[:ENTRIES]),
        deleted=tuple(_tombstones(data, now)),
    )


def _tombstones(data: bytes, now: datetime) -> Iterator[Tombstone]:
    """All of them (RFC 6721 s. 3); feedparser keeps the last alone."""
    if b"deleted-entry" not in data:
        return
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    root = etree.fromstring(data, parser)
    for one in islice(root.iter(f"{_TOMBSTONES}deleted-entry"), ENTRIES) if root is not None else ():
        reason = one_line(one.findtext(f"{_TOMBSTONES}comment") or "")
        if one.get("ref"):
            yield Tombstone(id=legible(one.get("ref")), at=read_date(one.get("when"), now=now).at, reason=reason)


def _why(found: Any, content_type: str) -> str:
    fault = found.get("bozo_exception")
    line = getattr(fault, "getLineNumber", lambda: None)()
    if line:
        return f"it is no feed that can be read (line {line}: {one_line(getattr(fault, 'getMessage', lambda: '')())})"
    return f"it is no feed: neither RSS nor Atom nor JSON Feed (it came as {one_line(content_type) or 'no type'})"


def _entry(one: Any, *, url: str, now: datetime) -> FeedEntry:
    base = _base(one, url)
    link = web_address(_string(one, "link"), base)
    content, summary = _content(one, link or base)
    title = _plain(one, "title")
    raw = _string(one, "published") or _string(one, "created") or _string(one, "updated") or None
    guess = _get(one, "published_parsed") or _get(one, "created_parsed") or _get(one, "updated_parsed")
    dated = read_date(raw, now=now, guess=utc(guess))
    updated = read_date(_string(one, "updated"), now=now, guess=utc(_get(one, "updated_parsed"))).at
    return FeedEntry(
        id=identify(_string(one, "id"), link, title, content or summary or ""),
        title=title,
        link=link,
        published=dated.at,
        uncertain=dated.uncertain,
        raw_date=raw,
        updated=updated if _string(one, "updated") and updated > dated.at else None,
        authors=_authors(one),
        summary=summary,
        content=content,
        tags=_tags(one),
        lang=_lang(one),
    )


def _base(one: Any, url: str) -> str:
    """The entry's xml:base, which feedparser notes beside each text."""
    for detail in (*(_get(one, "content") or ()), _get(one, "summary_detail"), _get(one, "title_detail")):
        if detail and detail.get("base"):
            return urljoin(url, str(detail["base"]))
    return url


def _content(one: Any, base: str) -> tuple[str, str | None]:
    """The body as HTML and the summary as text. A summary with markup and no content beside it is the body."""
    bodies = [body for body in _get(one, "content") or () if body.get("value")]
    detail = _get(one, "summary_detail") or {}
    written = _string(one, "summary")
    is_html = detail.get("type") in _HTML or "<" in written
    summary = text_of(written) if is_html else one_line(html.unescape(written))
    for body in sorted(bodies, key=lambda body: body.get("type") not in _HTML):
        if str(body.get("type", "")).startswith(("text/", "application/xhtml")):
            value = body["value"] if body.get("type") in _HTML else f"<p>{html.escape(body['value'])}</p>"
            return with_absolute_addresses(value, base), summary or None
    if is_html and "<" in written:
        return with_absolute_addresses(written, base), None
    return "", summary or None


def _authors(one: Any) -> tuple[str, ...]:
    names = [author.get("name") for author in _get(one, "authors") or () if author] or [_string(one, "author")]
    return tuple(dict.fromkeys(filter(None, (text_of(name) for name in names if name))))


def _tags(one: Any) -> tuple[str, ...]:
    found = (tag.get("label") or tag.get("term") for tag in _get(one, "tags") or ())
    return tuple(dict.fromkeys(filter(None, (text_of(tag) for tag in found if tag))))


def _lang(one: Any) -> str | None:
    details = [*(_get(one, "content") or ()), _get(one, "title_detail") or {}]
    named = _string(one, "language") or next((detail["language"] for detail in details if detail.get("language")), "")
    return language_tag(named)


def _plain(holder: Any, key: str) -> str:
    detail = _get(holder, f"{key}_detail") or {}
    value = _string(holder, key)
    # Half the feeds escape their plain text twice, and no headline means to show `&#8211;`.
    return text_of(value) if detail.get("type") in _HTML else one_line(html.unescape(value))


def _string(holder: Any, key: str) -> str:
    value = _get(holder, key)
    return legible(value).strip() if isinstance(value, str) else ""


def _get(holder: Any, key: str) -> Any:
    """As a plain dict: feedparser's own look-up answers `updated` with `published`, and warns."""
    return dict.get(holder, key)
