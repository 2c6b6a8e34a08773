"""RSS 2.0 with `content:encoded`, `dc:creator` and the Atom elements that RSS lacks.

Written without feedgen: of RSS it loses authors without an address, `updated`, and all links but one, and its dates go
through the process-wide locale.
"""

import html
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from lxml import etree

from publisher.model import Origin
from publisher.render.feeds import xml
from publisher.render.feeds.atom import HISTORY, sheet, via
from publisher.render.feeds.channels import MEDIA_TYPES
from publisher.render.feeds.entry import Category, Entry, clean, excerpt, unmistakable
from publisher.render.feeds.head import Head

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
NAMESPACES = {"atom": ATOM, "content": CONTENT, "dc": DC}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SPECIFICATION = "https://www.rssboard.org/rss-specification"


PLAIN: xml.Escapes = (("&", "&#x26;"), ("<", "&#x3C;"), (">", "&gt;"), ("\r", "&#13;"))
"""Plain text as RSS wants it, so that no reader takes `<b>` in a title for a tag: hexadecimal references."""


def entry_rss(entry: Entry) -> bytes:
    """One `item`; it belongs inside a document of `rss`, which declares the prefixes that it uses."""
    opening = [
        "<item>",
        xml.element("title", unmistakable(entry.title), PLAIN),
        xml.element("link", entry.url, PLAIN),
        f'<guid isPermaLink="false">{xml.escaped(entry.id, PLAIN)}</guid>',
        f"<pubDate>{rfc5322(entry.published)}</pubDate>",
        *map(_category, entry.categories),
        _origin(entry.article.origin) if entry.article.origin else "",
        *map(_creator, entry.authors),
        f"<atom:updated>{entry.updated_at}</atom:updated>",
        *(via(one, PLAIN, name="atom:link") for one in entry.sources if one.url),
        xml.element("description", html.escape(entry.summary or excerpt(entry.content), quote=False), xml.MARKUP),
        "<content:encoded>",
    ]
    return b"".join(("".join(opening).encode(), entry.escaped, b"</content:encoded></item>"))


@lru_cache(maxsize=1_000)
def _category(one: Category) -> str:
    label = xml.escaped(unmistakable(one.label), PLAIN)
    return f'<category domain="{xml.quoted(one.scheme, PLAIN)}">{label}</category>'


@lru_cache(maxsize=1_000)
def _creator(name: str) -> str:
    return xml.element("dc:creator", unmistakable(name), PLAIN)


def _origin(origin: Origin) -> str:
    title = xml.escaped(unmistakable(clean(origin.title or origin.feed)), PLAIN)
    return f'<source url="{xml.quoted(clean(origin.feed), PLAIN)}">{title}</source>'


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
    declaration, _, rest = written.partition(b"\n")
    opening, closing = rest.rsplit(b"</channel>", 1)
    return b"".join(
        (
            declaration,
            b"\n",
            sheet(head),
            b"\n",
            _plain(opening),
            b"\n",
            *(item + b"\n" for item in items),
            b"</channel>",
            closing,
            b"\n",
        )
    )


def rfc5322(at: datetime) -> str:
    """`Thu, 25 Jun 2026 09:00:00 +0200`, whatever the locale."""
    written = at.isoformat(timespec="seconds")
    day, time, offset = written[8:10], written[11:19], written[19:].replace(":", "")
    return f"{DAYS[at.weekday()]}, {day} {MONTHS[at.month - 1]} {written[:4]} {time} {offset}"


def _add(parent: Any, name: str, text: str) -> Any:
    element = etree.SubElement(parent, name)
    element.text = text
    return element


def _link(parent: Any, **attributes: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}link", attributes)


def _plain(written: bytes) -> bytes:
    """Plain text as RSS wants it, so that no reader takes `<b>` in a title for a tag: hexadecimal references."""
    return written.replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;")
