"""What the pages of one language share: the head, the navigation, addresses, and a seal for their fingerprints."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from email.utils import parseaddr
from functools import cached_property
from typing import Protocol, TypeVar, cast
from urllib.parse import quote, urlsplit

import msgspec
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from publisher.model import Chapter, Document, FixedPage, Listed, Material
from publisher.render.catalogue import Catalogue
from publisher.render.characters import legible
from publisher.render.environment import fill, pieces
from publisher.render.language import Language
from publisher.render.months import ids_of
from publisher.render.site.places import address_of, placed
from publisher.render.site.style import Sheet, Style

MEDIA_TYPES = {"atom": "application/atom+xml", "rss": "application/rss+xml", "json": "application/feed+json"}
FORM_NAMES = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed"}
HELD = 5_000
"""Parts of pages that are kept for other pages."""
Part = TypeVar("Part")
_SAFE = re.compile(r"[A-Za-z0-9/._~!$&'()*+,;=:@%-]*")
"""Paths in which nothing has to be encoded."""


class FeedLink(Protocol):
    """What pages need to know of a feed."""

    @property
    def title(self) -> str: ...
    @property
    def lang(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def paths(self) -> Mapping[str, str]: ...


class Link(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    url: str
    label: str = ""
    lang: str = ""
    type: str = ""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A time, for machines and in words."""

    iso: str
    words: str


