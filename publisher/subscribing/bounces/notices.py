"""What a server says in words where it sends no fields of RFC 3464: the failing addresses, its reply, its text."""

import re

from publisher.subscribing.bounces import codes
from publisher.subscribing.bounces.verdicts import Evidence

LONGEST = 100_000
"""Letters of a notice that are looked at."""
_WORDS = 12_000

_COPY = re.compile(
    r"""(?imx)
    ^[^a-z\d\n]{0,80}(?:
        this\ is\ a\ copy\ of | below\ this\ line | the\ header\ of\ the\ original
      | (?:the\ )?(?:original|returned|failed|unsent|undelivered|rejected|source)
        \ (?:message|mail)(?!\ (?:was|has|could|to|is))
      | (?:your|the)\ original\ message(?!\ (?:was|has|could|to))
      | message\ (?:headers?|text|body)\b(?!\ size) | mail\ headers?\ follow
      | header\ of\ the\ source | forwarded\ message | attachment\ is\ a\ copy | a\ summary\ of\ the\ undelivered
      | ------?\ ?(?:original|returned|forwarded|mensaje)
      | ---\ attachment | original-recipient-header
    )
    """
)
_HEADERS = re.compile(
    r"(?m)^(?:Return-Path|Received|X-[\w-]+|DKIM-Signature|Delivered-To|Message-I[Dd]):[ \t].*\n(?:[\w-]+:|[ \t])"
)
ADDRESS = re.compile(r"(?i)[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,63}){1,20}")
_OURS = re.compile(r"(?i)^(?:mailer-daemon|postmaster|abuse|root|bounce\S*)@")
_FIELD = re.compile(
    r"(?im)^[ \t]*(final-recipient|original-recipient|status|diagnostic-code|action)[ \t]*:[ \t]*(.+(?:\n[ \t]+\S.*)*)"
)


_QUOTED = re.compile(r"(?m)^(?:> ?)+(?=\s*\S)")


def without_copy(notice: str) -> str:
    """The notice up to where the returned message begins. One that somebody forwarded is read as it was."""
    notice = notice[:LONGEST]
    if notice.count("\n>") > notice.count("\n") // 2:
        notice = _QUOTED.sub("", notice)
    ends = [found.start() for found in (_COPY.search(notice), _HEADERS.search(notice)) if found]
    kept = notice[: min(ends, default=len(notice))]
    return kept if len(kept.strip()) > 20 else notice  # noqa: PLR2004 - a title is no notice


def in_one_line(text: str) -> str:
    return " ".join(text[:_WORDS].split())


def read(notice: str) -> tuple[Evidence, ...]:
    """One piece of evidence for each failing address; one without an address where none is named."""
    text = without_copy(notice)
    sections = of_each(text)
    about = in_one_line(text)
    if not sections:
        return (_evidence(None, text, about),)
    return tuple(_evidence(address, section, about if len(sections) == 1 else section) for address, section in sections)


_NAMED = ADDRESS.pattern[4:]
_LISTED = re.compile(
    r"(?im)^[ \t\"'<*\[>-]*"
    r"(?:(?:recipient(?: address)?|rcpt to|addressed to|status: \w+, address):\s*)?(?:\[?smtp:)?"
    rf"<?({_NAMED})"
)
_REFUSED = re.compile(rf"(?im)^[45]\d\d[ -](?:\d\.\d+\.\d+ )?<({_NAMED})>\.\.\. .*$")
"""How sendmail ends what it tells about one recipient."""
_SENDERS = re.compile(r"(?im)^[ \t]*(?:mail from|from|return-path|message-id|reply-to|hello|dear)\b.*$")


def of_each(text: str) -> list[tuple[str, str]]:
    """Each address that begins a line, with what follows it; else the first address, with all."""
    told = _told_by_sendmail(text)
    if len(told) > 1:
        return told
    text = _SENDERS.sub("", text)
    found = [one for one in _LISTED.finditer(text) if not _OURS.match(one[1])]
    if len({one[1].lower() for one in found}) > 1:
        ends = [one.start() for one in found[1:]] + [len(text)]
        sections = [(one[1], text[one.start() : end]) for one, end in zip(found, ends, strict=True)]
        return list({address.lower(): (address, section) for address, section in reversed(sections)}.values())[::-1]
    if found:
        return [(found[0][1], text)]
    named = [one for one in ADDRESS.findall(text) if not _OURS.match(one)]
    return [(named[0], text)] if named else []


def _told_by_sendmail(text: str) -> list[tuple[str, str]]:
    """Each address with the piece of the transcript that ends with its refusal."""
    found = list(_REFUSED.finditer(text))
    starts = [0, *(one.end() for one in found[:-1])]
    sections = {one[1].lower(): (one[1], text[start : one.end()]) for start, one in zip(starts, found, strict=False)}
    return list(sections.values())


def _evidence(address: str | None, section: str, about: str) -> Evidence:
    given = {name.lower(): " ".join(value.split()) for name, value in _FIELD.findall(section)}
    words = given.get("diagnostic-code") or in_one_line(section)
    return Evidence(
        address=address,
        action=given.get("action"),
        status=codes.status_in(words) or codes.status_in(given.get("status", "")),
        code=codes.reply_in(words),
        words=words,
        about=about,
    )
