"""The page on which the versions of an article are compared: what each of its corrections changed."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from html import escape

import msgspec
from msgspec.structs import replace

from publisher.model import Article, Body, Correction, Document, Listed, Material
from publisher.render import markdown
from publisher.render.differences import Line, lines
from publisher.render.excerpts import plain
from publisher.render.site.frame import Frame, Link, Moment, PageView

MOST = 20_000
"""Bytes of lines that one page shows, so that it stays under 30 KB; what is beyond is counted."""
MARKUP = 100
"""Bytes around a part of a line, at most."""
NAMES = ("Headline", "Standfirst", "Text", "Sources & references")


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What a correction changed: places in the list of earlier versions, oldest first."""

    correction: Correction
    before: int
    after: int | None
    """None: as the article stands now."""


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it is shown, or so many that are not."""

    line: Line | None
    hidden: str = ""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    passages: Sequence[Passage]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One of `versions` in its template."""

    id: str
    label: str
    at: Moment
    text: str
    until: Moment
    """When the older version was seen last."""
    groups: Sequence[Group]
    rest: str
    """How many changed lines are not shown, in words; empty: all are."""


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """Two versions of an article, as lines."""

    title: tuple[str, ...]
    lede: tuple[str, ...]
    body: tuple[str, ...]
    sources: tuple[str, ...]

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        return (self.title, self.lede, self.body, self.sources)


def path_of(listed: Listed) -> str:
    return f"{listed.address}versions/"


def name_of(correction: Correction) -> str:
    """The place on the page; it never changes."""
    return f"c{int(correction.at.timestamp())}"


def steps(frame: Frame, listed: Listed) -> list[Step]:
    """One for each correction that something can be held against, oldest first.

    The words may be mended before or after the correction is written down, in another save: what it changed is what
    stands between the last version without it and the last one without the next.
    """
    bore = frame.catalogue.bore.get(listed.id, ())
    found = [_step(one, following, bore) for one, following in _in_turn(listed.corrections)]
    return [one for one in found if one] if bore and not listed.retracted else []


def _in_turn(corrections: Sequence[Correction]) -> Iterator[tuple[Correction, datetime | None]]:
    yield from zip(corrections, [*(one.at for one in corrections[1:]), None], strict=False)


def _step(one: Correction, following: datetime | None, bore: Sequence[Sequence[datetime]]) -> Step | None:
    without = [place for place, ats in enumerate(bore) if one.at not in ats]
    bearing = [place for place, ats in enumerate(bore) if one.at in ats]
    before = without[-1] if without else next(iter(bearing), None)
    after = max((place for place in bearing if following not in bore[place]), default=None) if following else None
    return Step(correction=one, before=before, after=after) if before is not None and before != after else None


def links(frame: Frame, listed: Listed) -> dict[datetime, Link]:
    """When a correction was made -> where what it changed is shown, of those for which something was kept."""
    page, said = frame.href(path_of(listed)), frame.language.text("Compare versions")
    made = [one.correction for one in steps(frame, listed)]
    return {one.at: Link(title=said, url=f"{page}#{name_of(one)}") for one in made}


def document(frame: Frame, listed: Listed) -> Iterator[Document]:
    """Nothing where there is nothing to compare."""
    found = steps(frame, listed)
    if found:
        seen = frame.catalogue.fingerprints[listed.id]
        write = partial(_write, frame, listed.id, found)
        own = frame.document(path_of(listed), write, seen, repr(found), needs=[listed.id], shows=[listed])
        yield replace(own, recalls=own.needs)


def _write(frame: Frame, identity: str, found: Sequence[Step], material: Material) -> bytes:
    article, words = material.articles[identity], frame.language
    page = PageView(
        title=words.text("Versions of “{title}”", title=article.title),
        url=frame.absolute(path_of(article)),
        hidden=True,
        up=frame.href(article.address),
        feeds=frame.site_feeds,
        zone=words.zone_name(article.published),
    )
    room = MOST - MARKUP * 8 * len(found)
    views = []
    for step in reversed(found):
        view, room = _comparison(frame, step, identity, material, room)
        views.append(view)
    return frame.fill("versions.html", "versions", page, versions=views, title=article.title)


def _comparison(frame: Frame, step: Step, identity: str, material: Material, room: int) -> tuple[Comparison, int]:
    words, one = frame.language, step.correction
    earlier = material.versions[identity]
    older = earlier[step.before]
    now = (material.articles[identity], material.bodies[identity])
    newer = now if step.after is None else (earlier[step.after].article, earlier[step.after].body)
    pairs = zip(_lines(frame, older.article, older.body).groups, _lines(frame, *newer).groups, strict=True)
    groups, left = [], 0
    for name, (old, new) in zip(NAMES, pairs, strict=True):
        passages, room, more = _passages(frame, list(lines(old, new)), room)
        left += more
        if passages:
            groups.append(Group(title=words.text(name), passages=passages))
    rest = words.plural("And {n} more changed line.", "And {n} more changed lines.", left) if left else ""
    label = words.text("Correction" if one.kind == "correction" else "Update")
    return (
        Comparison(
            id=name_of(one),
            label=label,
            at=_moment(frame, one.at),
            text=one.text,
            until=_moment(frame, older.until),
            groups=groups,
            rest=rest,
        ),
        room,
    )


def _passages(frame: Frame, found: Sequence[Line], room: int) -> tuple[list[Passage], int, int]:
    """The changed lines with one unchanged on either side; how much room is left, and how many found none."""
    changed = {place for place, one in enumerate(found) if one.changed}
    near = {place + step for place in changed for step in (-1, 0, 1)}
    passages: list[Passage] = []
    hidden = left = 0
    for place, one in enumerate(found):
        size = MARKUP * len(one.parts) + len(escape(one.text).encode("utf-8", "surrogatepass"))
        if place in near and size <= room:
            passages += _unchanged(frame, hidden)
            passages.append(Passage(line=one))
            room, hidden = room - size, 0
        else:
            hidden += place not in changed
            left += place in changed
    return (passages + list(_unchanged(frame, hidden)) if passages else []), room, left


def _unchanged(frame: Frame, count: int) -> Iterator[Passage]:
    if count:
        said = frame.language.plural("{n} line unchanged", "{n} lines unchanged", count)
        yield Passage(line=None, hidden=said)


def _lines(frame: Frame, article: Article, body: Body) -> Compared:
    html = markdown.render(body, base=frame.absolute(article.address)).html
    return Compared(
        title=(article.title,),
        lede=(article.lede,) if article.lede else (),
        body=tuple(line.strip() for line in plain(html).split("\n") if line.strip(" >")),
        sources=tuple(
            ", ".join(part for part in (one.title, one.publisher or "", one.url or "", one.note or "") if part)
            for one in article.sources
        ),
    )


def _moment(frame: Frame, at: datetime) -> Moment:
    return Moment(iso=frame.language.iso(at), words=frame.language.moment(at))
