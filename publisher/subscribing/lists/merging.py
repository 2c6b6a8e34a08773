"""What an import does with one person: it mails nobody, revives nobody, and forgets nobody's wish to leave."""

from datetime import datetime
from typing import Literal

import msgspec

from publisher.subscribing.lists.entry import Entry
from publisher.subscribing.states import State


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the store has of an address."""

    state: State
    confirmed: datetime | None
    imported: bool
    """The consent came by an import, not from the reader's own hand here."""


Step = Literal["add", "end", "same", "kept", "unconfirmed", "suppressed"]
"""add: a new subscriber, in the state that the row says; end: one who is here has left there since; same: nothing new;
kept: the reader's own later choice here stands; unconfirmed: nobody ever consented; suppressed: never to be mailed."""


def step(entry: Entry, known: Known | None, *, suppressed: bool) -> Step:
    """Reading the same file again gives `same` for all that was added by it."""
    if known is None:
        return _new(entry, suppressed=suppressed)
    ends = entry.state in {"unsubscribed", "bounced", "complained"}
    if known.state == "confirmed" and ends:
        later = entry.ended is not None and (known.confirmed is None or entry.ended > known.confirmed)
        return "end" if later or known.imported else "kept"
    if known.state in {"unsubscribed", "bounced", "complained"} and entry.state == "confirmed":
        return "kept"
    return "same"


def _new(entry: Entry, *, suppressed: bool) -> Step:
    if suppressed:
        return "suppressed"
    return "unconfirmed" if entry.state == "pending" else "add"
