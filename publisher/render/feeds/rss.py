"""RSS 2.0 with `content:encoded`, `dc:creator` and the Atom elements that RSS lacks.

Written without feedgen: of RSS it loses authors without an address, `updated`, and all links but one, and its dates go
through the process-wide locale.
"""

import html
from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from lxml import etree

from publisher.render.feeds.atom import HISTORY, via
from publisher.render.feeds.channels import MEDIA_TYPES
from publisher.render.feeds.entry import Entry, excerpt, unmistakable
from publisher.render.feeds.head import Head

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
NAMESPACES = {"atom": ATOM, "content": CONTENT, "dc": DC}
SPECIFICATION = "https://www.rssboard.org/rss-specification"


def entry_rss(entry: Entry) -> bytes:
    """One `item`; it belongs inside a document of `rss`, which declares the prefixes that it uses."""
    root = etree.Element("rss", nsmap=NAMESPACES)
    item = etree.SubElement(root, "item")
    _add(item, "title", unmistakable(entry.title))
    _add(item, "link", entry.url)
    _add(item, "guid", entry.id).set("isPermaLink", "false")
    _add(item, "pubDate", rfc5322(entry.published))
    for category in entry.categories:
        _add(item, "category", unmistakable(category.label)).set("domain", category.scheme)
    if entry.origin:
        _add(item, "source", unmistakable(entry.origin.title or entry.origin.feed)).set("url", entry.origin.feed)
    for name in entry.authors:
        _add(item, f"{{{DC}}}creator", unmistakable(name))
    _add(item, f"{{{ATOM}}}updated", entry.updated.isoformat())
    for source in entry.linked_sources:
        item.append(via(source, namespace=f"{{{ATOM}}}"))
    _add(item, "description", html.escape(entry.summary or excerpt(entry.content), quote=False))
    _add(item, f"{{{CONTENT}}}encoded", entry.content)
    return _without_declarations(item)


def rss(head: Head, items: Iterable[bytes]) -> bytes:
    """The document: channel, then the items in the order given."""
    root = etree.Element("rss", nsmap=NAMESPACES | ({"fh": HISTORY} if head.sealed else {}), version="2.0")
    channel = etree.SubElement(root, "channel")
    _add(channel, "title", unmistakable(head.title))
    _add(channel, "link", head.home)
    _add(channel, "language", head.lang)
    _add(channel, "lastBuildDate", rfc5322(head.updated))
    _add(channel, "generator", head.generator)
    _add(channel, "docs", SPECIFICATION)
    _link(channel, rel="self", type=MEDIA_TYPES["rss"], href=head.urls["rss"])
    if head.hub:
        _link(channel, rel="hub", href=head.hub)
    for rel, urls in head.pages.items():
        _link(channel, rel=rel, type=MEDIA_TYPES["rss"], href=urls["rss"])
    if head.sealed:
        etree.SubElement(channel, f"{{{HISTORY}}}archive")
    _add(channel, "description", html.escape(head.subtitle, quote=False))
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    opening, closing = written.rsplit(b"</channel>", 1)
    return b"".join((_plain(opening), b"\n", *(item + b"\n" for item in items), b"</channel>", closing, b"\n"))


def rfc5322(at: datetime) -> str:
    """`Thu, 25 Jun 2026 09:00:00 +0200`, whatever the locale."""
    return format_datetime(at)


def _add(parent: Any, name: str, text: str) -> Any:
    element = etree.SubElement(parent, name)
    element.text = text
    return element


def _link(parent: Any, **attributes: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}link", attributes)


def _plain(written: bytes) -> bytes:
    """Plain text as RSS wants it, so that no reader takes `<b>` in a title for a tag: hexadecimal references."""
    return written.replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;")


def _without_declarations(item: Any) -> bytes:
    """The item alone: lxml repeats the root's declarations on it, which the document makes once."""
    written: bytes = etree.tostring(item, encoding="unicode").encode()
    for prefix, name in NAMESPACES.items():
        written = written.replace(f' xmlns:{prefix}="{name}"'.encode(), b"", 1)
    text, description, markup = written.partition(b"<description>")
    return _plain(text) + description + markup
