"""Marks and outcomes of a group whose deliveries all are as their holder left them, which is nearly always so.

Then one statement does for all of a kind, and only the number of rows that it changed is looked at. Where one row is
otherwise, nothing of the group may stay: `outbox.settle` and `outbox.mark` decide it anew, one by one.
"""

from collections.abc import Sequence
from datetime import datetime

from publisher.delivering import Claim, Event, Outcome
from publisher.store import outbox, statements
from publisher.store.transaction import Transaction


class OtherwiseError(Exception):
    """A row was not as its holder left it. The transaction has to be rolled back."""


def record(tx: Transaction, name: str, marks: Sequence[Claim], outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Every outcome is written down, and every mark is there when this commits. Else raises `OtherwiseError`.

    What is asked of a row is what `outbox.settle` and `outbox.mark` ask: its state, its fence, consent, the stop.
    """
    groups: dict[Event, list[Outcome]] = {}
    for one in outcomes:
        groups.setdefault(one.event, []).append(one)
    for event, group in groups.items():
        _settle(tx, name, event, group, now)
    if marks:
        outbox.lock(tx, name, marks)
        marking = statements.marking_all(tx.connection.dialect)
        _expect(len(marks), marking.all(tx, outbox.this(tx, name), outbox.keys(marks)))


def _settle(tx: Transaction, name: str, event: Event, group: Sequence[Outcome], now: datetime) -> None:
    claims = [one.claim for one in group]
    columns = {**outbox.keys(claims), "this_attempts": [one.attempts for one in claims]}
    if event is Event.PUT_OFF:
        columns["next_due"] = outbox.next_due(tx, name, group, now)
    settling = statements.settling_all(event, tx.connection.dialect)
    _expect(len(group), settling.all(tx, outbox.this(tx, name), columns))
    numbers, revisions = [one.attempts + 1 for one in claims], [one.revision for one in claims]
    outbox.write_down(tx, name, group, numbers, revisions, now=now)


def _expect(wanted: int, changed: int) -> None:
    if changed != wanted:
        raise OtherwiseError
