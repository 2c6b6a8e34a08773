"""An article as lists show it."""

from collections.abc import Sequence
from functools import cache
from math import cos, pi, sin

import msgspec

from publisher.model import Article
from publisher.render import sourcing
from publisher.render.site.frame import Frame

ROOM = 20_000
"""Bytes of stories that leave a day's page under 30 KB."""
STORY, ROW = 420, 330
"""Bytes of a story and of a row without their texts."""
LEDE = 480
"""Characters of a lede on a list; articles have it whole."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    level: str
    words: str


class Card(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    url: str
    published: str
    """RFC 3339 with the zone's offset; a day alone where the article has no time."""
    date: str
    time: str
    """`09:00`; empty where it has none: such an article stands under its day."""
    moment: str
    """`June 25, 2026 · 09:00`; a day alone where it has none."""
    hands: str
    """The clock's, as a path; empty without a time."""
    lede: str
    sourcing: Mark | None
    publishers: str
    retracted: str
    """The word for it; empty where it was not."""


def card(frame: Frame, article: Article) -> Card:
    return frame.once(("card", article.id), lambda: _card(frame, article))


def _card(frame: Frame, article: Article) -> Card:
    language = frame.language
    local = language.local(article.published)
    day, time = language.date(local), language.clock(local) if article.has_time else ""
    return Card(
        title=article.title,
        url=frame.href(article.address),
        published=language.iso(local) if article.has_time else local.date().isoformat(),
        date=day,
        time=time,
        moment=f"{day} · {time}" if article.has_time else day,
        hands=hands(local.hour, local.minute) if article.has_time else "",
        lede=_shortened(article.lede or ""),
        sourcing=_mark(frame, article),
        publishers=_publishers(frame, article),
        retracted=language.wording["Retracted"] if article.retracted else "",
    )


def _publishers(frame: Frame, article: Article) -> str:
    """Who is behind its sources; own reporting names nobody else."""
    others = [source for source in article.sources if source.role != "own-reporting"]
    return sourcing.publishers(others, frame.language) if others else ""


def _mark(frame: Frame, article: Article) -> Mark | None:
    found = sourcing.line(article, since=frame.catalogue.publication.sources_since)
    return Mark(level=found.level, words=sourcing.words(found, frame.language)) if found else None


@cache  # one for each minute of a day at most
def hands(hour: int, minute: int) -> str:
    """The two hands of a 16-unit clock face as an SVG path."""
    long, short = minute / 60 * 2 * pi, (hour % 12 + minute / 60) / 12 * 2 * pi
    tips = [(8 + length * sin(turn), 8 - length * cos(turn)) for turn, length in ((long, 5.4), (short, 3.6))]
    (x1, y1), (x2, y2) = [(f"{round(x, 1):g}", f"{round(y, 1):g}") for x, y in tips]
    return f"M{x1} {y1}L8 8L{x2} {y2}"


def split(articles: Sequence[Article], room: int = ROOM) -> int:
    """How many articles of a day are shown with their ledes, the first always; the others are rows."""
    rows = [_bytes(article) + ROW for article in articles]
    left = room - sum(rows)
    for count, article in enumerate(articles):
        left -= STORY - ROW + len(_shortened(article.lede or "").encode())
        if left < 0 and count:
            return count
    return len(articles)


def _bytes(article: Article) -> int:
    return len(article.title.encode()) + len(article.address)


def _shortened(text: str) -> str:
    return text if len(text) <= LEDE else text[:LEDE].rpartition(" ")[0] + "\u2026"
