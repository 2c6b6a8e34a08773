"""The daily run with the world outside: relays, upstream feeds, PostgreSQL, locks, disks that are full."""

import contextlib
import functools
import http.server
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from smtpd import Faults, Smtpd

import pytest

from desk import Desk

NEXT_DAY = "2026-06-26T09:00:00+02:00"


def by_smtp(desk: Desk, server: Smtpd) -> None:
    relay = f'transport = "smtp"\nconnections = 4\n\n[[mail.relay]]\nhost = "127.0.0.1"\nport = {server.port}\n'
    desk.configure('transport = "maildir:outbox"', relay + 'tls = "none"')


def test_a_digest_goes_out_by_smtp_once_to_each(desk: Desk) -> None:
    desk.article("tides")
    with Smtpd() as server:
        by_smtp(desk, server)
        told = desk.run()
        assert (told["accepted"], told["written"], told["audience"]) == (2, 0, 2)
        desk.run()
        assert server.copies == {"anna@example.org": 1, "ben@example.net": 1}


def test_a_relay_that_is_away_is_exit_75_and_the_next_run_goes_on(desk: Desk) -> None:
    desk.article("tides")
    with Smtpd() as server:
        by_smtp(desk, server)
        desk.configure(f"port = {server.port}", "port = 1")
        told = desk.run(exit_code=75)
        assert told["accepted"] == 0
        assert told["urgent"]
        desk.configure("port = 1\n", f"port = {server.port}\n")
        assert desk.run(at="2026-06-25T09:20:00+02:00")["accepted"] == 2


def test_a_relay_that_will_not_do_is_told_though_another_did_its_work(desk: Desk) -> None:
    desk.article("tides")
    with Smtpd() as server, Smtpd(Faults(greeting="554 no SMTP service here")) as wrong:
        by_smtp(desk, server)
        relay = f'[[mail.relay]]\nname = "wrong"\nhost = "127.0.0.1"\nport = {wrong.port}\ntls = "none"\n'
        desk.configure("[[mail.relay]]", f"{relay}[[mail.relay]]")
        told = desk.run()
    assert told["accepted"] == 2
    words = "2026-06-25: relay wrong, greeting: 554 no SMTP service here; another relay did its work."
    assert words in told["urgent"]


def test_a_digest_that_grew_stale_while_it_was_stopped_says_so(desk: Desk) -> None:
    desk.article("tides")
    with Smtpd(Faults(refuse={"ben@example.net": "451 4.7.1 later"})) as server:
        by_smtp(desk, server)
        desk.run()
        assert "at most" not in desk.publisher("stop").stderr
        next_day = "2026-06-26T08:00:00+02:00"
        assert "goes on with the next" in desk.publisher("resume", at=next_day).stderr
        desk.publisher("stop", at=next_day)
        later = "2026-06-26T09:30:00+02:00"
        assert "is stale: the next run gives up the 1 who" in desk.publisher("resume", at=later).stderr
        desk.publisher("stop", at=later)
        assert any("Given up" in line for line in desk.run(at=later)["urgent"])
        assert "is finished: nothing is left to send" in desk.publisher("resume", "2026-06-25", at=later).stderr


def test_a_request_to_stop_that_the_interpreter_dropped_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from publisher import cli

    monkeypatch.setattr(cli, "AGAIN", 0.05)

    def heedless() -> None:
        with cli._told_to_stop_as_interrupted():
            with contextlib.suppress(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(1)
            time.sleep(5)

    with pytest.raises(KeyboardInterrupt):
        heedless()
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_a_refused_reader_is_noted_and_the_others_get_theirs(desk: Desk) -> None:
    desk.article("tides")
    with Smtpd(Faults(refuse={"ben@example.net": "550 5.1.1 no such user"})) as server:
        by_smtp(desk, server)
        told = desk.run()
    assert (told["accepted"], told["rejected"]) == (1, 1)


def test_who_leaves_before_the_run_gets_nothing(desk: Desk) -> None:
    desk.article("tides")
    assert desk.publisher("subscribers", "unsubscribe", "ben@example.net").returncode == 0
    assert desk.run()["audience"] == 1
    assert desk.publisher("subscribers", "add", "ben@example.net", "--confirmed").stderr.count("unsubscribed") == 1


def test_a_killed_run_loses_nobody_and_doubles_nobody(desk: Desk) -> None:
    desk.subscribe(*(f"reader{number}@example.org" for number in range(198)))
    desk.article("tides")
    chance = random.Random(3)
    kills = 6
    with Smtpd(Faults(delay=0.01)) as server:
        by_smtp(desk, server)
        for _ in range(kills):
            run = subprocess.Popen(desk.command("run", "--quiet"), env=desk.environment(), stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.5, 1.6))
            run.kill()
            run.wait()
        desk.run()
        copies = server.copies
    told = json.loads(desk.publisher("verify", "latest", "--json").stdout)
    assert told["adds_up"]
    assert told["audience"] == told["accepted"] + told["in_doubt"] == 200
    assert set(copies.values()) == {1}
    assert told["in_doubt"] == len(told["in_doubt_addresses"]) <= 4 * kills
    assert 200 - len(copies) <= told["in_doubt"]


