"""The words of the trade: frozen values that every room shares. docs/glossary.md tells them in prose.

All `datetime`s are aware. A `date` is a calendar day in the publication's time zone.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Literal, Self

import msgspec
from msgspec.structs import asdict

Role = Literal["primary", "secondary", "document", "background", "own-reporting"]
Access = Literal["open", "registration", "paywall", "archived", "dead", "unknown"]
Verification = Literal["verified", "partial", "unverified", "withdrawn"]
Kind = Literal["report", "analysis", "opinion", "brief", "fact-check"]
Markup = Literal["markdown", "html"]
Frequency = Literal["daily", "weekly"]
LetterKind = Literal["confirm", "known"]
"""A mail to one person besides digests: asks to confirm, or says that the address is subscribed already."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A work that an article cites. Not `atom:source` (RFC 4287 s. 4.2.11): that is `Origin`."""

    title: str
    url: str | None = None
    key: str | None = None
    """What `[@key]` in the body refers to."""
    publisher: str | None = None
    role: Role | None = None
    access: Access = "unknown"
    verification: Verification = "unverified"
    read_as: Verification | None = None
    """What the article's own file says, where it is another article that says `withdrawn`."""
    seen: datetime | None = None
    dead_since: datetime | None = None
    """When its address no longer answered."""
    archived: str | None = None
    note: str | None = None
    lang: str | None = None


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    text: str
    kind: Literal["correction", "update"] = "correction"
    """An update adds what was not known; nothing was wrong, and no digest tells of it."""


