"""What the site is to be, and in what it differs from the release that the store remembers."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from publisher.config import Publication
from publisher.editing.edition import arrange
from publisher.model import Chapter, DayFile, Document, Material, Problem
from publisher.release import ids
from publisher.render.catalogue import Catalogue
from publisher.render.kept import Kept
from publisher.render.months import Index, prints_of, whole
from publisher.running.collecting import fixed_pages
from publisher.running.doors import Doors
from publisher.running.months import read_months
from publisher.store import addresses, editions, issues, pictures, premieres, releases, versions
from publisher.store.engine import Store
from publisher.store.releases import Base, Difference

if TYPE_CHECKING:
    from publisher.render.feeds import FeedLink

DayFiles = Mapping[date, DayFile]
Tell = Callable[[Problem], None]

OWN = frozenset({"robots.txt", "404.html", "redirects.nginx", "redirects.caddy", "_redirects"})
"""What a file in static/ takes the place of; no other file of the site is given up for one."""
ALWAYS = ""
"""The fingerprint of a chapter that is planned at every release: what is in it hangs on all the others."""


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """What a release is made of."""

    doors: Doors
    catalogue: Catalogue
    day_files: DayFiles
    kept: Kept = msgspec.field(default_factory=Kept)
    """Entries of feeds."""


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """What a release is to change."""

    documents: tuple[Document, ...]
    """Those that are to be written."""
    difference: Difference

    def __bool__(self) -> bool:
        return bool(self.documents or self.difference.removed)


class _Planned(msgspec.Struct):
    """The documents of the chapters that changed, each path once, and what stands in the chapters that did not."""

    store: Store
    before: Mapping[str, str]
    """Chapter -> fingerprint in the base release."""
    chapters: dict[str, str] = msgspec.field(default_factory=dict)
    documents: dict[str, tuple[Document, str]] = msgspec.field(default_factory=dict)
    same: set[str] = msgspec.field(default_factory=set)

    def add(self, chapter: Chapter) -> None:
        if chapter.fingerprint != ALWAYS and self.before.get(chapter.name) == chapter.fingerprint:
            self.same.add(chapter.name)
            return
        self.chapters[chapter.name] = chapter.fingerprint
        for document in chapter.documents():
            self.documents.setdefault(document.path, (document, chapter.name))

    def taken(self) -> set[str]:
        """Every path of the site so far."""
        with self.store.read() as tx:
            return {*self.documents, *releases.paths(tx, self.same)}


def pending(site: Site, tell: Tell) -> Pending:
    """In what the site differs from the base release. What cannot have its place is told to `tell`."""
    with site.doors.store.read() as tx:
        planned = _Planned(site.doors.store, releases.chapters(tx))
    for chapter in _chapters(site, planned.taken, tell):
        planned.add(chapter)
    # A document of no chapter was written by an older program.
    ended = (planned.before.keys() | {""}) - planned.chapters.keys() - planned.same
    with site.doors.store.read() as tx:
        standing = releases.standing(tx, {*planned.chapters, *ended})
    found = planned.documents
    written = [
        (path, document.fingerprint, name)
        for path, (document, name) in found.items()
        if standing.get(path) != (document.fingerprint, name)
    ]
    return Pending(
        documents=tuple(
            document for path, (document, _) in found.items() if standing.get(path, ("", ""))[0] != document.fingerprint
        ),
        difference=Difference(
            written=written,
            removed=sorted(standing.keys() - found.keys()),
            chapters=planned.chapters,
            ended=ended & planned.before.keys(),
        ),
    )


def read_catalogue(doors: Doors, now: datetime, base: Base | None = None) -> Catalogue:
    """All that may be shown at `now`; what is new has its place in the order of first release."""
    months = read_months(doors, now)
    listed, index = whole(months), Index(months)
    with doors.store.read() as tx:
        same_ids = base is not None and base.ids_seen is not None and base.ids_seen == ids.stamp(doors.site)
        order = premieres.extended(
            tx,
            index,
            released=() if same_ids else ids.read(doors.site),
            publication=doors.publication,
            now=now,
        )
        made = issues.issues(tx)
        former = addresses.former(tx)
        shown = pictures.shown(tx, now)
        told = editions.told(tx)
        bore = versions.bore(tx)
    return Catalogue(
        publication=doors.publication,
        articles=listed,
        fingerprints=prints_of(months),
        issues=made,
        premieres=order,
        former=former,
        pictures=tuple(shown),
        told=told,
        bore=bore,
        pages=fixed_pages(doors)[0],
        emblems=doors.materials.emblems,
        theme=doors.materials.fingerprint,
    )


def _chapters(site: Site, taken: Callable[[], set[str]], tell: Tell) -> Iterator[Chapter]:
    """Every file of the site, each path once: pages, feeds, the digests' own pages, what lies in static/, and what
    stands at old addresses.
    """
    from publisher.render import feeds, language
    from publisher.render import site as pages
    from publisher.running import picturing
    from publisher.running.compiling import compiled

    doors, catalogue = site.doors, site.catalogue
    languages = language.load(doors.materials.words, catalogue.languages, doors.publication.zone)
    strands = feeds.strands(catalogue, feeds.load(doors.materials.feeds))
    framed = pages.frames(
        catalogue,
        environment=compiled(doors),
        languages=languages,
        feeds=feeds.links(strands),
    )
    for problem in pages.misplaced(catalogue):
        tell(problem)
    own = list(static(doors.home))
    held = frozenset(document.path for document in own if document.path in OWN)
    yield from pages.chapters(framed, day_files=site.day_files, arrange=arrange, held=held)
    yield from feeds.chapters(feeds.Desk(catalogue, languages, kept=site.kept), strands)
    yield _digest_pages(doors, feeds.links(strands))
    yield from picturing.chapters(doors.home, catalogue.pictures)
    yield Chapter(name="static", fingerprint=ALWAYS, documents=lambda: _beside(own, taken() if own else set(), tell))
    # Without any old address nobody has to know what else there is.
    moves = catalogue.publication.redirects or catalogue.former or catalogue.has_aliases
    others = taken if moves else lambda: held
    yield Chapter(name="redirects", fingerprint=ALWAYS, documents=lambda: pages.redirects(framed, others(), tell))


def _beside(own: Iterable[Document], taken: set[str], tell: Tell) -> Iterator[Document]:
    """The files of static/ that stand beside the site's own: none hides a page, none is a folder of pages."""
    folders = {folder for path in taken for folder in _folders(path)}
    for document in own:
        path = document.path
        hidden = (path in taken and path not in OWN) or path in folders or taken.intersection(_folders(path))
        if hidden:
            reason = "it would hide a page of the site, and is not copied; give it another name"
            tell(Problem(path=f"static/{path}", reason=reason))
            continue
        taken.add(path)
        yield document


