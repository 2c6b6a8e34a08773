"""All that is published, as the renderers see it: one value, sorted once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache, cached_property
from operator import attrgetter

import msgspec

from publisher.config import Publication
from publisher.model import FixedPage, Issue, Listed, Picture, Premiere
from publisher.render.ties import ties


class Catalogue(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The publication and everything visible in it: no draft, nothing before its embargo."""

    publication: Publication
    articles: tuple[Listed, ...]
    """Newest first: by `published` descending, then by id. Retracted ones are among them."""
    fingerprints: Mapping[str, str]
    """Article id -> a hash of all its values and its body; equal hashes mean equal pages."""
    issues: tuple[Issue, ...] = ()
    """Newest first."""
    premieres: Mapping[str, tuple[Premiere, ...]] = msgspec.field(default_factory=dict)
    """Language -> all that was ever released in it, in the order of first release; what is new stands at the end."""
    former: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Address that an article's page used to have -> the article's id."""
    pictures: tuple[Picture, ...] = ()
    """Those of all articles, each once."""
    told: Mapping[tuple[str, datetime], date] = msgspec.field(default_factory=dict)
    """(article id, a correction's `at`) -> the day whose digest told readers of it."""
    bore: Mapping[str, tuple[tuple[datetime, ...], ...]] = msgspec.field(default_factory=dict)
    """Article id -> when the corrections were made that each of its earlier versions bore, oldest version first."""
    pages: tuple[FixedPage, ...] = ()
    """In the order of the navigation."""
    emblems: Mapping[str, Picture] = msgspec.field(default_factory=dict)
    """`logo`, `logo_dark`, `favicon`, `social_image` -> the file, where the theme has one."""
    spoken: tuple[str, ...] = ()
    """Languages that the publication has besides, where its articles are not at hand."""
    theme: str = ""
    """A hash of all that a page depends on besides articles: program, configuration, templates, words."""

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The default language, then the others that are spoken, in alphabetical order."""
        default = self.publication.language
        return (default, *sorted({*self.spoken, *(article.lang for article in self.articles)} - {default}))

    @cached_property
    def by_id(self) -> Mapping[str, Listed]:
        return {article.id: article for article in self.articles}

    @cached_property
    def addresses(self) -> frozenset[str]:
        """Of all articles."""
        return frozenset(article.address for article in self.articles)

    @cached_property
    def by_group(self) -> Mapping[str, tuple[Listed, ...]]:
        """Translations of each other, default language first."""
        groups: dict[str, list[Listed]] = {}
        for article in self.articles:
            groups.setdefault(article.group, []).append(article)
        order = {lang: place for place, lang in enumerate(self.languages)}
        return {
            key: tuple(sorted(found, key=lambda one: order[one.lang])) if len(found) > 1 else tuple(found)
            for key, found in groups.items()
        }

    @cached_property
    def translated(self) -> Mapping[str, tuple[Listed, ...]]:
        """The groups of more than one."""
        return {key: found for key, found in self.by_group.items() if len(found) > 1}

    @cached_property
    def days(self) -> Mapping[str, Mapping[date, tuple[Listed, ...]]]:
        """Language -> calendar day in the publication's zone, newest first -> its articles, newest first."""
        found: dict[str, dict[date, list[Listed]]] = {}
        day_at = self._day_at
        for article in self.articles:
            found.setdefault(article.lang, {}).setdefault(day_at(article.published), []).append(article)
        return {lang: {day: tuple(some) for day, some in days.items()} for lang, days in found.items()}

    def prints(self, articles: Iterable[Listed]) -> str:
        """Changes whenever one of these does, or their order."""
        return "".join(map(self.seen.__getitem__, map(attrgetter("id"), articles)))

    @cached_property
    def seen(self) -> Mapping[str, str]:
        """The fingerprints, with what tells an article from others that changed in the same second."""
        apart = {identity: f"{self.fingerprints[identity]}+{fraction}" for identity, fraction in self.ties.items()}
        return {**self.fingerprints, **apart} if apart else self.fingerprints

    @cached_property
    def ties(self) -> Mapping[str, int]:
        """Article id -> microseconds after the second of its last change, for those that share it with others."""
        places = {one.article: place for order in self.premieres.values() for place, one in enumerate(order)}
        return ties(self.articles, places)

    def sent(self, article: Listed) -> Mapping[datetime, date]:
        """Of its corrections, those that a digest told readers of."""
        found = {one.at: self.told.get((article.id, one.at)) for one in article.corrections}
        return {at: day for at, day in found.items() if day}

    def named(self, lang: str, kind: str) -> Mapping[str, Sequence[Listed]]:
        """Section, tag or author as written -> its articles in a language, newest first."""
        return self._named.get((lang, kind), {})

    @cached_property
    def _named(self) -> Mapping[tuple[str, str], Mapping[str, Sequence[Listed]]]:
        found: dict[tuple[str, str], dict[str, list[Listed]]] = {}
        for lang, articles in self._by_language.items():
            sections, tags, authors = (found.setdefault((lang, kind), {}) for kind in ("section", "tag", "author"))
            for one in articles:
                if one.section:
                    sections.setdefault(one.section, []).append(one)
                for name in dict.fromkeys(one.tags):
                    tags.setdefault(name, []).append(one)
                for name in dict.fromkeys(one.authors):
                    authors.setdefault(name, []).append(one)
        return found

    def together(self, groups: Sequence[Sequence[Listed]]) -> Sequence[Listed]:
        """The articles of all of these, each once, newest first."""
        if len(groups) == 1:
            return groups[0]
        wanted = {one.id for group in groups for one in group}
        return [one for one in self.articles if one.id in wanted]

    def of_language(self, lang: str) -> tuple[Listed, ...]:
        """Newest first."""
        return self._by_language.get(lang, ())

    @cached_property
    def _by_language(self) -> Mapping[str, tuple[Listed, ...]]:
        found: dict[str, list[Listed]] = {}
        for article in self.articles:
            found.setdefault(article.lang, []).append(article)
        return {lang: tuple(some) for lang, some in found.items()}

    def day_of(self, article: Listed) -> date:
        """The day page an article belongs to."""
        return self._day_at(article.published)

    @cached_property
    def _day_at(self) -> Callable[[datetime], date]:
        zone = self.publication.zone
        return cache(lambda at: at.astimezone(zone).date())

    def prefix(self, lang: str) -> str:
        """What stands before the addresses of a language: nothing for the default one, else `/LANG`."""
        return "" if lang == self.publication.language else f"/{lang}"