class Retraction(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    reason: str
    takedown: bool = False
    """True: not only withdrawn, but cleared from every copy that is kept."""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """The feed that an article was copied from: `atom:source` (RFC 4287 s. 4.2.11)."""

    feed: str
    id: str | None = None
    title: str | None = None
    updated: datetime | None = None
    rights: str | None = None


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the publication that pages show."""

    path: str
    """Relative to the publication, with `/`."""
    hash: str
    """SHA-256 of its bytes, hexadecimal."""
    kind: str
    """`jpeg`, `png`, `webp`, `avif`, `gif`, `svg`, `ico`: by its bytes, not by its name."""
    width: int
    """In pixels, as it is seen: turned upright. 0 where an SVG names no size."""
    height: int
    moving: bool = False


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A picture in an article: what its author wrote, and the file that is meant."""

    written: str
    picture: Picture


class Manuscript(msgspec.Struct, frozen=True, kw_only=True):
    """One article as handed in, before it has an identity and an address. Its body travels beside it (`Body`)."""

    path: str
    """Of its file, relative to the publication, with `/`; `upstream:FEED-URL#ENTRY-ID` for a collected entry."""
    declared_id: str | None = None
    """The `id:` key, or an upstream entry's id: kept exactly as it is."""
    slug: str
    title: str
    """Plain text: one line, no markup, no control characters."""
    published: datetime
    has_time: bool = True
    """False: the file gives a date alone; `published` is midnight in the publication's zone, and no time is shown."""
    updated: datetime | None = None
    """Only for a substantive change."""
    lede: str | None = None
    """Plain text."""
    authors: tuple[str, ...] = ()
    section: str | None = None
    kind: Kind | None = None
    claim: str | None = None
    """What a fact check looks into, in a sentence. Plain text."""
    verdict: str | None = None
    """What came of it, in a few words: `False`, `Half true`."""
    tags: tuple[str, ...] = ()
    lang: str
    """BCP 47."""
    translation_of: str | None = None
    image: str | None = None
    image_alt: str | None = None
    pictures: tuple[Shown, ...] = ()
    """The files of the publication that `image` and the body show; what they show from elsewhere is not among them."""
    sources: tuple[Source, ...] = ()
    corrections: tuple[Correction, ...] = ()
    retracted: Retraction | None = None
    draft: bool = False
    aliases: tuple[str, ...] = ()
    """Old site paths, each beginning with `/`."""
    words: int = 0
    body_hash: str = ""
    """SHA-256, hexadecimal, of the body's text as written."""
    origin: Origin | None = None

    @property
    def minutes(self) -> int:
        """Reading time at 230 words a minute, at least 1."""
        return max(1, round(self.words / 230))

    @property
    def changed(self) -> datetime:
        """`updated` (RFC 4287 s. 4.2.15): its own, or that of its newest correction or its retraction."""
        return last_change(self)


class Article(Manuscript, frozen=True, kw_only=True):
    """One published piece: a manuscript with an id that never changes and the address of its page."""

    id: str
    """An IRI: the `id:` key, an upstream entry's id, or `tag:AUTHORITY,DATE:SLUG` (RFC 4151)."""
    address: str
    """The path of its page, `/2026/06/25/slug/`; another language than the default has `/LANG` before it."""
    group: str
    """Articles that are translations of each other share it."""

    @classmethod
    def of(cls, manuscript: Manuscript, *, id: str, address: str, group: str) -> Self:  # noqa: A002 - the field's own name
        return cls(**{**asdict(manuscript), "id": id, "address": address, "group": group})


class Outline(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """What lists, calendars and feeds ask of an article before any of them is written; all are read at every release,
    so it is small and quickly read. The fields are those of `Article`.
    """

    id: str
    address: str
    group: str
    path: str
    slug: str
    title: str
    published: datetime
    updated: datetime | None
    lang: str
    section: str | None
    tags: tuple[str, ...]
    authors: tuple[str, ...]
    translation_of: str | None
    corrections: tuple[Correction, ...]
    retracted: Retraction | None
    aliases: tuple[str, ...]

    @classmethod
    def of(cls, article: Article) -> Self:
        return cls(**{name: getattr(article, name) for name in cls.__struct_fields__})

    @property
    def changed(self) -> datetime:
        return last_change(self) if self.corrections or self.retracted else self.updated or self.published


Listed = Article | Outline
"""An article as far as planning goes."""


def last_change(one: Manuscript | Outline) -> datetime:
    if not one.corrections and one.retracted is None:
        return one.updated or one.published
    times = [one.updated or one.published, *(correction.at for correction in one.corrections)]
    return max([*times, *([one.retracted.at] if one.retracted else [])])


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """An article's text as its author wrote it; `render.markdown` makes safe HTML of it."""

    markup: Markup
    text: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something in the input that could not be used: what, where, and what would be right, in `reason`."""

    path: str
    line: int | None = None
    reason: str
    left_out: bool = True
    """True: the whole article (or feed) was left out. False: it is used without the faulty part."""
    day: date | None = None
    """The day that the article would have belonged to, where that much could be read."""

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line is not None else self.path
        return f"{where}: {self.reason}"


class DayFile(msgspec.Struct, frozen=True, kw_only=True):
    """The editor's hand on one day: `days/2026-06-25.md`."""

    day: date
    subject: str | None = None
    preheader: str | None = None
    lead: str | None = None
    order: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    hold: bool = False
    note: str = ""
    """Markdown; empty when there is none."""
    lines: Mapping[tuple[str, str], int] = msgspec.field(default_factory=dict)
    """(key, article that it names) -> where that stands in the file; (key, "") -> the key's own line."""


class FixedPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of its own that belongs to no day: `pages/about.md`."""

    path: str
    """Of its file, relative to the publication."""
    name: str
    """Its address without slashes around it: `about`, `about/team`. Translations share it."""
    lang: str
    title: str
    lede: str = ""
    order: float = 0
    """Lower stands first in the navigation; of equal ones, by name."""
    nav: Literal["top", "foot", "none"] = "top"
    body: Body


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """A correction or a retraction that a digest tells of, with the article it belongs to."""

    article: Article
    notice: Correction | Retraction


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """What one slot sends: closed once, unique by (publication, date)."""

    day: date
    slot: datetime
    """The instant up to which articles were taken, inclusive."""
    articles: tuple[str, ...]
    """Article ids in the order of the digest; the first leads."""
    corrections: tuple[tuple[str, datetime], ...] = ()
    """(article id, `at`) of each correction and each retraction that this edition announces."""


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """A digest that was made, as far as pages and feeds speak of it. Its own page is the mail itself."""

    name: str
    """`2026-06-25` or `weekly-2026-06-27`; its page is `/digest/NAME/`."""
    day: date
    slot: datetime
    subject: str
    articles: tuple[str, ...]
    subjects: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Of each variant that it was made in; the default language's is `subject`."""

    @property
    def weekly(self) -> bool:
        return self.name.startswith("weekly-")


class Premiere(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An article's place in the order of first release. It is never taken from it."""

    article: str
    gone: datetime | None = None
    """Since when it is no longer shown though nobody retracted it; None while it is shown."""


class Subscriber(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    address: str
    state: Literal["pending", "confirmed", "unsubscribed", "bounced", "complained"]
    confirmed: datetime | None
    lang: str | None = None


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """What an article said until it was changed."""

    article: Article
    body: Body
    until: datetime


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """What a document is written from: articles and bodies by id, as many as it asked for at least."""

    articles: Mapping[str, Article]
    bodies: Mapping[str, Body]
    versions: Mapping[str, tuple[Version, ...]] = msgspec.field(default_factory=dict)
    """Oldest first."""


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What one reader chose, as it holds from the next digest on."""

    frequency: Frequency = "daily"
    format: Literal["both", "text"] = "both"
    """HTML and text, or text alone."""
    sections: tuple[str, ...] | None = None
    """Sorted; None: all, also those to come."""
    paused_until: datetime | None = None
    lang: str | None = None
    """None: the publication's."""

    def paused(self, now: datetime) -> bool:
        return self.paused_until is not None and self.paused_until > now


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What there is for readers to choose from."""

    weekly: bool
    sections: tuple[str, ...]
    languages: tuple[str, ...]
    """More than one only where the publication has several; the default one first."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What of a digest depends on what its readers chose: those with equal choices get the same mail."""

    lang: str | None = None
    format: Literal["both", "text"] = "both"
    sections: str | None = None
    """As it is kept: a JSON list of names or slugs; None: all."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the site that is to be: where it stands, what it depends on, and how its bytes are made.

    A document whose `fingerprint` is the released one's is not written again. `write` is called with the articles in
    `shows`, those in `needs` with their bodies, and those in `recalls` with their earlier versions, by id; it gives the
    same bytes for the same fingerprint.
    """

    path: str
    """Relative to `public/`, no leading slash: `2026/06/25/index.html`."""
    fingerprint: str
    needs: frozenset[str] = frozenset()
    shows: frozenset[str] = frozenset()
    recalls: frozenset[str] = frozenset()
    write: Callable[[Material], bytes]


class Chapter(msgspec.Struct, frozen=True, kw_only=True):
    """Documents that change together. Of a chapter with the released one's `fingerprint` none is even planned, so that
    a run costs what changed, whatever the size of the site.
    """

    name: str
    """Unique: `en 2026-06`, `feed en world`."""
    fingerprint: str
    """Changes whenever a document in it may."""
    documents: Callable[[], Iterable[Document]]
