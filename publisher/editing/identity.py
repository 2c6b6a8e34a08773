"""Which article is which: an id is given once and kept over a new slug, headline, file name or domain.

A manuscript is recognised by its id, then its path, then its body, then published + title; what fits two articles
that are gone from their places is left out with a sentence. What is recognised by nothing is new and gets
`tag:AUTHORITY,DATE:SLUG` (RFC 4151).
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import chain, count, islice
from typing import TypeVar
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from publisher.config import Publication
from publisher.config.pages import is_page
from publisher.model import Article, Manuscript, Problem

Key = TypeVar("Key")

EMPTY_BODY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""SHA-256 of nothing: equal empty bodies prove nothing."""


class KnownArticle(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of an article that had an id before: by the store, or only by `ids.tsv`."""

    id: str
    path: str
    body_hash: str
    address: str | None = None
    published: datetime | None = None
    title: str | None = None
    present: bool = True
    released: bool = True
    """Readers have seen it: its id is theirs too."""


class Known(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """All that had an id before, and the paths that hold a manuscript now (changed or not)."""

    articles: Sequence[KnownArticle]
    paths_now: Collection[str]
    former: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Address that an article's page used to have -> the article's id."""
    pages: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Address at which readers find a fixed page -> the page's file."""

    @cached_property
    def by_path(self) -> dict[str, KnownArticle]:
        return {known.path: known for known in self.articles}

    @cached_property
    def by_id(self) -> dict[str, KnownArticle]:
        return {known.id: known for known in self.articles}

    @cached_property
    def by_link(self) -> dict[str, str]:
        """Address -> id of the article that readers were led to there, now or once: it is theirs, and keeps it."""
        return {**self.former, **{one.address: one.id for one in self.articles if one.address and one.released}}

    @cached_property
    def gone_by_body(self) -> dict[str, list[KnownArticle]]:
        """Those whose file is not where it was: the only ones that a new file can turn out to be."""
        return self._gone(lambda known: known.body_hash)

    @cached_property
    def gone_by_title(self) -> dict[tuple[datetime | None, str | None], list[KnownArticle]]:
        return self._gone(lambda known: (known.published, known.title))

    def _gone(self, key: Callable[[KnownArticle], Key]) -> dict[Key, list[KnownArticle]]:
        found: dict[Key, list[KnownArticle]] = {}
        for known in self.articles:
            if known.path not in self.paths_now:
                found.setdefault(key(known), []).append(known)
        return found


NOTHING = Known(articles=(), paths_now=())


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """Every manuscript is in exactly one of the two, by its path."""

    articles: tuple[Article, ...]
    problems: tuple[Problem, ...]


class Likeness(msgspec.Struct, frozen=True, kw_only=True):
    """What an article must share with one of some manuscripts, in one thing at least, to be of any matter to them."""

    ids: frozenset[str]
    paths: frozenset[str]
    body_hashes: frozenset[str]
    published: frozenset[datetime]
    addresses: frozenset[str]
    last: frozenset[str]
    """Where numbering would go on beyond what is asked here: an article that has one of these says so."""


NUMBERED = 4
"""So many are looked at of `slug`, `slug-2` and so on."""


def likeness(manuscripts: Iterable[Manuscript], publication: Publication) -> Likeness:
    wanted = list(manuscripts)
    minted = [list(islice(_ids(one, publication), NUMBERED)) for one in wanted]
    placed = [[address_of(one, publication) for one in islice(_slugs(one), NUMBERED)] for one in wanted]
    declared = [one.declared_id for one in wanted if one.declared_id]
    return Likeness(
        ids=frozenset([*declared, *chain.from_iterable(minted)]),
        paths=frozenset(one.path for one in wanted),
        body_hashes=frozenset(one.body_hash for one in wanted) - {EMPTY_BODY},
        published=frozenset(one.published for one in wanted),
        addresses=frozenset(chain.from_iterable(placed)),
        last=frozenset(some[-1] for some in (*minted, *placed)),
    )


def admit(manuscripts: Iterable[Manuscript], known: Known, publication: Publication) -> Admission:
    """Give each manuscript its id and address, or say why it is left out. Order of the input does not matter.

    What is left out keeps its last good version, and with it its address; so another round follows while that takes
    an address from somebody.
    """
    wanted = sorted(manuscripts, key=lambda one: one.path)
    wanted.sort(key=lambda one: not _keeps_address(one, known, publication))
    refused: set[str] = set()
    while True:
        admission = _Round(known, publication, wanted, refused).admit()
        left_out = {problem.path for problem in admission.problems}
        if left_out <= refused:
            return admission
        refused |= left_out


def by_itself(manuscript: Manuscript, publication: Publication) -> Article | Problem:
    """What `admit` says of it where nothing is known and there is no other."""
    return _Round(NOTHING, publication, (), ()).one(manuscript)


class Newcomers:
    """Where nothing is known yet, what `admit` says of each, asked in the order of their paths."""

    def __init__(self, publication: Publication) -> None:
        self._round = _Round(NOTHING, publication, (), ())

    def admit(self, manuscript: Manuscript) -> Article | Problem:
        return self._round.one(manuscript)

    def have_room(self, path: str, identity: str, address: str) -> bool:
        """Whether what it is `by_itself` it can be beside those before it; then it is that."""
        return self._round.settle(path, identity, address)


class _Round:
    """One pass over all manuscripts; `refused` are paths that an earlier pass left out."""

    def __init__(
        self, known: Known, publication: Publication, wanted: Sequence[Manuscript], refused: Collection[str]
    ) -> None:
        self._known = known
        self._publication = publication
        self._wanted = wanted
        read_anew = {one.path for one in wanted} - set(refused)
        staying = [
            one
            for one in known.articles
            if one.address and one.present and one.path in known.paths_now and one.path not in read_anew
        ]
        self._ids = {one.id: one.path for one in staying}
        self._addresses = {one.address: one.path for one in staying if one.address}

    def admit(self) -> Admission:
        found = [self.one(manuscript) for manuscript in self._wanted]
        return Admission(
            articles=tuple(one for one in found if isinstance(one, Article)),
            problems=tuple(one for one in found if isinstance(one, Problem)),
        )

    def one(self, manuscript: Manuscript) -> Article | Problem:
        publication = self._publication
        identity = recognise(manuscript, self._known)
        if isinstance(identity, Problem):
            return self._where_it_was(manuscript) or identity
        if manuscript.origin:
            manuscript = self._with_free_slug(manuscript)
        if identity is None:
            identity = mint(manuscript, publication, taken=self._has_id)
        address = address_of(manuscript, publication)
        clash = self._clash(manuscript, identity, address)
        if clash:
            stays = self._where_it_was(manuscript)
            if stays:
                return stays
            day = manuscript.published.astimezone(publication.zone).date()
            return Problem(path=manuscript.path, line=1, reason=clash, day=day)
        self._ids[identity] = self._addresses[address] = manuscript.path
        return Article.of(manuscript, id=identity, address=address, group=group_of(manuscript, publication))

    def settle(self, path: str, identity: str, address: str) -> bool:
        """It gets both, unless one of them is another's."""
        free = identity not in self._ids and address not in self._addresses
        if free:
            self._ids[identity] = self._addresses[address] = path
        return free

    def _where_it_was(self, manuscript: Manuscript) -> Article | None:
        """One that is retracted, as readers know it: no dispute about an id or an address puts off a retraction."""
        before = self._known.by_path.get(manuscript.path)
        if not (manuscript.retracted and before and before.address and before.present):
            return None
        self._ids[before.id] = self._addresses[before.address] = manuscript.path
        group = group_of(manuscript, self._publication)
        return Article.of(manuscript, id=before.id, address=before.address, group=group)

    def _has_id(self, identity: str) -> bool:
        return identity in self._known.by_id or identity in self._ids

    def _clash(self, manuscript: Manuscript, identity: str, address: str) -> str | None:
        holder = self._ids.get(identity)
        before = self._known.by_id.get(identity)
        if manuscript.origin and before and not before.path.startswith("upstream:"):
            holder = before.path
        if holder not in {None, manuscript.path}:
            return f"its id {identity} is also that of {holder}; two articles cannot share one"
        lang = "" if manuscript.lang == self._publication.language else f"/{manuscript.lang}"
        if is_page(address.removeprefix(lang)):
            return f"its address {address} is that of a page of the site; give it another `slug:` or `section:`"
        if self._addresses.get(address, manuscript.path) != manuscript.path:
            return f"its address {address} is taken by {self._addresses[address]}; give one of them another `slug:`"
        return self._known_otherwise(identity, address)

    def _known_otherwise(self, identity: str, address: str) -> str | None:
        """What readers, and their feed readers, find at an address does not become something else."""
        page, other = self._known.pages.get(address), self._known.by_link.get(address)
        if page and other != identity:
            return f"its address {address} is that of {page}; give it another `slug:`"
        if other is None or other == identity:
            return None
        was = self._known.by_id.get(other)
        whose = f"{other} ({was.path})" if was else other
        return (
            f"readers know its address {address} as that of {whose}; if it is the same article, give it `id: {other}`, "
            "if it is another one, another `slug:`"
        )

    def _with_free_slug(self, manuscript: Manuscript) -> Manuscript:
        """Nobody here chose the slug of a collected entry, so a clash is no fault: it is `slug-2`, and stays that."""
        before = self._known.by_path.get(manuscript.path)
        for one in _slugs(manuscript):
            address = address_of(one, self._publication)
            if before and before.address == address:
                return one
            if self._addresses.get(address, one.path) == one.path and address not in self._known.by_link:
                return one
        return manuscript


def recognise(manuscript: Manuscript, known: Known) -> str | Problem | None:
    """The id that it had before; None: it is new; a Problem: it could be one of several."""
    at_path = known.by_path.get(manuscript.path)
    if manuscript.declared_id:
        return _renamed(manuscript, at_path) or manuscript.declared_id
    if at_path:
        return at_path.id
    by_title = known.gone_by_title.get((manuscript.published, manuscript.title), [])
    by_body = known.gone_by_body.get(manuscript.body_hash, []) if manuscript.body_hash != EMPTY_BODY else []
    both = [one for one in by_body if one in by_title]
    for candidates in (both, by_body, by_title):
        if len({one.id for one in candidates}) == 1:
            return candidates[0].id
        if candidates:
            paths = " or ".join(sorted({one.path for one in candidates}))
            reason = f"it could be the article that was {paths}; give it that article's `id:` from ids.tsv"
            return Problem(path=manuscript.path, line=1, reason=reason)
    return None


def _renamed(manuscript: Manuscript, before: KnownArticle | None) -> Problem | None:
    """An article that readers know by one id must not come again by another (RFC 4287 s. 4.2.6)."""
    if before is None or not before.released or before.id == manuscript.declared_id:
        return None
    same_title = (before.title, before.published) == (manuscript.title, manuscript.published)
    same_body = before.body_hash == manuscript.body_hash != EMPTY_BODY
    if not (same_title or same_body):
        return None  # another article took this file's name
    reason = f"readers know it as {before.id}; `id: {manuscript.declared_id}` would show it to them twice; take it out"
    return Problem(path=manuscript.path, line=1, reason=reason)


def mint(manuscript: Manuscript, publication: Publication, *, taken: Callable[[str], bool]) -> str:
    """`tag:AUTHORITY,DATE:SLUG` (RFC 4151), with the language before the slug where it is not the default one."""
    return next(one for one in _ids(manuscript, publication) if not taken(one))


def _ids(manuscript: Manuscript, publication: Publication) -> Iterator[str]:
    day = manuscript.published.astimezone(publication.zone).date()
    lang = "" if manuscript.lang == publication.language else f"{manuscript.lang}/"
    stem = f"tag:{publication.authority},{day.isoformat()}:{lang}{quote(manuscript.slug, safe='-._~')}"
    return (stem if number == 1 else f"{stem}-{number}" for number in count(1))


def _slugs(manuscript: Manuscript) -> Iterator[Manuscript]:
    """Itself, then with `-2`, `-3` and so on behind its slug."""
    return chain([manuscript], (replace(manuscript, slug=f"{manuscript.slug}-{number}") for number in count(2)))


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


def _keeps_address(manuscript: Manuscript, known: Known, publication: Publication) -> bool:
    before = known.by_path.get(manuscript.path)
    return before is not None and before.address == address_of(manuscript, publication)
