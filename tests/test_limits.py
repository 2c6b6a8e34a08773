"""Limits: in any span no more than the burst and what the span earns, across restarts and across processes."""

import threading
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import NOON
from publisher.store import Store, Transaction, limits, open_store

SECOND = timedelta(seconds=1)


def ask(tx: Transaction, at: datetime = NOON, wanted: int = 1, burst: int = 3) -> limits.Grant:
    return limits.grant(tx, "relay", "main", wanted, now=at, every=SECOND, burst=burst)


def test_a_burst_goes_at_once_and_then_one_at_a_time(store: Store):
    with store.begin() as tx:
        waits = [limits.allow(tx, "relay", "main", now=NOON, every=SECOND, burst=3) for _ in range(4)]
        assert waits == [timedelta()] * 3 + [SECOND]
        assert limits.allow(tx, "relay", "main", now=NOON + SECOND, every=SECOND, burst=3) == timedelta()
        assert limits.allow(tx, "relay", "other", now=NOON, every=SECOND, burst=3) == timedelta()
        assert limits.allow(tx, "domain", "main", now=NOON, every=SECOND, burst=3) == timedelta()


def test_part_of_what_is_asked_for_is_granted_and_the_wait_is_that_for_one_more(store: Store):
    with store.begin() as tx:
        assert ask(tx, wanted=5) == limits.Grant(number=3, wait=SECOND)
        assert ask(tx, wanted=5) == limits.Grant(number=0, wait=SECOND)
        assert ask(tx, NOON + 2 * SECOND, wanted=5) == limits.Grant(number=2, wait=SECOND)


def test_a_limit_outlives_the_process(store: Store):
    with store.begin() as tx:
        ask(tx, wanted=3)
    url = store.engine.url
    plain = "sqlite:publisher.db" if url.drivername == "sqlite" else url.render_as_string(hide_password=False)
    again = open_store(plain.replace("+psycopg", ""), store.home, "zendoric.example", now=NOON)
    with again.begin() as tx:
        assert ask(tx).number == 0
    again.close()


def test_many_who_ask_at_once_get_no_more_than_one(store: Store):
    granted: list[int] = []

    def one() -> None:
        with store.begin() as tx:
            found = ask(tx, wanted=2, burst=10)
        granted.append(found.number)

    askers = [threading.Thread(target=one) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert sum(granted) == 10


def test_a_line_moves_once_every_so_long(store: Store):
    with store.begin() as tx:
        places = [limits.queue(tx, "line", "a", now=NOON, every=SECOND) for _ in range(3)]
        assert places == [NOON, NOON + SECOND, NOON + 2 * SECOND]
        assert limits.queue(tx, "line", "a", now=NOON + 9 * SECOND, every=SECOND) == NOON + 9 * SECOND


def test_a_rest_ends_and_is_swept_away(store: Store):
    with store.begin() as tx:
        limits.rest(tx, "domain", "a.example", NOON + SECOND)
        assert limits.resting(tx, "domain", NOON) == {"a.example": NOON + SECOND}
        assert limits.resting(tx, "domain", NOON + SECOND) == {}
        limits.sweep(tx, NOON)
        assert limits.resting(tx, "domain", NOON) == {"a.example": NOON + SECOND}
        limits.sweep(tx, NOON + SECOND)
        assert limits.resting(tx, "domain", NOON) == {}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 900), st.integers(1, 4)), max_size=30), st.integers(1, 5))
def test_in_no_span_more_than_the_burst_and_what_the_span_earns(asked, burst):
    from sqlalchemy import create_engine

    from publisher.store.schema import metadata

    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    now, granted = NOON, []
    with engine.begin() as connection:
        tx = Transaction(connection, 1)
        for tenths, wanted in asked:
            now += tenths * SECOND / 100
            granted += [now] * ask(tx, now, wanted, burst).number
    for first in range(len(granted)):
        for last in range(first, len(granted)):
            assert last - first + 1 <= burst + (granted[last] - granted[first]) / SECOND
