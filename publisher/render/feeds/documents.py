"""The feeds as documents of the site: each entry is serialised once, kept, and joined into every feed that shows it."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol, TypeVar

from publisher.model import Article, Body, Document
from publisher.render.catalogue import Catalogue
from publisher.render.feeds.body import for_feed
from publisher.render.feeds.channels import Channel, available, channels
from publisher.render.feeds.definitions import FeedDefinition, Format
from publisher.render.feeds.digests import DigestEntry
from publisher.render.feeds.entry import Entry, uri
from publisher.render.feeds.head import STYLESHEET, Head, head_of
from publisher.render.language import Language

KEPT = 2_000
"""Serialised entries held at a time, of a few KB each: enough that the formats and feeds of a site share them."""


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
    wanted = tuple(definitions)
    desk = _Desk(catalogue, body_html or _rendered(catalogue), languages or {})
    for channel in channels(catalogue, wanted):
        yield from desk.documents(channel)
    if any(one.formats for one in wanted):
        yield _opml(catalogue, wanted)
        yield Document(path=STYLESHEET, fingerprint=_hash(SHEET), write=lambda _: SHEET.encode())


class _Desk:
    """Makes the documents of one catalogue; holds the entries that were serialised last."""

    def __init__(self, catalogue: Catalogue, body_html: BodyHtml, languages: Mapping[str, Language]) -> None:
        self._catalogue = catalogue
        self._body_html = body_html
        zone = catalogue.publication.zone
        self._languages = {tag: Language(tag=tag, zone=zone) for tag in catalogue.languages} | dict(languages)
        self._models: dict[str, Entry] = {}
        self._entries: dict[tuple[str, str], bytes] = {}

    def documents(self, channel: Channel) -> Iterator[Document]:
        prefix = self._catalogue.prefix(channel.lang)
        publication = self._catalogue.publication
        head = head_of(channel, publication, prefix=prefix, language=self._languages[channel.lang])
        needed = [part for one in channel.articles for part in channel.made_of(one)]
        fingerprints = [*(self._catalogue.fingerprints[one.id] for one in needed), *self._digests(channel)]
        for form in channel.definition.formats:
            yield Document(
                path=channel.path(form),
                fingerprint=_hash(self._catalogue.theme, form, repr(head), *fingerprints),
                needs=frozenset(article.id for article in needed),
                write=self._writer(channel, form, head),
            )

    def _writer(self, channel: Channel, form: Format, head: Head) -> Callable[[Mapping[str, Body]], bytes]:
        def write(bodies: Mapping[str, Body]) -> bytes:
            write_entry, write_feed = _writers(form)
            made = (
                self._entry(form, one, channel.stories.get(one.id), bodies, write_entry) for one in channel.articles
            )
            return write_feed(head, made)

        return write

    def _digests(self, channel: Channel) -> Iterator[str]:
        return (repr(one) for one in channel.articles if one.id in channel.stories)

    def _entry(
        self,
        form: Format,
        article: Article,
        stories: tuple[Article, ...] | None,
        bodies: Mapping[str, Body],
        write: Callable[[Entry], bytes],
    ) -> bytes:
        def entry() -> bytes:
            if stories is None:
                return write(self._model(article, bodies[article.id]))
            parts = tuple(self._model(one, bodies[one.id]) for one in stories)
            language = self._languages[article.lang]
            publication = self._catalogue.publication
            return write(DigestEntry(article=article, publication=publication, language=language, stories=parts))

        return _kept(self._entries, (form, article.id), entry)

    def _model(self, article: Article, body: Body) -> Entry:
        def model() -> Entry:
            return Entry(
                article=article,
                publication=self._catalogue.publication,
                language=self._languages[article.lang],
                body=self._body_html(article, body),
            )

        return _kept(self._models, article.id, model)


def _kept(shelf: dict[Key, Value], key: Key, make: Callable[[], Value]) -> Value:
    """What the shelf holds under the key, else what is made now; the oldest leaves when the shelf is full."""
    if key not in shelf:
        made = make()
        if len(shelf) >= KEPT:
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


def _opml(catalogue: Catalogue, definitions: tuple[FeedDefinition, ...]) -> Document:
    links = available(catalogue, definitions)
    publication = catalogue.publication

    def write(_: Mapping[str, Body]) -> bytes:
        from publisher.render.feeds.opml import opml

        return opml(publication, links)

    return Document(
        path="feeds/opml.xml", fingerprint=_hash(publication.name, publication.url, repr(links)), write=write
    )


def _rendered(catalogue: Catalogue) -> BodyHtml:
    from publisher.render import markdown

    def body_html(article: Article, body: Body) -> str:
        page = uri(catalogue.publication.absolute(article.address))
        rendered = markdown.render(body, article.sources, base=page)
        return for_feed(rendered.html, article.sources, page=page)

    return body_html


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


SHEET = """\
@namespace url(http://www.w3.org/2005/Atom);
feed { display: block; max-width: 40rem; margin: 0 auto; padding: 1.5rem 1.25rem; background: #fff; color: #16191b;
  font: 1.0625rem/1.55 Charter, "Bitstream Charter", Cambria, Georgia, serif; }
feed::before { display: block; margin: 0 0 1.25rem; padding: 0.75rem 1rem; border-inline-start: 4px solid #0a5a44;
  background: #f3f6f5; font: 0.95rem/1.5 system-ui, sans-serif;
  content: "This is a news feed. Copy this page\u2019s address into a feed reader to follow it."; }
feed:lang(es)::before { content: "Esto es un canal de noticias. Copie la dirección de esta página en un lector."; }
feed:lang(ar), feed:lang(fa), feed:lang(he), feed:lang(ur) { direction: rtl; }
feed > title { display: block; font-size: 1.9rem; font-weight: 700; line-height: 1.2; }
entry { display: block; margin-top: 1rem; padding: 1rem 0; border-top: 1px solid #d5dbdd; }
entry > title { display: block; font-size: 1.25rem; font-weight: 700; }
entry > summary { display: block; margin-top: 0.3rem; }
entry > updated { display: block; color: #565e66; font: 0.85rem system-ui, sans-serif; }
feed > :not(title, subtitle, entry), entry > :not(title, summary, updated), *|deleted-entry { display: none; }
feed > subtitle { display: block; color: #565e66; }
@media (prefers-color-scheme: dark) {
  feed { background: #121615; color: #e6eae8; }
  feed::before { background: #1a201e; border-color: #86d3b4; }
  entry { border-color: #333b39; }
  entry > updated, feed > subtitle { color: #a3adab; }
}
"""
