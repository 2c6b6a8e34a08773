"""How fast it goes, and to whom: limits, slow domains, relays that fail over, and what a 421 holds back."""

from collections import Counter
from datetime import datetime, timedelta
from smtpd import Faults, Smtpd, header
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select

from conftest import NOON
from deliver_child import compose
from desk import SLOT, Desk
from mailing import DIGEST, QUICK, audience, go, relay, sums
from publisher.config import Relay
from publisher.deliver import behind, crowds, deliver
from publisher.deliver import relays as relays_room
from publisher.deliver.crowds import Crowds
from publisher.delivering import Rate, Sums
from publisher.store import Store
from publisher.store.pacing import Limits
from publisher.store.schema import delivery
from publisher.store.sending import DigestOutbox


def limited(store: Store, servers: list[Relay], rules: Limits, now: datetime = NOON, connections: int = 2) -> Any:
    """One call of `deliver`: its result, and when its limits let more go."""
    box = DigestOutbox(store, DIGEST, now=lambda: now, limits=rules)
    try:
        return deliver(box, compose, servers, connections=connections, settings=QUICK), box.again
    finally:
        box.close()


def paced(server: Smtpd, name: str, per_hour: int) -> Relay:
    return Relay(name=name, host=server.host, port=server.port, user=None, password=None, tls="none", per_hour=per_hour)


@given(st.integers(1, 100_000))
@example(91451)
def test_a_rate_is_never_more_than_its_number_in_an_hour(number: int):
    rate = Rate.per_hour(number)
    just_less = timedelta(hours=1) - timedelta(microseconds=1)
    assert rate.burst + just_less // rate.every <= number
    assert rate.burst + timedelta(hours=1) // rate.every >= number * 0.95 - 1


def test_the_limit_on_all_mail_outlives_the_call_and_says_when_to_come_again(store: Store):
    audience(store, [f"r{n}" for n in range(12)])
    rules = Limits(overall=Rate.per_hour(300))
    with Smtpd() as server:
        result, again = limited(store, [relay(server)], rules)
        assert (result.progress.accepted, result.ended) == (5, None)
        assert sums(store) == Sums(audience=12, accepted=5, queued=7)
        assert NOON + timedelta(seconds=12) <= again <= NOON + timedelta(minutes=1)
        assert limited(store, [relay(server)], rules)[0].progress.accepted == 0
        assert limited(store, [relay(server)], rules, again)[0].progress.accepted in {2, 3}


def test_a_domains_limit_holds_up_nobody_else_and_each_of_the_rest_has_its_turn(store: Store):
    names = [f"r{n}@{'big' if n % 2 else 'small'}.example" for n in range(20)]
    audience(store, names)
    rules = Limits(domains={"big.example": Rate.per_hour(60)})
    with Smtpd() as server:
        result, again = limited(store, [relay(server)], rules)
        assert (result.progress.accepted, again) == (11, None)
        assert Counter(one.rpartition("@")[2] for one in server.copies) == {"small.example": 10, "big.example": 1}
        with store.read() as tx:
            turns = tx.connection.execute(select(delivery.c.due).where(delivery.c.state == "queued")).scalars().all()
        assert len(set(turns)) == 9
        every = Rate.per_hour(60).every
        assert sorted(turns) == [NOON + every * (1 + place) for place in range(9)]
        assert limited(store, [relay(server)], rules, NOON + every)[0].progress.accepted == 1
        assert limited(store, [relay(server)], rules, NOON + every * 9)[0].progress.accepted == 1
    assert sums(store).queued == 7


def test_every_domain_without_an_entry_has_the_others_limit_by_itself(store: Store):
    audience(store, [f"r{n}@d{n % 3}.example" for n in range(9)])
    rules = Limits(domains={"*": Rate.per_hour(60), "d0.example": Rate.per_hour(6000)})
    with Smtpd() as server:
        assert limited(store, [relay(server)], rules)[0].progress.accepted == 5


def test_a_relay_at_its_limit_hands_over_to_the_next(store: Store):
    audience(store, [f"r{n}" for n in range(20)])
    rules = Limits(relays={"first": Rate.per_hour(300)})
    with Smtpd() as first, Smtpd() as second:
        result, _ = limited(store, [paced(first, "first", 300), relay(second, "second")], rules)
    assert result.progress.accepted == 20
    assert (len(first.taken), len(second.taken)) == (5, 15)


