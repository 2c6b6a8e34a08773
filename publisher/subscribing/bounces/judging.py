"""Evidence -> why it failed.

What a host means by its own words comes first, then what words mean in general, then codes. A mailbox is only taken for
missing where whoever says so can know it (`_knows`): a filter that refuses a message says "user unknown" as well.
"""

import re

from publisher.subscribing.bounces import codes, hosts, phrases
from publisher.subscribing.bounces.verdicts import Evidence, Failure, Reason


def judge(evidence: Evidence) -> Failure:
    return Failure(
        address=evidence.address,
        reason=_reason(evidence),
        status=evidence.status,
        code=evidence.code,
        words=evidence.words[:500],
    )


def judge_reply(code: int | None, text: str, *, stage: str | None = None) -> Failure:
    """The same for a server's reply at send time, as the ledger keeps it. `stage` is `rcpt` if it answered RCPT."""
    return judge(Evidence(status=codes.status_in(text), code=code, words=text, stage=stage))


def _reason(evidence: Evidence) -> Reason:
    if evidence.action == "delayed":
        return Reason.DELAYED
    return hosts.reason_of(evidence) or codes.CATEGORIES.get(evidence.category) or _in_general(evidence)


_SAID_OF_ANYTHING = frozenset(
    {
        Reason.UNWANTED,
        Reason.CONTENT,
        Reason.POLICY,
        Reason.PROTOCOL,
        Reason.EXPIRED,
        Reason.NETWORK,
        Reason.SYSTEM,
    }
)
"""What words of these mean is so wide that a code for a missing mailbox says more."""


def _in_general(evidence: Evidence) -> Reason:
    told, coded = phrases.reason_of(evidence.words), codes.reason_of(evidence.status)
    if coded is Reason.NO_MAILBOX and told in _SAID_OF_ANYTHING:
        told = coded
    found = told or coded or phrases.reason_of(evidence.about) or codes.REPLIES.get(evidence.code or 0, Reason.UNKNOWN)
    if found is Reason.NO_MAILBOX and not _knows(evidence):
        return Reason.UNWANTED
    if found in {Reason.NO_DOMAIN, Reason.NO_MAIL_HERE} and (evidence.status or "").startswith("4."):
        return Reason.NETWORK
    return found


_NAMED = re.compile(r"\b5\d\d(?:[- ]|: )(?:\d\.\d+\.\d+ )?<?[^\s<>@]{1,64}@[^\s<>@]{1,253}(?:>?\.\.\.|>:)")


def _knows(evidence: Evidence) -> bool:
    """Whether "user unknown" means it: the code is about the address (RFC 3463 s. 3.2: 5.1.x), or RCPT was refused.

    A server that refuses RCPT names the address before it says why. After DATA it says so of the message: it is a
    filter as often as a missing mailbox. A code for a mailbox that is there (x.2.x) or for a rule (x.7.x) means that.
    Without a reply at all, it is the reporting server who looked and found nobody. The rest takes several such mails.
    """
    if (evidence.status or "").startswith("5.1."):
        return True
    stage = evidence.stage or codes.stage_in(evidence.words) or codes.stage_in(evidence.about)
    if stage is not None:
        return stage == "rcpt"
    if (evidence.status or "")[1:4] in {".2.", ".7."}:
        return False
    return evidence.code is None or bool(_NAMED.search(evidence.words)) or phrases.looked(evidence.words)
