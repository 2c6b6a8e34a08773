"""JSON Feed 1.1. What it has no name for stands in the extension object `_publisher`."""

from collections.abc import Iterable
from typing import Any

import msgspec

from publisher.render.feeds.entry import Cited, Entry, clean, one_line, uri
from publisher.render.feeds.head import Head
from publisher.render.pictures import picture_of

VERSION = "https://jsonfeed.org/version/1.1"


def entry_json(entry: Entry) -> bytes:
    """One item; it belongs inside a document of `json_feed`."""
    article = entry.article
    item: dict[str, Any] = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_html": _text(entry.pieces),
        "summary": entry.summary,
        "image": _image(entry),
        "date_published": entry.published_at,
        "date_modified": entry.updated_at,
        "authors": [{"name": name} for name in entry.authors],
        "tags": [one_line(tag) for tag in dict.fromkeys((article.section, *article.tags)) if tag],
        "language": clean(article.lang),
        "_publisher": {
            "sources": [_source(number, one, entry) for number, one in enumerate(entry.sources, 1)],
            **_present({"corrections": _corrections(entry), "origin": _origin(entry)}),
        },
    }
    return _bytes(_present(item))


def json_feed(head: Head, items: Iterable[bytes]) -> bytes:
    """The document. What was retracted is named under `_publisher.deleted`; `next_url` leads to what is older."""
    top = {
        "version": VERSION,
        "title": head.title,
        "home_page_url": head.home,
        "feed_url": head.urls["json"],
        "next_url": head.pages.get("prev-archive", {}).get("json"),
        "description": head.subtitle,
        "authors": [{"name": head.author, "url": head.home}],
        "language": head.lang,
        "hubs": [{"type": "WebSub", "url": head.hub}] if head.hub else None,
        "_publisher": _present({"id": head.id, "updated": head.updated.isoformat(), "deleted": _deleted(head)}),
    }
    opening = _bytes(_present(top))[:-1]
    return b"".join((opening, b', "items": [\n', b",\n".join(items), b"\n]}\n"))


def _text(pieces: Iterable[str]) -> msgspec.Raw | None:
    """Encoded piece by piece, and joined as bytes."""
    encoded = b"".join([msgspec.json.encode(one)[1:-1] for one in pieces])
    return msgspec.Raw(b'"%b"' % encoded) if encoded else None


def _source(number: int, one: Cited, entry: Entry) -> dict[str, Any]:
    source = one.source
    seen = source.seen.astimezone(entry.publication.zone).replace(microsecond=0) if source.seen else None
    return _present(
        {
            "number": number,
            "title": one.title,
            "url": one.url,
            "publisher": one.publisher,
            "role": source.role,
            "access": source.access,
            "verification": source.verification if entry.marked else None,
            "marks": one.marks,
            "seen": seen.isoformat() if seen else None,
            "archived": one.archived,
            "note": one.note,
            "language": clean(source.lang or ""),
        }
    )


def _corrections(entry: Entry) -> list[dict[str, str]]:
    zone = entry.publication.zone
    return [
        {"at": one.at.astimezone(zone).replace(microsecond=0).isoformat(), "text": clean(one.text)}
        for one in entry.article.corrections
    ]


def _origin(entry: Entry) -> dict[str, Any] | None:
    origin = entry.article.origin
    if origin is None:
        return None
    said = {"id": origin.id, "title": origin.title, "rights": origin.rights}
    return _present({"feed": uri(origin.feed), **{name: clean(value or "") for name, value in said.items()}})


def _image(entry: Entry) -> str | None:
    if not entry.article.image:
        return None
    publication = entry.publication
    found = picture_of(entry.article, publication.absolute, publication.absolute(entry.article.address))
    return uri(found) or None


def _deleted(head: Head) -> list[dict[str, Any]]:
    return [
        {
            "id": clean(one.id),
            "when": one.when.astimezone(head.zone).replace(microsecond=0).isoformat(),
            **_present({"reason": one_line(one.reason)}),
        }
        for one in head.deleted
    ]


def _present(values: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty: the specification has no nulls."""
    return {key: value for key, value in values.items() if value}


def _bytes(value: Any) -> bytes:
    """On one line, with spaces as `json.dumps` sets them."""
    return msgspec.json.format(msgspec.json.encode(value), indent=0)
