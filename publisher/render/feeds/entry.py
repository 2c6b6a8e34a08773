"""What Atom, RSS and JSON Feed say of one article, as one value: absolute addresses, clean text, the times in order."""

import html
import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec

from publisher.config import Publication
from publisher.model import Article, Source
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


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One article, ready to be written: what its formats share is worked out once, by `entry_of`."""

    article: Article
    publication: Publication
    language: Language
    id: str
    url: str
    title: str
    summary: str | None
    published: datetime
    """In the publication's zone, to the second."""
    published_at: str
    """The same, by RFC 3339."""
    updated_at: str
    """By RFC 3339; with microseconds where others changed in the same second."""
    authors: tuple[str, ...]
    """The publication itself when nobody signs: Atom wants an author (RFC 4287 s. 4.1.2)."""
    sources: tuple[Cited, ...]
    """In the order of their numbers, which begin at 1."""
    marked: bool
    """False for an archive from before the publication kept records of its sources."""
    categories: tuple[Category, ...]
    """The section, the tags, and how its sources can be reached and were checked."""
    pieces: tuple[str, ...]
    """The content: safe and clean HTML, with absolute addresses and without classes."""
    escaped: bytes
    """The content as XML text: Atom and RSS say it in the same way."""

    @property
    def content(self) -> str:
        return "".join(self.pieces)


def entry_of(article: Article, body: str, *, publication: Publication, language: Language, fraction: int = 0) -> Entry:
    """`body` is HTML as `Entry.pieces` says; `fraction` are the microseconds of `updated_at`."""
    since, zone = publication.sources_since, publication.zone
    marked = since is None or article.published >= since
    url = uri(publication.absolute(article.address))
    published = updated = article.published.astimezone(zone).replace(microsecond=0)
    if (changed := article.changed) > article.published:
        updated = changed.astimezone(zone)
    summary = one_line(article.lede or "") or None
    sources = tuple([_cited(one, language, marked=marked) for one in article.sources])
    below = clean("".join([*_corrections(article, language), *_list_of_sources(sources, language)]))
    pieces = _pieces(f"{_lede(summary)}{_sourcing_line(article, since, language)}", body, below)
    return Entry(
        article=article,
        publication=publication,
        language=language,
        id=clean(article.id),
        url=url,
        title=one_line(article.title) or url,
        summary=summary,
        published=published,
        published_at=published.isoformat(),
        updated_at=updated.replace(microsecond=fraction).isoformat(),
        authors=tuple(filter(None, map(one_line, article.authors))) or (one_line(publication.name),),
        sources=sources,
        marked=marked,
        categories=_categories(article, publication.authority, language, marked=marked),
        pieces=pieces,
        escaped=xml.markup(*pieces),
    )


def _cited(source: Source, language: Language, *, marked: bool) -> Cited:
    verified = sourcing.verification(source, language) if marked else ""
    words = (verified, sourcing.access(source, language), sourcing.role(source, language))
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


def _categories(article: Article, authority: str, language: Language, *, marked: bool) -> tuple[Category, ...]:
    found = [("section", article.section, article.section)] if article.section else []
    found += [("tag", tag, tag) for tag in article.tags]
    if marked:
        for source in article.sources:
            found.append(("verification", source.verification, sourcing.verification(source, language)))
            if source.access != "unknown":
                found.append(("access", source.access, sourcing.access(source, language)))
    made = [_category(f"tag:{authority},2026:{kind}", term, label) for kind, term, label in dict.fromkeys(found)]
    return tuple([one for one in dict.fromkeys(made) if one.term])


def _pieces(above: str, body: str, below: str) -> tuple[str, ...]:
    """Lede and sourcing line, body, corrections and the sources as a plain list that every reader shows.

    The body is a piece of its own: most are ASCII, which is copied and encoded many times faster than wider text.
    """
    return (above, body, below) if above and below else (f"{above}{body}{below}".strip(),)


def _lede(summary: str | None) -> str:
    return f"<p><strong>{html.escape(summary)}</strong></p>\n" if summary else ""


def _sourcing_line(article: Article, since: datetime | None, language: Language) -> str:
    found = sourcing.line(article, since=since)
    return f"<p>{found.sign} {html.escape(sourcing.words(found, language))}</p>\n" if found else ""


def _corrections(article: Article, language: Language) -> Iterable[str]:
    for correction in article.corrections:
        label = "Update" if correction.kind == "update" else "Correction"
        heading = f"{language.text(label)}, {language.voice.date(correction.at)}."
        yield f"\n<p><strong>{html.escape(heading)}</strong> {html.escape(correction.text)}</p>"


def _list_of_sources(sources: Iterable[Cited], language: Language) -> Iterable[str]:
    items = "".join([f"\n<li>{_listed(one, language)}</li>" for one in sources])
    if items:
        yield f"\n<h2>{html.escape(language.text('Sources & references'))}</h2>\n<ol>{items}\n</ol>"


def _listed(one: Cited, language: Language) -> str:
    linked = _link(one.url, html.escape(one.title or one.source.url or ""))
    named = f"{linked}, {html.escape(one.publisher)}" if one.publisher else linked
    sentences = [named, html.escape(" · ".join(one.marks)), html.escape(one.note)]
    if one.archived:
        sentences.append(_link(one.archived, html.escape(language.text("Archived copy"))))
    return "<br/>".join(filter(None, sentences))


def _link(address: str | None, text: str) -> str:
    return f'<a href="{html.escape(address)}">{text}</a>' if address else text


def excerpt(content: str, *, length: int = 300) -> str:
    """The first words of HTML as plain text."""
    text = one_line(html.unescape(re.sub(r"<[^>]*>", " ", content)))
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0] + "…"
