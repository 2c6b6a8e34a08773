"""Enhanced status codes and SMTP replies as reasons, for a server that says no more."""

import re
from collections.abc import Mapping

from publisher.subscribing.bounces.verdicts import Reason

STATUS: Mapping[str, Reason] = {
    "1.0": Reason.NO_MAILBOX,
    "1.1": Reason.NO_MAILBOX,
    "1.2": Reason.NO_DOMAIN,
    "1.3": Reason.NO_MAILBOX,
    "1.4": Reason.UNWANTED,
    "1.6": Reason.MOVED,
    "1.7": Reason.SENDER,
    "1.8": Reason.SENDER,
    "1.9": Reason.SYSTEM,
    "1.10": Reason.NO_MAIL_HERE,
    "2.0": Reason.UNWANTED,
    "2.1": Reason.DISABLED,
    "2.2": Reason.FULL,
    "2.3": Reason.TOO_BIG,
    "2.4": Reason.UNWANTED,
    "3.1": Reason.FULL,
    "3.2": Reason.NO_MAIL_HERE,
    "3.4": Reason.TOO_BIG,
    "4.4": Reason.NO_DOMAIN,
    "4.6": Reason.LOOP,
    "4.7": Reason.EXPIRED,
    "7.13": Reason.DISABLED,
    "7.17": Reason.MOVED,
    "7.18": Reason.MOVED,
    "7.20": Reason.AUTHENTICATION,
    "7.21": Reason.AUTHENTICATION,
    "7.22": Reason.AUTHENTICATION,
    "7.23": Reason.AUTHENTICATION,
    "7.24": Reason.AUTHENTICATION,
    "7.25": Reason.REVERSE_DNS,
    "7.26": Reason.AUTHENTICATION,
    "7.27": Reason.SENDER,
    "7.28": Reason.RATE,
}
"""By subject and detail (RFC 3463 s. 3; RFC 6710, 7293, 7372, 7504, 7505); the class says for how long."""

REPLIES: Mapping[int, Reason] = {521: Reason.NO_MAIL_HERE, 556: Reason.NO_MAIL_HERE}
"""SMTP replies that say more than no (RFC 7504)."""

SUBJECTS: Mapping[str, Reason] = {
    "2": Reason.UNWANTED,
    "3": Reason.SYSTEM,
    "4": Reason.NETWORK,
    "5": Reason.PROTOCOL,
    "6": Reason.CONTENT,
    "7": Reason.POLICY,
}
"""By subject alone."""

CATEGORIES: Mapping[str, Reason] = {
    "bad-mailbox": Reason.NO_MAILBOX,
    "bad-domain": Reason.NO_DOMAIN,
    "inactive-mailbox": Reason.DISABLED,
    "quota-issues": Reason.FULL,
    "message-expired": Reason.EXPIRED,
    "no-answer-from-host": Reason.NETWORK,
    "bad-connection": Reason.NETWORK,
    "routing-errors": Reason.SYSTEM,
    "policy-related": Reason.POLICY,
    "spam-related": Reason.SPAM,
    "virus-related": Reason.VIRUS,
    "content-related": Reason.CONTENT,
    "mailboxfull": Reason.FULL,
    "messagetoolarge": Reason.TOO_BIG,
    "contentrejected": Reason.CONTENT,
    "attachmentrejected": Reason.CONTENT,
}
"""Classes of bounces of PowerMTA and of Amazon SES."""

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(r"(?<![\d.:#-])([45]\d\d)(?=[ -](?!\d+ (?:day|hour|min|sec))|[:.]? |$|\))")


def status_in(text: str) -> str | None:
    """The most telling status code of a text: the first that is not `x.0.0`."""
    found = _STATUS.findall(text)
    return next((one for one in found if not one.endswith(".0.0")), found[0] if found else None)


def reply_in(text: str) -> int | None:
    """The first number of a text that can be an SMTP reply of 4yz or 5yz."""
    found = _REPLY.search(text)
    return int(found[1]) if found else None


def reason_of(status: str | None) -> Reason | None:
    """What a status code says by itself; None: nothing. Nobody is gone for now: 4.1.1 says nothing."""
    if status is None:
        return None
    duration, subject, detail = status.split(".")
    found = STATUS.get(f"{subject}.{detail}") or SUBJECTS.get(subject)
    return None if duration == "4" and found is Reason.NO_MAILBOX else found


_STAGES = (
    ("rcpt", r"does not like recipient|\[rcpt_to\]|following rcpt"),
    ("data", r"after i sent the message"),
    ("rcpt", r"\(state 14\)"),  # Gmail counts its states: 13 EHLO, 14 RCPT, 15 to 18 DATA
    ("data", r"\(state 1[578]\)"),
    (
        None,
        r"(?:after|(?:response|reply) to|did not like our(?: final)?) (?:the |end of )*(data|mail|rcpt|ehlo|helo|\.)\b",
    ),
    (None, r">>> *(data|mail from|rcpt to|ehlo|helo|\.)(?:(?!>>>).){0,200}?<<<"),
    (None, r"command:? (data|rcpt|mail)"),
    (None, r"(rcpt|mail|data)(?: to| from)? error"),
    (None, r"(rcpt|mail|data)(?: (?:to|from):?<[^<>]*>| to generated| host)"),
)
_STAGE = tuple((stage, re.compile(words)) for stage, words in _STAGES)


def stage_in(text: str) -> str | None:
    """The SMTP command that a refusal answered, where the text tells: `rcpt`, `data`, `mail`, `ehlo`."""
    lower = text.lower()
    for stage, words in _STAGE:
        found = words.search(lower)
        if found:
            word = stage or found[1].partition(" ")[0]
            return {".": "data", "helo": "ehlo"}.get(word, word)
    return None
