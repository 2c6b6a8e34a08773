"""Delivery end to end: a real store on both databases, a real SMTP server with faults, the mails counted there."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from smtpd import Faults, Smtpd, message_ids

import pytest
from msgspec import structs
from sqlalchemy import select

from deliver_child import compose
from mailing import DIGEST, NOON, QUICK, audience, go, ledger, relay, sums, unsubscribe
from publisher.deliver import Unsendable, deliver
from publisher.deliver.pool import FEW
from publisher.delivering import Claim, Event, Outcome, Sums, Verdict, due_of
from publisher.errors import TemporaryError
from publisher.store import Store, digests, doubts, outbox, subscribers, verdicts
from publisher.store.schema import attempt, delivery
from publisher.store.sending import DigestOutbox


@pytest.mark.parametrize("pipelining", [True, False])
def test_everybody_gets_one_and_a_second_run_sends_nothing(store: Store, *, pipelining: bool):
    assert audience(store, [f"r{n}" for n in range(50)]) == 50
    with Smtpd(Faults(pipelining=pipelining)) as server:
        result = go(store, server)
        assert (result.progress.accepted, result.ended) == (50, None)
        go(store, server)
    assert set(server.copies.values()) == {1}
    assert len(server.copies) == 50
    assert sums(store).accepted == 50
    assert ledger(store)[1] == ["accepted: 250 2.0.0 ok"]


def test_each_fault_leads_to_its_state(store: Store):
    names = ["good", "gone", "later", "spam", "greedy", "late", "big", "closing", "ñ", "unmakeable"]
    audience(store, names)
    faults = Faults(
        refuse={"gone@example.org": "550 5.1.1 no such user", "later@example.org": "451 4.7.1 greylisted"},
        at_dot={
            "spam@example.org": "554 5.7.1 spam",
            "greedy@example.org": "452 4.2.2 full",
            "closing@example.org": "421 4.3.2 closing",
        },
        drop_after_dot={"late@example.org"},
    )

    def picky(claim):
        if claim.address.startswith("unmakeable"):
            raise ValueError("no such template")
        return Unsendable(reason="too odd") if claim.address.startswith("ñ") else compose(claim)

    with Smtpd(faults) as server:
        go(store, server, compose=picky)
    found = sums(store)
    assert found == Sums(audience=10, accepted=2, rejected=3, deferred=4, in_doubt=1)
    assert server.copies == {f"{name}@example.org": 1 for name in ("good", "big", "late")}
    with store.read() as tx:
        (doubtful,) = doubts.in_doubt(tx, DIGEST)
    assert doubtful.address == "late@example.org"
    assert doubtful.reply == "no reply to the final dot: the server closed the connection"
    lines = ledger(store)
    assert lines[2] == ["no such address: 550 5.1.1 no such user"]
    assert lines[4] == ["policy: 554 5.7.1 spam"]
    assert lines[9] == ["unsendable: too odd"]
    assert lines[10] == ["unmakeable: the mail could not be made: ValueError('no such template')"]


def test_a_connection_that_ends_between_354_and_the_dot_is_never_taken_for_sent(store: Store):
    audience(store, ["a", "b"])
    with Smtpd(Faults(drop_before_dot={"a@example.org"})) as server:
        go(store, server)
    found = sums(store)
    # Deferred when the end was seen before the dot left, in doubt when it was not.
    assert (found.accepted, found.deferred + found.in_doubt) == (1, 1)
    assert server.copies == {"b@example.org": 1}


def test_what_was_deferred_is_tried_when_it_is_due_and_expires_when_the_digest_is_stale(store: Store):
    audience(store, ["a", "b"])
    with Smtpd(Faults(refuse={"a@example.org": "451 later", "b@example.org": "451 later"})) as server:
        go(store, server)
        assert go(store, server, now=NOON + timedelta(minutes=3)).progress.deferred == 0
        del server.faults.refuse["b@example.org"]
        assert go(store, server, now=NOON + timedelta(minutes=5)).progress.accepted == 1
    with store.begin() as tx:
        assert outbox.expire(tx, NOON + timedelta(hours=23)) == 0
        assert outbox.expire(tx, NOON + timedelta(hours=24)) == 1
        digests.finish(tx, NOON)
        assert digests.owing(tx) == []
    assert sums(store) == Sums(audience=2, accepted=1, expired=1)
    assert len(ledger(store)[1]) == 2


def test_a_mail_that_cannot_be_made_is_parked_at_the_third_time(store: Store):
    audience(store, ["a"])

    def broken(claim):
        raise KeyError("x")

    with Smtpd() as server:
        for hours in range(3):
            go(store, server, compose=broken, now=NOON + timedelta(hours=hours))
    assert sums(store).parked == 1


def test_a_connection_that_always_ends_at_one_recipient_does_not_hold_up_the_others(store: Store):
    audience(store, [f"r{n}" for n in range(20)])
    with Smtpd(Faults(drop_at_rcpt={"r7@example.org"})) as server:
        go(store, server)
    assert sums(store) == Sums(audience=20, accepted=19, deferred=1)
    assert ledger(store)[8][0].startswith("not reached: no reply to")


def test_a_server_that_closes_after_a_few_messages_gets_new_connections(store: Store):
    audience(store, [f"r{n}" for n in range(30)])
    with Smtpd(Faults(close_after=4)) as server:
        go(store, server, connections=2)
    assert sums(store).accepted == 30
    assert set(server.copies.values()) == {1}
    assert server.connections > 6


def test_the_second_relay_takes_over_from_one_that_is_away(store: Store):
    audience(store, ["a", "b", "c"])
    with Smtpd(Faults(greeting="421 too busy")) as away, Smtpd() as there:
        go(store, away, there)
    assert sums(store).accepted == 3
    assert len(there.taken) == 3


def test_when_no_relay_can_be_reached_the_call_ends_and_all_stay_queued(store: Store):
    audience(store, ["a", "b", "c"])
    with Smtpd(Faults(greeting="421 too busy")) as away:
        result = go(store, away)
    assert result.ended == "no relay can be reached: relay relay0, greeting: 421 too busy"
    assert sums(store).queued == 3


def test_a_relay_that_refuses_the_sender_pauses_the_digest_and_nobody_is_rejected(store: Store):
    audience(store, ["a", "b", "c"])
    with Smtpd(Faults(at_mail="550 5.7.1 not from here")) as server:
        result = go(store, server)
        assert "550 5.7.1 not from here" in str(result.ended)
        assert sums(store).queued == 3
        with store.read() as tx:
            assert "refuses the sender" in str(digests.owing(tx)[0].stop_reason)
        server.faults.at_mail = None
        assert go(store, server).ended == "the digest was stopped"
        with store.begin() as tx:
            assert digests.resume(tx, DIGEST, now=NOON)
        go(store, server)
    assert sums(store).accepted == 3


def test_a_host_that_takes_no_mail_at_all_does_not_pause_the_digest(store: Store):
    audience(store, ["a"])
    with Smtpd(Faults(greeting="554 no SMTP service here")) as wrong, Smtpd() as right:
        assert (
            str(go(store, wrong).ended) == "no relay can be reached: relay relay0, greeting: 554 no SMTP service here"
        )
        assert go(store, right).progress.accepted == 1


def test_a_server_that_is_busy_at_mail_costs_nobody_an_attempt(store: Store):
    audience(store, ["a", "b", "c"])
    with Smtpd(Faults(at_mail="451 4.3.2 busy")) as busy, Smtpd() as there:
        go(store, busy, there)
    assert sums(store).accepted == 3
    assert ledger(store)[1] == ["accepted: 250 2.0.0 ok"]
    assert len(there.taken) == 3


@pytest.mark.parametrize("pipelining", [True, False])
def test_replies_that_nobody_asked_for_are_never_taken_for_those_to_another_mail(store: Store, *, pipelining: bool):
    audience(store, [f"r{n}" for n in range(12)])
    with Smtpd(Faults(twice=True, pipelining=pipelining)) as server:
        go(store, server, connections=2)
    found = sums(store)
    assert found.accepted == 12 == len(server.taken)
    assert set(server.copies.values()) == {1}


def test_a_list_that_is_dead_trips_the_breaker(store: Store):
    names = [f"r{n}" for n in range(120)]
    audience(store, names)
    with Smtpd(Faults(refuse={f"{name}@example.org": "550 5.1.1 no" for name in names})) as server:
        result = go(store, server)
    assert "recipients were refused" in str(result.ended)
    found = sums(store)
    assert 50 <= found.rejected <= 54
    assert found.queued == 120 - found.rejected


def test_the_breaker_goes_on_counting_after_a_restart_until_a_person_lets_the_digest_go_on(store: Store):
    audience(store, [f"r{n}@d{n % 9}.example" for n in range(60)])
    refused = {f"r{n}@d{n % 9}.example": "554 5.7.1 we do not want you" for n in range(60)}
    with Smtpd(Faults(refuse=refused)) as server:
        for call in range(3):
            box = DigestOutbox(store, DIGEST, now=lambda: NOON)
            box.claim = _few(box, 8)
            with store.read() as tx:
                heard = verdicts.breaker(tx, DIGEST)
            result = deliver(box, compose, [relay(server)], connections=1, settings=QUICK, breaker=heard)
            box.close()
            assert (result.ended is not None) is (call == 2)
        assert "20 servers' replies speak against the sender" in str(result.ended)
        with store.begin() as tx:
            digests.resume(tx, DIGEST, now=NOON)
            heard = verdicts.breaker(tx, DIGEST)
        assert heard.note(Verdict.POLICY, "d1.example") is None
    assert sums(store).rejected == 20


def _few(box: DigestOutbox, number: int) -> Callable[[int], Sequence[Claim]]:
    """A process that dies after so many."""
    claims = iter([box.claim(number)])
    return lambda _: next(claims, ())


def test_one_who_leaves_in_mid_send_costs_the_others_nothing(store: Store):
    audience(store, [f"r{n}" for n in range(60)])
    made: Counter[str] = Counter()

    def counted(claim):
        made[claim.address] += 1
        return compose(claim)

    with Smtpd() as server:
        server.on_354 = lambda recipient: unsubscribe(store, "r9") if recipient.startswith("r9@") else None
        go(store, server, connections=1, compose=counted)
        assert server.connections == 2
    assert sums(store) == Sums(audience=60, accepted=59, suppressed=1)
    assert set(made.values()) == {1}


def test_a_stop_halts_the_unsent_rest(store: Store):
    audience(store, [f"r{n}" for n in range(60)])

    def stop_it(recipient: str) -> None:
        if len(server.taken) == 20:
            with store.begin() as tx:
                digests.stop(tx, DIGEST, "an editor", now=NOON)

    with Smtpd() as server:
        server.on_354 = stop_it
        result = go(store, server, connections=1)
        assert result.ended == "the digest was stopped"
        assert len(server.taken) == 20
    assert sums(store) == Sums(audience=60, accepted=20, queued=40)


def test_a_newer_revision_reaches_those_who_were_claimed_before_it_came(store: Store):
    audience(store, [f"r{n}" for n in range(60)])

    def noted(claim):
        made = compose(claim)
        return structs.replace(made, content=f"Revision: {claim.revision}\r\n".encode() + made.content)

    revised: list[int] = []

    def revise(recipient: str) -> None:
        if len(server.taken) >= 20 and not revised:
            revised.append(len(server.taken))
            with store.begin() as tx:
                digests.change(tx, DIGEST, revision=2)

    with Smtpd() as server:
        server.on_354 = revise
        go(store, server, connections=4, compose=noted)
        assert set(server.copies.values()) == {1}
        assert server.connections <= 12
    assert sums(store) == Sums(audience=60, accepted=60)
    with store.read() as tx:
        rows = tx.connection.execute(select(attempt.c.revision, attempt.c.outcome)).all()
    first, second = (sum(row.revision == number for row in rows) for number in (1, 2))
    assert (first + second, {row.outcome for row in rows}) == (60, {"accepted"})
    assert 20 <= first <= revised[0] + 4
    assert sum(content.startswith(b"Revision: 2") for _, _, content in server.taken) == second


def test_a_spread_digest_falls_due_step_by_step_and_as_the_core_reckons(store: Store):
    with store.begin() as tx:
        for n in range(300):
            subscribers.add_confirmed(tx, f"r{n}@x", f"r{n}@x", evidence="t", lang=None, now=NOON)
        times = {"due": NOON, "expires": NOON + timedelta(days=1), "spread": timedelta(minutes=10)}
        everybody = dict.fromkeys(digests.choices(tx, frequency="daily", at=NOON), "en")
        digests.open_digest(tx, DIGEST, NOON.date(), **times, subject="s", variants=everybody)
        rows = tx.connection.execute(select(delivery.c.subscriber, delivery.c.due)).all()
        assert digests.timing(tx, DIGEST).spread == timedelta(minutes=10)
    assert all(row.due == due_of(row.subscriber, NOON, timedelta(minutes=10)) for row in rows)
    for minute in range(10):
        share = [row for row in rows if minute <= (row.due - NOON).total_seconds() / 60 < minute + 1]
        assert 25 <= len(share) <= 35


def test_consent_that_ends_at_354_closes_the_connection_without_the_dot(store: Store):
    audience(store, ["a", "b", "c"])
    with Smtpd() as server:
        server.on_354 = lambda recipient: unsubscribe(store, "b") if recipient.startswith("b@") else None
        go(store, server, connections=1)
    assert server.copies == {"a@example.org": 1, "c@example.org": 1}
    assert sums(store) == Sums(audience=3, accepted=2, suppressed=1)


def test_no_mail_whose_mark_commits_after_the_unsubscribe(store: Store):
    names = [f"r{n}" for n in range(120)]
    audience(store, names)
    gone_at: dict[str, int] = {}

    def leave() -> None:
        for name in random.Random(7).sample(names, 60):
            unsubscribe(store, name)
            gone_at[f"{name}@example.org"] = len(server.taken)

    with Smtpd(Faults(delay=0.002)) as server:
        leaving = threading.Thread(target=leave)
        leaving.start()
        go(store, server, connections=4)
        leaving.join()
    found = sums(store)
    assert found.accepted + found.suppressed == 120
    assert found.accepted == len(server.taken)
    for place, (_, recipient, _) in enumerate(server.taken):
        # At most the dots that were on their way on four connections when the unsubscribe committed.
        assert place <= gone_at.get(recipient, 120) + 4


def test_a_mark_waits_for_an_unsubscribe_that_is_about_to_commit(store: Store):
    audience(store, ["a"])
    with store.begin() as tx:
        claims = outbox.claim(tx, DIGEST, limit=1, now=NOON)
    permitted: list[frozenset[int]] = []

    def mark() -> None:
        with store.begin() as tx:
            permitted.append(outbox.mark(tx, DIGEST, claims))

    marking = threading.Thread(target=mark)
    with store.begin() as tx:
        subscribers.move(tx, "a@example.org", to="unsubscribed", allowed_from=["confirmed"], now=NOON)
        marking.start()
        time.sleep(0.1)
        assert permitted == []
    marking.join()
    assert permitted == [frozenset()]
    assert sums(store).suppressed == 1


def test_those_in_doubt_are_sent_again_or_assumed_sent_on_a_persons_word(store: Store):
    audience(store, ["a", "b", "c"])
    with Smtpd(Faults(drop_after_dot={"a@example.org", "b@example.org"})) as server:
        go(store, server)
        assert sums(store).in_doubt == 2
        go(store, server, now=NOON + timedelta(hours=2))
        assert sums(store).in_doubt == 2
        unsubscribe(store, "b")
        later = NOON + timedelta(days=3)
        with store.begin() as tx:
            assert doubts.resolve(tx, DIGEST, "resend", now=later) == 1
            assert outbox.expire(tx, later) == 0
        go(store, server, now=later)
    assert sums(store) == Sums(audience=3, accepted=2, suppressed=1)
    assert server.copies["a@example.org"] == 2
    assert sorted(message_ids(server).values()) == [1, 1, 2]


def test_a_person_may_decide_about_some_of_those_in_doubt(store: Store):
    audience(store, ["a", "b", "c"])
    with Smtpd(Faults(drop_after_dot={"a@example.org", "b@example.org", "c@example.org"})) as server:
        go(store, server)
        with store.begin() as tx:
            first, second, _ = (one.subscriber for one in doubts.in_doubt(tx, DIGEST))
            assert doubts.resolve(tx, DIGEST, "resend", now=NOON, only=[first]) == 1
            assert doubts.resolve(tx, DIGEST, "assume", now=NOON, only=[second]) == 1
        go(store, server)
    assert sums(store) == Sums(audience=3, accepted=2, in_doubt=1)
    assert server.copies == {"a@example.org": 2, "b@example.org": 1, "c@example.org": 1}


def test_assumed_sent_is_accepted(store: Store):
    audience(store, ["a"])
    with Smtpd(Faults(drop_after_dot={"a@example.org"})) as server:
        go(store, server)
    with store.begin() as tx:
        assert doubts.resolve(tx, DIGEST, "assume", now=NOON) == 1
        assert doubts.resolve(tx, DIGEST, "assume", now=NOON) == 0
    assert sums(store).accepted == 1


def test_the_250_of_the_same_attempt_that_turns_up_late_settles_the_doubt(store: Store):
    audience(store, ["a"])

    with Smtpd(Faults(delay=0.3)) as server:
        sending = threading.Thread(target=lambda: go(store, server))
        sending.start()
        while sums(store).dot_imminent == 0:
            time.sleep(0.01)
        with store.begin() as tx:
            assert outbox.recover(tx, DIGEST, now=NOON) == 1
        assert sums(store).in_doubt == 1
        sending.join()
    assert sums(store).accepted == 1
    assert len(ledger(store)[1]) == 2


def test_a_lost_lease_sends_nothing(store: Store):
    audience(store, ["a"])
    with store.begin() as tx:
        (old,) = outbox.claim(tx, DIGEST, limit=5, now=NOON)
        assert outbox.claim(tx, DIGEST, limit=5, now=NOON) == []
        assert outbox.recover(tx, DIGEST, now=NOON, expired_only=True) == 0
        assert outbox.claim(tx, DIGEST, limit=5, now=NOON) == []
        outbox.recover(tx, DIGEST, now=NOON + timedelta(hours=1), expired_only=True)
        (new,) = outbox.claim(tx, DIGEST, limit=5, now=NOON)
        assert outbox.mark(tx, DIGEST, [old]) == frozenset()
        assert outbox.mark(tx, DIGEST, [new]) == {new.subscriber}
        assert outbox.mark(tx, DIGEST, [new]) == frozenset()


def test_the_pending_and_the_unsubscribed_are_no_audience_and_a_variant_follows_the_language(store: Store):
    with store.begin() as tx:
        for name, lang in (("a", "es"), ("b", "fr"), ("c", None)):
            subscribers.add_confirmed(tx, f"{name}@x", f"{name}@x", evidence="t", lang=lang, now=NOON)
        subscribers.add_confirmed(tx, "gone@x", "gone@x", evidence="t", lang=None, now=NOON)
        subscribers.move(tx, "gone@x", to="unsubscribed", allowed_from=["confirmed"], now=NOON)
    with store.begin() as tx:
        times = {"due": NOON, "expires": NOON + timedelta(days=1)}
        found = digests.choices(tx, frequency="daily", at=NOON)
        variants = {choice: "es" if choice.lang == "es" else "en" for choice in found}
        number = digests.open_digest(tx, DIGEST, NOON.date(), **times, subject="s", variants=variants)
        assert number == 3
        assert [one.variant for one in outbox.claim(tx, DIGEST, limit=9, now=NOON)] == ["es", "en", "en"]


def test_a_digest_is_made_once(store: Store):
    audience(store, ["a"])
    with pytest.raises(Exception, match=r"(?i)unique"):
        audience(store, ["b"])
    assert sums(store).audience == 1


def test_what_is_frozen_stays_as_it_is(store: Store):
    audience(store, ["a"])

    def one(skeleton: bytes) -> digests.Rendition:
        return digests.Rendition(variant="en", subject="s", skeleton=skeleton, web_html=b"h", web_text=b"t")

    with store.begin() as tx:
        digests.freeze(tx, DIGEST, [one(b"first")])
        digests.freeze(tx, DIGEST, [one(b"second")])
        assert digests.renditions(tx, DIGEST)["en"].skeleton == b"first"


def test_a_store_that_cannot_be_written_stops_every_further_dot(store: Store):
    audience(store, [f"r{n}" for n in range(20)])
    box = DigestOutbox(store, DIGEST, now=lambda: NOON)
    record = box.record

    def fails(marks, outcomes):
        if len(server.taken) >= 8:
            raise TemporaryError("the disk is full")
        return record(marks, outcomes)

    box.record = fails
    with Smtpd() as server, pytest.raises(TemporaryError, match="the disk is full"):
        deliver(box, compose, [relay(server)], connections=2, settings=QUICK)
    box.close()
    taken = len(server.taken)
    with store.begin() as tx:
        outbox.recover(tx, DIGEST, now=NOON)
    found = sums(store)
    assert found.in_doubt <= 2
    assert found.accepted + found.in_doubt == taken
    with Smtpd() as second:
        go(store, second)
    assert not set(server.copies) & set(second.copies)


def test_one_that_is_not_as_its_holder_left_it_does_not_hold_up_its_group(store: Store):
    audience(store, ["stays", "leaves", "sent"])
    box = DigestOutbox(store, DIGEST, now=lambda: NOON)
    stays, leaves, sent = box.claim(5)
    assert box.record([sent], ()) == {sent.subscriber}
    with store.begin() as tx:
        assert outbox.recover(tx, DIGEST, now=NOON) == 1
    stays, leaves = box.claim(5)
    unsubscribe(store, "leaves")
    taken = Outcome(claim=sent, event=Event.TAKEN, verdict=Verdict.ACCEPTED, relay="main", code=250, reply="250 late")
    assert box.record([stays, leaves], [taken]) == {stays.subscriber}
    box.close()
    assert sums(store) == Sums(audience=3, accepted=1, dot_imminent=1, suppressed=1)
    assert ledger(store) == {sent.subscriber: [ledger(store)[sent.subscriber][0], "accepted: 250 late"]}


def test_connections_are_as_many_as_latency_makes_useful(store: Store):
    audience(store, [f"r{n}" for n in range(300)])
    with Smtpd(Faults(delay=0.05)) as server:
        go(store, server, connections=24)
    assert FEW < server.connections <= 24
    assert set(server.copies.values()) == {1}


def test_a_handful_of_mails_opens_a_handful_of_connections(store: Store):
    audience(store, ["a", "b"])
    with Smtpd() as server:
        go(store, server, connections=24)
    assert server.connections <= 2
