"""When to run, nothing else: APScheduler as an alarm clock for the same run that cron calls.

Its CronTrigger is not used: it fires 02:30 twice in October and skips a whole day for 00:00-00:59 after the change in
spring, so each slot is computed by `editing.slots` and set here as one instant. The alarm decides nothing: a ring too
many does no harm, and a ring that was lost is made good by the next.
"""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import FrameType

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from publisher import clock
from publisher.errors import ConfigurationError, PublisherError

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=5)
GRACE = 10.0
"""Seconds that a run gets to come to its end after the first signal."""


def report(error: Exception) -> None:
    """One sentence for what the operator can mend, the whole story for the rest."""
    if isinstance(error, PublisherError):
        log.error("%s", error)
    else:
        log.error("the run failed; the next one goes on from there", exc_info=error)


class Alarm:
    """Calls `run` at once, then every five minutes and at each slot, one call after the other, until `stop`.

    `next_due` gives the first slot after an instant, or None; it is asked anew at each ring, so that a changed
    configuration counts. APScheduler's threads only ring a bell: `run` happens in the thread that waits for it.
    """

    def __init__(
        self,
        run: Callable[[], None],
        next_due: Callable[[datetime], datetime | None],
        *,
        every: timedelta = EVERY,
        report: Callable[[Exception], None] = report,
    ) -> None:
        self._run = run
        self._next_due = next_due
        self._every = every
        self._report = report
        self._bell = threading.Event()
        self._stopped = threading.Event()

    @property
    def stopped(self) -> bool:
        """A long run may ask this between two steps."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """From any thread or signal: no further run is started. Idempotent."""
        self._stopped.set()
        self._bell.set()

    def ring_until_stopped(self, *, grace: float = GRACE) -> None:
        """Stay until `stop`, or in the main thread until SIGTERM or SIGINT.

        After a signal the run at work has `grace` seconds; then, or at a second signal, it is interrupted, which it
        survives like any kill: the next run goes on from there. Raises `ConfigurationError` with a set clock.
        """
        if clock.is_set():
            raise ConfigurationError(
                "PUBLISHER_CLOCK is set, and a clock that stands still never reaches the next slot. "
                "Unset it, or use `publisher run`."
            )
        with _stopped_by_signals(self, grace), _started_scheduler() as scheduler:
            while not self.stopped:
                self._ring(scheduler)
                # A wall clock put back would silence the scheduler until it has caught up: silence counts as a ring.
                self._bell.wait(2 * self._every.total_seconds())
                self._bell.clear()

    def _ring(self, scheduler: BackgroundScheduler) -> None:
        began = clock.now()
        try:
            self._run()
        except Exception as error:  # noqa: BLE001 - whatever went wrong in one run, the next one is due
            self._report(error)
        try:
            self._set_again(scheduler, began)
        except Exception as error:  # noqa: BLE001 - a configuration that cannot be read now may be mended later
            self._report(error)

    def _set_again(self, scheduler: BackgroundScheduler, began: datetime) -> None:
        """In five minutes, and at the first slot after the last run began: one that came meanwhile rings at once."""
        every = IntervalTrigger(seconds=self._every.total_seconds(), timezone=UTC)
        scheduler.add_job(self._bell.set, every, id="every", replace_existing=True)
        due = self._next_due(began)
        if due is not None and due > began:
            scheduler.add_job(self._bell.set, DateTrigger(due.astimezone(UTC)), id="slot", replace_existing=True)
        elif scheduler.get_job("slot"):
            scheduler.remove_job("slot")


@contextmanager
def _started_scheduler() -> Iterator[BackgroundScheduler]:
    """APScheduler with its jobs in memory: nothing of it outlives the process, and nothing is shared with another."""
    defaults = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
    scheduler = BackgroundScheduler(timezone=UTC, daemon=True, job_defaults=defaults)
    scheduler.start()
    try:
        yield scheduler
    finally:
        scheduler.shutdown(wait=False)


@contextmanager
def _stopped_by_signals(alarm: Alarm, grace: float) -> Iterator[None]:
    """SIGTERM and SIGINT stop the alarm. Only the main thread can ask for signals; elsewhere this does nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if alarm.stopped:
            raise KeyboardInterrupt
        alarm.stop()
        signal.setitimer(signal.ITIMER_REAL, grace)

    wanted = (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)
    before = {number: signal.signal(number, interrupt) for number in wanted}
    try:
        yield
    except KeyboardInterrupt:
        if not alarm.stopped:
            raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, former in before.items():
            signal.signal(number, former)
