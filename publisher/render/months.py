"""Articles in months, each with a summary: which of them are of a day, a section, a tag, an author.

Planning asks the summaries; an article itself is read where a document shows it. So one more article costs what its own
month costs, and of the others next to nothing.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from functools import cache, cached_property
from itertools import chain
from operator import attrgetter
from typing import overload

import msgspec

from publisher.model import Listed

FORM = "1"
"""Of a summary as bytes: to be counted up whenever a summary says something else of the same articles."""

EVER = datetime.min.replace(tzinfo=UTC)

Group = tuple[str, Sequence[int]]
"""(a hash of the fingerprints of some articles in their order, their places in the month)."""
Names = Mapping[str, Group]


class Summary(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What is known of the articles of a month without reading them. Everything is newest first."""

    ids: Sequence[str]
    prints: Sequence[str]
    """Their fingerprints."""
    published: datetime
    """When the newest was."""
    changed: datetime
    """When the last of them changed."""
    all: Group
    languages: Mapping[str, Group]
    days: Mapping[str, Mapping[date, Group]]
    """By language and calendar day in the publication's zone."""
    named: Mapping[str, tuple[Names, Names, Names]]
    """By language: sections, tags and authors as they are written."""
    mapped: Mapping[str, tuple[datetime, Group]]
    """`2026-06` in the publication's zone -> the last change of those that are not retracted, and those."""
    corrected: Mapping[str, Sequence[int]]
    """By language: corrected, updated or retracted."""
    seconds: Mapping[str, Sequence[int]]
    """By language: the second in which each that is not retracted appeared or changed last."""
    aliases: bool
    translations: bool
    """Some say whose translation they are."""


class Month:
    """Articles that were published next to each other, newest first."""

    def __init__(self, summary: Summary, read: Callable[[], Sequence[Listed]]) -> None:
        self.summary = summary
        self._read = read

    @staticmethod
    def of(articles: Sequence[Listed], fingerprints: Mapping[str, str], zone: tzinfo) -> "Month":
        """Of articles that are at hand."""
        prints = [fingerprints.get(one.id, "") for one in articles]
        return Month(summarised(articles, prints, zone), lambda: articles)

    @cached_property
    def articles(self) -> Sequence[Listed]:
        return self._read()

    @cached_property
    def by_id(self) -> Mapping[str, Listed]:
        return {one.id: one for one in self.articles}


def summarised(articles: Sequence[Listed], prints: Sequence[str], zone: tzinfo) -> Summary:
    """`prints` are the fingerprints of the articles."""
    day_at = cache(lambda at: at.astimezone(zone).date())
    languages: dict[str, list[int]] = {}
    days: dict[str, dict[date, list[int]]] = {}
    named: dict[str, tuple[dict[str, list[int]], ...]] = {}
    mapped: dict[str, list[int]] = {}
    corrected: dict[str, list[int]] = {}
    seconds: dict[str, list[int]] = {}
    for place, one in enumerate(articles):
        day = day_at(one.published)
        languages.setdefault(one.lang, []).append(place)
        days.setdefault(one.lang, {}).setdefault(day, []).append(place)
        for found, names in zip(
            named.setdefault(one.lang, ({}, {}, {})),
            ((one.section,) if one.section else (), one.tags, one.authors),
            strict=True,
        ):
            for name in dict.fromkeys(names):
                found.setdefault(name, []).append(place)
        if one.corrections or one.retracted:
            corrected.setdefault(one.lang, []).append(place)
        if one.retracted is None:
            mapped.setdefault(day.isoformat()[:7], []).append(place)
            seconds.setdefault(one.lang, []).append(int(max(one.published, one.changed).timestamp()))

    def group(places: Sequence[int]) -> Group:
        return _hash([prints[place] for place in places]), places

    def groups(found: Mapping[str, Sequence[int]]) -> Names:
        return {name: group(places) for name, places in found.items()}

    return Summary(
        ids=[one.id for one in articles],
        prints=prints,
        published=articles[0].published if articles else EVER,
        changed=max([one.changed for one in articles], default=EVER),
        all=group(list(range(len(articles)))),
        languages=groups(languages),
        days={lang: {day: group(places) for day, places in some.items()} for lang, some in days.items()},
        named={
            lang: (groups(sections), groups(tags), groups(authors)) for lang, (sections, tags, authors) in named.items()
        },
        mapped={
            month: (max(articles[place].changed for place in places), group(places)) for month, places in mapped.items()
        },
        corrected=corrected,
        seconds=seconds,
        aliases=any(one.aliases for one in articles),
        translations=any(one.translation_of for one in articles),
    )


