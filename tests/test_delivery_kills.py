"""Processes that deliver, killed and told to stop at any moment; the mails are counted at the server."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from smtpd import Faults, Smtpd

from mailing import DIGEST, QUICK, audience, go, sums
from publisher.deliver import Settings
from publisher.deliver.smtp import Timeouts
from publisher.store import Store, doubts


def start(store: Store, server: Smtpd, connections: int) -> "subprocess.Popen[str]":
    url = store.engine.url
    plain = "sqlite:publisher.db" if url.drivername == "sqlite" else url.render_as_string(hide_password=False)
    command = [sys.executable, str(Path(__file__).with_name("deliver_child.py"))]
    child = subprocess.Popen(
        [*command, plain.replace("+psycopg", ""), str(store.home), str(server.port), str(connections)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == "ready\n"
    return child


def due_now(store: Store) -> None:
    with store.begin() as tx:
        far = "9999-01-01 00:00:00" if store.engine.dialect.name == "sqlite" else "9999-01-01 00:00:00+00"
        tx.connection.exec_driver_sql(f"UPDATE digest SET expires = '{far}'")


def test_kill_9_at_any_moment_doubles_nobody_and_loses_nobody(store: Store):
    kills, connections = int(os.environ.get("PUBLISHER_KILLS", "6")), 4
    recipients = 50 * kills
    audience(store, [f"r{n}" for n in range(recipients)])
    due_now(store)
    chance = random.Random(store.engine.dialect.name)
    with Smtpd(Faults(delay=0.002)) as server:
        for _ in range(kills):
            child = start(store, server, connections)
            before = len(server.taken)
            wanted = before + chance.randrange(20, 40)
            while len(server.taken) < wanted and child.poll() is None:
                time.sleep(0.001)
            child.kill()
            child.wait()
            sums(store)
        last = start(store, server, connections)
        assert last.wait(20) == 0
    found = sums(store)
    assert (found.open, found.audience) == (0, recipients)
    assert max(server.copies.values()) == 1
    assert found.in_doubt <= kills * connections
    with store.read() as tx:
        listed = {one.address for one in doubts.in_doubt(tx, DIGEST)}
    assert len(listed) == found.in_doubt
    everybody = {f"r{n}@example.org" for n in range(recipients)}
    assert everybody - set(server.copies) <= listed
    assert found.accepted == recipients - found.in_doubt


def test_sigterm_finishes_what_is_open_and_gives_back_the_rest(store: Store):
    audience(store, [f"r{n}" for n in range(300)])
    due_now(store)
    with Smtpd(Faults(delay=0.005)) as server:
        child = start(store, server, 4)
        while len(server.taken) < 20:
            time.sleep(0.001)
        child.send_signal(signal.SIGTERM)
        assert child.wait(10) == 0
        found = sums(store)
        assert found.in_doubt == found.sending == found.dot_imminent == 0
        assert found.accepted == len(server.taken)
        assert found.queued == 300 - found.accepted > 0


def test_a_drain_that_takes_too_long_ends_and_says_what_is_in_doubt(store: Store):
    audience(store, ["a", "b", "c"])
    stop = threading.Event()
    slow = Settings(drain=0.2, timeouts=Timeouts(dot=30), patience=QUICK.patience)
    with Smtpd(Faults(delay=20)) as server:
        server.on_354 = lambda recipient: stop.set() if recipient.startswith("b") else None
        go(store, server, connections=2, stop=stop, settings=slow)
    found = sums(store)
    assert found.sending == found.dot_imminent == 0
    assert found.in_doubt + found.queued + found.deferred == 3
