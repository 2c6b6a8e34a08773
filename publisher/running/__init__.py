"""The run, as one readable page.

    collect        what was written or came in since the last look          -> articles
    edit           which of them make the day, in what order                -> an edition
    render         the edition as pages, feeds, a digest mail               -> documents (bytes)
    release        make the documents live, all or nothing                  -> the site and the feeds
    announce       tell the hubs that the feeds changed                     -> nobody waits for them
    deliver        hand each subscriber the digest, once                    -> the ledger

Running it again at any time, from cron, from the scheduler, or after a kill at any point, continues what is unfinished
and repeats nothing that is done: each step asks the store what is left, and a unique key guards what happens once.
"""

import time
from datetime import datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

import msgspec

from publisher.errors import PublisherError
from publisher.running import recording
from publisher.running.announcing import announce
from publisher.running.collecting import collect
from publisher.running.doors import Doors, Materials
from publisher.running.publishing import publish
from publisher.running.recording import dry_run, waiting
from publisher.running.report import Report
from publisher.store import digests

if TYPE_CHECKING:
    from publisher.running.adopting import adopt
    from publisher.running.keeping import backup, restore
    from publisher.running.ledger import verify_json, verify_lines
    from publisher.running.looking import check, status, status_lines
    from publisher.running.rehearsal import rehearse
    from publisher.running.retracting import reinstate, retract
    from publisher.running.revising import revise
    from publisher.running.trying import send_test
    from publisher.running.upcoming import next_slot
    from publisher.running.welcoming import welcome

__all__ = [
    "Doors",
    "Materials",
    "Options",
    "Report",
    "adopt",
    "backup",
    "check",
    "dry_run",
    "next_slot",
    "rehearse",
    "reinstate",
    "restore",
    "retract",
    "revise",
    "run",
    "send_test",
    "status",
    "status_lines",
    "verify_json",
    "verify_lines",
    "waiting",
    "welcome",
]

_BESIDE = {
    "adopting": ("adopt",),
    "keeping": ("backup", "restore"),
    "ledger": ("verify_json", "verify_lines"),
    "looking": ("check", "status", "status_lines"),
    "rehearsal": ("rehearse",),
    "retracting": ("reinstate", "retract"),
    "revising": ("revise",),
    "trying": ("send_test",),
    "upcoming": ("next_slot",),
    "welcoming": ("welcome",),
}
"""What stands beside the run: loaded at first use, so that a run that finds nothing to do is quick."""


def __getattr__(name: str) -> Any:
    for room, names in _BESIDE.items():
        if name in names:
            return getattr(import_module(f"publisher.running.{room}"), name)
    raise AttributeError(name)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    at_once: bool = False
    """`--now`: do not wait for the slot."""
    site_only: bool = False
    """Nothing is closed and nothing is mailed."""
    wait: timedelta = timedelta()
    """How long to stay for mail that was put off."""


def run(doors: Doors, options: Options) -> Report:
    """One run. Raises `TemporaryError` (75) and `ConfigurationError` (78); all else is in the report."""
    began = time.monotonic()
    now = doors.now()
    report = Report(date=now.astimezone(doors.publication.zone).date(), at=now)
    with doors.store.exclusive("site") as mine:
        if mine:
            report.said_before = recording.said_on(doors, report.date)
            number = recording.begin(doors)
            try:
                _bring_up_to_date(doors, now, options, report)
            except PublisherError as error:
                _failed(doors, number, error)
                raise
    if not mine:
        report.busy = True
        report.notes.append("Another run of this publication is at work; it does what there is to do.")
        return report
    announcement = announce(doors)
    if not options.site_only:
        # Only after the release: a mail never links to a page that is not there yet.
        with doors.store.exclusive("mail") as mine:
            if mine:
                _deliver(doors, report, options, number)
            else:
                report.notes.append("Another run is mailing; `publisher status` shows how far it is.")
    if announcement:
        announcement.end(report)
    report.seconds = time.monotonic() - began
    recording.end(doors, number, report)
    if doors.publication.alerts.wanted:
        from publisher.running.alerting import alert

        alert(doors, report)
    return report


def _deliver(doors: Doors, report: Report, options: Options, number: int) -> None:
    from publisher.running.mailing import deliver

    try:
        deliver(doors, report, wait=options.wait)
        _answer_signups(doors, report)
    except PublisherError as error:
        _failed(doors, number, error)
        raise


def _failed(doors: Doors, number: int, error: PublisherError) -> None:
    recording.failed(doors, number, error)
    if doors.publication.alerts.wanted:
        from publisher.running.alerting import alert_failure

        alert_failure(doors, error)


def _answer_signups(doors: Doors, report: Report) -> None:
    """What `serve` does as soon as somebody asks: for those that it, or a killed command, has left."""
    from publisher.running.welcoming import welcome

    found = welcome(doors)
    if found.went:
        report.notes.append(f"Mails that ask to confirm, or answer a sign-up: {len(found.went)}.")
    if found.ended:
        report.notes.append(f"Mails that answer sign-ups wait: {found.ended}.")


def _go_on_without_retracted(doors: Doors, now: datetime, report: Report) -> None:
    with doors.store.read() as tx:
        owing = digests.owing(tx)
    if owing:
        from publisher.running.revising import revise_retracted

        report.urgent += [one.sentence for one in revise_retracted(doors, now)]


def _bring_up_to_date(doors: Doors, now: datetime, options: Options, report: Report) -> None:
    if doors.publication.bounces.mailbox and not options.site_only:
        from publisher.running.returns import read_mailbox  # the tables of phrases, which most runs can do without

        read_mailbox(doors, report)
    collected = collect(doors, now, report)
    doors.tell(f"collected: {report.read} new or changed, {len(report.left_out)} left out")
    _go_on_without_retracted(doors, now, report)
    if not options.site_only:
        from publisher.running.closing import edit

        edit(doors, now, collected, report, at_once=options.at_once)
        for one in report.closed:
            doors.tell(f"closed: {one.digest}, articles {one.stories}, subscribers {one.audience}")
    publish(doors, now, collected.day_files, report)
    doors.tell(f"released: articles {report.articles}, files written {report.files_written}")