def _hash(prints: Iterable[str]) -> str:
    return hashlib.sha256("".join(prints).encode("utf-8", "surrogatepass")).hexdigest()


Part = tuple[Month, Group]
"""Some of the articles of a month."""


class Listing(Sequence[Listed]):
    """Articles of several months, newest first, each read when it is asked for."""

    __slots__ = ("_length", "parts")

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts
        self._length = sum([len(places) for _, (_, places) in parts])

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, at: int) -> Listed: ...
    @overload
    def __getitem__(self, at: slice) -> "Listing": ...
    def __getitem__(self, at: int | slice) -> "Listed | Listing":
        wanted = range(self._length)[at]
        if isinstance(wanted, int):
            return next(iter(self._cut(wanted, wanted + 1)))
        if wanted.step != 1:
            raise ValueError("a listing is cut in its order")
        return self._cut(wanted.start, wanted.stop)

    def __iter__(self) -> Iterator[Listed]:
        for month, (_, places) in self.parts:
            articles = month.articles
            for place in places:
                yield articles[place]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    @property
    def ids(self) -> list[str]:
        """Nothing is read for them."""
        return [month.summary.ids[place] for month, (_, places) in self.parts for place in places]

    def _cut(self, start: int, end: int) -> "Listing":
        parts: list[Part] = []
        for month, (seal, places) in self.parts:
            if end <= 0:
                break
            if start < min(len(places), end):
                some = places[max(start, 0) : end]
                parts.append((month, (seal if len(some) == len(places) else "", some)))
            start, end = start - len(places), end - len(places)
        return Listing(parts)


class Index(Mapping[str, Listed]):
    """Articles by their ids, each read when it is asked for."""

    def __init__(self, months: Iterable[Month]) -> None:
        self._months: dict[str, Month] = {}
        for month in months:
            self._months.update(dict.fromkeys(month.summary.ids, month))

    def __getitem__(self, identity: str) -> Listed:
        return self._months[identity].by_id[identity]

    def __iter__(self) -> Iterator[str]:
        return iter(self._months)

    def __len__(self) -> int:
        return len(self._months)

    def __contains__(self, identity: object) -> bool:
        return identity in self._months

    def month_of(self, identity: str) -> Month:
        return self._months[identity]


def whole(months: Iterable[Month]) -> Listing:
    """All articles of these."""
    return Listing([(month, month.summary.all) for month in months])


def prints_of(months: Iterable[Month]) -> Mapping[str, str]:
    """Article id -> fingerprint."""
    found: dict[str, str] = {}
    for month in months:
        found.update(zip(month.summary.ids, month.summary.prints, strict=True))
    return found


def changed_since(articles: Iterable[Listed], when: datetime | None) -> Iterable[Listed]:
    """Those that appeared or changed at `when` or later, in their order; None: all."""
    if when is None:
        return articles
    if isinstance(articles, Listing):  # no month is read in which nothing did
        articles = Listing([part for part in articles.parts if part[0].summary.changed >= when])
    return (one for one in articles if one.changed >= when)


def ids_of(articles: Iterable[Listed]) -> Sequence[str]:
    return articles.ids if isinstance(articles, Listing) else list(map(attrgetter("id"), articles))


def in_order(groups: Iterable[Iterable[Listed]]) -> list[Listed]:
    """All of these, each once, newest first: by `published`, then by id."""
    found = sorted({one.id: one for one in chain(*groups)}.values(), key=attrgetter("id"))
    return sorted(found, key=attrgetter("published"), reverse=True)
