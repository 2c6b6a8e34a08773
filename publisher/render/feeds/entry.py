"""What Atom, RSS and JSON Feed say of one article, as one value: absolute addresses, clean text, the times in order."""

import html
import re
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property, lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec

from publisher.config import Publication
from publisher.model import Article, Origin, Source
from publisher.render import sourcing
from publisher.render.feeds import xml
from publisher.render.language import Language

CONTROLS = bytes({*range(32), 127} - {9, 10, 13})
"""What XML 1.0 s. 2.2 forbids (control characters, lone surrogates) or advises against (C1 controls, noncharacters), as
far as it is ASCII.
"""
WIDE = tuple(re.compile(one) for one in (b"\xc2[\x80-\x84\x86-\x9f]", b"\xef\xb7[\x90-\xaf]", b"\xef\xbf[\xbe\xbf]"))
"""The others, in UTF-8: long texts are looked through more quickly by bytes than by letters."""
USUAL = re.compile(
    r"https?://[a-z0-9.-]+(?::\d+)?(?:/[A-Za-z0-9/._~:@!$&'()*+,;=-]*)?(?:\?[A-Za-z0-9/._~:@!$&'()*+,;=-]+)?"
)
"""Addresses in which nothing has to be encoded."""


def clean(text: str) -> str:
    """Text that every format can carry."""
    if text.isascii():
        if text.isprintable():
            return text
        raw = text.encode("ascii")
        kept = raw.translate(None, CONTROLS)
        return text if len(kept) == len(raw) else kept.decode("ascii")
    raw = text.encode("utf-8", "ignore").translate(None, CONTROLS)
    for wide in WIDE:
        raw = wide.sub(b"", raw)
    return raw.decode()


def one_line(text: str) -> str:
    return " ".join(clean(text).split())


_END_OF_TAG = re.compile(r"</(?=\w+>)")


def unmistakable(text: str) -> str:
    """Plain text for a place that cannot say that it is plain: nobody takes `</b>` in it for the end of a tag."""
    return _END_OF_TAG.sub("<\u2060/", text) if "</" in text else text


def uri(address: str) -> str:
    """An address of the web as a URI (RFC 3986): what may not stand where it is is encoded, the host in A-labels."""
    if USUAL.fullmatch(address):
        return address
    cleaned = clean(address).strip()
    try:
        parts = urlsplit(cleaned)
        host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    except ValueError:
        return _encoded(cleaned, "/:?#@")
    return urlunsplit(
        (
            parts.scheme,
            _encoded(host, ":@[]"),
            _encoded(parts.path, "/:@"),
            _encoded(parts.query, "/:@?"),
            _encoded(parts.fragment, "/:@?"),
        )
    )


def _encoded(text: str, allowed: str) -> str:
    """What is encoded already stays; a percent sign that encodes nothing becomes `%25`."""
    quoted = quote(text, safe=f"!$&'()*+,;=%-._~{allowed}")
    return re.sub("%(?![0-9A-Fa-f]{2})", "%25", quoted)


def web_uri(address: str | None) -> str | None:
    """The same; None for what is no address of the web."""
    if address is None or USUAL.fullmatch(address):
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return uri(address) if parts.scheme in {"http", "https"} and parts.netloc else None


class Category(msgspec.Struct, frozen=True, kw_only=True):
    term: str
    scheme: str
    label: str


@lru_cache(maxsize=1_000)
def _category(scheme: str, term: str, label: str) -> Category:
    return Category(term=one_line(term), scheme=scheme, label=one_line(label))


