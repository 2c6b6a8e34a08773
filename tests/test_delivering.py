"""The state table, the reply classes, the backoff, the sums: all without I/O."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.delivering import (
    CLOSED,
    MOVES,
    OPEN,
    Breaker,
    Event,
    IllegalMoveError,
    Reply,
    Stage,
    State,
    Sums,
    Verdict,
    after,
    backoff,
    classify,
    sources,
)


def test_every_state_is_open_or_closed_and_every_one_can_be_reached():
    assert set(State) == OPEN | CLOSED
    assert not OPEN & CLOSED
    assert {move.target for move in MOVES} == set(State)


def test_no_move_stands_twice_and_each_has_its_reason():
    assert len({(move.source, move.event) for move in MOVES}) == len(MOVES)
    assert all(move.reason for move in MOVES)


def test_only_a_person_or_a_late_reply_moves_what_is_closed():
    leaving = {(move.source, move.event) for move in MOVES if move.source in CLOSED}
    assert leaving == {(State.IN_DOUBT, event) for event in (Event.TAKEN, Event.RESENT, Event.ASSUMED, Event.WITHDRAWN)}


def test_a_crash_before_the_mark_sends_again_and_one_after_it_is_in_doubt():
    assert after(State.SENDING, Event.LOST) is State.QUEUED
    assert after(State.DOT_IMMINENT, Event.LOST) is State.IN_DOUBT


def test_consent_does_not_touch_what_may_have_arrived():
    assert State.DOT_IMMINENT not in sources(Event.WITHDRAWN)
    with pytest.raises(IllegalMoveError, match=r"dot-imminent cannot be withdrawn"):
        after(State.DOT_IMMINENT, Event.WITHDRAWN)


@pytest.mark.parametrize(
    ("reply", "stage", "verdict"),
    [
        ("250 2.0.0 ok", Stage.DOT, Verdict.ACCEPTED),
        ("421 4.3.2 shutting down", Stage.DOT, Verdict.CLOSING),
        ("451 4.7.1 greylisted", Stage.RCPT, Verdict.DEFERRED),
        ("452 4.2.2 mailbox full", Stage.RCPT, Verdict.DEFERRED),
        ("550 5.1.1 no such user", Stage.RCPT, Verdict.NO_SUCH_ADDRESS),
        ("550 No such user here", Stage.RCPT, Verdict.NO_SUCH_ADDRESS),
        ("556 5.1.10 null MX", Stage.RCPT, Verdict.NO_SUCH_ADDRESS),
        ("550 5.7.1 blocked", Stage.RCPT, Verdict.POLICY),
        ("553 5.1.8 bad sender", Stage.RCPT, Verdict.POLICY),
        ("554 5.7.26 unauthenticated", Stage.DOT, Verdict.POLICY),
        ("552 5.2.2 mailbox full", Stage.RCPT, Verdict.REFUSED),
        ("552 5.3.4 too big", Stage.DOT, Verdict.REFUSED),
        ("550 spam", Stage.DOT, Verdict.REFUSED),
        ("550 5.7.1 you may not send", Stage.MAIL, Verdict.OURS),
        ("535 5.7.8 wrong password", Stage.AUTH, Verdict.OURS),
        ("220 what", Stage.RCPT, Verdict.UNREACHED),
        ("354 again?", Stage.DOT, Verdict.LOST),
    ],
)
def test_a_reply_has_one_class(reply: str, stage: Stage, verdict: Verdict):
    code, _, text = reply.partition(" ")
    parsed = Reply(int(code), text)
    assert classify(parsed.code, parsed.enhanced, stage) is verdict


def test_an_enhanced_code_of_another_class_is_not_believed():
    assert Reply(550, "4.7.1 odd").enhanced is None
    assert Reply(550, "5.1.1").enhanced == "5.1.1"
    assert Reply(550, "Sorry.\n5.1.1 no such user").enhanced == "5.1.1"
    assert Reply(550, "see rule 5.7.1\nof our house").enhanced is None


@settings(deadline=None)
@given(st.integers(100, 599), st.sampled_from(list(Stage)))
def test_only_a_2yz_to_the_dot_is_acceptance(code: int, stage: Stage):
    accepted = classify(code, None, stage) is Verdict.ACCEPTED
    assert accepted == (stage is Stage.DOT and code // 100 == 2)


@settings(deadline=None)
@given(st.integers(1, 10_000), st.text())
def test_the_backoff_is_the_same_for_the_same_key_and_between_four_minutes_and_four_hours(attempts: int, key: str):
    wait = backoff(attempts, key)
    assert wait == backoff(attempts, key)
    assert timedelta(minutes=4) <= wait <= timedelta(hours=4)


def test_the_backoff_doubles():
    assert timedelta(minutes=8) <= backoff(2, "x") <= timedelta(minutes=10)
    assert timedelta(minutes=128) <= backoff(6, "x") <= timedelta(minutes=160)


def test_the_sums_add_up_or_say_so():
    sums = Sums.of(5, {"accepted": 2, "in-doubt": 1, "dot-imminent": 1, "queued": 1})
    assert (sums.open, sums.closed, sums.adds_up) == (2, 3, True)
    assert sums.in_doubt == 1
    assert not Sums.of(6, {"accepted": 5}).adds_up


def test_twenty_policy_replies_pause_only_when_they_come_from_five_domains():
    few, many = Breaker(), Breaker()
    for n in range(25):
        assert few.note(Verdict.POLICY, f"d{n % 4}") is None
    found = [many.note(Verdict.POLICY, f"d{n % 5}", "550 5.7.1 spam") for n in range(20)]
    assert found[:19] == [None] * 19
    assert found[19] == "20 servers' replies speak against the sender, not the recipients; the last one: 550 5.7.1 spam"


def test_a_quarter_of_refusals_trips_the_breaker_and_a_tenth_does_not():
    good, bad = Breaker(), Breaker()
    for n in range(1000):
        assert good.note(Verdict.NO_SUCH_ADDRESS if n % 10 == 0 else Verdict.ACCEPTED, "d") is None
    tripped = [bad.note(Verdict.NO_SUCH_ADDRESS if n % 3 == 0 else Verdict.ACCEPTED, "d") for n in range(300)]
    assert any(tripped)


def test_the_table_of_moves_in_the_papers_is_the_codes():
    paper = (Path(__file__).parent.parent / "docs" / "delivery.md").read_text("utf-8")
    section = paper.partition("### Moves")[2].partition("\n## ")[0]
    rows = [tuple(cell.strip(" `") for cell in line.split("|")[1:5]) for line in section.splitlines() if "|" in line]
    assert rows[2:] == [(move.source, move.event, move.target, move.reason) for move in MOVES]
