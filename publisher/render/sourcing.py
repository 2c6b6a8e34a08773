"""The sourcing line: what an article rests on, computed from its sources and said in words.

Words come first, the circle's shape second, its colour third. Pages, mail and feeds say the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from publisher.model import Access, Article, Role, Source, Verification
from publisher.render.language import Language

Level = Literal["v0", "v1", "v2", "vx"]
"""An open, a half and a full circle; a cross. Class names of the style sheet too."""

SIGNS: Mapping[Level, str] = {"v0": "\u25cb", "v1": "\u25cb", "v2": "\u25cf", "vx": "\u2715"}
"""For text and mail; the half circle is a speck in some fonts, so there the words alone tell part from none."""

LEVELS: Mapping[Verification, Level] = {"verified": "v2", "partial": "v1", "unverified": "v0", "withdrawn": "vx"}

VERIFICATIONS: Mapping[Verification, str] = {
    "verified": "Verified",
    "partial": "Read in part",
    "unverified": "Not verified",
    "withdrawn": "Withdrawn",
}
ROLES: Mapping[Role, str] = {
    "primary": "Primary source",
    "secondary": "Secondary source",
    "document": "Document",
    "background": "Background",
    "own-reporting": "Own reporting",
}
ACCESSES: Mapping[Access, str] = {
    "open": "Open",
    "registration": "Registration",
    "paywall": "Paywall",
    "archived": "Archived copy",
    "dead": "Link dead",
    "unknown": "",
}
NAMED = 2
"""So many publishers a line names when there are more than one beyond them."""


class Sourcing(msgspec.Struct, frozen=True, kw_only=True):
    level: Level
    total: int
    verified: int
    withdrawn: int = 0
    own: bool = False
    """All of it is the publication's own reporting."""

    @property
    def sign(self) -> str:
        return SIGNS[self.level]

    @property
    def sound(self) -> bool:
        return self.level in {"v1", "v2"}


def line(article: Article, *, since: datetime | None) -> Sourcing | None:
    """What the article's sources amount to; None for an article before `since`: that archive never had sources."""
    if since is not None and article.published < since:
        return None
    sources = article.sources
    found = [source.verification for source in sources]
    verified = found.count("verified")
    level: Level = "v0" if not verified else "v2" if verified == len(sources) else "v1"
    return Sourcing(
        level=level,
        total=len(sources),
        verified=verified,
        withdrawn=found.count("withdrawn"),
        own=bool(sources) and all(source.role == "own-reporting" for source in sources),
    )


def words(found: Sourcing, language: Language) -> str:
    """`1 source, not verified`, `3 sources, all verified`, `4 sources, 3 verified`, and so on."""
    if not found.total:
        return language.text("No sources given")
    if found.own and not found.withdrawn:
        return language.text("Own reporting")
    if found.total == 1:
        return language.text(_of_one(found))
    if not found.verified:
        said = language.plural("{n} source, none verified", "{n} sources, none verified", found.total)
    elif found.verified == found.total:
        said = language.plural("{n} source, all verified", "{n} sources, all verified", found.total)
    else:
        said = _some(found.total, found.verified, language)
    if found.withdrawn:
        said += ", " + language.plural("{n} withdrawn", "{n} withdrawn", found.withdrawn)
    return said


def _of_one(found: Sourcing) -> str:
    if found.withdrawn:
        return "1 source, withdrawn"
    return "1 source, verified" if found.verified else "1 source, not verified"


def _some(total: int, verified: int, language: Language) -> str:
    sources = language.plural("{n} source", "{n} sources", total)
    return sources + ", " + language.plural("{n} verified", "{n} verified", verified)


def counts(articles: Sequence[Article], language: Language, *, since: datetime | None) -> tuple[str, ...]:
    """`3 articles`, `9 min`, `8 sources, 6 verified`; a retracted article counts for nothing."""
    shown = [article for article in articles if article.retracted is None]
    said = [language.plural("{n} article", "{n} articles", len(shown))]
    if shown:
        said.append(minutes(sum(article.minutes for article in shown), language))
    found = [line(article, since=since) for article in shown]
    total = sum(one.total for one in found if one)
    if total:
        said.append(_some(total, sum(one.verified for one in found if one), language))
    return tuple(said)


def minutes(n: int, language: Language) -> str:
    return language.plural("{n} min", "{n} min", n)


def verification(source: Source, language: Language) -> str:
    return language.wording[VERIFICATIONS[source.verification]]


def role(source: Source, language: Language) -> str:
    """Empty when it has none."""
    return language.wording[ROLES[source.role]] if source.role else ""


def access(source: Source, language: Language) -> str:
    """Empty when unknown."""
    if source.access == "dead" and source.dead_since:
        return language.text("Link dead since {day}", day=language.voice.date(source.dead_since))
    return language.wording[ACCESSES[source.access]] if source.access != "unknown" else ""


def publishers(sources: Iterable[Source], language: Language) -> str:
    """`Financial Times (paywall)`; `City of Example, Example Museum and 2 more`.

    A source without a publisher stands with its title.
    """
    listed = list(sources)
    if len(listed) == 1:
        name = language.set_apart(listed[0].publisher or listed[0].title)
        said = access(listed[0], language).lower() if listed[0].access in {"registration", "paywall", "dead"} else ""
        return f"{name} ({said})" if said else name
    names = list(dict.fromkeys(language.set_apart(source.publisher or source.title) for source in listed))
    if len(names) <= NAMED + 1:
        return ", ".join(names)
    shown = ", ".join(names[:NAMED])
    return language.plural("{names} and {n} more", "{names} and {n} more", len(names) - NAMED, names=shown)
