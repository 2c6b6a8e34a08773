"""A small invented publication for tests of pages: articles in every state, and a catalogue of them."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from publisher import config
from publisher.config import Publication
from publisher.model import Article, Body, Correction, Document, Material, Problem, Retraction, Source, Version
from publisher.render import language, site
from publisher.render.catalogue import Catalogue
from publisher.render.environment import environment
from publisher.render.feeds import FeedLink

ROOT = Path(__file__).parent.parent
TEMPLATES = {path.name: path.read_text("utf-8") for path in (ROOT / "templates").iterdir() if path.is_file()}
WORDS = {path.stem: path.read_text("utf-8") for path in (ROOT / "publisher" / "locale").glob("*.po")}
MADRID = ZoneInfo("Europe/Madrid")
TOML = """\
name = "The Lantern"
url = "https://lantern.example/"
authority = "lantern.example"
timezone = "Europe/Madrid"
[mail]
reply_to = "Desk <desk@lantern.example>"
[sources]
since = 2020-01-01
"""
PUBLICATION = config.parse(TOML)


def at(*when: int) -> datetime:
    return datetime(*when, tzinfo=MADRID)  # type: ignore[arg-type]


SEEN = at(2026, 6, 25, 8, 41)
SOURCES = (
    Source(
        key="oil",
        title="Lamp oil prices, second quarter",
        publisher="Harbour Statistics Office",
        url="https://stats.example/oil",
        role="primary",
        access="open",
        verification="verified",
        seen=SEEN,
        note="Tables 2 and 4 were compared with the figures in the text.",
    ),
    Source(
        key="rev",
        title="“We never stopped lighting it”",
        publisher="The Breakwater Review",
        url="https://review.example/light?a=1&b=2",
        role="secondary",
        access="registration",
        verification="partial",
    ),
    Source(
        key="guild",
        title="Letter to keepers",
        publisher="Guild of Keepers",
        url="https://guild.example/12",
        role="primary",
        access="paywall",
        verification="unverified",
        seen=at(2025, 12, 24, 18, 5),
    ),
    Source(
        key="min",
        title="Minutes of the lighting board",
        publisher="Town of Seaford",
        url="https://town.example/m",
        role="document",
        access="archived",
        verification="verified",
        archived="https://old.example/m",
    ),
    Source(
        key="gl", title="A glossary of lamps", url="https://museum.example/g", access="dead", verification="withdrawn"
    ),
    Source(key="own", title="Interview with the keeper", role="own-reporting", verification="verified"),
)
BODY = """\
The keeper climbs the stairs twice a night.[@oil] It takes eleven minutes.

Nobody counted the steps until spring.[@rev]

## What the board decided

- a new lens [@min]
- no change of colour

> It was never the brightest, only the most regular.

A footnote.[^1] The number again.[@oil]

