"""What servers write, by reason: a table of phrases, looked for in the order of the table.

A phrase is words in lower case that begin where a word begins, and phrases are parted by semicolons. `*` stands for up
to forty characters, or for none; `(a|b)` for one of several; MAILBOX for what a mailbox is called. The first reason
that has a phrase in the text is the one: what a server adds to "user unknown" (a quota, a list of spammers, a rule)
says more than that.
"""

import re

from publisher.subscribing.bounces.phrases import hindered, nobody, underway, unwelcome
from publisher.subscribing.bounces.verdicts import Reason

_MAILBOX = "(user|recipient|mailbox|mail box|account|address|addressee|e-mail|email|person|alias|customer|inbox)"
_SIGNS = {" * ": " (?:.{0,40}? )?", "*": ".{0,40}?", "(": "(?:", ")": ")", "|": "|"}


def pattern(phrases: str) -> re.Pattern[str]:
    """What finds any of the phrases in `plain` text."""
    listed = [" ".join(phrase.split()) for phrase in phrases.replace("MAILBOX", _MAILBOX).split(";")]
    return re.compile("|".join(map(_pattern, filter(None, listed))))


def _pattern(phrase: str) -> str:
    return r"(?<![a-z])" + "".join(_SIGNS.get(part) or re.escape(part) for part in re.split(r"( \* |[*()|])", phrase))


def plain(words: str) -> str:
    """In lower case and in one line, with one kind of apostrophe."""
    return " ".join(words.lower().replace("\u2019", "'").split())


_FOUND = tuple(
    (reason, pattern(phrases)) for group in (hindered, unwelcome, nobody, underway) for reason, phrases in group.PHRASES
)
_EMPTY = re.compile(
    r"recipient address rejected: *(?=[^ (])(?!access denied|invalid-recipient)"  # Postfix, before every reason
    r"|(?:host|domain)(?: [\w.-]{1,255} ?\[[\da-f.:]{3,45}\]|(?: [\w.-]{1,255})? said:)"  # who says it
    r"|they may be blacklisted, or missing the proper dns entries"
)
"""What programs write around every reason, and guesses: they say nothing."""


def reason_of(words: str) -> Reason | None:
    """The first reason of the table that has a phrase in the words; None: no phrase is known."""
    text = _EMPTY.sub("", plain(words))
    return next((reason for reason, found in _FOUND if found.search(text)), None)


_LOOKED = pattern(
    """
    mail.local: unknown user; no mailbox here by that name; invalid or unknown (base|virtual) user; directory;
    name & address book; recipnotfound; (unknown user|unknown recipient): ; final delivery userid; home directory;
    invalid user specified; cannot find system user; no such user here
    """
)


def looked(words: str) -> bool:
    """Whether a program writes that it looked for the mailbox itself."""
    return _LOOKED.search(plain(words)) is not None
