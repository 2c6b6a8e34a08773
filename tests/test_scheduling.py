"""The alarm clock, with the real scheduler on short intervals; and the clock that can be set."""

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest

from publisher import clock
from publisher.errors import ConfigurationError, TemporaryError
from publisher.scheduling import Alarm

LIMIT = 30.0
SHORT = timedelta(milliseconds=20)


def never(_: datetime) -> None:
    return None


def ring_in_thread(alarm: Alarm) -> threading.Thread:
    thread = threading.Thread(target=alarm.ring_until_stopped, daemon=True)
    thread.start()
    return thread


def test_it_runs_at_once_and_then_again_and_again_until_stopped() -> None:
    enough = threading.Event()
    runs = []

    def run() -> None:
        runs.append(1)
        if len(runs) >= 4:
            enough.set()

    alarm = Alarm(run, never, every=SHORT)
    thread = ring_in_thread(alarm)
    assert enough.wait(LIMIT)
    alarm.stop()
    thread.join(LIMIT)
    assert not thread.is_alive()
    done = len(runs)
    assert not threading.Event().wait(0.1)
    assert len(runs) == done


def test_it_runs_at_the_next_slot_and_asks_for_the_following_one_after_each_run() -> None:
    asked: list[datetime] = []
    runs: list[datetime] = []
    enough = threading.Event()

    def next_due(after: datetime) -> datetime | None:
        asked.append(after)
        return after + timedelta(milliseconds=50) if len(asked) < 4 else None

    def run() -> None:
        runs.append(clock.now())
        if len(runs) == 4:
            enough.set()

    alarm = Alarm(run, next_due, every=timedelta(hours=1))
    thread = ring_in_thread(alarm)
    assert enough.wait(LIMIT)
    alarm.stop()
    thread.join(LIMIT)
    assert all(one.tzinfo is UTC for one in asked)
    assert all(ran >= slot_of + timedelta(milliseconds=50) for slot_of, ran in zip(asked, runs[1:], strict=False))


def test_a_slot_that_comes_during_a_run_rings_when_the_run_is_over() -> None:
    runs = []
    slot: list[datetime] = []
    second = threading.Event()

    def run() -> None:
        runs.append(1)
        if len(runs) == 1:
            slot.append(clock.now() + timedelta(milliseconds=1))
            while clock.now() <= slot[0]:
                pass
        else:
            second.set()

    alarm = Alarm(run, lambda after: slot[0] if after < slot[0] else None, every=timedelta(hours=1))
    thread = ring_in_thread(alarm)
    assert second.wait(LIMIT)
    alarm.stop()
    thread.join(LIMIT)


def test_an_error_in_a_run_or_in_the_configuration_is_reported_and_does_not_stop_it() -> None:
    said: list[Exception] = []
    runs = []
    enough = threading.Event()

    def run() -> None:
        runs.append(1)
        if len(runs) == 3:
            enough.set()
        raise TemporaryError("the disk is full")

    def next_due(_: datetime) -> datetime:
        raise ConfigurationError("line 3 is wrong")

    alarm = Alarm(run, next_due, every=SHORT, report=said.append)
    thread = ring_in_thread(alarm)
    assert enough.wait(LIMIT)
    alarm.stop()
    thread.join(LIMIT)
    assert {str(error) for error in said} == {"the disk is full", "line 3 is wrong"}


def test_two_runs_never_overlap() -> None:
    at_work = threading.Lock()
    overlaps, runs = [], []
    enough = threading.Event()

    def run() -> None:
        if not at_work.acquire(blocking=False):
            overlaps.append(1)
            return
        threading.Event().wait(0.05)
        at_work.release()
        runs.append(1)
        if len(runs) == 4:
            enough.set()

    alarm = Alarm(run, lambda after: after + timedelta(milliseconds=7), every=timedelta(milliseconds=10))
    thread = ring_in_thread(alarm)
    assert enough.wait(LIMIT)
    alarm.stop()
    thread.join(LIMIT)
    assert not overlaps


RINGS = """
import sys, time
from datetime import timedelta
from publisher.scheduling import Alarm
def run():
    print("run", flush=True)
    if sys.argv[1] == "busy":
        time.sleep(600)
Alarm(run, lambda after: None).ring_until_stopped(grace=0.3)
print("clean", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("work", ["idle", "busy"])
def test_a_signal_stops_it_cleanly_even_in_a_long_run(number: signal.Signals, work: str) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", RINGS, work], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "run\n"
    child.send_signal(number)
    out, complaints = child.communicate(timeout=LIMIT)
    assert (out, complaints, child.returncode) == ("clean\n", "", 0)


def test_a_signal_that_is_not_ours_is_given_back_afterwards() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)]

    def run() -> None:
        alarm.stop()

    alarm = Alarm(run, never)
    alarm.ring_until_stopped()
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)] == before


def test_it_refuses_to_wait_for_slots_with_a_clock_that_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHER_CLOCK", "2026-06-25T09:00:00+02:00")
    with pytest.raises(ConfigurationError, match="PUBLISHER_CLOCK is set"):
        Alarm(lambda: None, never).ring_until_stopped()


def test_the_clock_tells_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PUBLISHER_CLOCK", raising=False)
    before = datetime.now(tz=UTC)
    assert before <= clock.now() <= datetime.now(tz=UTC)
    assert clock.now().tzinfo is UTC
    assert not clock.is_set()


def test_a_set_clock_stands_still_until_it_is_slept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHER_CLOCK", "2026-06-25T09:00:00+02:00")
    assert clock.is_set()
    assert clock.now() == clock.now() == datetime(2026, 6, 25, 7, tzinfo=UTC)
    clock.sleep(1800)
    assert clock.now() == datetime(2026, 6, 25, 7, 30, tzinfo=UTC)
    assert os.environ["PUBLISHER_CLOCK"] == "2026-06-25T07:30:00+00:00"


def test_an_empty_variable_sets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHER_CLOCK", "")
    assert not clock.is_set()
    assert clock.now().tzinfo is UTC


@pytest.mark.parametrize("written", ["nine", "2026-06-25T09:00:00", "2026-06-25", "0001-01-01T00:00+14:00"])
def test_a_clock_that_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("PUBLISHER_CLOCK", written)
    with pytest.raises(ConfigurationError, match="it takes a time with an offset"):
        clock.now()
