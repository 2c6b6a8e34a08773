"""Evidence -> why it failed."""

import re

from publisher.subscribing.bounces import codes, phrases
from publisher.subscribing.bounces.verdicts import Evidence, Failure, Reason


def judge(evidence: Evidence) -> Failure:
    return Failure(
        address=evidence.address,
        reason=_reason(evidence),
        status=evidence.status,
        code=evidence.code,
        words=evidence.words[:500],
    )


def judge_reply(code: int | None, text: str) -> Failure:
    """The same for a server's reply at send time, as the ledger keeps it."""
    return judge(Evidence(status=codes.status_in(text), code=code, words=text))


def _reason(evidence: Evidence) -> Reason:
    if evidence.action == "delayed":
        return Reason.DELAYED
    found = phrases.reason_of(evidence.words) or codes.reason_of(evidence.status)
    found = found or phrases.reason_of(evidence.about) or Reason.UNKNOWN
    if found is Reason.NO_MAILBOX and not _is_believed(evidence):
        return Reason.UNWANTED
    if found in {Reason.NO_DOMAIN, Reason.NO_MAIL_HERE} and (evidence.status or "").startswith("4."):
        return Reason.NETWORK
    return found


def _is_believed(evidence: Evidence) -> bool:
    """Whether "user unknown" means it.

    Not if the server took the recipient and says it of the message, after DATA: that is a filter as often as a missing
    mailbox. Nor if its code says that the mailbox is there (RFC 3463 s. 3.3: x.2.x), or that a rule forbids it (x.7.x).
    It takes several such mails.
    """
    subject = evidence.status.split(".")[1] if evidence.status else ""
    if _NAMELESS.search(evidence.words):
        return False
    if subject == "1":
        return True
    stage = codes.stage_in(evidence.words) or codes.stage_in(evidence.about)
    return stage == "rcpt" or (stage is None and subject not in {"2", "7"})


_NAMELESS = re.compile(r"\b5\d\d:? : ")
"""A reply that leaves the address out before the colon: what servers say to RCPT repeats it."""
