"""What becomes of one delivery: its states and moves, what a server's reply means, when it is tried again.

Pure: values in, values out. docs/delivery.md tells the same in prose.
"""

from publisher.delivering.backoff import backoff
from publisher.delivering.breaker import Breaker
from publisher.delivering.claims import Claim, Outcome
from publisher.delivering.rates import Rate
from publisher.delivering.replies import Reply, Stage, Verdict, about_the_relay, classify
from publisher.delivering.spreading import due_of
from publisher.delivering.states import CLOSED, MOVES, OPEN, Event, IllegalMoveError, State, after, sources
from publisher.delivering.sums import Sums

__all__ = [
    "CLOSED",
    "MOVES",
    "OPEN",
    "Breaker",
    "Claim",
    "Event",
    "IllegalMoveError",
    "Outcome",
    "Rate",
    "Reply",
    "Stage",
    "State",
    "Sums",
    "Verdict",
    "about_the_relay",
    "after",
    "backoff",
    "classify",
    "due_of",
    "sources",
]
