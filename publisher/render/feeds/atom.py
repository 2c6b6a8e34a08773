"""Atom 1.0 (RFC 4287), written by feedgen with an extension that says what feedgen cannot. feedgen stays in this file.

An entry is serialised once, without a namespace; a document is its head with entries joined into it, which gives them
the namespace of the root.
"""

import html
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from feedgen.ext.base import BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from publisher.render.feeds import xml
from publisher.render.feeds.channels import MEDIA_TYPES
from publisher.render.feeds.contents import Deleted
from publisher.render.feeds.entry import Category, Cited, Entry, clean, one_line, unmistakable, web_uri
from publisher.render.feeds.head import Head

XML = "{http://www.w3.org/XML/1998/namespace}"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
MARKUP = re.compile(r"</\w+>|&#?\w+;")
"""What a reader that takes plain text for HTML would not show."""
HISTORY = "http://purl.org/syndication/history/1.0"


class _HeadExtension(BaseExtension):  # type: ignore[misc]
    """The feed's own links, xml:base, its archives (RFC 5005) and the tombstones of what was retracted (RFC 6721)."""

    head: Head

    def extend_ns(self) -> dict[str, str]:
        tombstones = {"at": TOMBSTONES} if self.head.deleted else {}
        return tombstones | ({"fh": HISTORY} if self.head.sealed else {})

    def extend_atom(self, element: Any) -> Any:
        for link in element.findall("link"):
            element.remove(link)
        element.set(f"{XML}base", self.head.folder)
        for name in ("title", "subtitle"):
            _say_type(element.find(name))
        etree.SubElement(element, "link", rel="self", type=MEDIA_TYPES["atom"], href=self.head.urls["atom"])
        etree.SubElement(element, "link", rel="alternate", type="text/html", href=self.head.home)
        if self.head.hub:
            etree.SubElement(element, "link", rel="hub", href=self.head.hub)
        for rel, urls in self.head.pages.items():
            etree.SubElement(element, "link", rel=rel, type=MEDIA_TYPES["atom"], href=urls["atom"])
        if self.head.sealed:
            etree.SubElement(element, f"{{{HISTORY}}}archive", nsmap={"fh": HISTORY})
        for one in self.head.deleted:
            element.append(_tombstone(one, self.head))
        return element


PLAIN: xml.Escapes = (("&", "&#x26;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;"))
"""Ampersands of plain text as hexadecimal references: they are meant as ampersands."""


def entry_atom(entry: Entry) -> bytes:
    """One `entry`; it belongs inside a document of `atom`, whose namespace it takes."""
    rights = one_line(entry.article.origin.rights or "") if entry.article.origin else ""
    opening = [
        f'<entry xml:lang="{xml.quoted(entry.article.lang, PLAIN)}">',
        xml.element("id", entry.id, PLAIN),
        _typed("title", entry.title),
        f"<updated>{entry.updated_at}</updated>",
        *map(_author, entry.authors),
        '<content type="html">',
    ]
    closing = [
        "</content>",
        _typed("summary", entry.summary) if entry.summary else "",
        *map(_category, entry.categories),
        f"<published>{entry.published_at}</published>",
        _typed("rights", rights) if rights else "",
        f'<link rel="alternate" type="text/html" href="{xml.quoted(entry.url, PLAIN)}"/>',
        *(via(one, PLAIN) for one in entry.sources if one.url),
        _origin(entry) if entry.article.origin else "",
        "</entry>",
    ]
    return b"".join(("".join(opening).encode(), entry.escaped, "".join(closing).encode()))


@lru_cache(maxsize=1_000)
def _author(name: str) -> str:
    return f"<author>{xml.element('name', unmistakable(name), PLAIN)}</author>"


def _typed(name: str, text: str) -> str:
    """Plain text (RFC 4287 s. 3.1.1.1); HTML of it where it looks like markup, so that every reader shows it alike."""
    if MARKUP.search(text):
        return f'<{name} type="html">{xml.escaped(html.escape(text, quote=False), PLAIN)}</{name}>'
    return f'<{name} type="text">{xml.escaped(text, PLAIN)}</{name}>'


