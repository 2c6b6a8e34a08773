"""What some hosts mean by words and codes of their own. It is looked at before what servers mean in general."""

import re

from publisher.subscribing.bounces.phrases import pattern, plain
from publisher.subscribing.bounces.verdicts import Evidence, Reason

_TABLE: tuple[tuple[str, tuple[tuple[Reason, str], ...]], ...] = (
    (
        "google.com gmail.com googlemail.com",
        (
            (Reason.RATE, "rate that prevents; mail too quickly; 5.4.5"),
            (Reason.DISABLED, "5.2.1"),
            (Reason.NO_MAILBOX, "account that you tried to reach does not exist; address couldn't be found"),
        ),
    ),
    (
        "outlook.com hotmail.com live.com msn.com",
        (
            (Reason.DISABLED, "5.7.504; 5.7.505; mailbox cannot be accessed"),
            (Reason.LISTED, "(5|4).7.(5|6|8)"),
            (Reason.RATE, "(5|4).7.7; 5.2.12"),
            (Reason.NO_MAILBOX, "5.1.10; mailbox unavailable; 5.4.1 * access denied"),
        ),
    ),
    (
        "icloud.com apple.com me.com mac.com",
        (
            (Reason.MOVED, "recipient no longer on server"),
            (Reason.NO_MAILBOX, "inactive email address; user does not exist; unknown or illegal alias"),
        ),
    ),
    (
        "yahoodns.net yahoo.com aol.com",
        (
            (Reason.DISABLED, "no longer valid; mailbox is disabled"),
            (Reason.NO_MAILBOX, "doesn't have a * account; mailbox not found"),
        ),
    ),
    # KDDI names the address to RCPT and leaves it out after DATA.
    (
        "ezweb.ne.jp au.com",
        ((Reason.UNWANTED, "550 : user unknown; 550: : user unknown"), (Reason.NO_MAILBOX, "*>: user unknown")),
    ),
    ("docomo.ne.jp", ((Reason.UNWANTED, "5.2.0"), (Reason.RATE, "552 too many recipients"))),
    (
        "mimecast.com",
        (
            (Reason.LISTED, "451 recipient temporarily unavailable; 451 internal resources; sender address blocked"),
            (Reason.SENDER, "envelope blocked; envelope rejected; anti-spoofing policy"),
            (Reason.NO_MAILBOX, "550 invalid recipient; 503 user unknown; 501 invalid address"),
        ),
    ),
    (
        "qq.com",
        (
            (Reason.RATE, "mailbox unavailable or access; frequency limited"),
            (Reason.UNWANTED, "rejected by recipients"),
            (Reason.NO_MAILBOX, "mailbox not found"),
        ),
    ),
    (
        "secureserver.net",
        (
            (Reason.DISABLED, "account disabled"),
            (Reason.NO_MAILBOX, "recipient not found; account does not exist"),
            (Reason.LISTED, "ib1; ib007; ib605"),
            (Reason.RATE, "ib504; ib510; ib607"),
        ),
    ),
    ("cox.net", ((Reason.LISTED, "aup#"), (Reason.NO_MAILBOX, "recipient rejected"))),
    ("charter.net rr.com", ((Reason.LISTED, "aup#"),)),
    ("messagelabs.com", ((Reason.NO_MAILBOX, "542 ; no such user"),)),
    # Amazon's inbox refuses by a rule of the receiver's, after it took the mail.
    ("amazonaws.com", ((Reason.UNWANTED, "mailbox does not exist"),)),
    (
        "orange.fr wanadoo.fr laposte.net",
        (
            (Reason.NO_MAILBOX, "(lpn|ofr|ouk)*_41(6|8)"),
            (Reason.FULL, "(lpn|ofr|ouk)*_417"),
            (Reason.DISABLED, "(lpn|ofr|ouk)*_42(0|6)"),
            (Reason.SENDER, "(lpn|ofr|ouk)*_4"),
            (Reason.LISTED, "(lpn|ofr|ouk)*_(1|510|999)"),
            (Reason.SPAM, "(lpn|ofr|ouk)*_506"),
            (Reason.TOO_BIG, "(lpn|ofr|ouk)*_514"),
        ),
    ),
    (
        "i.ua email.ua",
        (
            (Reason.UNWANTED, "i.ua/err/10"),
            (Reason.RELAYING, "i.ua/err/(1|6)"),
            (Reason.NO_MAILBOX, "i.ua/err/2"),
            (Reason.DISABLED, "i.ua/err/3"),
            (Reason.FULL, "i.ua/err/4"),
            (Reason.LISTED, "i.ua/err/"),
        ),
    ),
    (
        "facebook.com",
        (
            (Reason.NO_MAILBOX, "rcp-p1; int-p(1|3|4)"),
            (Reason.UNWANTED, "rcp-p(2|3)"),
            (Reason.DISABLED, "rcp-t4"),
            (Reason.LISTED, "pol-; con-"),
            (Reason.SENDER, "dns-"),
        ),
    ),
)
"""Ends of host names, of the server's or the recipient's; reasons in the order in which they are tried, each with its
phrases (as in `phrases`), looked for in the reply's code, its status code and its words."""


_HOSTS = tuple(
    (
        re.compile(rf"(?<![\w-])(?:{names.replace('.', r'[.]').replace(' ', '|')})(?![\w.-]*\w)"),
        tuple((reason, pattern(phrases)) for reason, phrases in rules),
    )
    for names, rules in _TABLE
)


def reason_of(evidence: Evidence) -> Reason | None:
    """The first reason that the host's own words or codes give, of who refused before who reports it. None: neither
    is such a host, or it says nothing of its own.
    """
    domain = (evidence.address or "").rpartition("@")[2]
    said = plain(f"{evidence.status or ''} {evidence.words}")
    for named in (f"{evidence.host} {domain} {evidence.words}".lower(), evidence.reporter.lower()):
        known = (rules for host, rules in _HOSTS if host.search(named))
        found = next((reason for rules in known for reason, phrase in rules if phrase.search(said)), None)
        if found:
            return found
    return None
