"""Atom 1.0 (RFC 4287), written by feedgen with an extension that says what feedgen cannot. feedgen stays in this file.

An entry is serialised once, without a namespace; a document is its head with entries joined into it, which gives them
the namespace of the root.
"""

import html
import re
from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import quoteattr

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from publisher.model import Source
from publisher.render.feeds.channels import MEDIA_TYPES
from publisher.render.feeds.contents import Deleted
from publisher.render.feeds.entry import Entry, clean, is_web_address, one_line, unmistakable, uri
from publisher.render.feeds.head import Head

XML = "{http://www.w3.org/XML/1998/namespace}"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
MARKUP = re.compile(r"</\w+>|&#?\w+;")
"""What a reader that takes plain text for HTML would not show."""
HISTORY = "http://purl.org/syndication/history/1.0"


class _EntryExtension(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    """Links with all their attributes, xml:lang, and the feed that a collected entry came from."""

    entry: Entry

    def extend_atom(self, element: Any) -> Any:
        for link in element.findall("link"):
            element.remove(link)
        element.set(f"{XML}lang", self.entry.article.lang)
        for name in ("title", "summary", "rights"):
            _say_type(element.find(name))
        etree.SubElement(element, "link", rel="alternate", type="text/html", href=self.entry.url)
        for source in self.entry.linked_sources:
            element.append(via(source))
        if self.entry.origin:
            element.append(_origin(self.entry))
        return element


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


def entry_atom(entry: Entry) -> bytes:
    """One `entry`; it belongs inside a document of `atom`, whose namespace it takes."""
    written = FeedEntry()
    written.register_extension("publisher", _EntryExtension, atom=True, rss=False)
    written.publisher.entry = entry
    written.id(entry.id)
    written.title(entry.title)
    written.published(entry.published)
    written.updated(entry.updated)
    for name in entry.authors:
        written.author(name=unmistakable(name))
    if entry.summary:
        written.summary(entry.summary, type="text")
    written.content(entry.content, type="html")
    for category in entry.categories:
        term, label = unmistakable(category.term), unmistakable(category.label)
        written.category(term=term, scheme=category.scheme, label=label)
    if entry.origin and entry.origin.rights:
        written.rights(one_line(entry.origin.rights))
    serialised: bytes = etree.tostring(written.atom_entry(), encoding="UTF-8")
    return _plain(serialised.partition(b"?>")[2].strip() if serialised.startswith(b"<?xml") else serialised)


def atom(head: Head, entries: Iterable[bytes]) -> bytes:
    """The document: head, tombstones, then the entries in the order given."""
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
    sheet = f'\n<?xml-stylesheet type="text/css" href={quoteattr(head.stylesheet)}?>'.encode()
    return b"".join(
        (declaration, b"?>", sheet, _plain(opening), b"\n", *(one + b"\n" for one in entries), b"</feed>\n", closing)
    )


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


def via(source: Source, *, namespace: str = "") -> Any:
    """`link rel="via"` (RFC 4287 s. 4.2.7.2): where the entry's information comes from."""
    named = ", ".join(filter(None, (one_line(source.title), one_line(source.publisher or ""))))
    link = etree.Element(f"{namespace}link", rel="via", href=uri(source.url or ""))
    if named:
        link.set("title", unmistakable(named))
    if source.lang:
        link.set("hreflang", source.lang)
    return link


def _origin(entry: Entry) -> Any:
    """`atom:source` (RFC 4287 s. 4.2.11); id, title and updated are always there."""
    origin = entry.origin
    assert origin is not None
    source = etree.Element("source")
    for name, value in (
        ("id", clean(origin.id or origin.feed)),
        ("title", one_line(origin.title or origin.feed)),
        ("updated", (origin.updated or entry.published).replace(microsecond=0).isoformat()),
        ("rights", one_line(origin.rights or "")),
    ):
        if value:
            etree.SubElement(source, name).text = value
    if is_web_address(origin.feed):
        etree.SubElement(source, "link", rel="self", href=uri(origin.feed))
    return source


def _tombstone(deleted: Deleted, head: Head) -> Any:
    when = deleted.when.astimezone(head.zone).replace(microsecond=0)
    element = etree.Element(f"{{{TOMBSTONES}}}deleted-entry", nsmap={"at": TOMBSTONES})
    element.set("ref", clean(deleted.id))
    element.set("when", when.isoformat())
    if deleted.reason:
        etree.SubElement(element, f"{{{TOMBSTONES}}}comment").text = one_line(deleted.reason)
    return element