@lru_cache(maxsize=1_000)
def _category(one: Category) -> str:
    term, scheme, label = (
        xml.quoted(text, PLAIN) for text in (unmistakable(one.term), one.scheme, unmistakable(one.label))
    )
    return f'<category term="{term}" scheme="{scheme}" label="{label}"/>'


def atom(head: Head, entries: Iterable[bytes]) -> bytes:
    """The document: head, tombstones, then the entries in the order given."""
    return b"".join(parts(head, entries))


def parts(head: Head, entries: Iterable[bytes]) -> Iterator[bytes]:
    """The same piece by piece, however many entries there are."""
    feed = FeedGenerator()
    feed.register_extension("publisher", _HeadExtension, None, atom=True, rss=False)
    feed.publisher.head = head
    feed.id(head.id)
    feed.title(head.title)
    feed.subtitle(head.subtitle)
    feed.updated(head.updated)
    feed.author(name=unmistakable(head.author))
    feed.language(head.lang)
    feed.generator(generator=head.generator)
    written: bytes = feed.atom_str()
    declaration, _, rest = written.partition(b"?>")
    opening, closing = rest.rsplit(b"</feed>", 1)
    yield from (declaration, b"?>\n", sheet(head), _plain(opening), b"\n")
    for one in entries:
        yield one + b"\n"
    yield from (b"</feed>\n", closing)


def _say_type(text: Any) -> None:
    """Plain text (RFC 4287 s. 3.1.1.1); HTML of it where it looks like markup, so that every reader shows it alike."""
    if text is None:
        return
    looks_like_markup = MARKUP.search(text.text or "") is not None
    text.set("type", "html" if looks_like_markup else "text")
    if looks_like_markup:
        text.text = html.escape(text.text, quote=False)


def _plain(written: bytes) -> bytes:
    """The same document, with ampersands of plain text as hexadecimal references: they are meant as ampersands."""
    top, content, rest = written.partition(b"<content")
    markup, end, rest = rest.partition(b"</content>")
    return top.replace(b"&amp;", b"&#x26;") + content + markup + end + rest.replace(b"&amp;", b"&#x26;")


def sheet(head: Head) -> bytes:
    """The instruction that makes a browser show the feed as a page (https://www.w3.org/TR/xml-stylesheet/)."""
    return f'<?xml-stylesheet type="text/css" href="{xml.quoted(head.stylesheet, xml.MARKUP)}"?>'.encode()


def via(one: Cited, escapes: xml.Escapes, *, name: str = "link") -> str:
    """`link rel="via"` (RFC 4287 s. 4.2.7.2): where the entry's information comes from."""
    title = f' title="{xml.quoted(one.named, escapes)}"' if one.named else ""
    lang = f' hreflang="{xml.quoted(one.source.lang, escapes)}"' if one.source.lang else ""
    return f'<{name} rel="via" href="{xml.quoted(one.url or "", escapes)}"{title}{lang}/>'


def _origin(entry: Entry) -> str:
    """`atom:source` (RFC 4287 s. 4.2.11); id, title and updated are always there."""
    origin = entry.article.origin
    assert origin is not None
    values = (
        ("id", clean(origin.id or origin.feed)),
        ("title", one_line(origin.title or origin.feed)),
        ("updated", (origin.updated or entry.published).replace(microsecond=0).isoformat()),
        ("rights", one_line(origin.rights or "")),
    )
    parts = [xml.element(name, value, PLAIN) for name, value in values if value]
    if feed := web_uri(origin.feed):
        parts.append(f'<link rel="self" href="{xml.quoted(feed, PLAIN)}"/>')
    return f"<source>{''.join(parts)}</source>"


def _tombstone(deleted: Deleted, head: Head) -> Any:
    when = deleted.when.astimezone(head.zone).replace(microsecond=0)
    element = etree.Element(f"{{{TOMBSTONES}}}deleted-entry", nsmap={"at": TOMBSTONES})
    element.set("ref", clean(deleted.id))
    element.set("when", when.isoformat())
    if deleted.reason:
        etree.SubElement(element, f"{{{TOMBSTONES}}}comment").text = one_line(deleted.reason)
    return element
