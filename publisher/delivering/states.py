"""The state table of a delivery: one row for each move, with its reason. The store's SQL is made from it.

SMTP cannot do a thing exactly once: the process can die between the server's acceptance and the note of it (RFC 1047).
So a delivery is marked durably before the final dot leaves. What dies before the mark was not sent; what dies after it
is in doubt, and is listed by name.
"""

from enum import StrEnum

import msgspec

from publisher.errors import PublisherError


class State(StrEnum):
    QUEUED = "queued"
    """Waits for its first attempt."""
    SENDING = "sending"
    """Claimed: somebody holds a lease on it. The final dot has not left."""
    DOT_IMMINENT = "dot-imminent"
    """The server said 354 and the mark is durable: from here on the mail may have arrived."""
    DEFERRED = "deferred"
    """Put off by the server; tried again when it is due."""
    ACCEPTED = "accepted"
    """The relay took responsibility for it (RFC 5321 s. 4.2.5). Never called "delivered": SMTP cannot know."""
    WRITTEN = "written"
    """A file in a Maildir. Nothing was sent."""
    REJECTED = "rejected"
    IN_DOUBT = "in-doubt"
    """The connection or the process ended between the dot and the reply: held until a person decides."""
    SUPPRESSED = "suppressed"
    """Consent ended before the mail went."""
    EXPIRED = "expired"
    """The edition grew stale before a server took the mail."""
    PARKED = "parked"
    """The mail could not be made, three times."""

    @property
    def key(self) -> str:
        """Its name in JSON."""
        return self.value.replace("-", "_")


OPEN = frozenset({State.QUEUED, State.SENDING, State.DOT_IMMINENT, State.DEFERRED})
CLOSED = frozenset(State) - OPEN


class Event(StrEnum):
    CLAIMED = "claimed"
    MARKED = "marked"
    GIVEN_BACK = "given back"
    """Not sent after all, for no reason of its own: stopped, drained, at a limit, no relay left, a newer revision."""
    LOST = "lost"
    """The process, the lease or the connection ended, and nobody knows more."""
    TAKEN = "taken"
    """250 after the dot."""
    WRITTEN = "written"
    PUT_OFF = "put off"
    """4yz; or no connection came as far as the dot, three times; or the mail could not be made, for the first times."""
    REFUSED = "refused"
    """5yz; or an address that no envelope can bear."""
    WITHDRAWN = "withdrawn"
    """Unsubscribed, bounced or erased."""
    STALE = "stale"
    """The digest's time is over."""
    UNMAKEABLE = "unmakeable"
    """Rendering failed for the third time."""
    RESENT = "resent"
    """`publisher resolve --resend`."""
    ASSUMED = "assumed"
    """`publisher resolve --assume-sent`."""


class Move(msgspec.Struct, frozen=True):
    source: State
    event: Event
    target: State
    reason: str


MOVES: tuple[Move, ...] = (
    Move(State.QUEUED, Event.CLAIMED, State.SENDING, "its lease and fence are ours; no other process may send it"),
    Move(State.DEFERRED, Event.CLAIMED, State.SENDING, "the time of its next attempt has come"),
    Move(State.SENDING, Event.REFUSED, State.REJECTED, "refused before the dot: whatever DATA says, nothing was sent"),
    Move(State.SENDING, Event.PUT_OFF, State.DEFERRED, "refused for now, not reached, or not made: nothing was sent"),
    Move(State.SENDING, Event.MARKED, State.DOT_IMMINENT, "354, and consent, stop and fence hold in the mark's commit"),
    Move(State.SENDING, Event.WRITTEN, State.WRITTEN, "a Maildir has no dot: its file can be written twice and is one"),
    Move(State.SENDING, Event.GIVEN_BACK, State.QUEUED, "nothing was sent: stopped, drained, at a limit, or older"),
    Move(State.SENDING, Event.LOST, State.QUEUED, "a crash before the mark: nothing can have been sent"),
    Move(State.DOT_IMMINENT, Event.TAKEN, State.ACCEPTED, "250: the relay has it"),
    Move(
        State.DOT_IMMINENT,
        Event.PUT_OFF,
        State.DEFERRED,
        "4yz, or the line ended before the dot left: it has not got it",
    ),
    Move(State.DOT_IMMINENT, Event.REFUSED, State.REJECTED, "5yz to the dot: the relay does not have it"),
    Move(State.DOT_IMMINENT, Event.LOST, State.IN_DOUBT, "nobody can know; neither sent again nor forgotten by a rule"),
    Move(State.IN_DOUBT, Event.TAKEN, State.ACCEPTED, "the 250 of the same attempt turned up late"),
    Move(State.IN_DOUBT, Event.RESENT, State.QUEUED, "a person decided; the Message-ID stays the same"),
    Move(State.IN_DOUBT, Event.WITHDRAWN, State.SUPPRESSED, "never again to somebody who unsubscribed meanwhile"),
    Move(State.IN_DOUBT, Event.ASSUMED, State.ACCEPTED, "a person decided"),
    Move(State.QUEUED, Event.WITHDRAWN, State.SUPPRESSED, "consent wins"),
    Move(State.DEFERRED, Event.WITHDRAWN, State.SUPPRESSED, "consent wins"),
    Move(State.SENDING, Event.WITHDRAWN, State.SUPPRESSED, "consent wins: the mark will find it gone"),
    Move(State.QUEUED, Event.STALE, State.EXPIRED, "yesterday's digest is not mailed tomorrow"),
    Move(State.DEFERRED, Event.STALE, State.EXPIRED, "yesterday's digest is not mailed tomorrow"),
    Move(State.SENDING, Event.UNMAKEABLE, State.PARKED, "it would fail for ever; a person has to look"),
)
"""A dot-imminent delivery is not withdrawn: it may have arrived already, and only the server's reply can tell.

One that is held does not grow stale: its attempt began in time, and ends by itself. What is not here does not happen:
whoever asks for it changes nothing.
"""

_AFTER = {(move.source, move.event): move.target for move in MOVES}


class IllegalMoveError(PublisherError):
    """A delivery was asked to do what the table does not know: a fault of this program."""


def after(state: State, event: Event) -> State:
    """The state that follows. Raises `IllegalMoveError` where the table has no such row."""
    try:
        return _AFTER[state, event]
    except KeyError as error:
        raise IllegalMoveError(f"a delivery that is {state} cannot be {event}") from error


def sources(event: Event) -> dict[State, State]:
    """The states in which the event may happen -> the state that follows."""
    return {move.source: move.target for move in MOVES if move.event is event}
