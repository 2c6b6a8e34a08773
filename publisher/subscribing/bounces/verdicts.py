"""What a message that came back says about a subscriber."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What a message is. Only the first four are about a subscriber."""

    HARD = "hard"
    """There is no such mailbox, and there will be none."""
    SOFT = "soft"
    """It did not arrive this time."""
    POLICY = "policy"
    """The server does not want this mail or this sender. The subscriber is not blamed."""
    COMPLAINT = "complaint"
    """A report that the reader, or the provider in the reader's place, does not want it (RFC 5965)."""
    UNSUBSCRIBE = "unsubscribe"
    """The mail that List-Unsubscribe's `mailto:` makes (RFC 2369 s. 3.2)."""
    AUTO_REPLY = "auto-reply"
    """A machine answers for a person (RFC 3834), or says that a mail arrived."""
    OTHER = "not-a-bounce"


class Reason(StrEnum):
    """Why a mail did not arrive, in the order in which words are searched for it."""

    FULL = "mailbox full"
    TOO_BIG = "message too big"
    MOVED = "moved"
    DISABLED = "mailbox disabled"
    RELAYING = "relaying denied"
    AUTHENTICATION = "not authenticated"
    REVERSE_DNS = "no reverse DNS"
    LISTED = "sender blocked"
    SENDER = "sender refused"
    RATE = "too much at once"
    VIRUS = "virus"
    SPAM = "taken for spam"
    NO_MAIL_HERE = "domain takes no mail"
    UNWANTED = "recipient refuses"
    NO_MAILBOX = "no such mailbox"
    NO_DOMAIN = "no such domain"
    CONTENT = "content refused"
    POLICY = "policy"
    PROTOCOL = "protocol error"
    LOOP = "loop"
    EXPIRED = "gave up trying"
    NETWORK = "unreachable"
    SYSTEM = "fault of a server"
    MAILER = "fault of a delivery program"
    DELAYED = "delayed"
    """A warning only: the server goes on trying. It counts for nothing."""
    UNKNOWN = "unclear"

    @property
    def kind(self) -> Kind:
        return _KINDS.get(self, Kind.SOFT)


_KINDS: Mapping[Reason, Kind] = {
    Reason.NO_MAILBOX: Kind.HARD,
    Reason.NO_DOMAIN: Kind.HARD,
    Reason.MOVED: Kind.HARD,
    Reason.NO_MAIL_HERE: Kind.HARD,
    Reason.RELAYING: Kind.POLICY,
    Reason.AUTHENTICATION: Kind.POLICY,
    Reason.REVERSE_DNS: Kind.POLICY,
    Reason.LISTED: Kind.POLICY,
    Reason.SENDER: Kind.POLICY,
    Reason.RATE: Kind.POLICY,
    Reason.VIRUS: Kind.POLICY,
    Reason.SPAM: Kind.POLICY,
    Reason.CONTENT: Kind.POLICY,
    Reason.POLICY: Kind.POLICY,
    Reason.PROTOCOL: Kind.POLICY,
    Reason.LOOP: Kind.POLICY,
    Reason.TOO_BIG: Kind.POLICY,
}


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What is said about one recipient."""

    address: str | None = None
    action: str | None = None
    """RFC 3464 s. 2.3.3: failed, delayed, delivered, relayed, expanded."""
    status: str | None = None
    """The enhanced status code (RFC 3463)."""
    code: int | None = None
    """The SMTP reply's."""
    words: str = ""
    """The server's, in one line."""
    about: str = ""
    """What surrounds them: the whole notice, in one line."""
    host: str = ""
    """Who refused it, as a field names it (Remote-MTA)."""
    reporter: str = ""
    """Who says so (Reporting-MTA)."""
    category: str = ""
    """What the reporting program itself calls it: `bad-mailbox` (PowerMTA)."""
    stage: str | None = None
    """The SMTP command that was refused, where whoever asks was there: `rcpt`."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One recipient, and why the mail did not get there."""

    address: str | None
    reason: Reason
    status: str | None
    code: int | None
    words: str

    @property
    def kind(self) -> Kind:
        return self.reason.kind


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """One message, understood as far as it can be."""

    kind: Kind
    failures: tuple[Failure, ...] = ()
    feedback: str | None = None
    """The feedback type of a complaint: `abuse`, `opt-out`, `auth-failure` ... (RFC 5965 s. 7.3)."""
    subject: str = ""
    reporter: str = ""
    """Who wrote it: the From header."""
    recipients: tuple[str, ...] = ()
    """Addresses that the message was sent to, the surest first: one of them may be a return path of ours."""
    requests: tuple[str, ...] = ()
    """Signed links in its subject."""
    return_paths: tuple[str, ...] = ()
    """Return paths that the returned mail bore."""
    links: tuple[str, ...] = ()
    """Signed links in the returned mail's List-Unsubscribe."""

    @property
    def reason(self) -> str:
        """In words, for a person."""
        if self.feedback:
            return self.feedback
        return next((str(one.reason) for one in self.failures if one.kind is self.kind), "")
