"""Which feeds a publication has: one `Channel` for each definition, language and name, and where its files stand."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache, partial

import msgspec
from msgspec.structs import replace

from publisher.model import Listed, Premiere
from publisher.render.catalogue import Catalogue
from publisher.render.feeds import contents, digests
from publisher.render.feeds.contents import Deleted
from publisher.render.feeds.definitions import FeedDefinition, Format

FILES: Mapping[Format, str] = {"atom": "atom.xml", "rss": "rss.xml", "json": "feed.json"}
NAMES = frozenset(FILES.values())
MEDIA_TYPES: Mapping[Format, str] = {
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "json": "application/feed+json",
}
RESERVED = frozenset({"archive", "archives", "day", "days", "digest", "digests"})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


DEEP = 2
"""`feeds/...` or `LANG/feeds/...`."""


def is_feed(path: str) -> bool:
    """Whether a document of the site, by its path, is a feed."""
    *folders, name = path.split("/")
    return name in NAMES and "feeds" in folders[:DEEP]


def is_asked_for(path: str) -> bool:
    """Whether readers ask for a feed again and again: not an archive document, nor the feed of a day."""
    return "/archive/" not in path and "/days/" not in path


class FeedLink(msgspec.Struct, frozen=True, kw_only=True):
    """One feed, for autodiscovery links and for the page about the feeds."""

    title: str
    lang: str
    kind: str
    """site, digest, selection, section, tag or author."""
    name: str
    """The section, tag, author or selection; empty for the site and the digest."""
    paths: Mapping[str, str]
    """`atom`, `rss`, `json` -> path relative to `public/`."""


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """One feed as all its formats share it."""

    id: str
    """A tag: URI made of the authority, so that it outlives the domain (RFC 4287 s. 4.2.6)."""
    definition: FeedDefinition
    title: str
    name: str
    lang: str
    folder: str
    """Relative to `public/`: `feeds`, `feeds/world`, `es/feeds/ai`."""
    articles: tuple[Listed, ...]
    """Newest first, none retracted."""
    deleted: tuple[Deleted, ...] = ()
    """What stood, or would stand, among them."""
    stories: Mapping[str, tuple[Listed, ...]] = msgspec.field(default_factory=dict)
    """What an entry that is a digest is made of, by its id."""
    sealed: bool = False
    """An archive document (RFC 5005 s. 4): its address and its set of ids never change."""
    pages: Mapping[str, str] = msgspec.field(default_factory=dict)
    """`prev-archive`, `next-archive`, `current` -> that document's folder."""

    def path(self, form: Format) -> str:
        return f"{self.folder}/{FILES[form]}"

    @property
    def updated(self) -> datetime:
        """The newest of what is in it, never the time of the build; 1970 while nothing was ever in it."""
        changes = [article.changed for article in self.articles]
        return max([*changes, *(one.when for one in self.deleted)], default=EPOCH)

    def made_of(self, article: Listed) -> tuple[Listed, ...]:
        """The articles whose bodies an entry needs."""
        return self.stories.get(article.id, (article,))


class Strand(msgspec.Struct, frozen=True, kw_only=True):
    """What is planned together: one feed that people subscribe to, an archive document, the days of a month."""

    name: str
    seen: str
    """What it depends on besides the publication's settings."""
    channels: Callable[[], Iterable[Channel]]
    link: FeedLink | None = None
    """None for an archive, and for a day, which soon is over."""


def strands(catalogue: Catalogue, definitions: Iterable[FeedDefinition]) -> tuple[Strand, ...]:
    """Every feed and archive document: the site's, the digests', the sections', tags', authors' and days'."""
    order = ("site", "digest", "selection", "section", "tag", "author", "day")
    wanted = sorted((one for one in definitions if one.formats), key=lambda one: (order.index(one.articles), one.file))
    has_sections = any(one.articles == "section" for one in wanted)
    return tuple(
        strand
        for definition in wanted
        for lang in catalogue.languages
        for strand in _of_language(catalogue, definition, lang, has_sections=has_sections)
    )


def available(catalogue: Catalogue, definitions: Iterable[FeedDefinition]) -> tuple[FeedLink, ...]:
    """What there is to subscribe to, in the order of `strands`: no archive, and no day."""
    return links(strands(catalogue, [one for one in definitions if one.articles != "day"]))


def hubs(catalogue: Catalogue, definitions: Iterable[FeedDefinition]) -> Mapping[str, str]:
    """Path of each feed that people subscribe to -> the hub that is told when it changes."""
    every = tuple(definitions)
    wanted = {one.articles: one.hub for one in every if one.hub}
    if not wanted:
        return {}
    channels = (one for strand in strands(catalogue, every) for one in _followed(strand, wanted))
    return {one.path(form): one.definition.hub or "" for one in channels for form in one.definition.formats}


