"""The articles in months, as the store has them packed; a month in which something changed is summed up anew."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

import msgspec
from msgspec.structs import replace

from publisher import __version__
from publisher.model import Outline
from publisher.render.months import FORM, Month, Summary, summarised
from publisher.running.doors import Doors
from publisher.store import outlines
from publisher.store.engine import Store
from publisher.store.outlines import Pack

_summaries = msgspec.msgpack.Decoder(Summary)


class _Shown(msgspec.Struct, frozen=True):
    """The part of a month that may be shown."""

    summary: Summary
    content: Callable[[], bytes]
    after: int = 0
    """How many articles of the month are still to come."""

    def articles(self) -> Sequence[Outline]:
        return outlines.unpacked(self.content())[1][self.after :]


def read_months(doors: Doors, now: datetime) -> Sequence[Month]:
    """All that may be shown at `now`, the newest month first."""
    found = [one for one in _packed(doors, now) if one.summary.ids]
    if not any(one.summary.translations for one in found):
        return [Month(one.summary, one.articles) for one in found]
    read = [one.articles() for one in found]
    groups = outlines.groups([article for articles in read for article in articles])
    return [
        Month(one.summary, partial(_in_groups, articles, groups)) for one, articles in zip(found, read, strict=True)
    ]


def _packed(doors: Doors, now: datetime) -> Sequence[_Shown]:
    zone = doors.publication.zone
    made_with = f"{__version__} {FORM} {zone.key}"
    made: dict[str, bytes] = {}
    with doors.store.begin() as tx:
        packs = outlines.packs(tx, made_with)
        for pack in packs:
            if pack.summary is None:
                prints, articles = outlines.unpacked(pack.content)
                made[pack.month] = msgspec.msgpack.encode(summarised(articles, prints, zone))
        outlines.keep_summaries(tx, made, made_with)
    whole = [
        _Shown(_summaries.decode(pack.summary or made[pack.month]), partial(_content, doors.store, pack))
        for pack in packs
    ]
    return [one if one.summary.published <= now else _past(one, doors, now) for one in whole]


def _content(store: Store, pack: Pack) -> bytes:
    if pack.content:
        return pack.content
    with store.read() as tx:
        return outlines.content_of(tx, pack.month)


def _past(month: _Shown, doors: Doors, now: datetime) -> _Shown:
    prints, articles = outlines.unpacked(month.content())
    after = sum(one.published > now for one in articles)
    summary = summarised(articles[after:], prints[after:], doors.publication.zone)
    return _Shown(summary, month.content, after)


def _in_groups(articles: Sequence[Outline], groups: Mapping[str, str]) -> Sequence[Outline]:
    return [replace(one, group=groups[one.id]) if one.id in groups else one for one in articles]
