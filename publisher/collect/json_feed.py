"""JSON Feed 1.0 and 1.1, read with the leniency that its specification asks of readers."""

import codecs
import html
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from publisher.collect.feed_document import (
    ENTRIES,
    FeedEntry,
    ParsedFeed,
    Tombstone,
    identify,
    read_date,
    text_of,
    web_address,
    with_absolute_addresses,
)
from publisher.collect.plain_text import legible, one_line
from publisher.collect.slugs import language_tag


def is_json(data: bytes, content_type: str) -> bool:
    start = data[:200].lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1]
    return start in (b"{", b"[") or ("json" in content_type.lower() and start != b"<")


def read(data: bytes, *, content_type: str, url: str, now: datetime) -> ParsedFeed:  # noqa: ARG001 - the readers' form
    try:
        top = json.loads(_utf8(data), strict=False)
    except (ValueError, RecursionError) as error:
        return ParsedFeed(error=f"it is JSON with a fault ({error})")
    if not isinstance(top, dict) or not isinstance(top.get("items", []), list) or not _is_feed(top):
        return ParsedFeed(error="it is JSON, but no JSON Feed: a version and a list of items are missing")
    items = [item for item in top.get("items", [])[:ENTRIES] if isinstance(item, dict)]
    return ParsedFeed(
        title=one_line(_text(top, "title")) or None,
        id=_text(top, "feed_url") or None,
        link=web_address(_text(top, "home_page_url"), url),
        lang=language_tag(_text(top, "language")),
        entries=tuple(_entry(item, url=url, now=now) for item in items),
        deleted=tuple(_tombstones(top, now)),
    )


def _tombstones(top: dict[str, Any], now: datetime) -> Iterator[Tombstone]:
    """As feeds of this program have them in their extension; JSON Feed itself has none."""
    own = top.get("_publisher")
    for one in _list(own, "deleted")[:ENTRIES] if isinstance(own, dict) else ():
        if isinstance(one, dict) and _text(one, "id"):
            at = read_date(_text(one, "when") or None, now=now).at
            yield Tombstone(id=_text(one, "id"), at=at, reason=one_line(_text(one, "reason")))


def _is_feed(top: dict[str, Any]) -> bool:
    return "items" in top and ("jsonfeed" in _text(top, "version") or "title" in top)


def _utf8(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    return data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")


def _entry(item: dict[str, Any], *, url: str, now: datetime) -> FeedEntry:
    link = web_address(_text(item, "url"), url) or web_address(_text(item, "external_url"), url)
    content = _content(item, link or url)
    title = one_line(_text(item, "title"))
    raw = _text(item, "date_published") or _text(item, "date_modified") or None
    dated = read_date(raw, now=now)
    modified = read_date(_text(item, "date_modified"), now=now).at if item.get("date_modified") else None
    return FeedEntry(
        id=identify(_text(item, "id"), link, title, content),
        title=title,
        link=link,
        published=dated.at,
        uncertain=dated.uncertain,
        raw_date=raw,
        updated=modified if modified and modified > dated.at else None,
        authors=_authors(item),
        summary=one_line(_text(item, "summary")) or None,
        content=content,
        tags=tuple(dict.fromkeys(filter(None, (one_line(tag) for tag in _list(item, "tags") if isinstance(tag, str))))),
        lang=language_tag(_text(item, "language")),
    )


def _content(item: dict[str, Any], base: str) -> str:
    markup = _text(item, "content_html")
    if markup.strip():
        return with_absolute_addresses(markup, base)
    plain = legible(_text(item, "content_text")).strip()
    return "".join(f"<p>{html.escape(part)}</p>\n" for part in plain.split("\n\n")) if text_of(plain) else ""


def _authors(item: dict[str, Any]) -> tuple[str, ...]:
    found = [*_list(item, "authors"), item.get("author")]
    names = (one_line(_text(one, "name")) for one in found if isinstance(one, dict))
    return tuple(dict.fromkeys(filter(None, names)))


def _text(holder: dict[str, Any], key: str) -> str:
    """Version 1 lets an id be a number; whatever else is no text counts as missing."""
    value = holder.get(key)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _list(holder: dict[str, Any], key: str) -> list[Any]:
    value = holder.get(key)
    return value if isinstance(value, list) else []