def test_a_run_that_is_told_to_stop_gives_back_what_it_holds(desk: Desk) -> None:
    desk.subscribe(*(f"reader{number}@example.org" for number in range(98)))
    desk.article("tides")
    with Smtpd(Faults(delay=0.2)) as server:
        by_smtp(desk, server)
        run = subprocess.Popen(desk.command("run", "--quiet"), env=desk.environment(), stderr=subprocess.DEVNULL)
        while not server.taken:
            time.sleep(0.02)
        run.send_signal(signal.SIGTERM)
        assert run.wait(timeout=60) in {0, 75}
        told = json.loads(desk.publisher("verify", "latest", "--json").stdout)
        assert told["in_doubt"] == told["sending"] == 0
        assert 0 < told["accepted"] < 100
        server.faults.delay = 0
        assert desk.run()["accepted"] == 100
        assert set(server.copies.values()) == {1}


def feed(*numbers: int) -> str:
    entries = "".join(
        f"<entry><id>urn:e:{n}</id><title>Entry {n}</title><updated>2026-06-24T1{n}:00:00Z</updated>"
        f'<link href="https://upstream.example/{n}"/><content type="html">Text {n}.</content></entry>'
        for n in numbers
    )
    head = "<id>urn:feed</id><title>Upstream</title><updated>2026-06-24T10:00:00Z</updated>"
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">{head}{entries}</feed>'


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder that a real web server on this machine shows."""
    root = tmp_path / "web"
    root.mkdir()
    handler = functools.partial(Quiet, directory=str(root))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield root, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


def test_what_an_upstream_holds_at_first_is_known_and_not_mailed(
    desk: Desk, web: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLISHER_ALLOW_PRIVATE_UPSTREAMS", "1")
    root, url = web
    (root / "feed.xml").write_text(feed(1, 2))
    upstream = f'[[upstream]]\nurl = "{url}/feed.xml"\n[[upstream]]\nurl = "{url}/dead.xml"\n\n[digest]'
    desk.configure("[digest]", upstream)
    told = desk.run()
    assert (told["articles"], told["digest"]) == (2, None)
    assert any("dead.xml" in line for line in told["warnings"])
    page = desk.page("2026/06/24/entry-1/index.html")
    assert "https://upstream.example/1" in page
    assert "Text 1." in page
    (root / "feed.xml").write_text(feed(1, 2, 3))
    os.utime(root / "feed.xml", (2_000_000_000, 2_000_000_000))
    told = desk.run(at=NEXT_DAY)
    assert (told["articles"], told["stories"], told["written"]) == (3, 1, 2)
    assert "urn:e:3" in desk.page("feeds/atom.xml")


def test_the_run_is_the_same_on_postgresql(desk: Desk, postgresql: str) -> None:
    import psycopg

    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("CREATE DATABASE run_test")
    head, _, query = postgresql.partition("?")
    url = head.rsplit("/", 1)[0] + "/run_test" + (f"?{query}" if query else "")
    with (desk.home / "publication.toml").open("a") as file:
        file.write(f'\n[store]\nurl = "{url}"\n')
    desk.subscribe("anna@example.org", "ben@example.net")
    desk.article("tides")
    desk.article("later", published=NEXT_DAY)
    told = desk.run()
    assert (told["stories"], told["written"]) == (1, 2)
    assert desk.run()["files_written"] == 0
    assert desk.run(at=NEXT_DAY)["stories"] == 1
    assert len(desk.mails()) == 4
    assert desk.run("--dry-run", at=NEXT_DAY)["articles"] == 2


def test_a_store_that_is_locked_is_exit_75_and_the_old_site_stays(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.article("tides")
    desk.run()
    before = desk.site()
    monkeypatch.setattr("publisher.store.driver.BUSY_SECONDS", 0.2)
    other = sqlite3.connect(desk.home / "publisher.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    desk.article("more")
    done = desk.publisher("run")
    other.close()
    assert done.returncode == 75
    assert "Try again" in done.stderr
    assert desk.site() == before
    assert desk.run()["articles"] == 2


def fill(path: Path) -> None:
    """Until there is no room for one more byte."""
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass
    with contextlib.suppress(OSError), path.open("ab", buffering=0) as file:
        while file.write(b"x"):
            pass


def test_a_full_disk_leaves_the_old_site_and_the_next_run_catches_up(desk: Desk, tmp_path: Path) -> None:
    room = tmp_path / "room"
    room.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(room)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        shutil.copytree(desk.home, room / "zendoric")
        small = Desk(room / "zendoric")
        small.article("tides")
        small.run()
        before = small.site()
        ballast = room / "ballast"
        fill(ballast)
        with contextlib.suppress(OSError):
            small.article("more", body="word " * 2000)
        done = small.publisher("run")
        assert done.returncode == 75, done.stderr
        assert "Traceback" not in done.stderr
        assert small.site() == before
        ballast.unlink()
        (small.home / "articles" / "after.md").write_text("---\ntitle: After\ndate: 2026-06-25\n---\nText.\n")
        assert small.publisher("run").returncode in {0, 65}
        assert "after" in small.page("index.html")
    finally:
        subprocess.run(["umount", "-l", str(room)], check=False)


def test_files_of_another_user_are_exit_75_with_what_to_type(desk: Desk) -> None:
    """As after one run under sudo, seen from the other side: the files are root's, and the run is not."""
    if os.geteuid() != 0:
        pytest.skip("only root can act as another user")
    desk.article("tides")
    desk.run()
    # The other user may not be able to read this Python: all that a run may import is imported before.
    as_nobody = (
        "import os; from publisher.cli import main\n"
        "try: main(['run', '--dry-run', *%r])\n"
        "except SystemExit: pass\n"
        "os.setgid(65534); os.setuid(65534); main(['run', *%r])"
    )
    arguments = ["--publication", str(desk.home)]
    for folder in desk.home.parents:
        if folder.stat().st_mode & 1 == 0:
            folder.chmod(folder.stat().st_mode | 0o011)
    done = subprocess.run(
        [*desk.command()[:1], "-c", as_nobody % (arguments, arguments)],
        env=desk.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 75, done.stderr
    assert "sudo chown -R nobody" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_that_sends_two_digests_reports_on_the_newest(desk: Desk):
    with Smtpd(Faults(drop_after_dot={"ben@example.net"})) as server:
        relay = f'\n[[mail.relay]]\nhost = "127.0.0.1"\nport = {server.port}\ntls = "none"'
        desk.configure('transport = "maildir:outbox"', f'transport = "smtp"{relay}')
        desk.article("tides", "2026-06-25T08:00:00+02:00")
        assert desk.run()["in_doubt"] == 1
        server.faults.refuse["ben@example.net"] = "451 4.7.1 later"
        desk.article("market", "2026-06-26T08:00:00+02:00")
        assert desk.run(at="2026-06-26T09:00:00+02:00")["deferred"] == 1
        desk.publisher("resolve", "2026-06-25", "--resend", at="2026-06-26T09:00:01+02:00")
        server.faults.refuse.clear()
        told = desk.run(at="2026-06-26T09:10:00+02:00")
    assert (told["closed"], told["digest"], len(server.taken)) == ([], "2026-06-26", 5)


def test_what_one_server_said_once_is_told_in_the_singular_and_nothing_held_is_said_plainly(desk: Desk):
    with Smtpd(Faults(refuse={"ben@example.net": "550 5.1.1 no such user"})) as server:
        relay = f'\n[[mail.relay]]\nhost = "127.0.0.1"\nport = {server.port}\ntls = "none"'
        desk.configure('transport = "maildir:outbox"', f'transport = "smtp"{relay}')
        desk.article("tides", "2026-06-25T08:00:00+02:00")
        desk.run()
    assert "             1 time: 550 5.1.1 no such user\n" in desk.publisher("verify").stdout
    assert desk.publisher("approve").stderr == "publisher: No digest is held; held now: none.\n"
    assert "2026-06-25 is not held" in desk.publisher("approve", "2026-06-25").stderr
