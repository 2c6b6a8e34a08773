"""Which feeds a publication has: one `Channel` for each definition, language and name, and where its files stand."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from publisher.model import Article
from publisher.render.catalogue import Catalogue
from publisher.render.feeds.definitions import FeedDefinition, Format
from publisher.render.feeds.entry import substantive_update

FILES: Mapping[Format, str] = {"atom": "atom.xml", "rss": "rss.xml", "json": "feed.json"}
MEDIA_TYPES: Mapping[Format, str] = {
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "json": "application/feed+json",
}
RESERVED = frozenset({"archive", "archives", "day", "days", "digest", "digests"})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """One feed, for autodiscovery links and for the page about the feeds."""

    title: str
    lang: str
    kind: str
    """site, section, tag or author."""
    name: str
    """The section, tag or author; empty for the site."""
    paths: Mapping[str, str]
    """`atom`, `rss`, `json` -> path relative to `public/`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One feed as all its formats share it."""

    id: str
    """A tag: URI made of the authority, so that it outlives the domain (RFC 4287 s. 4.2.6)."""
    definition: FeedDefinition
    title: str
    name: str
    lang: str
    folder: str
    """Relative to `public/`: `feeds`, `feeds/world`, `es/feeds/tag-ai`."""
    articles: tuple[Article, ...]
    """Newest first, at most `length`, none retracted."""
    retracted: tuple[Article, ...]
    """Those that stood, or would stand, among them."""

    def path(self, form: Format) -> str:
        return f"{self.folder}/{FILES[form]}"

    @property
    def updated(self) -> datetime:
        """The newest of what is in it, never the time of the build; 1970 while nothing was ever in it."""
        changes = [substantive_update(article) for article in (*self.articles, *self.retracted)]
        return max(changes, default=EPOCH)


def channels(catalogue: Catalogue, definitions: Iterable[FeedDefinition]) -> tuple[Channel, ...]:
    """Every feed, the site's before the sections', tags' and authors', the default language first."""
    order = ("site", "section", "tag", "author")
    wanted = sorted((one for one in definitions if one.formats), key=lambda one: order.index(one.articles))
    return tuple(
        channel
        for definition in wanted
        for lang in catalogue.languages
        for channel in _of_language(catalogue, definition, lang)
    )


def available(catalogue: Catalogue, definitions: Iterable[FeedDefinition]) -> tuple[FeedLink, ...]:
    """What there is to subscribe to, in the order of `channels`."""
    return tuple(
        FeedLink(
            title=channel.title,
            lang=channel.lang,
            kind=channel.definition.articles,
            name=channel.name,
            paths={form: channel.path(form) for form in channel.definition.formats},
        )
        for channel in channels(catalogue, definitions)
    )


def _of_language(catalogue: Catalogue, definition: FeedDefinition, lang: str) -> Iterator[Channel]:
    articles = [article for article in catalogue.articles if article.lang == lang]
    root = f"{catalogue.prefix(lang)}/feeds".removeprefix("/")
    if definition.articles == "site":
        yield _channel(catalogue, definition, lang=lang, name="", key="site", folder=root, articles=articles)
        return
    sections = {section_folder(article.section) for article in articles if article.section}
    grouped: dict[str, list[Article]] = {}
    names: dict[str, str] = {}
    for article in articles:
        for name in dict.fromkeys(_names(article, definition)):
            key = slug(name)
            grouped.setdefault(key, [])
            if article not in grouped[key][-1:]:
                grouped[key].append(article)
            names[key] = min(name, names.get(key, name))
    for key in sorted(grouped):
        folder = f"{root}/{_folder(definition, key, sections)}"
        yield _channel(catalogue, definition, lang=lang, name=names[key], key=key, folder=folder, articles=grouped[key])


def _names(article: Article, definition: FeedDefinition) -> Sequence[str]:
    if definition.articles == "section":
        return (article.section,) if article.section else ()
    return article.tags if definition.articles == "tag" else article.authors


def _channel(
    catalogue: Catalogue,
    definition: FeedDefinition,
    *,
    lang: str,
    name: str,
    key: str,
    folder: str,
    articles: Sequence[Article],
) -> Channel:
    publication = catalogue.publication
    shown = [article for article in articles if not article.retracted][: definition.length]
    oldest = shown[-1].published if len(shown) == definition.length else None
    gone = [one for one in articles if one.retracted and (oldest is None or one.published >= oldest)]
    part = key if definition.articles == "site" else f"{definition.articles}/{key}"
    title = definition.title.replace("{publication}", publication.name).replace("{name}", name)
    return Channel(
        id=f"tag:{publication.authority},2026:feeds/{ascii_path(part)}/{lang}",
        definition=definition,
        title=title,
        name=name,
        lang=lang,
        folder=folder,
        articles=tuple(shown),
        retracted=tuple(gone[: definition.length]),
    )


def section_folder(name: str) -> str:
    key = slug(name)
    return f"section-{key}" if key in RESERVED or key.startswith(("section-", "tag-", "author-")) else key


def _folder(definition: FeedDefinition, key: str, sections: set[str]) -> str:
    """A section has its own name, an author `author-NAME`, a tag its own unless a section has it: then `tag-NAME`."""
    if definition.articles == "section":
        return section_folder(key)
    if definition.articles == "author":
        return f"author-{key}"
    taken = key in sections or key in RESERVED or key.startswith(("section-", "tag-", "author-"))
    return f"tag-{key}" if taken else key


SPELT = {"+": "-plus-", "#": "-sharp-", "&": "-and-"}


def slug(name: str) -> str:
    """A folder's name: lower case, letters and digits of any script; `C`, `C++` and `C#` stay three."""
    spelt = "".join(SPELT.get(letter, letter) for letter in name).casefold()
    bare = "".join(one for one in unicodedata.normalize("NFKD", spelt) if not "\u0300" <= one <= "\u036f")
    plain = unicodedata.normalize("NFC", bare)
    spaced = "".join(one if unicodedata.category(one)[0] in "LMN" else "-" for one in plain)
    kept = re.sub("-+", "-", spaced).strip("-")
    short = kept.encode()[:80].decode(errors="ignore").strip("-")
    return short or hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]


def ascii_path(path: str) -> str:
    """A path as it stands in a URI (RFC 3986 s. 2.1)."""
    from urllib.parse import quote

    return quote(path, safe="/-._~")
