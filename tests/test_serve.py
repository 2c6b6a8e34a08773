"""`publisher serve` as a process: it serves, sends letters, keeps a scheduler, and ends well however it is told to."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

import pytest

from desk import Desk
from publisher.web.serving import _kept_running
from test_subscriber_pages import switch_on


@contextmanager
def serving(desk: Desk, *arguments: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """The process, and its port."""
    process = subprocess.Popen(
        desk.command("serve", "--port", "0", *arguments), stderr=subprocess.PIPE, text=True, env={**os.environ}
    )
    try:
        assert process.stderr is not None
        said = ""
        while "Serving at" not in said:
            said = process.stderr.readline()
            assert said, "it ended"
        yield process, int(re.findall(r":(\d+)/", said)[0])
    finally:
        process.kill()
        process.communicate()


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def fetch(port: int, path: str, body: str | None = None) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST" if body else "GET", path, body, {"content-type": "application/x-www-form-urlencoded"})
    status = connection.getresponse().status
    connection.close()
    return status


def children(process: "subprocess.Popen[str]") -> list[int]:
    tasks = Path(f"/proc/{process.pid}/task")
    return [int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text("ascii").split()]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="it looks at processes in /proc")
def test_it_publishes_by_itself_sends_letters_at_once_and_ends_on_sigterm(desk: Desk) -> None:
    switch_on(desk)
    desk.article("ferry")
    with serving(desk) as (process, port):
        until(lambda: fetch(port, "/") == 200)
        assert fetch(port, "/subscribe", "email=rosa@example.org") == 200
        outbox = desk.home / "outbox" / "new"
        until(lambda: outbox.exists() and "rosa@example.org" in desk.recipients())
        scheduler = children(process)
        assert len(scheduler) == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert not alive(scheduler[0])


@pytest.mark.skipif(sys.platform != "linux", reason="it looks at processes in /proc")
def test_a_kill_leaves_no_scheduler_behind_and_loses_no_letter(desk: Desk) -> None:
    switch_on(desk)
    desk.article("ferry")
    desk.publisher("hold")
    with serving(desk) as (process, port):
        until(lambda: fetch(port, "/") == 200)
        scheduler = children(process)
        assert fetch(port, "/subscribe", "email=rosa@example.org") == 200
        process.kill()
        process.wait()
        until(lambda: not any(alive(pid) for pid in scheduler))
    desk.publisher("resume")
    desk.run(at=datetime.now(tz=UTC).isoformat())  # the process went by the real clock
    assert "rosa@example.org" in desk.recipients()


def test_without_a_schedule_there_is_none_and_a_port_that_is_taken_is_named(desk: Desk) -> None:
    with serving(desk, "--no-schedule") as (process, port):
        assert children(process) == []
        second = desk.publisher("serve", "--no-schedule", "--port", str(port))
        assert second.returncode == 78
        assert f"port {port}" in second.stderr


def test_a_scheduler_that_ends_is_started_again(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publisher.web.serving.REST", 0.01)
    log = tmp_path / "starts"
    command = [sys.executable, "-c", f"open({str(log)!r}, 'a').write('x')"]
    with _kept_running(command):
        until(lambda: log.exists() and len(log.read_text()) >= 3)


def test_the_operator_asks_an_address_by_mail_and_only_with_the_service(desk: Desk) -> None:
    refused = desk.publisher("subscribers", "add", "rosa@example.org")
    assert refused.returncode == 2
    assert "[web] service is false" in refused.stderr
    switch_on(desk)
    asked = desk.publisher("subscribers", "add", "rosa@example.org", "anna@example.org")
    assert (asked.returncode, desk.recipients()) == (0, ["rosa@example.org"])
    assert "rosa@example.org: asked by mail" in asked.stderr
    assert "anna@example.org: known already, confirmed" in asked.stderr
    again = desk.publisher("subscribers", "add", "Rosa@example.org")
    assert "not asked" in again.stderr
    assert len(desk.mails()) == 1


def test_an_old_letter_goes_with_the_next_run(desk: Desk) -> None:
    switch_on(desk)
    desk.publisher("hold")
    done = desk.publisher("subscribers", "add", "rosa@example.org")
    assert "with the next run" in done.stderr
    assert "Mails that answer sign-ups: 1 wait" in desk.publisher("status").stdout
    desk.publisher("resume")
    desk.run()
    assert desk.recipients() == ["rosa@example.org"]
