"""A run with its record, and a run that is only tried."""

import json
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

from msgspec.structs import replace

from publisher.config import parse_duration
from publisher.errors import PublisherError, UsageError
from publisher.running.doors import Doors
from publisher.running.report import Report
from publisher.store import runs

KEPT = 50
"""Problems that the record of a run names."""


def dry_run(doors: Doors, *, at_once: bool) -> Report:
    """What a run would collect, close and write, found out on a copy of the store. No upstream is asked."""
    import tempfile

    from publisher.running.closing import edit
    from publisher.running.collecting import collect
    from publisher.running.planning import Site, pending, read_catalogue
    from publisher.store.copying import copied_into

    now = doors.now()
    report = Report(date=now.astimezone(doors.publication.zone).date(), at=now)
    with tempfile.TemporaryDirectory(prefix="publisher-") as folder:
        store = copied_into(doors.store, Path(folder), now=now)
        copy = replace(doors, store=store, publication=replace(doors.publication, upstreams=()))
        collected = collect(copy, now, report)
        edit(copy, now, collected, report, at_once=at_once)
        catalogue = read_catalogue(copy, now)
        site = Site(doors=copy, catalogue=catalogue, day_files=collected.day_files)
        found = pending(site, report.problem)
        report.articles = len(catalogue.articles)
        report.files_written, report.files_removed = len(found.documents), len(found.difference.removed)
        store.close()
    report.notes.append("This was a dry run: nothing was written, nothing was mailed.")
    return report


def waiting(text: str | None) -> timedelta:
    """`--wait 30m`; nothing: no waiting. Raises `UsageError`."""
    if text is None:
        return timedelta()
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(f'--wait {text!r} is no duration; for example "30m"') from error


def said_on(doors: Doors, day: date) -> frozenset[str]:
    """What the last run said to a person, if it was one of the same day."""
    with doors.store.read() as tx:
        last = next((row for row in runs.last(tx, 1) if row.report), None)
    told = json.loads(last.report) if last and last.report else {}
    if told.get("date") != day.isoformat():
        return frozenset()
    return frozenset([*told["left_out"], *told["urgent"], *filter(None, [told["held"]])])


def begin(doors: Doors) -> int:
    with doors.store.begin() as tx:
        return runs.start(tx, doors.now())


def end(doors: Doors, number: int, report: Report) -> None:
    told = report.as_json()
    kept = json.dumps(told | {"left_out": told["left_out"][:KEPT], "warnings": told["warnings"][:KEPT]})
    with doors.store.begin() as tx:
        runs.finish(tx, number, now=doors.now(), exit_code=report.exit_code, report=kept)


def failed(doors: Doors, number: int, error: PublisherError) -> None:
    """Best effort: a store that cannot be written cannot say why it could not."""
    with suppress(PublisherError), doors.store.begin() as tx:
        told = json.dumps({"urgent": [str(error)]})
        runs.finish(tx, number, now=doors.now(), exit_code=error.exit_code, report=told)