def _folders(path: str) -> Iterator[str]:
    """`a/b/c.html` -> `a/b`, `a`."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _digest_pages(doors: Doors, links: "Sequence[FeedLink]") -> Chapter:
    """The mails as sent, without anybody's links. They are frozen, but for the feeds that their pages lead to."""
    from publisher.render.feeds.discovery import discovery

    with doors.store.read() as tx:
        pages = releases.web_pages(tx)
    named: dict[str, set[str]] = {}
    for name, variant, _ in pages:
        named.setdefault(name, set()).add(variant)

    def documents() -> Iterator[Document]:
        for name, variant, revision in pages:
            feeds = discovery(links, variant, doors.publication)
            folder = folder_of(doors.publication, name, variant, beside=named[name])
            for file, part in (("index.html", 0), ("index.txt", 1)):
                seen = f"{name} {variant} {revision} {part}{'' if part else feeds.decode()}"
                write = partial(_digest_page, doors.store, (name, variant, revision), part, feeds)
                yield Document(path=folder + file, fingerprint=seen, write=write)

    seen = repr((doors.publication.language, pages, [one for one in links if one.kind in {"site", "digest"}]))
    return Chapter(name="digests", fingerprint=seen, documents=documents)


def folder_of(publication: Publication, digest: str, variant: str, *, beside: Container[str]) -> str:
    """Where the page of a digest's variant stands `beside` the others. One that was made before `language` was changed
    stays where mails lead to.
    """
    default = publication.language if publication.language in beside else publication.first_language
    return f"digest/{digest}/" if variant == default else f"{variant}/digest/{digest}/"


def _digest_page(store: Store, key: tuple[str, str, int], part: int, feeds: bytes, _: Material) -> bytes:
    from publisher.render.feeds.discovery import discoverable

    with store.read() as tx:
        page = releases.web_page(tx, *key)[part]
    return page if part else discoverable(page, feeds)


def static(home: Path) -> Iterator[Document]:
    """static/ is copied as it is; hidden files too (.well-known), links that lead outside are not followed."""
    root = home / "static"
    for path in sorted(root.rglob("*")) if root.is_dir() else ():
        if path.is_file() and path.resolve().is_relative_to(root.resolve()):
            seen = path.stat()
            name = path.relative_to(root).as_posix()
            yield Document(path=name, fingerprint=f"{seen.st_mtime_ns} {seen.st_size}", write=partial(_file, path))


def _file(path: Path, _: Material) -> bytes:
    return path.read_bytes()
