"""What a form says about a reader's choices."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec.structs import replace

from publisher.model import Choices, Frequency, Offer

Fields = Mapping[str, Sequence[str]]
"""A form: name -> its values in order."""

FREQUENCIES: Mapping[str, Frequency] = {"daily": "daily", "weekly": "weekly"}
FORMATS: Mapping[str, Literal["both", "text"]] = {"both": "both", "text": "text"}
PAUSE = timedelta(days=30)


class NothingChosenError(ValueError):
    """Not one section is wanted: that would be an unsubscribe by another name."""

    def __init__(self, choices: Choices) -> None:
        super().__init__("no section was chosen")
        self.choices = choices
        """All that the form says, to be shown again; not to be kept."""


def chosen(fields: Fields, before: Choices, offer: Offer, *, now: datetime) -> Choices:
    """The choices that a form makes. What it does not name, and what is not on offer, stays as it was.

    Raises `NothingChosenError`.
    """
    made = _often(fields, before, offer, now)
    form = FORMATS.get(_one(fields, "format") or "")
    if form:
        made = replace(made, format=form)
    lang = _one(fields, "lang")
    if lang in offer.languages:
        made = replace(made, lang=lang)
    # A form that names what it offered has these boxes; else a form of fewer fields would choose no section.
    return _with_sections(fields, made, offer) if "offered" in fields else made


def _often(fields: Fields, before: Choices, offer: Offer, now: datetime) -> Choices:
    wanted = _one(fields, "frequency")
    if wanted == "pause":
        return before if before.paused(now) else replace(before, paused_until=now + PAUSE)
    often = FREQUENCIES.get(wanted or "")
    if often is None or (often == "weekly" and not offer.weekly):
        return before
    return replace(before, frequency=often, paused_until=None)


def _with_sections(fields: Fields, made: Choices, offer: Offer) -> Choices:
    """All that was offered means all there will be: so a section that is new tomorrow is among them."""
    known = {*offer.sections, *(made.sections or ())}
    offered = set(fields["offered"]) & known
    wanted = set(fields.get("section", ())) & offered
    if offered and not wanted:
        raise NothingChosenError(replace(made, sections=()))
    return replace(made, sections=None if wanted == offered else tuple(sorted(wanted)))


def _one(fields: Fields, name: str) -> str | None:
    values = fields.get(name)
    return values[-1] if values else None
