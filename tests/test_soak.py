"""The whole command, `publisher run`, killed with -9 at random moments, against a server with faults of every kind.

`make test` kills it 20 times on each database, `make soak` 500 times (PUBLISHER_KILLS). The server's own count of
copies is held against the ledger.
"""

import contextlib
import multiprocessing
import os
import random
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from auditor import NONE, Auditor, Mischief
from desk import TOML, Desk
from publisher.delivering import Sums
from publisher.store import Store, open_store, outbox, subscribers
from publisher.store.doubts import in_doubt

KILLS = int(os.environ.get("PUBLISHER_KILLS", "20"))
CONNECTIONS = 4
DIGEST = "2026-06-25"
SLOT = "2026-06-25T09:00:00+02:00"
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    ["publisher.cli", "publisher.running.mailing", "publisher.deliver", "sqlalchemy", "psycopg"]
)


def command(at: str, *arguments: str) -> None:
    """In a process of its own: what `publisher ARGUMENTS` does, at a set time."""
    from publisher.cli import main

    os.environ["PUBLISHER_CLOCK"] = at
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    main(list(arguments))


@pytest.fixture(params=["sqlite", "postgresql"])
def soaked(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    """A publication on each database, with as many readers as the kills need."""
    made = Desk(tmp_path / "zendoric")
    made.home.mkdir()
    url = "sqlite:publisher.db"
    if request.param == "postgresql":
        import psycopg

        from conftest import _database

        server, name = request.getfixturevalue("postgresql"), "t" + uuid.uuid4().hex
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        url = _database(server, name)
    (made.home / "publication.toml").write_text(f'{TOML}\n[store]\nurl = "{url}"\n', "utf-8")
    return made


@contextlib.contextmanager
def store_of(desk: Desk) -> Iterator[Store]:
    from publisher.wiring import settings

    publication = settings(desk.home, {}).publication
    opened = open_store(publication.store_url, desk.home, publication.authority, now=_now())
    try:
        yield opened
    finally:
        opened.close()


def _now() -> Any:
    from desk import at

    return at(SLOT)


def readers(desk: Desk, number: int) -> list[str]:
    """Many, of fifty domains."""
    found = [f"r{n}@d{n % 50}.example" for n in range(number)]
    with store_of(desk) as store, store.begin() as tx:
        for one in found:
            subscribers.add_confirmed(tx, one, one, evidence="test", lang=None, now=_now())
    return found


class Watch:
    """Looks at the sums all the time, from outside, while runs live and die."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._end = threading.Event()
        self.looks = 0
        self.wrong: list[Sums] = []
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(10)

    def _look(self) -> None:
        while not self._end.wait(0.02):
            found = self.sums()
            self.looks += 1
            if not found.adds_up:
                self.wrong.append(found)

    def sums(self) -> Sums:
        with self._store.read() as tx:
            return outbox.sums(tx, DIGEST)


def kill_somewhere(desk: Desk, server: Auditor, chance: random.Random, number: int) -> None:
    """Start a run, and end it with -9: by the clock, anywhere in the command, or when so many mails have gone."""
    desk.article(f"article-{number}", f"2026-06-24T{number % 24:02}:{number // 24 % 60:02}:00+02:00")
    run = FORKS.Process(target=command, args=(SLOT, "run", "--publication", str(desk.home)))
    taken = server.taken
    run.start()
    deadline = time.monotonic() + 60
    if chance.random() < 0.4:
        time.sleep(chance.random() * 0.8)
    else:
        wanted = taken + chance.randrange(1, 60)
        while server.taken < wanted and run.is_alive() and time.monotonic() < deadline:
            time.sleep(0.0005)
    if chance.random() < 0.15:
        ask_to_stop(desk, run, mailing=server.taken > taken)
        return
    run.kill()
    run.join()


def ask_to_stop(desk: Desk, run: Any, *, mailing: bool) -> None:
    """SIGTERM: what is open is finished, the rest is given back, and the exit code says that there is more to do."""
    run.terminate()
    run.join(60)
    assert run.exitcode in {0, 75, -signal.SIGTERM}  # the last: before the command had begun
    with store_of(desk) as store, store.read() as tx:
        found = outbox.sums(tx, DIGEST)
    if mailing:
        assert run.exitcode in {0, 75}
        assert (found.sending, found.dot_imminent) == (0, 0)


def finish(desk: Desk, at: str) -> None:
    done = FORKS.Process(target=command, args=(at, "run", "--publication", str(desk.home)))
    done.start()
    done.join(600)
    assert done.exitcode in {0, 75}


def test_killed_at_any_moment_nobody_is_lost_and_nobody_is_mailed_twice(soaked: Desk, request: pytest.FixtureRequest):
    seed = os.environ.get("PUBLISHER_SEED", request.node.name)
    chance = random.Random(seed)
    everybody = readers(soaked, 30 * KILLS)
    with Auditor(Mischief(), seed=seed) as server, store_of(soaked) as store:
        relay = f'\nconnections = {CONNECTIONS}\n[[mail.relay]]\nhost = "127.0.0.1"\nport = {server.port}\ntls = "none"'
        soaked.configure('transport = "maildir:outbox"', f'transport = "smtp"{relay}')
        soaked.article("tides", "2026-06-25T08:00:00+02:00")
        with Watch(store) as watch:
            for number in range(KILLS):
                before, doubts = watch.sums(), server.doubts
                kill_somewhere(soaked, server, chance, number)
                after = watch.sums()
                assert after.adds_up
                beyond = after.in_doubt + after.dot_imminent - before.in_doubt - before.dot_imminent
                assert beyond <= CONNECTIONS + server.doubts - doubts
            server.mischief = NONE
            for at in ("09:20", "09:50", "11:00", "14:00", "19:00", "23:30"):
                finish(soaked, f"2026-06-25T{at}:00+02:00")
        found = watch.sums()
        assert watch.looks > KILLS
        assert watch.wrong == []
        assert (found.audience, found.open) == (len(everybody), 0)
        assert set(server.copies.values()) <= {1}
        assert server.most_open <= CONNECTIONS * 2
        with store.read() as tx:
            listed = in_doubt(tx, DIGEST)
        doubtful = {str(one.address) for one in listed}
        assert len(doubtful) == len(listed) == found.in_doubt
        assert all(one.reply for one in listed)
        assert len(set(everybody) - set(server.copies) - doubtful) == found.rejected
        assert found.in_doubt <= KILLS * CONNECTIONS + server.doubts
        assert found.accepted == len(set(server.copies) - doubtful)
        resend(soaked, server, doubtful, everybody, found)


def resend(desk: Desk, server: Auditor, doubtful: set[str], everybody: list[str], before: Sums) -> None:
    """A person sends it again to those in doubt: they alone may have two, under one Message-ID."""
    assert desk.publisher("resolve", DIGEST, "--resend", at="2026-06-25T23:31:00+02:00").returncode == 0
    finish(desk, "2026-06-25T23:32:00+02:00")
    twice = {recipient for recipient, copies in server.copies.items() if copies > 1}
    assert twice <= doubtful
    assert max(server.copies.values()) <= 2
    assert len(server.copies) == len(everybody) - before.rejected == len(server.identities)
    done = desk.publisher("verify", DIGEST, "--json")
    assert done.returncode == 0
    assert '"in_doubt": 0' in done.stdout
