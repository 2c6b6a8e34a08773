"""The statements that move deliveries, each asked of every state, held against the table of moves."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from conftest import NOON
from deliver_child import DIGEST
from mailing import audience, unsubscribe
from publisher.delivering import Claim, Event, Outcome, State, Verdict, sources
from publisher.store import Store, Transaction, doubts, outbox
from publisher.store.schema import delivery

Ask = Callable[[Transaction, list[Claim]], object]
SETTLED = {
    Event.TAKEN: Verdict.ACCEPTED,
    Event.WRITTEN: Verdict.WRITTEN,
    Event.PUT_OFF: Verdict.DEFERRED,
    Event.REFUSED: Verdict.REFUSED,
    Event.LOST: Verdict.LOST,
    Event.UNMAKEABLE: Verdict.UNMAKEABLE,
}


def settled(event: Event) -> Ask:
    def ask(tx: Transaction, claims: list[Claim]) -> None:
        ended = [Outcome(claim=one, event=event, verdict=SETTLED[event], reply="words") for one in claims]
        outbox.settle(tx, DIGEST, ended, now=NOON)

    return ask


def withdrawn(tx: Transaction, claims: list[Claim]) -> None:
    outbox.withdraw(tx, *(one.subscriber for one in claims))


ASKED: list[tuple[Event, Ask, set[State]]] = [
    *((event, settled(event), set()) for event in SETTLED),
    (Event.CLAIMED, lambda tx, _: outbox.claim(tx, DIGEST, limit=99, now=NOON), set()),
    (Event.MARKED, lambda tx, claims: outbox.mark(tx, DIGEST, claims), set()),
    (Event.GIVEN_BACK, lambda tx, claims: outbox.give_back(tx, DIGEST, claims), set()),
    (Event.GIVEN_BACK, lambda tx, claims: outbox.postpone(tx, DIGEST, [(one, NOON) for one in claims]), set()),
    (Event.LOST, lambda tx, _: outbox.recover(tx, DIGEST, now=NOON), set()),
    (Event.STALE, lambda tx, _: outbox.expire(tx, NOON + timedelta(days=1)), set()),
    # What is held is withdrawn by its mark; what is in doubt, when a person would send it again.
    (Event.WITHDRAWN, withdrawn, {State.SENDING, State.IN_DOUBT}),
    (Event.RESENT, lambda tx, _: doubts.resolve(tx, DIGEST, "resend", now=NOON), set()),
    (Event.ASSUMED, lambda tx, _: doubts.resolve(tx, DIGEST, "assume", now=NOON), set()),
]


def one_in_each(store: Store) -> list[Claim]:
    """A delivery in each state, in the order of `State`, and the claims of whoever held them."""
    audience(store, [f"r{n}" for n in range(len(State))])
    with store.begin() as tx:
        claims = outbox.claim(tx, DIGEST, limit=99, now=NOON)
        for one, state in zip(claims, State, strict=True):
            this = update(delivery).where(delivery.c.subscriber == one.subscriber)
            tx.connection.execute(this.values(state=state.value))
    return claims


def states(store: Store) -> Mapping[State, State]:
    """What each has become."""
    with store.read() as tx:
        rows = tx.connection.execute(select(delivery.c.state).order_by(delivery.c.subscriber)).scalars()
        return dict(zip(State, map(State, rows), strict=True))


def as_the_table_says(event: Event, besides: set[State]) -> Mapping[State, State]:
    moves = {source: target for source, target in sources(event).items() if source not in besides}
    return {state: moves.get(state, state) for state in State}


@pytest.mark.parametrize(("event", "ask", "besides"), ASKED, ids=[f"{one[0]}-{n}" for n, one in enumerate(ASKED)])
def test_every_statement_does_in_every_state_what_the_table_says(
    store: Store, event: Event, ask: Ask, besides: set[State]
):
    claims = one_in_each(store)
    with store.begin() as tx:
        ask(tx, claims)
    assert states(store) == as_the_table_says(event, besides)


def test_consent_that_is_gone_moves_what_is_held_at_its_mark_and_what_is_in_doubt_when_it_would_be_sent(store: Store):
    claims = one_in_each(store)
    for number in range(len(State)):
        unsubscribe(store, f"r{number}")
    with store.begin() as tx:
        assert outbox.mark(tx, DIGEST, claims) == frozenset()
        assert doubts.resolve(tx, DIGEST, "resend", now=NOON) == 0
    assert states(store) == as_the_table_says(Event.WITHDRAWN, set())


def test_whoever_has_lost_a_delivery_moves_it_no_more(store: Store):
    claims = one_in_each(store)
    with store.begin() as tx:
        tx.connection.execute(update(delivery).values(fence=delivery.c.fence + 1))
        for event in SETTLED:
            settled(event)(tx, claims)
        assert outbox.mark(tx, DIGEST, claims) == frozenset()
        outbox.give_back(tx, DIGEST, claims)
    assert states(store) == {state: state for state in State}


def test_a_stale_digest_is_claimed_no_more_though_nobody_has_expired_it_yet(store: Store):
    audience(store, ["a"])
    with store.begin() as tx:
        assert outbox.claim(tx, DIGEST, limit=9, now=NOON + timedelta(days=1)) == []
        assert outbox.claim(tx, DIGEST, limit=9, now=NOON + timedelta(hours=23)) != []