def _followed(strand: Strand, wanted: Collection[str]) -> Iterator[Channel]:
    if strand.link is None or strand.link.kind in wanted:
        yield from (one for one in strand.channels() if one.definition.hub and not one.sealed)


def links(found: Iterable[Strand]) -> tuple[FeedLink, ...]:
    return tuple(strand.link for strand in found if strand.link)


def _of_language(
    catalogue: Catalogue, definition: FeedDefinition, lang: str, *, has_sections: bool
) -> Iterator[Strand]:
    root = f"{catalogue.prefix(lang)}/feeds".removeprefix("/")
    if definition.articles == "site":
        yield from _site(catalogue, definition, lang, root)
    elif definition.articles == "digest":
        yield from _digests(catalogue, definition, lang, root)
    elif definition.articles == "selection":
        yield from _selection(catalogue, definition, lang, root)
    elif definition.articles == "day":
        yield from _days(catalogue, definition, lang, root)
    else:
        yield from _topics(catalogue, definition, lang, root, has_sections=has_sections)


def _topics(
    catalogue: Catalogue, definition: FeedDefinition, lang: str, root: str, *, has_sections: bool
) -> Iterator[Strand]:
    """The feeds of sections, tags or authors."""
    named = _named(catalogue, definition, lang, has_sections=has_sections)
    for key, found in sorted(named.items()):
        name, articles = min(one for one, _ in found), catalogue.together([some for _, some in found])
        place = _folder(definition, key)
        # A tag that becomes a section stays the same feed: its id says what it is about, not what names it.
        part = f"topic/{place}" if definition.articles in {"section", "tag"} else f"{definition.articles}/{key}"
        feed = _Feed(catalogue, definition, lang=lang, name=name, part=part, folder=f"{root}/{place}")
        yield feed.strand(catalogue.seal(articles), partial(_live, feed, articles, definition.length))


def _selection(catalogue: Catalogue, definition: FeedDefinition, lang: str, root: str) -> Iterator[Strand]:
    """Articles that bear any of the names, however these are spelt."""
    sections, tags, authors = (
        {slug(name) for name in names} for names in (definition.sections, definition.tags, definition.authors)
    )
    found = [
        one
        for one in catalogue.of_language(lang)
        if (one.section and slug(one.section) in sections)
        or not tags.isdisjoint(map(slug, one.tags))
        or not authors.isdisjoint(map(slug, one.authors))
    ]
    if found:
        name = definition.name
        folder = f"{root}/selection-{name}"
        feed = _Feed(catalogue, definition, lang=lang, name=name, part=f"selection/{name}", folder=folder)
        yield feed.strand(catalogue.prints(found), partial(_live, feed, found, definition.length))


def _live(feed: "_Feed", articles: Sequence[Listed], length: int) -> Iterator[Channel]:
    yield feed.channel(contents.live(articles, length))


def _days(catalogue: Catalogue, definition: FeedDefinition, lang: str, root: str) -> Iterator[Strand]:
    """The days of one month together: a day is over soon, and then its feed stands still."""
    months: dict[str, list[date]] = {}
    days = catalogue.days.get(lang, {})
    for day in days:
        months.setdefault(day.isoformat()[:7], []).append(day)
    for month, some in months.items():
        seen = "".join([f"{day} {catalogue.seal(days[day])}" for day in some])
        channels = partial(_month_of_days, catalogue, definition, lang, root, some)
        yield Strand(name=f"days {root}/days/{_place(month)}", seen=seen, channels=channels)


def _month_of_days(
    catalogue: Catalogue, definition: FeedDefinition, lang: str, root: str, days: Iterable[date]
) -> Iterator[Channel]:
    for day in days:
        key = day.isoformat()
        articles = catalogue.days[lang][day]
        folder = f"{root}/days/{_place(key)}"
        feed = _Feed(catalogue, definition, lang=lang, name=key, part=f"day/{key}", folder=folder)
        yield feed.channel(contents.live(articles, len(articles)))


def _place(date: str) -> str:
    """A folder for each year, month and day: a release carries every name in the folders on the way to what changed."""
    return date.replace("-", "/")