def test_a_relay_alone_at_its_limit_ends_the_call_and_is_no_failure(store: Store):
    audience(store, [f"r{n}" for n in range(20)])
    rules = Limits(relays={"first": Rate.per_hour(300)})
    with Smtpd() as server:
        result, again = limited(store, [paced(server, "first", 300)], rules)
        assert (result.progress.accepted, result.ended) == (5, None)
        assert limited(store, [paced(server, "first", 300)], rules)[0].progress.accepted == 0
        assert limited(store, [paced(server, "first", 300)], rules, again)[0].progress.accepted >= 2
    assert sums(store).sending == 0


def test_a_relay_that_never_greets_does_not_hold_up_the_next_one(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(relays_room, "HANGS", 0.2)
    audience(store, [f"r{n}" for n in range(20)])
    with Smtpd(Faults(tarpit=True)) as stuck, Smtpd() as there:
        go(store, stuck, there)
        assert stuck.connections == 1
    assert sums(store).accepted == 20


def test_a_relay_that_hangs_over_its_mails_does_not_hold_up_the_next_one(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(relays_room, "STALLS", 0.2)
    monkeypatch.setattr(behind, "LONGEST", 0.4)
    audience(store, [f"r{n}" for n in range(80)])
    with Smtpd(Faults(delay=2)) as slow, Smtpd() as there:
        result = go(store, slow, there, connections=12)
        assert slow.connections == 9
    assert result.progress.accepted == 80
    assert (len(slow.taken), len(there.taken)) == (9, 71)
    assert set((slow.copies + there.copies).values()) == {1}


def test_a_relay_that_takes_few_connections_gets_few_and_the_rest_of_the_mail(store: Store):
    audience(store, [f"r{n}" for n in range(60)])
    with Smtpd(Faults(most_open=2, delay=0.02)) as server:
        result = go(store, server, connections=16)
        assert (result.progress.accepted, result.ended) == (60, None)
        assert server.connections < 20


def test_the_next_relay_takes_what_the_first_has_no_connection_for(store: Store):
    audience(store, [f"r{n}" for n in range(60)])
    with Smtpd(Faults(most_open=1, delay=0.02)) as narrow, Smtpd(Faults(delay=0.02)) as wide:
        assert go(store, narrow, wide, connections=8).progress.accepted == 60
    assert narrow.taken
    assert len(wide.taken) > len(narrow.taken)


def test_a_slow_domain_gets_half_of_the_connections_while_it_is_slow():
    found = Crowds(4)
    for connection in range(3):
        found.works(connection, "slow.example", 0.0)
    found.works(3, "quick.example", 1.9)
    found.look(1.9)
    assert found.crowded() == frozenset()
    found.look(2.1)
    assert found.crowded() == {"slow.example"}
    found.works(0, "quick.example", 2.2)
    found.works(1, "quick.example", 2.2)
    assert found.crowded() == frozenset()
    found.will_work(1, "slow.example")
    assert found.crowded() == {"slow.example"}
    found.rests(2)
    found.look(20.0)
    found.works(1, "slow.example", 20.0)
    found.works(2, "slow.example", 20.0)
    assert found.crowded() == {"quick.example"}
    found.forget()
    assert found.crowded() == frozenset()


def test_those_who_step_aside_for_others_get_theirs_too(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(crowds, "SLOW", 0.1)
    slow = [f"s{n}@slow.example" for n in range(10)]
    audience(store, slow + [f"r{n}@quick.example" for n in range(100)])
    with Smtpd(Faults(slow={"slow.example": 0.3})) as server:
        result = go(store, server, connections=4)
    assert result.progress.accepted == 110
    assert set(server.copies.values()) == {1}
    assert sums(store) == Sums(audience=110, accepted=110)


def test_a_421_to_a_recipient_gives_its_domain_a_rest_and_the_relay_none(store: Store):
    names = [f"b{n}@busy.example" for n in range(6)] + [f"r{n}@free.example" for n in range(30)]
    audience(store, names)
    faults = Faults(refuse={f"b{n}@busy.example": "421 4.7.0 busy.example is too busy" for n in range(6)})
    with Smtpd(faults) as server:
        result = go(store, server, connections=1)
        assert (result.progress.accepted, result.ended) == (30, None)
        asked = [line for line in server.commands if line.startswith("RCPT") and "busy.example" in line]
        assert len(asked) == 1
        assert sums(store) == Sums(audience=36, accepted=30, deferred=1, queued=5)
        server.faults.refuse.clear()
        assert go(store, server, now=NOON + timedelta(minutes=4)).progress.accepted == 0
        assert go(store, server, now=NOON + timedelta(minutes=6)).progress.accepted == 6


def test_421_to_one_domain_after_the_other_is_the_relays_matter(store: Store):
    audience(store, [f"r@d{n}.example" for n in range(40)])
    with Smtpd(Faults(refuse={f"r@d{n}.example": "421 4.3.2 shutting down" for n in range(40)})) as server:
        result = go(store, server, connections=1)
    assert "421 4.3.2 shutting down" in str(result.ended)
    assert server.connections < 20


def test_a_relay_that_wants_to_know_a_message_again_is_told_its_name(store: Store):
    audience(store, ["a", "b"])

    def knowing(server: Smtpd) -> Relay:
        header = "X-EE-Idempotency-Key"
        keys = {"user": None, "password": None, "tls": "none", "idempotency_header": header}
        return Relay(name="main", host=server.host, port=server.port, **keys)

    with Smtpd(Faults(drop_after_dot={"a@example.org"})) as server:
        limited(store, [knowing(server)], Limits())
        from publisher.store import doubts

        with store.begin() as tx:
            assert doubts.resolve(tx, DIGEST, "resend", now=NOON) == 1
        limited(store, [knowing(server)], Limits())
    told = [(recipient, header(content, "X-EE-Idempotency-Key")) for _, recipient, content in server.taken]
    assert sorted(Counter(told).values()) == [1, 2]


# The whole command ------------------------------------------------------------------------------------------------


@pytest.fixture
def hundred(desk: Desk) -> Desk:
    desk.subscribe(*(f"r{n}@example.org" for n in range(28)))
    desk.article("tides")
    return desk


def sent_at(desk: Desk) -> list[datetime]:
    import sqlite3

    with sqlite3.connect(desk.home / "publisher.db") as connection:
        rows = connection.execute("SELECT at FROM attempt WHERE outcome IN ('accepted', 'written') ORDER BY at")
        return [datetime.fromisoformat(f"{row[0]}+00:00") for row in rows]


def test_a_run_stays_until_its_limit_has_let_all_go(hundred: Desk):
    with Smtpd() as server:
        relay = f'\nper_hour = 600\n[[mail.relay]]\nhost = "127.0.0.1"\nport = {server.port}\ntls = "none"'
        hundred.configure('transport = "maildir:outbox"', f'transport = "smtp"{relay}')
        told = hundred.run()
    assert (told["accepted"], told["urgent"]) == (30, [])
    times = sent_at(hundred)
    assert times[0] == datetime.fromisoformat(SLOT)
    assert timedelta(minutes=1, seconds=30) < times[-1] - times[0] < timedelta(minutes=4)
    for first, last in zip(times, times[20:], strict=False):
        assert last - first >= timedelta(minutes=1)


def test_a_spread_digest_takes_its_time_and_each_copy_says_when_it_was_due(hundred: Desk):
    hundred.configure('start = "2026-06-20"', 'start = "2026-06-20"\nspread = "10m"')
    told = hundred.run()
    assert told["written"] == 30
    times = sent_at(hundred)
    assert times[0] - datetime.fromisoformat(SLOT) < timedelta(minutes=1)
    assert timedelta(minutes=8) < times[-1] - times[0] < timedelta(minutes=10)
    dates = sorted({str(mail["Date"]) for mail in hundred.mails()})
    assert len(dates) > 20
    assert dates[0].startswith("Thu, 25 Jun 2026 09:0")


def test_a_spread_digest_that_is_stopped_says_when_its_last_copy_is_due(hundred: Desk):
    hundred.configure('start = "2026-06-20"', 'start = "2026-06-20"\napprove = true\nspread = "10m"')
    hundred.run()
    assert hundred.publisher("approve").returncode == 0
    with Smtpd(Faults(greeting="554 no SMTP service here")) as server:
        relay = f'\n[[mail.relay]]\nhost = "127.0.0.1"\nport = {server.port}\ntls = "none"'
        hundred.configure('transport = "maildir:outbox"', f'transport = "smtp"{relay}')
        hundred.run(exit_code=75)
    told = hundred.publisher("verify").stdout
    assert "30 of 30 remain. Not all of them are due yet; the last is at 2026-06-25 09:09:" in told


def test_a_run_does_not_stay_for_a_relay_that_is_away(hundred: Desk):
    with Smtpd() as server:
        port = server.port
    relay = f'\nper_hour = 600\n[[mail.relay]]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"'
    hundred.configure('transport = "maildir:outbox"', f'transport = "smtp"{relay}')
    told = hundred.run(exit_code=75)
    assert told["queued"] == 30
    assert len([line for line in told["urgent"] if "no relay can be reached" in line]) == 1