class Cited(msgspec.Struct, frozen=True, kw_only=True):
    """One of an article's sources, in words and addresses that every format can carry."""

    source: Source
    title: str
    publisher: str
    named: str
    """Title and publisher, for a place that cannot say that it is plain text."""
    url: str | None
    """None: it has none on the web. The same holds for `archived`."""
    archived: str | None
    note: str
    marks: tuple[str, ...]
    """Verification, access and role in words; nothing for what is not known or was not kept."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One article, ready to be written. Times are in the publication's zone, to the second."""

    article: Article
    publication: Publication
    language: Language
    body: str
    """The body's safe and clean HTML, with absolute addresses and without classes."""
    fraction: int = 0
    """Microseconds of `updated`, where others changed in the same second."""

    @cached_property
    def id(self) -> str:
        return clean(self.article.id)

    @cached_property
    def url(self) -> str:
        return uri(self.publication.absolute(self.article.address))

    @cached_property
    def title(self) -> str:
        return one_line(self.article.title) or self.url

    @cached_property
    def summary(self) -> str | None:
        return one_line(self.article.lede or "") or None

    @cached_property
    def published(self) -> datetime:
        return self._local(self.article.published)

    @cached_property
    def updated(self) -> datetime:
        changed = self.article.changed
        whole = self._local(changed) if changed > self.article.published else self.published
        return whole.replace(microsecond=self.fraction)

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(self.publication.zone).replace(microsecond=0)

    @cached_property
    def authors(self) -> tuple[str, ...]:
        """The publication itself when nobody signs: Atom wants an author (RFC 4287 s. 4.1.2)."""
        return tuple(filter(None, map(one_line, self.article.authors))) or (one_line(self.publication.name),)

    @cached_property
    def sources(self) -> tuple[Cited, ...]:
        """In the order of their numbers, which begin at 1."""
        return tuple(map(self._cited, self.article.sources))

    def _cited(self, source: Source) -> Cited:
        verified = sourcing.verification(source, self.language) if self.marked else ""
        words = (verified, sourcing.access(source, self.language), sourcing.role(source, self.language))
        title, publisher = one_line(source.title), one_line(source.publisher) if source.publisher else ""
        return Cited(
            source=source,
            title=title,
            publisher=publisher,
            named=unmistakable(", ".join(filter(None, (title, publisher)))),
            url=web_uri(source.url),
            archived=web_uri(source.archived),
            note=one_line(source.note) if source.note else "",
            marks=tuple(filter(None, words)),
        )

    @cached_property
    def marked(self) -> bool:
        """False for an archive from before the publication kept records of its sources."""
        since = self.publication.sources_since
        return since is None or self.article.published >= since

    @cached_property
    def origin(self) -> Origin | None:
        return self.article.origin

    @cached_property
    def categories(self) -> tuple[Category, ...]:
        """The section, the tags, and how its sources can be reached and were checked."""
        article = self.article
        found = [self._category("section", article.section, article.section)] if article.section else []
        found += [self._category("tag", tag, tag) for tag in article.tags]
        if self.marked:
            for source in article.sources:
                words = sourcing.verification(source, self.language)
                found.append(self._category("verification", source.verification, words))
                if source.access != "unknown":
                    found.append(self._category("access", source.access, sourcing.access(source, self.language)))
        return tuple(one for one in dict.fromkeys(found) if one.term)

    def _category(self, kind: str, term: str, label: str) -> Category:
        return _category(f"tag:{self.publication.authority},2026:{kind}", term, label)

    @cached_property
    def pieces(self) -> tuple[str, ...]:
        """Lede, sourcing line, body, corrections, and the sources as a plain list that every reader shows.

        The body is a piece of its own: most are ASCII, which is copied and encoded many times faster than wider text.
        """
        lede = f"<p><strong>{html.escape(self.summary)}</strong></p>\n" if self.summary else ""
        above = lede + "".join(self._sourcing_line())
        below = clean("".join([*self._corrections(), *self._list_of_sources()]))
        return (above, self.body, below) if above and below else (f"{above}{self.body}{below}".strip(),)

    @cached_property
    def content(self) -> str:
        return "".join(self.pieces)

    @cached_property
    def escaped(self) -> bytes:
        """The content as XML text: Atom and RSS say it in the same way."""
        return b"".join(map(xml.markup, self.pieces))

    def _sourcing_line(self) -> Iterable[str]:
        found = sourcing.line(self.article, since=self.publication.sources_since)
        if found:
            yield f"<p>{found.sign} {html.escape(sourcing.words(found, self.language))}</p>\n"

    def _corrections(self) -> Iterable[str]:
        for correction in self.article.corrections:
            label = "Update" if correction.kind == "update" else "Correction"
            heading = f"{self.language.text(label)}, {self.language.voice.date(correction.at)}."
            yield f"\n<p><strong>{html.escape(heading)}</strong> {html.escape(correction.text)}</p>"

    def _list_of_sources(self) -> Iterable[str]:
        if self.sources:
            items = "".join(f"\n<li>{self._source(source)}</li>" for source in self.sources)
            yield f"\n<h2>{html.escape(self.language.text('Sources & references'))}</h2>\n<ol>{items}\n</ol>"

    def _source(self, one: Cited) -> str:
        linked = _link(one.url, html.escape(one.title or one.source.url or ""))
        named = f"{linked}, {html.escape(one.publisher)}" if one.publisher else linked
        sentences = [named, html.escape(" · ".join(one.marks)), html.escape(one.note)]
        if one.archived:
            sentences.append(_link(one.archived, html.escape(self.language.text("Archived copy"))))
        return "<br/>".join(filter(None, sentences))


def _link(address: str | None, text: str) -> str:
    return f'<a href="{html.escape(address)}">{text}</a>' if address else text


def excerpt(content: str, *, length: int = 300) -> str:
    """The first words of HTML as plain text."""
    text = one_line(html.unescape(re.sub(r"<[^>]*>", " ", content)))
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0] + "…"
