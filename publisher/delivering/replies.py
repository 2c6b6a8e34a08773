"""What a server's reply means for the delivery, for the subscriber and for everybody else in the queue."""

import re
from enum import StrEnum

import msgspec

from publisher.delivering.states import Event

_ENHANCED = re.compile(r"^[ \t]*([245]\.\d{1,3}\.\d{1,3})(?:\s|$)", re.MULTILINE)


class Stage(StrEnum):
    """Where in the dialogue a reply came."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    DOT = "the final dot"


class Reply(msgspec.Struct, frozen=True):
    """One reply of a server (RFC 5321 s. 4.2)."""

    code: int
    text: str
    """Its lines, joined by newlines."""

    @property
    def enhanced(self) -> str | None:
        """The enhanced status code (RFC 3463), where the server gives one of the same class as the reply.

        RFC 2034 s. 4 puts it on every line; some servers put it on the last alone, under words for people.
        """
        found = _ENHANCED.search(self.text)
        return found[1] if found and found[1][0] == str(self.code)[0] else None

    def __str__(self) -> str:
        return " ".join([str(self.code), *self.text.split()])


class Verdict(StrEnum):
    """The class of a reply. It is what the ledger keeps as an attempt's outcome."""

    ACCEPTED = "accepted"
    """250 to the dot."""
    DEFERRED = "deferred"
    """4yz: the same again later."""
    CLOSING = "closing"
    """421: the server closes the connection; the relay is left alone for a while."""
    NO_SUCH_ADDRESS = "no such address"
    """Counts as a bounce of this subscriber."""
    POLICY = "policy"
    """The server does not want this mail or this sender. The subscriber is not blamed."""
    REFUSED = "refused"
    """Any other 5yz. The subscriber is not blamed."""
    OURS = "ours"
    """The server refuses the sender himself: nobody would get it, so the digest pauses."""
    WRITTEN = "written"
    LOST = "in doubt"
    """No reply to the dot came: the connection ended, or the time ran out."""
    UNREACHED = "not reached"
    """The connection ended before the dot."""
    UNMAKEABLE = "unmakeable"
    """The mail could not be made."""
    UNSENDABLE = "unsendable"
    """The address cannot be put into an envelope."""

    @property
    def event(self) -> Event:
        """What happens to the delivery."""
        return _EVENTS[self]


_EVENTS = {
    Verdict.ACCEPTED: Event.TAKEN,
    Verdict.DEFERRED: Event.PUT_OFF,
    Verdict.CLOSING: Event.PUT_OFF,
    Verdict.NO_SUCH_ADDRESS: Event.REFUSED,
    Verdict.POLICY: Event.REFUSED,
    Verdict.REFUSED: Event.REFUSED,
    Verdict.OURS: Event.GIVEN_BACK,
    Verdict.WRITTEN: Event.WRITTEN,
    Verdict.LOST: Event.LOST,
    Verdict.UNREACHED: Event.PUT_OFF,
    Verdict.UNMAKEABLE: Event.PUT_OFF,
    Verdict.UNSENDABLE: Event.REFUSED,
}

BLAMED: frozenset[str] = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
"""The mailbox, its domain or its syntax is wrong, it moved, it takes no mail, it is off (RFC 3463 s. 3.2, RFC 7505)."""
ABOUT_THE_SENDER: frozenset[str] = frozenset({"5.1.7", "5.1.8"})
"""The sender's own address is wrong (RFC 3463 s. 3.2)."""
UNKNOWN_MAILBOX: frozenset[int] = frozenset({550, 551, 553})
"""What a server without enhanced codes says to RCPT for a mailbox that it does not have (RFC 5321 s. 4.2.3)."""


def classify(code: int, enhanced: str | None, stage: Stage) -> Verdict:
    """The class of a reply that ends an attempt: to MAIL, RCPT, DATA or the dot.

    A reply that is neither 2yz to the dot, 4yz nor 5yz breaks the protocol: it says nothing, and after the dot that
    means doubt.
    """
    if code // 100 == 2 and stage is Stage.DOT:  # noqa: PLR2004 - 2yz
        return Verdict.ACCEPTED
    if code == 421:  # noqa: PLR2004 - RFC 5321 s. 3.8
        return Verdict.CLOSING
    if code // 100 == 4:  # noqa: PLR2004 - 4yz
        return Verdict.DEFERRED
    if code // 100 == 5:  # noqa: PLR2004 - 5yz
        return _refusal(code, enhanced, stage)
    return Verdict.LOST if stage is Stage.DOT else Verdict.UNREACHED


def about_the_relay(verdict: Verdict, stage: Stage) -> bool:
    """A reply before the dot that says nothing of the recipient: the delivery goes with another connection or relay.

    421 but to RCPT; any 4yz to MAIL; and a reply that the protocol does not know, after which nobody can say to which
    command the next one belongs.
    """
    if verdict is Verdict.CLOSING:
        return stage is not Stage.RCPT
    return verdict is Verdict.UNREACHED or (verdict is Verdict.DEFERRED and stage is Stage.MAIL)


def _refusal(code: int, enhanced: str | None, stage: Stage) -> Verdict:
    if stage in {Stage.MAIL, Stage.AUTH}:
        return Verdict.OURS
    if enhanced is None:
        unknown = stage is Stage.RCPT and code in UNKNOWN_MAILBOX
        return Verdict.NO_SUCH_ADDRESS if unknown else Verdict.REFUSED
    if enhanced in BLAMED:
        return Verdict.NO_SUCH_ADDRESS
    if enhanced in ABOUT_THE_SENDER or enhanced.startswith("5.7."):
        return Verdict.POLICY
    return Verdict.REFUSED
