"""Render and release: the documents that changed, written beside the live site and made live at once."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from publisher import release
from publisher.release import ids
from publisher.running.collecting import fixed_pages
from publisher.running.doors import Doors
from publisher.running.planning import DayFiles, Pending, Site, pending, read_catalogue, static
from publisher.running.report import Report
from publisher.store import articles as shelf
from publisher.store import issues, outlines, premieres, releases
from publisher.store.releases import Base
from publisher.store.transaction import Transaction


def publish(doors: Doors, now: datetime, day_files: DayFiles, report: Report) -> None:
    """Bring site and feeds up to date with the store, as one release. Nothing changed: nothing is written.

    A kill at any moment leaves the old release live or the new one; the next run builds on the last one that the
    store remembers. What a takedown has left to do is done then.
    """
    _publish(doors, now, day_files, report)
    if release.owes_forgetting(doors.site):
        from publisher.store.clearing import settle

        settle(doors.store)
        report.forgotten = release.forget_older(doors.site)


def _publish(doors: Doors, now: datetime, day_files: DayFiles, report: Report) -> None:
    with doors.store.begin() as tx:
        base = releases.base(tx)
        if base.number and not (release.exists(doors.site, base.number) and release.live(doors.site)):
            releases.forget(tx)
            base = releases.base(tx)
        report.articles = outlines.count(tx, now)
        changes = shelf.changes(tx)
        seen = _site_fingerprint(doors, tx, f"{changes} {report.articles}", day_files)
    if base.number and base.site_fingerprint == seen and release.live(doors.site) == base.number:
        return
    site = Site(doors=doors, catalogue=read_catalogue(doors, now, base), day_files=day_files)
    _release(site, base, seen, changes, report)


def _release(site: Site, base: Base, seen: str, changes: int, report: Report) -> None:
    doors = site.doors
    before = len(report.left_out)
    found = pending(site, report.problem)
    with doors.store.read() as tx:
        all_known = base.number > 0 and base.ids_seen is not None and base.ids_seen == ids.stamp(doors.site)
        registered = shelf.registered(tx, report.at, since=base.changes if all_known else None)
    number, fed = base.number, []
    if found or not base.number:
        number = max(base.number, release.live(doors.site) or 0) + 1
        fed = _make_live(site, base.number, number, found, registered)
        report.release = number
        report.files_written, report.files_removed = len(found.documents), len(found.difference.removed)
    else:
        ids.append(doors.site, registered)
    with doors.store.begin() as tx:
        releases.remember(
            tx,
            number=number,
            # What could not have its place is named at every run until it is mended.
            site_fingerprint=seen if len(report.left_out) == before else None,
            changes=changes,
            ids_seen=ids.stamp(doors.site),
            difference=found.difference,
        )
        premieres.keep(tx, site.catalogue.premieres, doors.publication)
        shelf.note_release(tx, report.at, report.at)
        if fed:
            from publisher.running.announcing import owe

            owe(doors, tx, site.catalogue, fed, report.at)


def _make_live(
    site: Site, base: int, number: int, found: Pending, registered: Sequence[tuple[str, str, str]]
) -> list[str]:
    """The new ids are kept before anybody sees them. Returns the paths of the feeds that have other bytes now."""
    from publisher.running.writing import write

    home = site.doors.site
    fed: list[str] = []

    def writing(draft: release.Draft) -> None:
        fed.extend(write(site, found.documents, base, draft))
        ids.append(home, registered)

    release.publish(
        home,
        base=base,
        number=number,
        write=writing,
        remove=_with_copies(found.difference.removed),
        keep=site.doors.publication.keep_releases,
    )
    return fed


def _with_copies(removed: Iterable[str]) -> Iterator[str]:
    """A feed that goes takes its compressed copies along."""
    from publisher.release import compression
    from publisher.render.feeds.channels import is_feed

    for path in removed:
        yield path
        if is_feed(path):
            yield from (path + suffix for suffix in compression.SUFFIXES)


def _site_fingerprint(doors: Doors, tx: Transaction, articles: str, day_files: DayFiles) -> str:
    """Changes when any document may. Nothing is decoded for it: it is cheap to know that there is nothing to do."""
    seen = hashlib.sha256(doors.materials.fingerprint.encode())
    seen.update(articles.encode())
    seen.update(repr(releases.web_pages(tx)).encode())
    seen.update(repr(issues.names(tx)).encode())
    seen.update(repr([day_files[day] for day in sorted(day_files)]).encode())
    seen.update(repr(fixed_pages(doors)).encode("utf-8", "surrogatepass"))
    seen.update(repr([(page.path, page.fingerprint) for page in static(doors.home)]).encode())
    return seen.hexdigest()
