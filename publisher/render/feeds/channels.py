"""Which feeds a publication has: one `Channel` for each definition, language and name, and where its files stand."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from publisher.model import Article
from publisher.render.catalogue import Catalogue
from publisher.render.feeds import contents, digests
from publisher.render.feeds.contents import Deleted, substantive_update
from publisher.render.feeds.definitions import FeedDefinition, Format

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
    """site, digest, section, tag or author."""
    name: str
    """The section, tag or author; empty for the site and the digest."""
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
    """Relative to `public/`: `feeds`, `feeds/world`, `es/feeds/ai`."""
    articles: tuple[Article, ...]
    """Newest first, none retracted."""
    deleted: tuple[Deleted, ...] = ()
    """What stood, or would stand, among them."""
    stories: Mapping[str, tuple[Article, ...]] = field(default_factory=dict)
    """What an entry that is a digest is made of, by its id."""
    sealed: bool = False
    """An archive document (RFC 5005 s. 4): its address and its set of ids never change."""
    pages: Mapping[str, str] = field(default_factory=dict)
    """`prev-archive`, `next-archive`, `current` -> that document's folder."""

    def path(self, form: Format) -> str:
        return f"{self.folder}/{FILES[form]}"

    @property
    def updated(self) -> datetime:
        """The newest of what is in it, never the time of the build; 1970 while nothing was ever in it."""
        changes = [substantive_update(article) for article in self.articles]
        return max([*changes, *(one.when for one in self.deleted)], default=EPOCH)

    def made_of(self, article: Article) -> tuple[Article, ...]:
        """The articles whose bodies an entry needs."""
        return self.stories.get(article.id, (article,))


def channels(catalogue: Catalogue, definitions: Iterable[FeedDefinition]) -> tuple[Channel, ...]:
    """Every feed and archive document: the site's, the digests', the sections', tags', authors' and days'."""
    order = ("site", "digest", "section", "tag", "author", "day")
    wanted = sorted((one for one in definitions if one.formats), key=lambda one: order.index(one.articles))
    has_sections = any(one.articles == "section" for one in wanted)
    return tuple(
        channel
        for definition in wanted
        for lang in catalogue.languages
        for channel in _of_language(catalogue, definition, lang, has_sections=has_sections)
    )


def available(catalogue: Catalogue, definitions: Iterable[FeedDefinition]) -> tuple[FeedLink, ...]:
    """What there is to subscribe to, in the order of `channels`: no archive, and no day, which soon is over."""
    return tuple(
        FeedLink(
            title=channel.title,
            lang=channel.lang,
            kind=channel.definition.articles,
            name=channel.name,
            paths={form: channel.path(form) for form in channel.definition.formats},
        )
        for channel in channels(catalogue, [one for one in definitions if one.articles != "day"])
        if not channel.sealed
    )


def _of_language(
    catalogue: Catalogue, definition: FeedDefinition, lang: str, *, has_sections: bool
) -> Iterator[Channel]:
    articles = [article for article in catalogue.articles if article.lang == lang]
    root = f"{catalogue.prefix(lang)}/feeds".removeprefix("/")
    if definition.articles == "site":
        yield from _site(catalogue, definition, lang, root)
        return
    if definition.articles == "digest":
        yield from _digests(catalogue, definition, lang, root)
        return
    sections = {slug(article.section) for article in articles if article.section} if has_sections else set()
    grouped: dict[str, list[Article]] = {}
    names: dict[str, str] = {}
    for article in articles:
        for name in dict.fromkeys(_names(catalogue, article, definition, sections)):
            key = slug(name)
            grouped.setdefault(key, [])
            if article not in grouped[key][-1:]:
                grouped[key].append(article)
            names[key] = min(name, names.get(key, name))
    for key in sorted(grouped):
        place = _folder(definition, key)
        length = len(grouped[key]) if definition.articles == "day" else definition.length
        found = contents.live(grouped[key], length)
        # A tag that becomes a section stays the same feed: its id says what it is about, not what names it.
        part = f"topic/{place}" if definition.articles in {"section", "tag"} else f"{definition.articles}/{key}"
        yield _channel(catalogue, definition, found, lang=lang, name=names[key], part=part, folder=f"{root}/{place}")


def _site(catalogue: Catalogue, definition: FeedDefinition, lang: str, root: str) -> Iterator[Channel]:
    """The feed that people subscribe to, and behind it the sealed archives, the newest first."""
    order = catalogue.premieres.get(lang, ())
    sealed, tail = contents.cut(order, definition.archive)
    shown = contents.articles_of(catalogue, lang, tail)
    found = contents.live(shown, definition.length, order, tail)
    folders = [f"{root}/archive/{number}" for number in range(1, len(sealed) + 1)]
    newest = {"prev-archive": folders[-1]} if folders else {}
    feed = _channel(catalogue, definition, found, lang=lang, name="", part="site", folder=root)
    yield replace(feed, pages=newest)
    for place in reversed(range(len(sealed))):
        inside = contents.archived(catalogue, sealed[place])
        pages = {"current": root} | dict(zip(("prev-archive",), folders[:place][-1:], strict=False))
        pages |= dict(zip(("next-archive",), folders[place + 1 :][:1], strict=False))
        yield replace(
            feed,
            folder=folders[place],
            articles=inside.articles,
            deleted=inside.deleted,
            sealed=True,
            pages=pages,
        )


def _digests(catalogue: Catalogue, definition: FeedDefinition, lang: str, root: str) -> Iterator[Channel]:
    made = digests.entries(catalogue, lang)[: definition.length]
    if made:
        found = contents.Contents(articles=tuple(one for one, _ in made), deleted=())
        feed = _channel(catalogue, definition, found, lang=lang, name="", part="digest", folder=f"{root}/digests")
        yield replace(feed, stories={one.id: stories for one, stories in made})


def _names(catalogue: Catalogue, article: Article, definition: FeedDefinition, sections: set[str]) -> Sequence[str]:
    """What groups an article: a tag of a section's name counts for the section, and they share one feed."""
    if definition.articles == "day":
        return (catalogue.day_of(article).isoformat(),)
    if definition.articles == "section":
        own = (article.section,) if article.section else ()
        return (*own, *(tag for tag in article.tags if slug(tag) in sections))
    if definition.articles == "tag":
        return [tag for tag in article.tags if slug(tag) not in sections]
    return article.authors


def _channel(
    catalogue: Catalogue,
    definition: FeedDefinition,
    found: contents.Contents,
    *,
    lang: str,
    name: str,
    part: str,
    folder: str,
) -> Channel:
    publication = catalogue.publication
    title = definition.title.replace("{publication}", publication.name).replace("{name}", name)
    return Channel(
        id=f"tag:{publication.authority},2026:feeds/{ascii_path(part)}/{lang}",
        definition=definition,
        title=title,
        name=name,
        lang=lang,
        folder=folder,
        articles=found.articles,
        deleted=found.deleted,
    )


def _folder(definition: FeedDefinition, key: str) -> str:
    """Sections and tags stand under their own names, an author under `author-NAME`, a day under `days/DATE`."""
    if definition.articles == "author":
        return f"author-{key}"
    if definition.articles == "day":
        return f"days/{key}"
    taken = key in RESERVED or key.startswith(("topic-", "author-"))
    return f"topic-{key}" if taken else key


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
