"""A piece is withdrawn while digests that carry it are going out: those not yet reached get them without it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from publisher.model import Article
from publisher.running.doors import Doors
from publisher.store import articles as shelf
from publisher.store import digests, outbox, revisions
from publisher.store.digests import Rendition
from publisher.store.revisions import Carrier
from publisher.store.transaction import Transaction


class Revised(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one digest."""

    digest: str
    reached: int
    """Who had it before, as far as anybody can know."""
    unsent: int
    empty: bool
    """The piece was its only story: nothing more of it goes out."""

    @property
    def sentence(self) -> str:
        had = f"{self.reached} had it already" if self.reached else "nobody had it yet"
        if self.empty:
            return f"{self.digest} had no other story: it is not sent to the {self.unsent} that remain; {had}."
        return f"{self.digest} goes without it to the {self.unsent} that remain; {had}."


def revise(doors: Doors, tx: Transaction, article: str, now: datetime) -> list[Revised]:
    """Give each digest that carries the piece, in any language, and is not with everybody yet a revision without it.

    Call it in the transaction that retracts, by the article's id: from its commit on no copy with the piece is marked
    for sending. What is open keeps its place, its Message-ID and its Date. Empty when no such digest is open, or when
    it goes without the piece already.
    """
    by_id = {one.id: one for one, _ in shelf.visible(tx, now)}
    group = by_id[article].group if article in by_id else None
    withdrawn = {article, *(one.id for one in by_id.values() if one.group == group)}
    left = {key: one for key, one in by_id.items() if key not in withdrawn and not one.retracted}
    title = by_id[article].title if article in by_id else article
    desk = _Desk(doors=doors, tx=tx, left=left, title=title, now=now)
    found = [_without(desk, carrier) for carrier in revisions.carriers(tx, withdrawn)]
    return [one for one in found if one]


def revise_retracted(doors: Doors, now: datetime) -> list[Revised]:
    """The same for every piece whose file says that it is retracted."""
    with doors.store.begin() as tx:
        gone = [one.id for one, _ in shelf.visible(tx, now) if one.retracted]
        return [revised for one in gone for revised in revise(doors, tx, one, now)]


class _Desk(msgspec.Struct, frozen=True, kw_only=True):
    doors: Doors
    tx: Transaction
    left: Mapping[str, Article]
    """What may still be sent, by id."""
    title: str
    """Of the piece that is withdrawn."""
    now: datetime


def _without(desk: _Desk, carrier: Carrier) -> Revised | None:
    reached = sum(revisions.readers(desk.tx, carrier.name).values())
    before = digests.renditions(desk.tx, carrier.name, revision=carrier.revision)
    made = _recomposed(desk, carrier, sorted(before))
    if {one.variant: one for one in made} == before:
        return None
    number = carrier.revision + 1
    if made:
        digests.freeze(desk.tx, carrier.name, made, revision=number)
        told = f"without “{desk.title}”"
        revisions.add(desk.tx, carrier.name, number, subject=made[0].subject, reason=told, now=desk.now)
        revisions.end(desk.tx, carrier.name, before.keys() - {one.variant for one in made})
    else:
        _end(desk, carrier.name, number)
    return Revised(digest=carrier.name, reached=reached, unsent=carrier.unsent, empty=not made)


def _recomposed(desk: _Desk, carrier: Carrier, variants: Sequence[str]) -> Sequence[Rendition]:
    """The digest of what is left, in every variant that it had and that has a story left; nothing when none has."""
    from publisher.running.freezing import compose_again, recalled

    lineup = recalled(desk.doors, desk.tx, name=carrier.name, day=carrier.day, due=carrier.due, left=desk.left)
    return compose_again(desk.doors, desk.tx, lineup, variants) if lineup else []


def _end(desk: _Desk, name: str, number: int) -> None:
    """Nothing more of it goes out. Its number changes too, so that what is on its way is not marked any more."""
    reason = f"its only story, “{desk.title}”, was retracted"
    revisions.add(desk.tx, name, number, subject=None, reason=reason, now=desk.now)
    digests.change(desk.tx, name, expires=desk.now, stopped=desk.now, stop_reason=reason)
    outbox.expire(desk.tx, desk.now)