class Emblem(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    width: int
    height: int


class SiteView(msgspec.Struct, frozen=True, kw_only=True):
    """`site` in every template."""

    name: str
    lang: str
    dir: str
    arrow: str
    """That points back."""
    said: str
    """Where the interface speaks another language than the page, ` lang="en"` for what it says; else empty."""
    own: str
    """And ` lang="ar"` for what of the page stands within that; else empty."""
    home: str
    editor: str
    """Where letters to the editors go; empty where no address is given."""
    masthead: Markup
    foot: Markup
    style: str
    policy: str
    light: str
    dark: str
    favicon: Link | None
    social: str
    """The picture that stands for the site where a page has none; an absolute address, or empty."""


class PageView(msgspec.Struct, frozen=True, kw_only=True):
    """`page` in every template."""

    title: str
    description: str = ""
    url: str = ""
    """Canonical and absolute; empty for a page that has none."""
    hidden: bool = False
    """Not for search engines."""
    up: str = ""
    previous: Link | None = None
    next: Link | None = None
    alternates: Sequence[Link] = ()
    """The same page in other languages, itself among them."""
    feeds: Sequence[Link] = ()
    zone: str = ""
    allows: str = ""
    """What the page adds to the policy of its kind."""


class Frame(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One language of the site."""

    catalogue: Catalogue
    environment: SandboxedEnvironment
    languages: Mapping[str, Language]
    lang: str
    feeds: tuple[FeedLink, ...]
    sheet: Sheet

    @cached_property
    def _sites(self) -> dict[str, SiteView]:
        return {}

    @cached_property
    def _made(self) -> dict[tuple[str, object], object]:
        return {}

    def once(self, name: tuple[str, object], make: Callable[[], Part]) -> Part:
        """What many pages show alike, by its name: made for the first of them."""
        found = cast("Part | None", self._made.get(name))
        if found is None:
            if len(self._made) >= HELD:
                self._made.clear()
            found = self._made[name] = make()
        return found

    @cached_property
    def language(self) -> Language:
        return self.languages[self.lang]

    @cached_property
    def prefix(self) -> str:
        return self.catalogue.prefix(self.lang)

    @cached_property
    def root(self) -> str:
        """The path that the publication's url has of its own; mostly nothing."""
        return urlsplit(self.catalogue.publication.url).path.rstrip("/")

    @cached_property
    def seal(self) -> str:
        """All that every page of this language depends on."""
        site_feeds = [(one.title, sorted(one.paths.items())) for one in self.feeds if one.kind == "site"]
        fixed = repr([self.fixed(nav) for nav in ("top", "foot")])
        return _hash(self.catalogue.theme, self.lang, repr(self.catalogue.languages), repr(site_feeds), fixed)

    def href(self, path: str) -> str:
        """A site path as a link on a page."""
        return self.root + ascii_path(path)

    def day(self, day: date) -> str:
        """The path of a day's page."""
        return self.once(("path", day), lambda: self.own(f"/{day:%Y/%m/%d}/"))

    def picture(self, file: str) -> str:
        """A file under the site's root as a picture's address on a page."""
        return self.href(f"/{file}")

    def absolute(self, path: str) -> str:
        return self.catalogue.publication.absolute(ascii_path(path))

    def own(self, path: str) -> str:
        """A path of this language: `/archive/` -> `/es/archive/`."""
        return self.prefix + path

    @property
    def subscribe(self) -> str:
        """The path of the form, which speaks the language that it is asked for."""
        return f"/subscribe?lang={self.lang}" if self.prefix else "/subscribe"

    def document(
        self,
        path: str,
        write: Callable[[Material], bytes],
        *parts: str,
        needs: Iterable[str] = (),
        shows: Iterable[Listed] = (),
    ) -> Document:
        """The file of a page whose bytes depend on `parts`, on the address and on what every page depends on."""
        return Document(
            path=file_of(path),
            fingerprint=_hash(self.seal, path, *parts),
            needs=frozenset(needs),
            shows=frozenset(ids_of(shows)),
            write=write,
        )

    def chapter(self, name: str, documents: Callable[[], Iterable[Document]], *parts: str) -> Chapter:
        """Pages that change together, when one of `parts` does or what every page depends on."""
        return Chapter(name=name, fingerprint=_hash(self.seal, name, *parts), documents=documents)

    def fill(self, template: str, kind: str, page: PageView, **values: object) -> bytes:
        """The page as bytes; `kind`, one or several of them, chooses the parts of the style sheet."""
        given = {"_": self.language.wording, "site": self.site(kind), "page": page, **values}
        return legible(*pieces(self.environment, template, given))

    def site(self, kind: str) -> SiteView:
        if kind not in self._sites:
            self._sites[kind] = self._site(self.sheet.style(*kind.split(), self.language.dir))
        return self._sites[kind]

    def _site(self, style: Style) -> SiteView:
        publication = self.catalogue.publication
        return SiteView(
            name=publication.name,
            lang=self.lang,
            dir=self.language.dir,
            arrow="\u2192" if self.language.dir == "rtl" else "\u2190",
            said=self.language.marked(self.language.speaks),
            own=self.language.marked(self.lang),
            home=self.href(self.own("/")),
            editor=parseaddr(publication.mail.reply_to or "")[1],
            masthead=self._chrome("masthead.html", self._links("top", ("Today", "/"), ("Archive", "/archive/"))),
            foot=self._chrome(
                "foot.html",
                [
                    *self._links("foot", ("How we work", "/standards/"), ("Corrections", "/corrections/")),
                    *self._homes(),
                ],
            ),
            style=style.css,
            policy=style.policy,
            light=style.light,
            dark=style.dark,
            favicon=self._favicon(),
            social=self._social(),
        )

    def _emblem(self, name: str) -> Emblem | None:
        """With its content in its address, so that a new one is seen at once."""
        found = self.catalogue.emblems.get(name)
        url = f"{self.href(found.path)}?v={found.hash[:8]}" if found else ""
        return Emblem(url=url, width=found.width, height=found.height) if found else None

    def _favicon(self) -> Link | None:
        found, emblem = self.catalogue.emblems.get("favicon"), self._emblem("favicon")
        types = {"svg": "image/svg+xml", "ico": "image/x-icon"}
        if found and emblem:
            return Link(title="", url=emblem.url, type=types.get(found.kind, f"image/{found.kind}"))
        # Told of an empty one, browsers ask for none at the root of the host, where there is nothing.
        return None if self.root else Link(title="", url="data:,")

    def _social(self) -> str:
        found = self.catalogue.emblems.get("social_image")
        return self.absolute(found.path) if found else ""

    def _chrome(self, template: str, links: Sequence[Link]) -> Markup:
        publication = self.catalogue.publication
        values = {
            "_": self.language.wording,
            "name": publication.name,
            "home": self.href(self.own("/")),
            "links": links,
            "said": self.language.marked(self.language.speaks),
            "logo": self._emblem("logo"),
            "logo_dark": self._emblem("logo_dark"),
            "logo_alt": publication.theme.logo_alt or publication.name,
        }
        return Markup(fill(self.environment, template, values).strip())  # noqa: S704 - the template escapes

    def fixed(self, nav: str) -> list[Link]:
        """Fixed pages of one part of the navigation, each in this language where there is one, else in the default."""
        found: dict[str, FixedPage] = {}
        for page in placed(self.catalogue):
            if page.lang == self.lang or (page.lang == self.catalogue.publication.language and page.name not in found):
                found[page.name] = page
        return [
            Link(
                title=page.title,
                url=self.href(address_of(self.catalogue, page)),
                lang=page.lang if page.lang != self.language.speaks else "",
            )
            for page in found.values()
            if page.nav == nav and page.name != "standards"
        ]

    def _links(self, nav: str, *named: tuple[str, str]) -> list[Link]:
        wanted = [*named, ("Feeds", "/feeds/")] if self.feeds else list(named)
        links = [Link(title=self.language.text(words), url=self.href(self.own(path))) for words, path in wanted]
        links += self.fixed(nav)
        if self.catalogue.publication.service:
            links.append(Link(title=self.language.text("Daily email"), url=self.root + self.subscribe))
        return links

    def _homes(self) -> list[Link]:
        others = [lang for lang in self.catalogue.languages if lang != self.lang]
        return [
            Link(title=own_name(self.languages[lang]), url=self.href(f"{self.catalogue.prefix(lang)}/"), lang=lang)
            for lang in others
        ]

    def alternates(self, paths: Mapping[str, str]) -> Sequence[Link]:
        """`hreflang` links for one page's addresses by language; none for a page without translation."""
        if len(paths) < 2:  # noqa: PLR2004 - itself and another
            return ()
        found = [Link(title="", url=self.absolute(path), lang=lang) for lang, path in paths.items()]
        default = paths.get(self.catalogue.publication.language)
        return [*found, Link(title="", url=self.absolute(default), lang="x-default")] if default else found

    def everywhere(self, path: str) -> Sequence[Link]:
        """The alternates of a page that every language has."""
        return self.alternates({lang: self.catalogue.prefix(lang) + path for lang in self.catalogue.languages})

    def feed_links(self, kind: str = "site", name: str = "") -> Sequence[Link]:
        """The formats of the site's feed, or of a section's, tag's or author's, in this language."""
        return [
            Link(title=one.title, label=FORM_NAMES[form], type=MEDIA_TYPES[form], url=self.absolute(f"/{path}"))
            for one in self.feeds
            if (one.kind, one.name, one.lang) == (kind, name, self.lang)
            for form, path in one.paths.items()
        ]

    @cached_property
    def site_feeds(self) -> Sequence[Link]:
        return self.feed_links()

    @cached_property
    def zone(self) -> str:
        """For pages of no particular day: summer or winter is not said."""
        return self.language.place() or "UTC"


def own_name(language: Language) -> str:
    """A language's name in itself: `Español`."""
    name = str(language.locale.get_display_name() or language.tag)
    return name[:1].upper() + name[1:]


def ascii_path(path: str) -> str:
    """A path as it stands in a URI (RFC 3986 s. 2.1); what is percent-encoded stays so."""
    return path if _SAFE.fullmatch(path) else quote(path, safe="/-._~!$&'()*+,;=:@%")


def file_of(path: str) -> str:
    """The file that answers at a site path: `/2026/06/25/` -> `2026/06/25/index.html`."""
    return path.removeprefix("/") + ("index.html" if path.endswith("/") else "")


def web_address(url: str | None) -> str:
    """The address where it is one that may be linked; else empty, so that no `javascript:` becomes a link."""
    if url and url.startswith(("https://", "http://")) and not url[-1].isspace():
        return url
    scheme, colon, _ = (url or "").strip().partition(":")
    return (url or "").strip() if colon and scheme.lower() in {"http", "https", "mailto", "ftp"} else ""


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
