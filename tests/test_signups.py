"""Sign-ups, letters and what readers do, in the store, on both databases; and a sender that is killed in between."""

import signal
import subprocess
import sys
import uuid
from datetime import timedelta
from smtpd import Smtpd

import pytest

from conftest import NOON, _database
from desk import Desk
from publisher.delivering import Event, Outcome, Verdict
from publisher.store import Store, letters, readers, signups, subscribers
from publisher.store.letters import LetterOutbox
from publisher.store.signups import Signup
from publisher.subscribing.choices import Choices
from served import house
from test_subscriber_pages import switch_on

DAY = timedelta(days=1)


def plain(key: str) -> str:
    return f"hash of {key}"


def ask(store: Store, address: str, at=NOON, **more) -> list[signups.Admitted]:
    with store.begin() as tx:
        signups.note(tx, Signup(address=address, asked=at, evidence=f"asked at {at:%d}", **more))
        return signups.admit(tx, plain, now=at)


def number_of(store: Store, address: str) -> int:
    with store.read() as tx:
        found = subscribers.find(tx, address)
    assert found
    return found.id


def test_a_sign_up_becomes_a_pending_subscriber_and_one_letter(store: Store):
    assert [one.letter for one in ask(store, "Rosa@example.org", lang="es", frequency="weekly")] == ["confirm"]
    with store.read() as tx:
        assert not signups.any_work(tx, NOON)
        assert letters.any_due(tx, NOON)
    person = number_of(store, "rosa@example.org")
    with store.read() as tx:
        reader = readers.read(tx, person)
    assert reader is not None
    assert (reader.state, reader.choices) == ("pending", Choices(frequency="weekly", lang="es"))
    assert [one.letter for one in ask(store, "rosa@EXAMPLE.org".lower())] == [None], "one a day"


def test_a_reader_confirms_leaves_takes_it_back_and_chooses(store: Store):
    ask(store, "rosa@example.org")
    person = number_of(store, "rosa@example.org")
    given = {"asked": NOON, "evidence": "pressed", "now": NOON}
    with store.begin() as tx:
        assert readers.confirm(tx, person, **given) == "confirmed"
        assert readers.confirm(tx, person, **given) == "already"
        assert readers.leave(tx, [person, person, 999], now=NOON + DAY) == {person}
        assert readers.leave(tx, [person], now=NOON + DAY) == frozenset()
        assert readers.confirm(tx, person, **given) == "stale", "an old link revives nobody"
        assert not readers.choose(tx, person, Choices(format="text"))
        assert not readers.undo(tx, person, ended=NOON)
        assert readers.undo(tx, person, ended=NOON + DAY)
        assert readers.choose(tx, person, Choices(format="text", sections=("A", "\u00d1")))
        reader = readers.read(tx, person)
        assert reader is not None
        assert (reader.state, reader.choices) == ("confirmed", Choices(format="text", sections=("A", "\u00d1")))
        assert readers.confirm(tx, 999, **given) == "stale"


def test_whoever_never_confirmed_cannot_take_an_unsubscribe_back(store: Store):
    ask(store, "rosa@example.org")
    person = number_of(store, "rosa@example.org")
    with store.begin() as tx:
        assert readers.leave(tx, [person], now=NOON) == {person}
        assert not readers.undo(tx, person, ended=NOON)
        assert not letters.any_due(tx, NOON), "the letter is not owed any more"


def test_a_letter_is_held_by_one_sender_and_comes_back_when_that_one_is_gone(store: Store):
    ask(store, "rosa@example.org")
    box, other = (LetterOutbox(store, now=lambda: NOON) for _ in range(2))
    (claim,) = box.claim(10)
    assert other.claim(10) == []
    late = LetterOutbox(store, now=lambda: NOON + letters.LEASE)
    (again,) = late.claim(10)
    assert again.fence == claim.fence + 1
    assert box.record([claim], ()) == frozenset(), "whoever held it before may not send it"
    assert late.record([again], ()) == {claim.subscriber}
    late.record((), [Outcome(claim=again, event=Event.TAKEN, verdict=Verdict.ACCEPTED, code=250)])
    assert late.claim(10) == []


def test_a_letter_is_given_up_after_a_day_and_at_once_when_it_is_refused(store: Store):
    for n, address in enumerate(("slow@example.org", "gone@example.org")):
        ask(store, address)
        event, verdict = ((Event.PUT_OFF, Verdict.DEFERRED), (Event.REFUSED, Verdict.NO_SUCH_ADDRESS))[n]
        at = NOON
        for _ in range(40):
            box = LetterOutbox(store, now=lambda at=at: at)
            for claim in box.claim(10):
                box.record((), [Outcome(claim=claim, event=event, verdict=verdict, code=451)])
            at += timedelta(hours=1)
        with store.read() as tx:
            assert not letters.any_due(tx, at + DAY)


def test_who_did_not_confirm_is_forgotten_and_nobody_else(store: Store):
    ask(store, "late@example.org")
    ask(store, "here@example.org")
    here = number_of(store, "here@example.org")
    with store.begin() as tx:
        readers.confirm(tx, here, asked=NOON, evidence="", now=NOON)
        assert signups.sweep(tx, NOON + 7 * DAY) == 0
        assert signups.sweep(tx, NOON + 7 * DAY + timedelta(seconds=1)) == 1
        assert subscribers.counts(tx) == {"confirmed": 1}


def test_the_pages_work_on_postgresql_too(desk: Desk, postgresql: str) -> None:
    import psycopg

    name = "t" + uuid.uuid4().hex
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    switch_on(desk, f'[store]\nurl = "{_database(postgresql, name)}"\n')
    with house(desk) as home:
        leave = home.ask(home.join("rosa@example.org")).link("/u/")
        assert home.state("rosa@example.org") == "confirmed"
        assert home.ask(leave, "List-Unsubscribe=One-Click").body == "Unsubscribed.\n"
        assert home.state("rosa@example.org") == "unsubscribed"


KILLED = """
import os, sys, signal
from publisher.cli import main
from publisher.store.letters import LetterOutbox
point, count = sys.argv[1], int(sys.argv[2])
before = getattr(LetterOutbox, point)
def die(self, *given):
    global count
    count -= 1
    if count == 0 and os.environ["WHEN"] == "before": os.kill(os.getpid(), signal.SIGKILL)
    found = before(self, *given)
    if count == 0: os.kill(os.getpid(), signal.SIGKILL)
    return found
setattr(LetterOutbox, point, die)
main(sys.argv[3:])
"""


@pytest.mark.parametrize(
    ("point", "count", "when"),
    [("claim", 1, "before"), ("claim", 1, "after"), ("record", 1, "after"), ("record", 2, "before")],
    ids=["unclaimed", "claimed", "about to be sent", "sent and not noted"],
)
def test_a_kill_at_any_moment_loses_no_letter(desk: Desk, point: str, count: int, when: str):
    switch_on(desk)
    with Smtpd() as server:
        relay = f'transport = "smtp"\n[[mail.relay]]\nhost = "{server.host}"\nport = {server.port}\ntls = "none"'
        desk.configure('transport = "maildir:outbox"', relay)
        command = ["subscribers", "add", "rosa@example.org", "--publication", str(desk.home)]
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, point, str(count), *command],
            env={**desk.environment(), "WHEN": when},
            check=False,
        )
        assert killed.returncode == -signal.SIGKILL
        sent = server.copies["rosa@example.org"]
        desk.run(at="2026-06-25T09:20:00+02:00")
        assert 1 <= server.copies["rosa@example.org"] <= 2
        assert server.copies["rosa@example.org"] - sent <= 1
