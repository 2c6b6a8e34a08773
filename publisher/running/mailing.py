"""Deliver: whatever the outbox owes, once to each, with the ledger written as it goes."""

import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from publisher import clock, memory
from publisher.config import Publication
from publisher.delivering import Breaker, Rate, Sums
from publisher.running.doors import Doors
from publisher.running.refusals import count_refusals
from publisher.running.report import Report
from publisher.store import digests, limits, outbox, runs, verdicts
from publisher.store.digests import Owing
from publisher.store.pacing import Limits
from publisher.store.sending import DigestOutbox

if TYPE_CHECKING:
    from tqdm import tqdm

    from publisher import deliver as post

LOOK = 0.1
"""Seconds between two looks whether it was told to stop."""


def deliver(doors: Doors, report: Report, *, wait: timedelta = timedelta()) -> None:
    """Send what is due, and stay for what our own pace holds back: a spread, a limit.

    `wait`: how long to stay for what a server put off. The caller holds the lock `mail`, so that nobody alive holds a
    claim that is found here.
    """
    desk = _Desk(doors, report)
    deadline = doors.now() + wait
    with _until_told_to_stop() as told, closing(desk):
        while True:
            for digest in _prepare(doors, report):
                desk.send(digest, told)
            pause = desk.pause(deadline)
            if pause is None or _slept(told, pause):
                break
        desk.close()
        desk.tell()
    gone = count_refusals(doors)
    if gone:
        report.notes.append(f"{gone} subscriptions ended: there is no such mailbox. `publisher subscribers list`")
    with doors.store.begin() as tx:
        now = doors.now()
        _note_expired(report, outbox.expire(tx, now))
        digests.finish(tx, now)
    _add_up(doors, report, desk.digests)


def _prepare(doors: Doors, report: Report) -> list[Owing]:
    """Expire what is stale, and sort out what a killed run left half done."""
    now = doors.now()
    with doors.store.begin() as tx:
        limits.sweep(tx, now)
        expired = outbox.expire(tx, now)
        owing = digests.owing(tx)
        doubtful = sum(outbox.recover(tx, digest.name, now=now) for digest in owing)
        held = runs.held_since(tx)
    _note_expired(report, expired)
    if doubtful:
        report.say(
            f"In doubt after a run that was killed: {doubtful:,}. `publisher verify` says who, and what to type."
        )
    if held and owing:
        report.say("All mail is held; `publisher resume` lets it go.")
        return []
    for digest in owing:
        if digest.stopped:
            why = digest.stop_reason or "stopped"
            report.say(f"{digest.name} is stopped: {why}. `publisher resume {digest.name}` goes on with it.")
    return [digest for digest in owing if not digest.stopped]


def _note_expired(report: Report, number: int) -> None:
    if number:
        report.say(f"Given up, because no server took them in time: {number:,}. `publisher verify` says more.")