def _site(catalogue: Catalogue, definition: FeedDefinition, lang: str, root: str) -> Iterator[Strand]:
    """The feed that people subscribe to, and behind it the sealed archives, the newest first."""
    order = catalogue.premieres.get(lang, ())
    sealed, tail = contents.cut(order, definition.archive)
    late = {one: catalogue.by_id.get(one) for one in tail}
    found = contents.live(catalogue.of_language(lang), definition.length, order, late)
    folders = [f"{root}/archive/{number}" for number in range(1, len(sealed) + 1)]
    newest = {"prev-archive": folders[-1]} if folders else {}
    feed = _Feed(catalogue, definition, lang=lang, name="", part="site", folder=root)
    yield feed.strand(
        repr((catalogue.prints(found.articles), found.deleted, newest)),
        lambda: [replace(feed.channel(found), pages=newest)],
    )
    prints = catalogue.seen
    for place in reversed(range(len(sealed))):
        pages = {"current": root} | dict(zip(("prev-archive",), folders[:place][-1:], strict=False))
        pages |= dict(zip(("next-archive",), folders[place + 1 :][:1], strict=False))
        seen = [prints.get(one.article) or f"{one.article} {one.gone}" for one in sealed[place]]
        yield Strand(
            name=f"feed {lang} archive {place + 1}",
            seen=f"{'next-archive' in pages} {''.join(seen)}",
            channels=partial(_archive, feed, folders[place], sealed[place], pages),
        )


def _archive(feed: "_Feed", folder: str, places: Sequence[Premiere], pages: Mapping[str, str]) -> Iterator[Channel]:
    yield replace(feed.channel(contents.archived(feed.catalogue, places)), folder=folder, sealed=True, pages=pages)


def _digests(catalogue: Catalogue, definition: FeedDefinition, lang: str, root: str) -> Iterator[Strand]:
    made = digests.entries(catalogue, lang)[: definition.length]
    if made:
        found = contents.Contents(articles=tuple(one for one, _ in made), deleted=())
        stories = {one.id: some for one, some in made}
        feed = _Feed(catalogue, definition, lang=lang, name="", part="digest", folder=f"{root}/digests")
        seen = "".join([f"{one!r} {catalogue.prints(some)}" for one, some in made])
        yield feed.strand(seen, lambda: [replace(feed.channel(found), stories=stories)])


def _named(
    catalogue: Catalogue, definition: FeedDefinition, lang: str, *, has_sections: bool
) -> Mapping[str, Sequence[tuple[str, Sequence[Listed]]]]:
    """Slug -> (name, its articles) for each way to write it. A tag of a section's name counts for the section, and they
    share one feed.
    """
    own = list(catalogue.named(lang, definition.articles).items())
    if definition.articles != "author" and has_sections:
        sections = {slug(name) for name in catalogue.named(lang, "section")}
        if definition.articles == "section":
            own += [pair for pair in catalogue.named(lang, "tag").items() if slug(pair[0]) in sections]
        else:
            own = [pair for pair in own if slug(pair[0]) not in sections]
    found: dict[str, list[tuple[str, Sequence[Listed]]]] = {}
    for pair in own:
        found.setdefault(slug(pair[0]), []).append(pair)
    return found


class _Feed(msgspec.Struct, frozen=True):
    """What all documents of one feed share."""

    catalogue: Catalogue
    definition: FeedDefinition
    lang: str
    name: str
    part: str
    folder: str

    @property
    def title(self) -> str:
        name = self.catalogue.publication.name
        return self.definition.title.replace("{publication}", name).replace("{name}", self.name)

    def channel(self, found: contents.Contents) -> Channel:
        publication = self.catalogue.publication
        lang = publication.recorded(self.lang)
        return Channel(
            id=f"tag:{publication.authority},2026:feeds/{ascii_path(self.part)}/{lang}",
            definition=self.definition,
            title=self.title,
            name=self.name,
            lang=self.lang,
            folder=self.folder,
            articles=found.articles,
            deleted=found.deleted,
        )

    def strand(self, seen: str, channels: Callable[[], Iterable[Channel]]) -> Strand:
        """The feed that people subscribe to."""
        files: dict[str, str] = {form: f"{self.folder}/{FILES[form]}" for form in self.definition.formats}
        link = FeedLink(title=self.title, lang=self.lang, kind=self.definition.articles, name=self.name, paths=files)
        return Strand(name=f"feed {self.folder}", seen=f"{self.name} {seen}", channels=channels, link=link)


def _folder(definition: FeedDefinition, key: str) -> str:
    """Sections and tags stand under their own names, an author under `author-NAME`."""
    if definition.articles == "author":
        return f"author-{key}"
    taken = key in RESERVED or key.startswith(("topic-", "author-", "selection-"))
    return f"topic-{key}" if taken else key


SPELT = {"+": "-plus-", "#": "-sharp-", "&": "-and-"}


@lru_cache(maxsize=4_096)
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
