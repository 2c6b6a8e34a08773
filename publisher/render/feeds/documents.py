"""The feeds as documents of the site: each entry is serialised once, kept, and joined into every feed that shows it."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Protocol, TypeVar

from publisher.model import Article, Body, Chapter, Document, Listed, Material
from publisher.render.catalogue import Catalogue
from publisher.render.feeds.body import for_feed
from publisher.render.feeds.channels import Channel, FeedLink, Strand, links, strands
from publisher.render.feeds.definitions import FeedDefinition, Format
from publisher.render.feeds.digests import digest_entry
from publisher.render.feeds.entry import Entry, entry_of, uri
from publisher.render.feeds.head import Head, head_of
from publisher.render.feeds.sheet import SHEET, STYLESHEET
from publisher.render.kept import Kept
from publisher.render.language import Language
from publisher.render.ties import ties

HELD = 200
"""Entries held at a time, of a few KB each: those of an archive document in its formats, and of the days around it."""
MODELS = 60
"""Articles held at a time as their formats share them: those of an archive document."""
Key = TypeVar("Key")
Value = TypeVar("Value")


class BodyHtml(Protocol):
    """An article's body as HTML for a feed: safe, without classes, every address absolute."""

    def __call__(self, article: Article, body: Body) -> str: ...


def plan(
    catalogue: Catalogue,
    definitions: Iterable[FeedDefinition],
    *,
    languages: Mapping[str, Language] | None = None,
    body_html: BodyHtml | None = None,
) -> Iterator[Document]:
    """Every feed's files, the OPML of them all, and the sheet that makes a feed readable in a browser.

    `languages` are the words of each of the catalogue's languages, English where one is missing; `body_html` is how
    bodies are rendered, `render.markdown` unless told.
    """
    desk = Desk(catalogue, languages or {}, body_html)
    for chapter in chapters(desk, strands(catalogue, tuple(definitions))):
        yield from chapter.documents()


def chapters(desk: "Desk", found: Sequence[Strand]) -> Iterator[Chapter]:
    """The same as `plan`, a feed at a time, so that one in which nothing changed is not even planned."""
    catalogue = desk.catalogue
    for strand in found:
        seen = _hash(catalogue.theme, strand.name, strand.seen)
        yield Chapter(name=strand.name, fingerprint=seen, documents=partial(desk.planned, strand))
    if found:
        papers = [
            _opml(catalogue, links(found)),
            Document(path=STYLESHEET, fingerprint=_hash(SHEET), write=lambda _: SHEET.encode()),
        ]
        seen = _hash(*(one.fingerprint for one in papers))
        yield Chapter(name="feeds", fingerprint=seen, documents=lambda: papers)


class Desk:
    """Makes the documents of one catalogue; holds the entries that were serialised last."""

    def __init__(
        self,
        catalogue: Catalogue,
        languages: Mapping[str, Language],
        body_html: BodyHtml | None = None,
        *,
        kept: Kept | None = None,
    ) -> None:
        self._kept = kept or Kept()
        self.catalogue = catalogue
        self._body_html = body_html or _rendered(catalogue)
        zone = catalogue.publication.zone
        self._languages = {tag: Language(tag=tag, zone=zone) for tag in catalogue.languages} | dict(languages)
        self._models: dict[str, Entry] = {}
        self._entries: dict[tuple[str, str], bytes] = {}

    def planned(self, strand: Strand) -> Iterator[Document]:
        for channel in strand.channels():
            yield from self._documents(channel)

    def _documents(self, channel: Channel) -> Iterator[Document]:
        prefix = self.catalogue.prefix(channel.lang)
        publication = self.catalogue.publication
        head = head_of(channel, publication, prefix=prefix, language=self._languages[channel.lang])
        needed = [part for one in channel.articles for part in channel.made_of(one)]
        digests = (repr(one) for one in channel.articles if one.id in channel.stories)
        seen = "".join([self.catalogue.prints(needed), *digests])
        for form in channel.definition.formats:
            yield Document(
                path=channel.path(form),
                fingerprint=_hash(self.catalogue.theme, form, repr(head), seen),
                needs=frozenset(article.id for article in needed),
                write=partial(self._write, channel, form, head),
            )

    def _write(self, channel: Channel, form: Format, head: Head, material: Material) -> bytes:
        write_entry, write_feed = _writers(form)
        return write_feed(head, (self._entry(form, one, channel, material, write_entry) for one in channel.articles))

    def _entry(
        self, form: Format, listed: Listed, channel: Channel, material: Material, write: Callable[[Entry], bytes]
    ) -> bytes:
        def entry() -> bytes:
            if listed.id not in channel.stories:
                seen = f"{self.catalogue.theme} {self.catalogue.seen[listed.id]}"
                made = lambda: write(self._model(listed.id, material))  # noqa: E731 - made where it is not kept
                return self._kept.entry(f"entry {form} {listed.id}", seen, made)
            assert isinstance(listed, Article)
            parts = tuple(self._model(one.id, material) for one in channel.stories[listed.id])
            language = self._languages[listed.lang]
            publication = self.catalogue.publication
            fraction = ties(channel.articles, {}).get(listed.id, 0)
            return write(digest_entry(listed, parts, publication=publication, language=language, fraction=fraction))

        return _kept(self._entries, (form, listed.id), entry, HELD)

    def _model(self, identity: str, material: Material) -> Entry:
        def model() -> Entry:
            article = material.articles[identity]
            return entry_of(
                article,
                self._body_html(article, material.bodies[identity]),
                publication=self.catalogue.publication,
                language=self._languages[article.lang],
                fraction=self.catalogue.ties.get(identity, 0),
            )

        return _kept(self._models, identity, model, MODELS)


def _kept(shelf: dict[Key, Value], key: Key, make: Callable[[], Value], most: int) -> Value:
    """What the shelf holds under the key, else what is made now; the oldest leaves when the shelf is full."""
    if key not in shelf:
        made = make()
        if len(shelf) >= most:
            del shelf[next(iter(shelf))]
        shelf[key] = made
    return shelf[key]


def _writers(form: Format) -> tuple[Callable[[Entry], bytes], Callable[[Head, Iterable[bytes]], bytes]]:
    """The libraries for XML are imported when a feed is written: a run that changes nothing stays quick."""
    from publisher.render.feeds.json_feed import entry_json, json_feed

    if form == "json":
        return entry_json, json_feed
    from publisher.render.feeds.atom import atom, entry_atom
    from publisher.render.feeds.rss import entry_rss, rss

    return (entry_atom, atom) if form == "atom" else (entry_rss, rss)


def _opml(catalogue: Catalogue, found: tuple[FeedLink, ...]) -> Document:
    publication = catalogue.publication

    def write(_: Material) -> bytes:
        from publisher.render.feeds.opml import opml

        return opml(publication, found)

    return Document(
        path="feeds/opml.xml", fingerprint=_hash(publication.name, publication.url, repr(found)), write=write
    )


def _rendered(catalogue: Catalogue) -> BodyHtml:
    from publisher.render import markdown
    from publisher.render.pictures import in_feed

    def body_html(article: Article, body: Body) -> str:
        page = uri(catalogue.publication.absolute(article.address))
        rendered = markdown.render(body, article.sources, base=page)
        html = rendered.html
        if rendered.plain:
            return html
        if article.pictures:
            html = in_feed(html, article.pictures, base=page, address=catalogue.publication.absolute)
        return for_feed(html, article.sources, page=page)

    return body_html


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