class _Desk:
    """One call of `deliver`: for each digest a bar, a breaker and what has become of it so far."""

    def __init__(self, doors: Doors, report: Report) -> None:
        self._doors = doors
        self._report = report
        self._breakers: dict[str, Breaker] = {}
        self._bars: dict[str, tqdm[NoReturn]] = {}
        self._done: dict[str, Counter[str]] = {}
        self._again: datetime | None = None
        """When a limit lets more go."""
        self._ended = False

    def send(self, digest: Owing, told: threading.Event) -> None:
        """What is due of one digest, as far as limits let it go now."""
        from publisher import deliver as post
        from publisher.running.composing import letters

        doors, name = self._doors, digest.name
        if not self._report.closed:  # the newest of those that are sent, whose names end with their days
            self._report.digest = max(self._report.digest or name, name, key=lambda one: one[-10:])
        mail = doors.publication.mail
        compose = letters(doors, name, doors.store.publication)
        bar = self._bar(name)
        before = bar.n

        memory.for_a_long_one()

        def show(progress: post.Progress) -> None:
            done = progress.accepted + progress.rejected + progress.deferred + progress.in_doubt
            bar.set_postfix_str(_aside(progress), refresh=False)
            bar.update(before + done - bar.n)

        box = DigestOutbox(
            doors.store, name, now=doors.now, durable=mail.maildir is None, limits=rules(doors.publication)
        )
        with closing(box):
            if mail.maildir is not None:
                result = post.write_to_maildir(box, compose, doors.site / mail.maildir, stop=told, report=show)
            else:
                result = post.deliver(
                    box,
                    compose,
                    mail.relays,
                    connections=mail.connections,
                    stop=told,
                    report=show,
                    breaker=self._breaker(name),
                )
        show(result.progress)
        self._note(name, result.progress)
        self._again = min(filter(None, (self._again, box.again)), default=None)
        if result.ended:
            self._report.say(f"{name}: {result.ended}")
            self._report.again_later = self._ended = True
            return
        for words in result.given_up:
            self._report.say(f"{name}: {words}; another relay did its work.")

    @property
    def digests(self) -> list[str]:
        """Those that were worked at, oldest first."""
        return list(self._done)

    def pause(self, deadline: datetime) -> float | None:
        """Seconds until something may be tried in this call; None: nothing more.

        What our own pace holds back is always waited for, what a server put off until the deadline.
        """
        doors, now = self._doors, self._doors.now()
        again, self._again = self._again, None
        ended, self._ended = self._ended, False
        with doors.store.read() as tx:
            if runs.held_since(tx):
                return None
            owing = [one for one in digests.owing(tx) if not one.stopped]
        turns = [] if ended else [again, *(one.next_turn for one in owing)]
        turns += [one for one in (owing_one.next_due for owing_one in owing) if one and one <= deadline]
        ahead = [max(one, now + timedelta(seconds=1)) for one in turns if one]
        if not ahead or (ended and now >= deadline):
            return None
        return (min(ahead) - now).total_seconds()

    def tell(self) -> None:
        """One line for each digest that was worked at."""
        for name, done in self._done.items():
            with self._doors.store.read() as tx:
                left = outbox.sums(tx, name).open
            told = ", ".join(f"{number:,} {what}" for what, number in done.items() if number)
            self._doors.tell(f"delivered: {name}: {told or 'nothing was due'}; {left:,} remain")

    def close(self) -> None:
        for bar in self._bars.values():
            bar.close()

    def _note(self, name: str, progress: "post.Progress") -> None:
        done = self._done.setdefault(name, Counter())
        taken = "written" if self._doors.publication.mail.maildir is not None else "accepted"
        done.update(
            {
                taken: progress.accepted,
                "put off": progress.deferred,
                "refused": progress.rejected,
                "in doubt": progress.in_doubt,
            }
        )

    def _breaker(self, name: str) -> Breaker:
        """One for all turns of a digest; what earlier processes heard counts too."""
        if name not in self._breakers:
            with self._doors.store.read() as tx:
                self._breakers[name] = verdicts.breaker(tx, name)
        return self._breakers[name]

    def _bar(self, name: str) -> "tqdm[NoReturn]":
        """How many of those that are open now are done, how fast, and how long it takes for the rest."""
        from tqdm import tqdm

        if name not in self._bars:
            with self._doors.store.read() as tx:
                left = outbox.sums(tx, name).open
            self._doors.tell(f"delivering: {name}: {left:,} to go")
            self._bars[name] = tqdm(
                total=left, desc=name, unit=" mails", disable=not sys.stderr.isatty(), leave=False, dynamic_ncols=True
            )
        return self._bars[name]


def rules(publication: Publication) -> Limits:
    """The limits of the configuration, as the store keeps them."""
    mail = publication.mail
    if mail.maildir is not None:
        return Limits()
    return Limits(
        overall=Rate.per_hour(mail.per_hour) if mail.per_hour else None,
        relays={one.name: Rate.per_hour(one.per_hour) for one in mail.relays if one.per_hour},
        domains={domain: Rate.per_hour(number) for domain, number in mail.domain_limits.items()},
    )


def _aside(progress: "post.Progress") -> str:
    """What a bar says besides the count."""
    told = {"put off": progress.deferred, "refused": progress.rejected, "in doubt": progress.in_doubt}
    return ", ".join(f"{number:,} {what}" for what, number in told.items() if number)


def _slept(told: threading.Event, seconds: float) -> bool:
    """True: it was told to stop. A set clock is put forward instead of waiting."""
    if clock.is_set():
        clock.sleep(seconds)
        return told.is_set()
    end = time.monotonic() + seconds
    while not told.is_set() and (left := end - time.monotonic()) > 0:
        time.sleep(min(left, LOOK))  # `told.wait` would hold the lock that the signal's handler needs for `told.set`
    return told.is_set()


def _add_up(doors: Doors, report: Report, sent: Iterable[str]) -> None:
    """The sums of each digest that was closed or worked at, and those of the one that the report is about."""
    about = report.digest or _today(doors, report)
    names = dict.fromkeys([*sent, *(one.digest for one in report.closed), *([about] if about else [])])
    with doors.store.read() as tx:
        report.digests = {name: outbox.sums(tx, name).as_json() for name in names}
    told = dict(report.digests[about] if about else Sums.of(0, {}).as_json())
    report.audience = told.pop("audience")
    report.states = told
    if any(line.startswith("In doubt") for line in report.urgent):
        return
    for name, sums in report.digests.items():
        if number := sums["in_doubt"]:
            report.say(f"In doubt: {number:,} of {name}. `publisher verify {name}` says who, and what to type.")


def _today(doors: Doors, report: Report) -> str | None:
    """The digest of the run's day, when there is one."""
    name = report.date.isoformat()
    with doors.store.read() as tx:
        return name if digests.renditions(tx, name) else None


@contextmanager
def _until_told_to_stop() -> Generator[threading.Event]:
    """SIGTERM and Ctrl-C: what is open is finished, the rest is given back and goes with the next run.

    SIGALRM is a SIGTERM that came before this and was not heeded yet.
    """
    told = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield told
        return

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signal's form
        told.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
