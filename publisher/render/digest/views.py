"""What the two templates are given: words and addresses, ready to be set. docs/templates.md lists them."""

from collections.abc import Sequence
from typing import Literal

import msgspec
from markupsafe import Markup

from publisher.render.digest.prose import Paragraph

Form = Literal["row", "line", "number", "headline"]


class SourceView(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    """Counted through the issue, from 1."""
    title: str
    url: str
    """Empty where there is nothing that can be opened."""
    publisher: str
    sign: str
    """A circle or a cross; for the eye only, the words follow."""
    verification: str
    sound: bool
    """Verified at least in part: set in the colour of links, else in that of warnings."""
    access: str
    role: str
    archived: str
    """The address of a copy; empty where there is none, or where `url` is it."""
    lang: str
    """Of its title; empty where that is the digest's."""

    @property
    def label(self) -> str:
        return f"[{self.number}]"


class StoryView(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    leads: bool
    lang: str
    dir: str
    foreign: bool
    """In another language than the digest, because it has no translation."""
    kicker: tuple[str, ...]
    """Time, kind, minutes."""
    title: str
    url: str
    lede: str
    """Empty where the paragraph stands in its place or the mail grew too large."""
    paragraph: Paragraph | None
    """The first one of the lead story."""
    restates: bool
    """The paragraph is the lede itself, with its links, and stands in its place."""
    marks: tuple[SourceView, ...]
    """The sources to be named behind the lede: all, or the first and last of many."""
    read: str
    sourcing: str
    """What it rests on, in words; empty where the archive never had sources."""
    sound: bool
    sources: tuple[SourceView, ...]
    form: Form
    more: str
    """Says how many sources are left out; empty when none is."""

    @property
    def between(self) -> str:
        """Its marks: a dash where only the first and the last of many are named."""
        gap = bool(self.marks) and self.marks[-1].number - self.marks[0].number >= len(self.marks)
        return "\u2013" if gap else " "


class NoticeView(msgspec.Struct, frozen=True, kw_only=True):
    """A correction or a retraction of something that an earlier issue told."""

    date: str
    title: str
    text: str
    url: str
    lang: str
    dir: str
    foreign: bool


class NoticesView(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    """`Correction`, `Corrections`, `Retraction` ..."""
    notices: tuple[NoticeView, ...]
    more: str = ""
    """Says how many are left out; empty when none is."""


class NoteView(msgspec.Struct, frozen=True, kw_only=True):
    lang: str
    dir: str
    paragraphs: Sequence[Paragraph]


class DigestView(msgspec.Struct, frozen=True, kw_only=True):
    lang: str
    dir: str
    said: str
    """Where its words are those of another language, ` lang="en"` for what they say; else empty."""
    own: str
    """And ` lang="pt"` for what of the digest stands within that; else empty."""
    publication: str
    title: str
    preheader: str
    date: str
    counts: Sequence[str]
    """Stories, minutes, sources."""
    home: str
    url: str
    """Of the issue's own page."""
    text_url: str
    feeds: str
    """Empty where a publication has none."""
    archive: str
    subscribe: str
    """Where a reader to whom it was forwarded is sent."""
    service: bool
    """Whether the web service is on: only then there are pages to subscribe and to choose preferences on."""
    editor: str
    """The address that answers come to; empty where none is given."""
    note: NoteView | None
    stories: Sequence[Markup]
    """Each as its own template wrote it."""
    more: str
    """Says how many stories are left out; empty when none is."""
    shortened: str
    """Says that something was shortened; empty when nothing was."""
    notices: tuple[NoticesView, ...]
    end: str
    reason: str
    """Why somebody gets this mail, with the tokens of the address and the day; empty on the page."""
    reason_lines: Sequence[str]
    """The same with each token on a line of its own."""
    times: str
    """Names the time zone."""
    postal_address: str
