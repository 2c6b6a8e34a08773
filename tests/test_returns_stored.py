"""What is remembered of mail that came back, on both databases."""

from datetime import timedelta

from sqlalchemy import insert, update

from conftest import NOON
from deliver_child import DIGEST
from mailing import audience
from publisher.store import Store, digests, returns
from publisher.store.returns import Return
from publisher.store.schema import attempt, subscriber

DAY = timedelta(days=1)


def came_back(message: str, *, digest: str = DIGEST, at: timedelta = timedelta(), kind: str = "soft") -> Return:
    return Return(
        message=message, subscriber=1, digest=digest, at=NOON + at, kind=kind, reason="x", status=None, words=None
    )


def test_a_message_is_remembered_once(store: Store) -> None:
    with store.begin() as tx:
        assert returns.remember(tx, came_back("a"))
        assert not returns.remember(tx, came_back("a", kind="hard"))


def test_soft_bounces_are_told_once_for_each_digest(store: Store) -> None:
    with store.begin() as tx:
        for one in (
            came_back("a", digest="2026-06-25"),
            came_back("b", digest="2026-06-25", at=DAY),
            came_back("c", digest="2026-06-26", at=DAY),
            came_back("d", digest="2026-06-27", kind="policy"),
            came_back("e", digest="2026-05-01", at=-30 * DAY),
        ):
            returns.remember(tx, one)
        found = returns.soft_bounces(tx, 1, NOON - DAY)
    assert found == [("2026-06-25", NOON + DAY), ("2026-06-26", NOON + DAY)]


def test_whoever_opts_in_again_begins_without_the_soft_bounces_of_before(store: Store) -> None:
    audience(store, ["anna"])
    with store.begin() as tx:
        returns.remember(tx, came_back("a", digest="2026-06-25", at=DAY))
        assert returns.end(tx, 1, "bounced", now=NOON + DAY)
        tx.connection.execute(update(subscriber).values(state="confirmed", confirmed=NOON + 2 * DAY))
        assert returns.soft_bounces(tx, 1, NOON) == []
        returns.remember(tx, came_back("b", digest="2026-06-28", at=3 * DAY))
        assert returns.soft_bounces(tx, 1, NOON) == [("2026-06-28", NOON + 3 * DAY)]


def test_who_bounced_is_owed_nothing_and_bounces_once(store: Store) -> None:
    audience(store, ["anna", "ben"])
    with store.begin() as tx:
        assert returns.end(tx, 1, "bounced", now=NOON)
        assert not returns.end(tx, 1, "bounced", now=NOON)
        assert returns.reader(tx, 1) == returns.Reader(address="anna@example.org", state="bounced")
        assert returns.reader(tx, 99) is None


def test_refusals_wait_while_the_digest_is_stopped_and_are_told_until_they_are_remembered(store: Store) -> None:
    audience(store, ["anna", "ben"])
    row = {"digest": DIGEST, "n": 1, "at": NOON, "code": 550, "reply": "5.1.1 unknown", "revision": 1}
    with store.begin() as tx:
        for number, outcome in ((1, "no such address"), (2, "accepted")):
            values = {**row, "publication": tx.publication, "subscriber": number, "outcome": outcome}
            tx.connection.execute(insert(attempt).values(values))
        (one,) = returns.refusals(tx, ["no such address"])
        assert one.name == f"{DIGEST}/1/1"
        digests.stop(tx, DIGEST, "too many", now=NOON)
        assert returns.refusals(tx, ["no such address"]) == []
        digests.resume(tx, DIGEST, now=NOON)
        returns.remember(tx, came_back(one.name))
        assert returns.refusals(tx, ["no such address"]) == []


def test_old_ones_are_forgotten(store: Store) -> None:
    with store.begin() as tx:
        returns.remember(tx, came_back("a"))
        returns.forget_old(tx, NOON + returns.KEPT + DAY)
        assert returns.remember(tx, came_back("a"))
