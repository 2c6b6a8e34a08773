"""Render and release: the documents that changed, written beside the live site and made live at once."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from itertools import chain
from pathlib import Path

from publisher import release
from publisher.editing.edition import arrange
from publisher.errors import ConfigurationError
from publisher.model import Body, DayFile, Document, Problem
from publisher.release import compression, ids
from publisher.render.catalogue import Catalogue
from publisher.running.doors import Doors
from publisher.running.report import Report
from publisher.store import addresses, issues, premieres, releases
from publisher.store import articles as shelf
from publisher.store.engine import Store, Transaction

DayFiles = Mapping[date, DayFile]
Tell = Callable[[Problem], None]

BATCH = 200
"""Documents rendered for one look at the store: bounds memory, whatever the size of the site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a release is made of."""

    doors: Doors
    catalogue: Catalogue
    day_files: DayFiles


def publish(doors: Doors, now: datetime, day_files: DayFiles, report: Report) -> None:
    """Bring site and feeds up to date with the store, as one release. Nothing changed: nothing is written.

    A kill at any moment leaves the old release live or the new one; the next run builds on the last one that the
    store remembers.
    """
    with doors.store.begin() as tx:
        base = releases.base(tx)
        if base.number and not (release.exists(doors.site, base.number) and release.live(doors.site)):
            releases.forget(tx)
            base = releases.base(tx)
        shown = shelf.shown(tx, now)
        seen = _site_fingerprint(doors, tx, shown, day_files)
    report.articles = len(shown)
    if base.number and base.site_fingerprint == seen and release.live(doors.site) == base.number:
        return
    site = Site(doors=doors, catalogue=read_catalogue(doors, now), day_files=day_files)
    _release(site, base.number, seen, report)


def _release(site: Site, base: int, seen: str, report: Report) -> None:
    doors, catalogue = site.doors, site.catalogue
    before = len(report.left_out)
    changed, removed = pending(site, report.problem)
    with doors.store.read() as tx:
        registered = shelf.registered(tx, catalogue.by_id.keys())
    number = base
    if changed or removed or not base:
        number = max(base, release.live(doors.site) or 0) + 1
        release.publish(
            doors.site,
            base=base,
            number=number,
            write=_checked(doors.site, _written(doors.store, changed), registered, base),
            remove=_with_copies(removed),
            keep=doors.publication.keep_releases,
        )
        report.release, report.files_written, report.files_removed = number, len(changed), len(removed)
    else:
        ids.append(doors.site, registered)
    with doors.store.begin() as tx:
        releases.remember(
            tx,
            number=number,
            # What could not have its place is named at every run until it is mended.
            site_fingerprint=seen if len(report.left_out) == before else None,
            written={document.path: document.fingerprint for document in changed},
            removed=removed,
        )
        premieres.keep(tx, catalogue.premieres)
        shelf.note_release(tx, report.at, report.at)


def pending(site: Site, tell: Tell) -> tuple[list[Document], list[str]]:
    """The documents that differ from the base release, and the paths in it that are no more."""
    with site.doors.store.read() as tx:
        before = releases.fingerprints(tx)
    planned = {document.path: document for document in documents(site, tell)}
    changed = [document for path, document in planned.items() if before.get(path) != document.fingerprint]
    return changed, sorted(before.keys() - planned.keys())


def read_catalogue(doors: Doors, now: datetime) -> Catalogue:
    """All that may be shown at `now`; what is new has its place in the order of first release."""
    with doors.store.read() as tx:
        found = shelf.visible(tx, now)
        order = premieres.extended(
            tx,
            [article for article, _ in found],
            released=ids.read(doors.site),
            default=doors.publication.language,
            now=now,
        )
        made = issues.issues(tx)
        former = addresses.former(tx)
    return Catalogue(
        publication=doors.publication,
        articles=tuple(article for article, _ in found),
        fingerprints={article.id: fingerprint for article, fingerprint in found},
        issues=made,
        premieres=order,
        former=former,
        emblems=doors.materials.emblems,
        theme=doors.materials.fingerprint,
    )


def documents(site: Site, tell: Tell) -> Iterator[Document]:
    """Every file of the site, each path once: pages, feeds, the digests' own pages, what lies in static/, and what
    stands at old addresses. What cannot have its place is told to `tell`.
    """
    from publisher.render import feeds, language
    from publisher.render import site as pages
    from publisher.render.environment import environment

    doors, catalogue = site.doors, site.catalogue
    languages = language.load(doors.materials.words, catalogue.languages, doors.publication.zone)
    found = feeds.load(doors.materials.feeds)
    framed = pages.frames(
        catalogue,
        environment=environment(doors.materials.templates),
        languages=languages,
        feeds=feeds.available(catalogue, found),
    )
    own = list(_static(doors.home))
    taken: set[str] = {document.path for document in own if document.path in OWN}
    for document in chain(
        pages.plan(framed, day_files=site.day_files, arrange=arrange),
        feeds.plan(catalogue, found, languages=languages),
        _digest_pages(doors),
    ):
        if document.path not in taken:
            taken.add(document.path)
            yield document
    yield from _beside(own, taken, tell)
    yield from pages.redirects(framed, taken, tell)


OWN = frozenset({"robots.txt", "404.html", "redirects.nginx", "redirects.caddy", "_redirects"})
"""What a file in static/ takes the place of; no other file of the site is given up for one."""


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


def _digest_pages(doors: Doors) -> Iterator[Document]:
    """The mails as sent, without anybody's links. They are frozen: their fingerprint is their name."""
    with doors.store.read() as tx:
        pages = releases.web_pages(tx)
    for name, variant, revision in pages:
        folder = f"digest/{name}/"
        if variant != doors.publication.language:
            folder = f"{variant}/{folder}"
        for file, part in (("index.html", 0), ("index.txt", 1)):
            write = partial(_digest_page, doors.store, name, variant, revision, part)
            yield Document(path=folder + file, fingerprint=f"{name} {variant} {revision} {part}", write=write)


