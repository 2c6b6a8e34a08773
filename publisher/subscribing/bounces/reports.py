"""The fields of a delivery status notification (RFC 3464), one piece of evidence for each recipient."""

import re
from collections.abc import Sequence

from msgspec.structs import replace

from publisher.subscribing.bounces import codes, notices
from publisher.subscribing.bounces.notices import ADDRESS
from publisher.subscribing.bounces.parts import Fields
from publisher.subscribing.bounces.verdicts import Evidence


def read(reports: Sequence[Sequence[Fields]], notice: str) -> tuple[Evidence, ...]:
    """`notice` is the same in words: some servers put there what the fields do not say."""
    blocks = [block for report in reports for block in report if _is_about_a_recipient(block)]
    reporter = " ".join(_first(block, "reporting-mta") for report in reports for block in report)
    text = notices.without_copy(notice)
    if len(blocks) == 1:
        return (_evidence(blocks[0], notices.in_one_line(text), reporter),)
    sections = {address.lower(): notices.in_one_line(section) for address, section in notices.of_each(text)}
    found = [_evidence(block, "", reporter) for block in blocks]
    return tuple(replace(one, about=sections.get((one.address or "").lower(), "")) for one in found)


def _is_about_a_recipient(block: Fields) -> bool:
    return bool({"final-recipient", "original-recipient", "status", "action", "diagnostic-code"} & block.keys())


def _evidence(block: Fields, about: str, reporter: str) -> Evidence:
    words = _typed(_first(block, "diagnostic-code"))
    status = _first(block, "status")
    return Evidence(
        address=_address(_first(block, "original-recipient")) or _address(_first(block, "final-recipient")),
        action=_first(block, "action").partition(" ")[0].partition(";")[0].lower() or None,
        status=_better(codes.status_in(status), codes.status_in(words)),
        code=codes.reply_in(words),
        words=words,
        about=about,
        host=_first(block, "remote-mta"),
        reporter=reporter,
        category=_first(block, "x-powermta-bouncecategory") or _first(block, "x-category"),
    )


def _first(block: Fields, name: str) -> str:
    return block.get(name, ("",))[0]


_GUESS = re.compile(
    r"^(?:\d\.\d\.\d - [A-Za-z/ ]+(?=\d{3}[ -])"  # IronPort, SES
    r"|(?:550 )?5\.1\.351 Remote server returned [\w ]+ -> )"  # Exchange Online
)
"""What a reporting server makes of the other's reply, in front of it."""


def _typed(value: str) -> str:
    """Without its type: `smtp; 550 ...` (RFC 3464 s. 2.3.6)."""
    kind, semicolon, rest = value.partition(";")
    return _GUESS.sub("", rest.strip() if semicolon and len(kind.split()) == 1 else value)


def _address(value: str) -> str | None:
    found = ADDRESS.search(value)
    return found[0] if found else None


_VAGUE = re.compile(r"\d\.(?:0\.|\d\.0$|3\.|4\.7$|1\.[13]$)")
"""Codes of servers that report what others refused: sendmail calls most of it 5.1.1, 5.3.0 or 4.4.7."""


def _better(field: str | None, diagnostic: str | None) -> str | None:
    """The status that says more: where the reporting server's own is vague, the other's that refused."""
    if field is None or diagnostic is None or diagnostic.endswith(".0.0"):
        return field or diagnostic
    return diagnostic if _VAGUE.match(field) else field
