"""A subscriber's states and moves, as one table."""

from collections.abc import Mapping
from typing import Literal

from publisher.model import LetterKind

State = Literal["pending", "confirmed", "unsubscribed", "bounced", "complained"]
Event = Literal["confirmed", "unsubscribed", "undone", "bounced", "complained"]

MOVES: Mapping[tuple[State, Event], State] = {
    ("pending", "confirmed"): "confirmed",  # the reader pressed the button in the confirmation mail
    ("pending", "unsubscribed"): "unsubscribed",  # somebody else had typed the address
    ("confirmed", "unsubscribed"): "unsubscribed",  # the reader's wish; never undone by anybody else
    ("confirmed", "bounced"): "bounced",  # a mailbox that is not there
    ("confirmed", "complained"): "complained",  # the spam button
    ("bounced", "confirmed"): "confirmed",  # a new double opt-in
    ("bounced", "unsubscribed"): "unsubscribed",
    ("unsubscribed", "confirmed"): "confirmed",  # a new double opt-in
    ("unsubscribed", "undone"): "confirmed",  # the reader's own, from the page that said so, within the hour
    ("unsubscribed", "complained"): "complained",
    ("complained", "confirmed"): "confirmed",  # a new double opt-in
}
"""Nothing else moves: an import, or an operator's `add`, revives nobody."""


LETTERS: Mapping[State, LetterKind] = {
    "pending": "confirm",
    "confirmed": "known",  # only the mailbox learns that the address is known
    "unsubscribed": "confirm",
    "bounced": "confirm",
    "complained": "confirm",
}
"""What is mailed to an address that somebody typed into the form."""


def sources_of(event: Event) -> tuple[State, ...]:
    """The states in which an event changes something."""
    return tuple(state for (state, what) in MOVES if what == event)
