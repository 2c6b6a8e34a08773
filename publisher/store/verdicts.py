"""What servers have said of one digest so far, as its breaker has to know when a process begins to send."""

from sqlalchemy import ColumnElement, Select, and_, or_, select

from publisher.delivering import Breaker, Verdict
from publisher.delivering.breaker import WINDOW
from publisher.store.schema import attempt, digest, subscriber
from publisher.store.transaction import Transaction


def breaker(tx: Transaction, name: str) -> Breaker:
    """A breaker that has counted what came since a person last let the digest go on, or since its beginning."""
    latest = tx.connection.execute(_verdicts(tx, name).limit(WINDOW)).all()
    made = Breaker()
    if not latest:
        return made
    policy = _verdicts(tx, name, attempt.c.outcome == Verdict.POLICY.value, attempt.c.at < latest[-1].at)
    for row in reversed([*latest, *tx.connection.execute(policy)]):
        made.note(Verdict(row.outcome), (row.address or "").rpartition("@")[2].lower())
    return made


def _verdicts(tx: Transaction, name: str, *more: ColumnElement[bool]) -> Select[str, str | None, object]:
    """Newest first."""
    return (
        select(attempt.c.outcome, subscriber.c.address, attempt.c.at)
        .join(digest, and_(digest.c.publication == attempt.c.publication, digest.c.name == attempt.c.digest))
        .outerjoin(subscriber, subscriber.c.id == attempt.c.subscriber)
        .where(
            attempt.c.publication == tx.publication,
            attempt.c.digest == name,
            or_(digest.c.resumed.is_(None), attempt.c.at > digest.c.resumed),
            *more,
        )
        .order_by(attempt.c.at.desc(), attempt.c.n.desc(), attempt.c.subscriber.desc())
    )
