"""What goes into a digest and what comes out."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

import msgspec

from publisher.model import Announced, Article, Body, DayFile


class DigestContent(msgspec.Struct, frozen=True, kw_only=True):
    """One digest in one language: all that its mail and its page say."""

    name: str
    """`2026-06-25` or `weekly-2026-06-27`; its page is `/digest/NAME/`."""
    day: date
    slot: datetime
    articles: tuple[Article, ...]
    """In the order of the mail; the first leads. At least one, unless there are corrections or a note."""
    bodies: Mapping[str, Body] = msgspec.field(default_factory=dict)
    """By article id. Only the first article's is read, for its first paragraph."""
    announced: tuple[Announced, ...] = ()
    """Corrections and retractions of what earlier issues told."""
    day_file: DayFile | None = None
    following: datetime | None = None
    """When the next digest comes; None when that is not known."""
    previous_subjects: frozenset[str] = frozenset()
    """Those of all earlier digests in this language."""

    @property
    def count(self) -> int:
        return len(self.articles)

    @property
    def weekly(self) -> bool:
        return self.name.startswith("weekly-")


class Composed(msgspec.Struct, frozen=True, kw_only=True):
    """A digest as written. Lines end in LF; there is no control character but LF in it."""

    subject: str
    """One line of at most 78 characters, not yet encoded for a header."""
    preheader: str
    html: str
    text: str


def variant(groups: Iterable[Sequence[Article]], lang: str) -> tuple[Article, ...]:
    """One article of each group of translations, in the order of the groups.

    The one in `lang` (BCP 47), else one in the same language of another region, else the group's first: what has no
    translation goes to all.
    """
    return tuple(min(group, key=lambda article: _distance(article.lang, lang)) for group in groups if group)


def _distance(offered: str, wanted: str) -> int:
    if offered.casefold() == wanted.casefold():
        return 0
    return 1 if offered.casefold().partition("-")[0] == wanted.casefold().partition("-")[0] else 2
