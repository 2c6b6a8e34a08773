"""The fields of a delivery status notification (RFC 3464), one piece of evidence for each recipient."""

from collections.abc import Sequence
from dataclasses import replace

from publisher.subscribing.bounces import codes, notices
from publisher.subscribing.bounces.notices import ADDRESS
from publisher.subscribing.bounces.parts import Fields
from publisher.subscribing.bounces.verdicts import Evidence


def read(reports: Sequence[Sequence[Fields]], notice: str) -> tuple[Evidence, ...]:
    """`notice` is the same in words: some servers put there what the fields do not say."""
    blocks = [block for report in reports for block in report if _is_about_a_recipient(block)]
    text = notices.without_copy(notice)
    if len(blocks) == 1:
        return (_evidence(blocks[0], notices.in_one_line(text)),)
    sections = {address.lower(): notices.in_one_line(section) for address, section in notices.of_each(text)}
    found = [_evidence(block, "") for block in blocks]
    return tuple(replace(one, about=sections.get((one.address or "").lower(), "")) for one in found)


def _is_about_a_recipient(block: Fields) -> bool:
    return bool({"final-recipient", "original-recipient", "status", "action", "diagnostic-code"} & block.keys())


def _evidence(block: Fields, about: str) -> Evidence:
    words = _typed(_first(block, "diagnostic-code"))
    status = _first(block, "status")
    return Evidence(
        address=_address(_first(block, "original-recipient")) or _address(_first(block, "final-recipient")),
        action=_first(block, "action").partition(" ")[0].partition(";")[0].lower() or None,
        status=_better(codes.status_in(status), codes.status_in(words)),
        code=codes.reply_in(words),
        words=words,
        about=about,
    )


def _first(block: Fields, name: str) -> str:
    return block.get(name, ("",))[0]


def _typed(value: str) -> str:
    """Without its type: `smtp; 550 ...` (RFC 3464 s. 2.3.6)."""
    kind, semicolon, rest = value.partition(";")
    return rest.strip() if semicolon and len(kind.split()) == 1 else value


def _address(value: str) -> str | None:
    found = ADDRESS.search(value)
    return found[0] if found else None


def _better(field: str | None, diagnostic: str | None) -> str | None:
    """The status that says more: a server's own, where the reporting one only says `5.0.0`."""
    if field is None or (field.endswith(".0.0") and diagnostic):
        return diagnostic or field
    return field
