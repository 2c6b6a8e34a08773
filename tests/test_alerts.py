"""Alerts: a person hears what cron's mail would hide, once a day; a switch outside hears that all is well."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from smtpd import Faults, Smtpd, header

import pytest

from desk import EIGHT, SLOT, Desk

LATER = "2026-06-25T09:05:00+02:00"
TOMORROW = "2026-06-26T09:06:00+02:00"


@pytest.fixture
def ops(desk: Desk) -> Iterator[Smtpd]:
    """Where alerts go: a relay of their own."""
    with Smtpd() as server:
        alerts = f'[alerts]\nto = ["ops@zendoric.example"]\nhost = "127.0.0.1"\nport = {server.port}\ntls = "none"'
        desk.configure("[mail]", f"{alerts}\n\n[mail]")
        yield server


def by_smtp(desk: Desk, server: Smtpd) -> None:
    relay = f'\n[[mail.relay]]\nhost = "127.0.0.1"\nport = {server.port}\ntls = "none"'
    desk.configure('transport = "maildir:outbox"', f'transport = "smtp"{relay}')


def subjects(server: Smtpd) -> list[str]:
    return [header(content, "Subject") for _, _, content in server.taken]


def test_nobody_is_told_while_all_is_well(desk: Desk, ops: Smtpd):
    desk.article("tides", EIGHT)
    desk.run()
    assert ops.taken == []


def test_a_digest_that_is_held_is_told_once_a_day(desk: Desk, ops: Smtpd):
    desk.configure('start = "2026-06-20"', 'start = "2026-06-20"\napprove = true')
    desk.article("tides", EIGHT)
    desk.run()
    desk.run(at=LATER)
    (found,) = subjects(ops)
    assert found.startswith("Zendoric: The digest is held:")
    assert header(ops.taken[0][2], "Auto-Submitted") == "auto-generated"
    assert header(ops.taken[0][2], "To") == "ops@zendoric.example"
    desk.run(at=TOMORROW)
    assert len(ops.taken) == 2


def test_those_in_doubt_are_told(desk: Desk, ops: Smtpd):
    desk.article("tides", EIGHT)
    with Smtpd(Faults(drop_after_dot={"anna@example.org"})) as server:
        by_smtp(desk, server)
        desk.run()
    assert subjects(ops) == ["Zendoric: In doubt: 1 of 2026-06-25"]


def test_a_relay_that_is_away_is_told_by_the_alerts_own(desk: Desk, ops: Smtpd):
    with Smtpd(Faults(at_mail="550 5.7.1 not from you")) as server:
        by_smtp(desk, server)
        desk.article("tides", EIGHT)
        desk.run(exit_code=75)
    assert len(ops.taken) == 1
    assert b"550 5.7.1 not from you" in ops.taken[0][2].replace(b"=\r\n", b"")


def test_a_skipped_slot_is_told(desk: Desk, ops: Smtpd):
    desk.run(at=SLOT)
    desk.article("tides", "2026-06-26T08:00:00+02:00")
    desk.run(at="2026-06-26T20:00:00+02:00")
    assert len(ops.taken) == 1
    assert "2026-06-26 was not sent" in ops.taken[0][2].decode()


def test_an_alert_that_fails_fails_no_run_and_is_tried_again(desk: Desk, ops: Smtpd):
    desk.configure('start = "2026-06-20"', 'start = "2026-06-20"\napprove = true')
    desk.article("tides", EIGHT)
    ops.faults.at_mail = "451 4.3.0 not now"
    done = desk.publisher("run")
    assert done.returncode == 0
    assert "The alert to ops@zendoric.example was not sent: " in done.stderr
    ops.faults.at_mail = None
    desk.run(at=LATER)
    assert len(ops.taken) == 1


def test_without_a_relay_of_their_own_alerts_go_the_way_of_the_digest(desk: Desk):
    desk.configure("[mail]", '[alerts]\nto = ["ops@zendoric.example"]\n\n[mail]')
    desk.configure('start = "2026-06-20"', 'start = "2026-06-20"\napprove = true')
    desk.article("tides", EIGHT)
    desk.run()
    assert desk.recipients() == ["ops@zendoric.example"]


@pytest.fixture
def switch() -> Iterator[tuple[int, list[str]]]:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, asked
    server.shutdown()
    server.server_close()


def test_the_switch_is_asked_after_a_good_run_and_not_after_one_that_needs_a_person(
    desk: Desk, switch: tuple[int, list[str]]
):
    port, asked = switch
    desk.configure("[mail]", f'[alerts]\nurl = "http://127.0.0.1:{port}/ping/zendoric"\n\n[mail]')
    desk.article("tides", EIGHT)
    desk.run()
    assert asked == ["/ping/zendoric"]
    desk.publisher("hold")
    desk.article("late", EIGHT)
    desk.run("--now", at=LATER)
    desk.raw("articles/broken.md", "---\ntitle: [\n---\n")
    desk.run(at=LATER, exit_code=65)
    assert asked.count("/ping/zendoric") == 2


def test_a_switch_that_does_not_answer_is_said_and_nothing_more(desk: Desk):
    desk.configure("[mail]", '[alerts]\nurl = "http://127.0.0.1:9/ping"\n\n[mail]')
    desk.article("tides", EIGHT)
    done = desk.publisher("run")
    assert done.returncode == 0
    assert "was not reached to say that all is well" in done.stderr


def test_an_address_that_is_none_is_named(desk: Desk):
    desk.configure("[mail]", '[alerts]\nto = ["ops"]\n\n[mail]')
    done = desk.publisher("check")
    assert done.returncode == 78
    assert "alerts.to" in done.stderr
