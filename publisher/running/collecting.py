"""Collect: what was written or came in since the last look, remembered as articles."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta

import msgspec
from msgspec.structs import replace

from publisher import __version__
from publisher.collect import files
from publisher.collect.stamps import SeenFile
from publisher.model import DayFile, FixedPage, Problem
from publisher.running.beginning import Beginning, is_beginning
from publisher.running.doors import Doors
from publisher.running.reading import AllAtOnce, TakenIn
from publisher.running.report import Report
from publisher.store import articles as shelf
from publisher.store import pictures
from publisher.store.articles import FileRow
from publisher.store.pictures import PictureRow
from publisher.store.transaction import Transaction

Scan = files.Scan[SeenFile]

DAY = timedelta(days=1)
STILL_SAVED = "it cannot be read, and was saved less than a minute ago"


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """What the editing of this run needs to know besides the store."""

    day_files: Mapping[date, DayFile]
    unusable: tuple[Problem, ...]
    """Every article of ours that cannot be used as it stands, from this run or remembered."""


def collect(doors: Doors, now: datetime, report: Report, *, patience: timedelta = files.STILL_WRITING) -> Collected:
    """Bring the store up to date with articles/, days/ and the upstreams. Idempotent."""
    unusable = _collect_files(doors, now, report, patience)
    if doors.publication.upstreams:
        from publisher.running.upstreams import collect_upstreams

        collect_upstreams(doors, now, report)
    day_files, day_problems = _day_files(doors)
    for problem in day_problems:
        report.problem(problem)
    for problem in _misnamed(doors, day_files, report.date):
        report.problem(problem)
    for problem in fixed_pages(doors)[1]:
        report.problem(problem)
    left_out = (*unusable, *(problem for problem in day_problems if problem.left_out))
    return Collected(day_files=day_files, unusable=left_out)


def _day_files(doors: Doors) -> tuple[Mapping[date, DayFile], tuple[Problem, ...]]:
    if not (doors.home / "days").exists():
        return {}, ()
    from publisher.collect.days import days

    return days(doors.home)


def _misnamed(doors: Doors, day_files: Mapping[date, DayFile], today: date) -> Iterator[Problem]:
    """In the day files of today and yesterday; those that are over are looked at by `check`."""
    wanted = [day_files[day] for day in (today - timedelta(days=1), today) if day in day_files]
    if not any(file.lead or file.order or file.leave_out for file in wanted):
        return
    from publisher.collect.dates import first_instant
    from publisher.editing.naming import misnamed, within

    zone = doors.publication.zone
    for file in wanted:
        first, last = within(file, doors.publication.digest)
        with doors.store.read() as tx:
            found = shelf.published_between(tx, first_instant(first, zone), first_instant(last + DAY, zone))
        yield from misnamed(file, found, zone)


def fixed_pages(doors: Doors) -> tuple[tuple[FixedPage, ...], tuple[Problem, ...]]:
    """What stands in pages/, in the order of the navigation, and what cannot be used."""
    if not (doors.home / "pages").exists():
        return (), ()
    from publisher.collect import fixed_pages

    return fixed_pages.fixed_pages(doors.home, doors.publication)


def _collect_files(doors: Doors, now: datetime, report: Report, patience: timedelta) -> tuple[Problem, ...]:
    with doors.store.read() as tx:
        rows = shelf.files(tx)
        same_settings = shelf.read_with(tx) == _settings(doors)
        shown = pictures.rows(tx)
        begins = not rows and is_beginning(doors, tx)
    stale = _stale(doors, shown)
    # A stamp that no file has: it is read again, and still known to be there when its folder is away.
    again = {
        path: msgspec.structs.replace(row, mtime_ns=-1)
        for path, row in rows.items()
        if row.problem or (row.again and row.again <= now) or path in stale or not same_settings
    }
    known: Mapping[str, files.Stamped] = {**rows, **again}
    with ExitStack() as open_until_remembered:
        taking = (Beginning if begins else AllAtOnce)(doors, open_until_remembered)
        scan = files.scan_shared(
            doors.home, doors.publication, known=known, now=now, share=taking.read, patience=patience
        )
        on_disk = _on_disk(scan)
        if len(rows) > 1 and not on_disk:
            # An unmounted share looks like this; who means it leaves one article, or starts another publication.
            problem = Problem(path=files.FOLDER, reason=f"it is empty, and held {len(rows)} articles before; they stay")
            report.left_out.append(problem)
            return (_dated(doors, now, files.FileStamp(path=files.FOLDER, mtime_ns=0, size=0), problem),)
        problems = [_dated(doors, now, stamp, problem) for stamp, problem in scan.problems]
        if scan.read or rows.keys() - on_disk or scan.problems or not same_settings:
            taken = taking.end(on_disk)
            _remember(doors, taking.transaction(), scan, taken, rows)
            report.read += len(taken.ids)
            problems += taken.problems
    report.warnings += [warning for found in scan.read for warning in found.warnings]
    problems.sort(key=lambda one: (one.path, one.line or 0))
    report.left_out += problems
    today = now.astimezone(doors.publication.zone).date()
    return (*problems, *(Problem(path=path, reason=STILL_SAVED, day=today) for path in scan.waiting))


def _on_disk(scan: Scan) -> set[str]:
    paths = {*scan.unchanged, *scan.waiting, *(found.stamp.path for found in scan.read)}
    return paths | {stamp.path for stamp, _ in scan.problems}


def _stale(doors: Doors, shown: Iterable[PictureRow]) -> frozenset[str]:
    """Whoever shows a picture that changed, came or went is read again with it."""
    if not shown:
        return frozenset()
    from publisher.collect.pictures import stamp

    return frozenset(row.manuscript for row in shown if (row.mtime_ns, row.size) != stamp(doors.home, row.path))


def _remember(doors: Doors, tx: Transaction, scan: Scan, taken: TakenIn, rows: Mapping[str, FileRow]) -> None:
    """In the transaction of the articles that were read: files as they were seen, articles whose file is gone."""
    gone = rows.keys() - _on_disk(scan)
    renamed = {path for path, one in taken.ids.items() if path in rows and rows[path].article != one}
    left = {rows[path].article for path in (*gone, *renamed)} - {*taken.ids.values()}
    shelf.withdraw(tx, sorted(one for one in left if one))
    read = [found.stamp.path for found in scan.read]
    pictures.remember(tx, picture_rows(scan.read), read={*read, *gone})
    shelf.remember_files(tx, _file_rows(scan, taken, rows), gone=sorted(gone))
    if all(stamp.mtime_ns for stamp, _ in scan.problems):
        shelf.remember_read_with(tx, _settings(doors))  # else some folder is away, and read later


def _file_rows(scan: Scan, taken: TakenIn, rows: Mapping[str, FileRow]) -> list[FileRow]:
    problems = {one.path: one for one in taken.problems}
    stamps = [(read.stamp, problems.get(read.stamp.path)) for read in scan.read] + list(scan.problems)
    waiting = {read.stamp.path: read.again for read in scan.read}
    before = {path: row.article for path, row in rows.items()}
    return [
        FileRow(
            path=stamp.path,
            mtime_ns=stamp.mtime_ns,
            size=stamp.size,
            # An article whose file cannot be read now keeps its last good version on the site.
            article=taken.ids.get(stamp.path) or before.get(stamp.path),
            problem=problem,
            again=waiting.get(stamp.path),
        )
        for stamp, problem in stamps
    ]


def picture_rows(read: Iterable[SeenFile]) -> list[PictureRow]:
    """What these articles show."""
    return [
        PictureRow(
            manuscript=found.stamp.path, path=one.path, mtime_ns=one.mtime_ns, size=one.size, picture=one.picture
        )
        for found in read
        for one in found.pictures
    ]


def _dated(doors: Doors, now: datetime, stamp: files.FileStamp, problem: Problem) -> Problem:
    """A file whose date cannot be read counts for the day on which it was saved; a folder, for today."""
    if problem.day is not None:
        return problem
    saved = datetime.fromtimestamp(stamp.mtime_ns / 1e9, UTC) if stamp.mtime_ns else now
    return replace(problem, day=saved.astimezone(doors.publication.zone).date())


def _settings(doors: Doors) -> str:
    """What an article's values depend on besides its file."""
    publication = doors.publication
    parts = (publication.zone.key, publication.language, publication.permalink, publication.authority, __version__)
    return hashlib.sha256(repr(parts).encode()).hexdigest()