[^1]: The old lens is in the museum.
"""


def story(slug: str, when: datetime, *, lang: str = "en", **given: Any) -> Article:
    local = when.astimezone(MADRID)
    prefix = "" if lang == "en" else f"/{lang}"
    return Article(
        path=f"{slug}.{lang}.md",
        slug=slug,
        published=when,
        lang=lang,
        id=f"tag:lantern.example,{local:%Y-%m-%d}:{lang}/{slug}",
        address=f"{prefix}/{local:%Y/%m/%d}/{slug}/",
        group=f"{local:%Y-%m-%d}/{slug}",
        **({"title": f"The story of {slug}", "words": 420} | given),
    )


NINE = at(2026, 6, 25, 9, 0)
LENS = story(
    "lens",
    NINE,
    title="A lighthouse gets its first new lens & keeps the old keeper",
    lede="The board voted four to three, says <em>nobody</em>.",
    kind="analysis",
    section="Harbour",
    tags=("light", "town"),
    authors=("Ada Quill",),
    sources=SOURCES,
    words=812,
    updated=at(2026, 6, 25, 11, 30),
    corrections=(Correction(at=at(2026, 6, 26, 10, 0), text="The lens was ordered in March, not in May."),),
    aliases=("/old/lens.html", "/lens"),
)
LENTE = story(
    "lens", NINE, lang="es", title="Un faro estrena lente", kind="analysis", section="Puerto", sources=SOURCES
)
ARABIC = story("lens", NINE, lang="ar", title="منارة تحصل على عدسة جديدة", sources=SOURCES[:1])
BRIEF = story("brief", at(2026, 6, 25, 8, 30), title="Ferry late", kind="brief", sources=SOURCES[2:3], words=12)
NONE = story("none", at(2026, 6, 25, 10, 15), title="The tide table", kind="opinion", section="Culture")
DATED = story("dated", at(2026, 6, 24), has_time=False, title="Two bridges, one toll", sources=SOURCES[:1])
GONE = story(
    "gone",
    at(2026, 6, 23, 9, 0),
    title="A whale in the basin",
    lede="There was a whale.",
    sources=SOURCES[:1],
    retracted=Retraction(at=at(2026, 6, 24, 9, 30), reason="The photograph was of another harbour."),
)
OLD = story("old", at(2019, 6, 22, 9, 0), title="From before there were sources")
STORIES = (LENS, LENTE, ARABIC, BRIEF, NONE, DATED, GONE, OLD)
FEEDS = (
    FeedLink(
        title="The Lantern",
        lang="en",
        kind="site",
        name="",
        paths={"atom": "feeds/atom.xml", "rss": "feeds/rss.xml", "json": "feeds/feed.json"},
    ),
    FeedLink(
        title="The Lantern: Harbour",
        lang="en",
        kind="section",
        name="Harbour",
        paths={"atom": "feeds/harbour/atom.xml"},
    ),
)


def older(count: int) -> list[Article]:
    """So many articles, one every second day, before all others."""
    first = at(2025, 1, 1, 7, 5)
    return [story(f"older-{n}", first + timedelta(days=2 * n % 400, minutes=n), section="Town") for n in range(count)]


BUDGET = 30 * 1024
"""Bytes of a page without its pictures."""
LENS_PAGE = "2026/06/25/lens/index.html"


class Newsroom(msgspec.Struct, frozen=True):
    """A catalogue with its bodies, and what is made of it."""

    catalogue: Catalogue
    bodies: Mapping[str, Body]
    problems: list[Problem] = msgspec.field(default_factory=list)
    versions: Mapping[str, tuple[Version, ...]] = msgspec.field(default_factory=dict)

    def documents(self, templates: Mapping[str, str] | None = None, **given: Any) -> dict[str, Document]:
        framed = site.frames(
            self.catalogue,
            environment=environment(templates or TEMPLATES),
            languages=language.load(WORDS, self.catalogue.languages, MADRID),
            feeds=FEEDS,
        )
        planned = {document.path: document for document in site.plan(framed, **given)}
        taken = {*planned, *(path for feed in FEEDS for path in feed.paths.values())}
        return planned | {one.path: one for one in site.redirects(framed, taken, self.problems.append)}

    def write(self, document: Document) -> str:
        articles = {one: self.catalogue.by_id[one] for one in document.shows | document.needs}
        bodies = {one: self.bodies[one] for one in document.needs}
        versions = {one: self.versions[one] for one in document.recalls}
        return document.write(Material(articles=articles, bodies=bodies, versions=versions)).decode()

    def page(self, path: str, **given: Any) -> str:
        return self.write(self.documents(**given)[path])


def newsroom(
    articles: Iterable[Article] = STORIES,
    *,
    bodies: Mapping[str, str] | None = None,
    publication: Publication = PUBLICATION,
) -> Newsroom:
    ordered: Sequence[Article] = sorted(articles, key=lambda one: (-one.published.timestamp(), one.id))
    texts = {one.id: BODY for one in ordered} | dict(bodies or {})
    prints = {one.id: hashlib.sha256(f"{one!r}{texts[one.id]}".encode()).hexdigest() for one in ordered}
    catalogue = Catalogue(publication=publication, articles=tuple(ordered), fingerprints=prints, theme="theme")
    return Newsroom(catalogue, {key: Body(markup="markdown", text=text) for key, text in texts.items()})


def changed(before: dict[str, object], after: dict[str, object]) -> set[str]:
    """Paths of the documents that are new, gone or otherwise, by their fingerprints."""
    fingerprint = {path: getattr(one, "fingerprint", None) for path, one in before.items()}
    return {path for path, one in after.items() if fingerprint.get(path) != getattr(one, "fingerprint", 0)} | (
        before.keys() - after.keys()
    )
