"""Which article is which: an id is given once and kept over a new slug, headline, file name or domain.

A manuscript is recognised by its id, then its path, then its body, then published + title; what fits two articles
that are gone from their places is left out with a sentence. What is recognised by nothing is new and gets
`tag:AUTHORITY,DATE:SLUG` (RFC 4151).
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from urllib.parse import quote

from publisher.config import Publication
from publisher.model import Article, Manuscript, Problem

EMPTY_BODY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""SHA-256 of nothing: equal empty bodies prove nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownArticle:
    """What is remembered of an article that had an id before: by the store, or only by `ids.tsv`."""

    id: str
    path: str
    body_hash: str
    address: str | None = None
    published: datetime | None = None
    title: str | None = None
    present: bool = True


@dataclass(frozen=True, kw_only=True)
class Known:
    """All that had an id before, and the paths that hold a manuscript now (changed or not)."""

    articles: Sequence[KnownArticle]
    paths_now: Collection[str]

    @cached_property
    def by_path(self) -> dict[str, KnownArticle]:
        return {known.path: known for known in self.articles}

    @cached_property
    def ids(self) -> frozenset[str]:
        return frozenset(known.id for known in self.articles)

    @cached_property
    def gone(self) -> tuple[KnownArticle, ...]:
        """Those whose file is not where it was: the only ones that a new file can turn out to be."""
        return tuple(known for known in self.articles if known.path not in self.paths_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Every manuscript is in exactly one of the two, by its path."""

    articles: tuple[Article, ...]
    problems: tuple[Problem, ...]


def admit(manuscripts: Iterable[Manuscript], known: Known, publication: Publication) -> Admission:
    """Give each manuscript its id and address, or say why it is left out. Order of the input does not matter."""
    articles: list[Article] = []
    problems: list[Problem] = []
    ids: dict[str, str] = {}
    addresses = _addresses_held(known, manuscripts := sorted(manuscripts, key=lambda one: one.path))
    for handed_in in sorted(manuscripts, key=lambda one: not _keeps_address(one, known, publication)):
        manuscript = handed_in
        day = manuscript.published.astimezone(publication.zone).date()
        found = recognise(manuscript, known)
        if isinstance(found, Problem):
            problems.append(found)
            continue
        if manuscript.origin:
            manuscript = _with_free_slug(manuscript, known, addresses, publication)
        identity = found or mint(manuscript, publication, taken=known.ids | ids.keys())
        address = address_of(manuscript, publication)
        clash = _clash(manuscript, identity, address, ids, addresses)
        if clash:
            problems.append(Problem(path=manuscript.path, line=1, reason=clash, day=day))
            continue
        ids[identity] = addresses[address] = manuscript.path
        articles.append(Article.of(manuscript, id=identity, address=address, group=group_of(manuscript, publication)))
    return Admission(articles=tuple(articles), problems=tuple(problems))


def recognise(manuscript: Manuscript, known: Known) -> str | Problem | None:
    """The id that it had before; None: it is new; a Problem: it could be one of several."""
    if manuscript.declared_id:
        return manuscript.declared_id
    at_path = known.by_path.get(manuscript.path)
    if at_path:
        return at_path.id
    by_title = [one for one in known.gone if one.title == manuscript.title and one.published == manuscript.published]
    by_body = [one for one in known.gone if one.body_hash == manuscript.body_hash != EMPTY_BODY]
    both = [one for one in by_body if one in by_title]
    for candidates in (both, by_body, by_title):
        if len({one.id for one in candidates}) == 1:
            return candidates[0].id
        if candidates:
            paths = " or ".join(sorted({one.path for one in candidates}))
            reason = f"it could be the article that was {paths}; give it that article's `id:` from ids.tsv"
            return Problem(path=manuscript.path, line=1, reason=reason)
    return None


def mint(manuscript: Manuscript, publication: Publication, *, taken: Collection[str]) -> str:
    """`tag:AUTHORITY,DATE:SLUG` (RFC 4151), with the language before the slug where it is not the default one."""
    day = manuscript.published.astimezone(publication.zone).date()
    lang = "" if manuscript.lang == publication.language else f"{manuscript.lang}/"
    stem = f"tag:{publication.authority},{day.isoformat()}:{lang}{quote(manuscript.slug, safe='-._~')}"
    tries = (stem if number == 1 else f"{stem}-{number}" for number in range(1, len(taken) + 2))
    return next(one for one in tries if one not in taken)


def address_of(manuscript: Manuscript, publication: Publication) -> str:
    """The path of its page by `[site] permalink`; `/LANG` stands before it for another language than the default."""
    day = manuscript.published.astimezone(publication.zone).date()
    section = re.sub(r"[^\w-]+", "-", (manuscript.section or "news").lower()).strip("-")
    path = publication.permalink.format(
        year=f"{day.year:04}", month=f"{day.month:02}", day=f"{day.day:02}", slug=manuscript.slug, section=section
    )
    return path if manuscript.lang == publication.language else f"/{manuscript.lang}{path}"


def group_of(manuscript: Manuscript, publication: Publication) -> str:
    """Translations share it: the same day and slug in another language, or `translation_of` that slug."""
    day = manuscript.published.astimezone(publication.zone).date()
    return f"{day.isoformat()}/{manuscript.translation_of or manuscript.slug}"


def _addresses_held(known: Known, manuscripts: Sequence[Manuscript]) -> dict[str, str]:
    """Address -> path, of the articles that stay as they are."""
    read_anew = {one.path for one in manuscripts}
    return {
        one.address: one.path
        for one in known.articles
        if one.address and one.present and one.path in known.paths_now and one.path not in read_anew
    }


def _with_free_slug(
    manuscript: Manuscript, known: Known, addresses: dict[str, str], publication: Publication
) -> Manuscript:
    """Nobody here chose the slug of a collected entry, so a clash is no fault: it becomes `slug-2`, and stays that."""
    before = known.by_path.get(manuscript.path)
    tries = [replace(manuscript, slug=f"{manuscript.slug}-{number}") for number in range(2, len(addresses) + 3)]
    for one in (manuscript, *tries):
        address = address_of(one, publication)
        if (before and before.address == address) or addresses.get(address, one.path) == one.path:
            return one
    return manuscript


def _keeps_address(manuscript: Manuscript, known: Known, publication: Publication) -> bool:
    before = known.by_path.get(manuscript.path)
    return before is not None and before.address == address_of(manuscript, publication)


def _clash(
    manuscript: Manuscript, identity: str, address: str, ids: dict[str, str], addresses: dict[str, str]
) -> str | None:
    if identity in ids:
        return f"its id {identity} is also that of {ids[identity]}; two articles cannot share one"
    if addresses.get(address, manuscript.path) != manuscript.path:
        return f"its address {address} is taken by {addresses[address]}; give one of them another `slug:`"
    return None