def _digest_page(store: Store, name: str, variant: str, revision: int, part: int, _: Mapping[str, Body]) -> bytes:
    with store.read() as tx:
        return releases.web_page(tx, name, variant, revision)[part]


def _static(home: Path) -> Iterator[Document]:
    """static/ is copied as it is; hidden files too (.well-known), links that lead outside are not followed."""
    root = home / "static"
    for path in sorted(root.rglob("*")) if root.is_dir() else ():
        if path.is_file() and path.resolve().is_relative_to(root.resolve()):
            seen = path.stat()
            name = path.relative_to(root).as_posix()
            yield Document(path=name, fingerprint=f"{seen.st_mtime_ns} {seen.st_size}", write=partial(_file, path))


def _file(path: Path, _: Mapping[str, Body]) -> bytes:
    return path.read_bytes()


def _written(store: Store, changed: Sequence[Document]) -> Iterable[tuple[str, bytes]]:
    """Rendered one after the other, with the bodies of a batch at a time in memory."""
    for start in range(0, len(changed), BATCH):
        batch = changed[start : start + BATCH]
        with store.read() as tx:
            bodies = shelf.bodies(tx, set().union(*(document.needs for document in batch)))
        for document in batch:
            yield document.path, document.write(bodies)


def _checked(
    home: Path, written: Iterable[tuple[str, bytes]], registered: Sequence[tuple[str, str, str]], base: int
) -> Iterator[tuple[str, bytes]]:
    """All of `written`, each feed looked at; then the new ids are kept, before anybody sees them.

    A feed that is what it was stays the file that it was, with its time; a new one gets its compressed copies.
    Raises `ConfigurationError` for a feed that may not go live: the site stays as it is.
    """
    from publisher.render.feeds import gate

    on_base = base > 0 and release.live(home) == base
    for path, content in written:
        if gate.is_feed(path):
            live = home / release.LINK / path
            old = live.read_bytes() if live.is_file() else None
            if on_base and content == old:
                continue
            wrong = gate.fault(path, content, old) or (gate.resealed(path, content, old) if old and base else None)
            if wrong:
                raise ConfigurationError(f"Nothing was released: {wrong}.")
            yield from compression.copies(path, content)
        yield path, content
    ids.append(home, registered)


def _with_copies(removed: Sequence[str]) -> Iterator[str]:
    """A feed that goes takes its compressed copies along."""
    from publisher.render.feeds import gate

    for path in removed:
        yield path
        if gate.is_feed(path):
            yield from (path + suffix for suffix in compression.SUFFIXES)


def _site_fingerprint(doors: Doors, tx: Transaction, shown: Sequence[str], day_files: DayFiles) -> str:
    """Changes when any document may. Nothing is decoded for it: it is cheap to know that there is nothing to do."""
    seen = hashlib.sha256(doors.materials.fingerprint.encode())
    for fingerprint in shown:
        seen.update(fingerprint.encode())
    seen.update(repr(issues.names(tx)).encode())
    seen.update(repr([day_files[day] for day in sorted(day_files)]).encode())
    seen.update(repr([(page.path, page.fingerprint) for page in _static(doors.home)]).encode())
    return seen.hexdigest()
