"""Deliver: whatever the outbox owes, once to each, with the ledger written as it goes."""

import signal
import sys
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from publisher.delivering import Sums
from publisher.running.doors import Doors
from publisher.running.report import Report
from publisher.store import digests, outbox, runs
from publisher.store.digests import Owing
from publisher.store.sending import DigestOutbox

if TYPE_CHECKING:
    from tqdm import tqdm


def deliver(doors: Doors, report: Report, *, wait: timedelta = timedelta()) -> None:
    """Send what is due. The caller holds the lock `mail`, so that nobody alive holds a claim that is found here."""
    deadline = doors.now() + wait
    with _until_told_to_stop() as told:
        while True:
            owing = _prepare(doors, report)
            for digest in owing:
                _deliver_one(doors, digest, report, told)
            pause = _until_next_due(doors, deadline)
            if pause is None or told.wait(pause):
                break
    with doors.store.begin() as tx:
        digests.finish(tx, doors.now())
    _add_up(doors, report)


def _prepare(doors: Doors, report: Report) -> list[Owing]:
    """Expire what is stale, and sort out what a killed run left half done."""
    now = doors.now()
    with doors.store.begin() as tx:
        expired = outbox.expire(tx, now)
        owing = digests.owing(tx)
        doubtful = sum(outbox.recover(tx, digest.name, now=now) for digest in owing)
        held = runs.held_since(tx)
    if expired:
        report.urgent.append(f"{expired} deliveries expired: their digest was no longer fresh. `publisher verify`")
    if doubtful:
        report.urgent.append(f"{doubtful} deliveries are in doubt after a run that was killed. `publisher verify`")
    if held and owing:
        report.urgent.append("All mail is held; `publisher resume` lets it go.")
        return []
    return owing


def _deliver_one(doors: Doors, digest: Owing, report: Report, told: threading.Event) -> None:
    from publisher import deliver as post
    from publisher.running.composing import letters

    if digest.stopped:
        why = digest.stop_reason or "stopped"
        report.urgent.append(f"{digest.name} is stopped: {why}. `publisher resume {digest.name}` goes on with it.")
        return
    report.digest = report.digest or digest.name
    mail = doors.publication.mail
    compose = letters(doors, digest.name, doors.store.publication)
    durable = mail.maildir is None
    box = DigestOutbox(doors.store, digest.name, now=doors.now, durable=durable)
    with closing(box), _bar(doors, digest.name) as bar:

        def show(progress: post.Progress) -> None:
            bar.update(progress.accepted + progress.rejected - bar.n)

        if mail.maildir is not None:
            result = post.write_to_maildir(box, compose, doors.site / mail.maildir, stop=told, report=show)
        else:
            result = post.deliver(box, compose, mail.relays, connections=mail.connections, stop=told, report=show)
    if result.ended:
        report.urgent.append(f"{digest.name}: {result.ended}")
        report.again_later = True


def _until_next_due(doors: Doors, deadline: datetime) -> float | None:
    """Seconds to the next delivery that was put off and may still be tried in this run; None: there is none."""
    now = doors.now()
    with doors.store.read() as tx:
        if runs.held_since(tx):
            return None
        due = [digest.next_due for digest in digests.owing(tx) if digest.next_due and not digest.stopped]
    soonest = min(due, default=None)
    if soonest is None or soonest > deadline or now >= deadline:
        return None
    return max(0.1, (soonest - now).total_seconds())


def _add_up(doors: Doors, report: Report) -> None:
    with doors.store.read() as tx:
        name = report.digest or _today(doors, report)
        sums = outbox.sums(tx, name) if name else Sums.of(0, {})
    told = sums.as_json()
    report.audience = told.pop("audience")
    report.states = told
    if told["in_doubt"] and not any("in doubt" in line for line in report.urgent):
        report.urgent.append(f"{told['in_doubt']} deliveries of {name} are in doubt. `publisher verify {name}`")


def _today(doors: Doors, report: Report) -> str | None:
    """The digest of the run's day, when there is one."""
    name = report.date.isoformat()
    with doors.store.read() as tx:
        return name if digests.renditions(tx, name) else None


def _bar(doors: Doors, name: str) -> "tqdm[NoReturn]":
    from tqdm import tqdm

    with doors.store.read() as tx:
        sums = outbox.sums(tx, name).as_json()
    left = sums["queued"] + sums["deferred"] + sums["sending"]
    return tqdm(total=left, desc=name, unit=" mails", disable=not sys.stderr.isatty(), leave=False)


@contextmanager
def _until_told_to_stop() -> Generator[threading.Event]:
    """SIGTERM and Ctrl-C: what is open is finished, the rest is given back and goes with the next run."""
    told = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield told
        return

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signal's form
        told.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
