"""All that is published, as the renderers see it: one value, sorted once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property

import msgspec

from publisher.config import Publication
from publisher.model import FixedPage, Issue, Listed, Picture, Premiere
from publisher.render.months import Index, Listing, Month, Part, ids_of, in_order, whole
from publisher.render.ties import ties

KINDS = ("section", "tag", "author")


class Catalogue(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The publication and everything visible in it: no draft, nothing before its embargo."""

    publication: Publication
    articles: Sequence[Listed]
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
    def months(self) -> Sequence[Month]:
        """All articles, the newest month first."""
        if isinstance(self.articles, Listing):
            return [month for month, _ in self.articles.parts]
        return [Month.of(self.articles, self.fingerprints, self.publication.zone)] if self.articles else []

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The default language, then the others that are spoken, in alphabetical order."""
        default = self.publication.language
        return (default, *sorted({*self.spoken, *self._by_language} - {default}))

    @cached_property
    def by_id(self) -> Index:
        return Index(self.months)

    @cached_property
    def addresses(self) -> frozenset[str]:
        """Of all articles."""
        return frozenset(article.address for article in self.articles)

    @cached_property
    def translated(self) -> Mapping[str, tuple[Listed, ...]]:
        """Group -> translations of each other, default language first; of those groups that have more than one."""
        if len(self._by_language) < 2:  # noqa: PLR2004 - two languages
            return {}
        groups: dict[str, list[Listed]] = {}
        for article in self.articles:
            groups.setdefault(article.group, []).append(article)
        order = {lang: place for place, lang in enumerate(self.languages)}
        return {
            key: tuple(sorted(found, key=lambda one: order[one.lang]))
            for key, found in groups.items()
            if len(found) > 1
        }

    @cached_property
    def days(self) -> Mapping[str, Mapping[date, Listing]]:
        """Language -> calendar day in the publication's zone, newest first -> its articles, newest first."""
        found: dict[str, dict[date, list[Part]]] = {}
        for month in self.months:
            for lang, days in month.summary.days.items():
                own = found.setdefault(lang, {})
                for day, group in days.items():
                    own.setdefault(day, []).append((month, group))
        return {lang: {day: Listing(parts) for day, parts in days.items()} for lang, days in found.items()}

    def prints(self, articles: Iterable[Listed]) -> str:
        """Changes whenever one of these does, or their order: for what shows them and nothing else."""
        return "".join(map(self.seen.__getitem__, ids_of(articles)))

    def seal(self, articles: Sequence[Listed]) -> str:
        """The same for what is planned together: quickly told where they are all that their months have of a kind, and
        other then than where they are named one by one.
        """
        if not isinstance(articles, Listing):
            return self.prints(articles)
        marks = self._marks
        return "".join(
            [
                f"{seal}{marks.get(month, '')}" if seal else self.prints(Listing([(month, (seal, places))]))
                for month, (seal, places) in articles.parts
            ]
        )

    @cached_property
    def seen(self) -> Mapping[str, str]:
        """The fingerprints, with what tells an article from others that changed in the same second."""
        apart = {identity: f"{self.fingerprints[identity]}+{fraction}" for identity, fraction in self.ties.items()}
        return {**self.fingerprints, **apart} if apart else self.fingerprints

    @cached_property
    def ties(self) -> Mapping[str, int]:
        """Article id -> microseconds after the second of its last change, for those that share it with others."""
        crowded = _crowded(self.months)
        if not crowded:
            return {}
        places = {one.article: place for order in self.premieres.values() for place, one in enumerate(order)}
        return ties(crowded, places)

    @cached_property
    def _marks(self) -> Mapping[Month, str]:
        """What the ties of a month add to its seals."""
        found: dict[Month, list[str]] = {}
        for identity, fraction in self.ties.items():
            found.setdefault(self.by_id.month_of(identity), []).append(f"{identity} {fraction}")
        return {month: repr(sorted(some)) for month, some in found.items()}

    def sent(self, article: Listed) -> Mapping[datetime, date]:
        """Of its corrections, those that a digest told readers of."""
        found = {one.at: self.told.get((article.id, one.at)) for one in article.corrections}
        return {at: day for at, day in found.items() if day}

    def named(self, lang: str, kind: str) -> Mapping[str, Sequence[Listed]]:
        """Section, tag or author as written -> its articles in a language, newest first."""
        return self._named.get((lang, kind), {})

    @cached_property
    def _named(self) -> Mapping[tuple[str, str], Mapping[str, Listing]]:
        found: dict[tuple[str, str], dict[str, list[Part]]] = {}
        for month in self.months:
            for lang, kinds in month.summary.named.items():
                for kind, names in zip(KINDS, kinds, strict=True):
                    own = found.setdefault((lang, kind), {})
                    for name, group in names.items():
                        own.setdefault(name, []).append((month, group))
        return {key: {name: Listing(parts) for name, parts in names.items()} for key, names in found.items()}

    def together(self, groups: Sequence[Sequence[Listed]]) -> Sequence[Listed]:
        """The articles of all of these, each once, newest first."""
        return groups[0] if len(groups) == 1 else in_order(groups)

    def of_language(self, lang: str) -> Listing:
        """Newest first."""
        return self._by_language.get(lang, Listing(()))

    @cached_property
    def _by_language(self) -> Mapping[str, Listing]:
        found: dict[str, list[Part]] = {}
        for month in self.months:
            for lang, group in month.summary.languages.items():
                found.setdefault(lang, []).append((month, group))
        return {lang: Listing(parts) for lang, parts in found.items()}

    def corrected(self, lang: str) -> Listing:
        """Those of a language that were corrected, updated or retracted, newest first."""
        found = ((month, month.summary.corrected.get(lang, ())) for month in self.months)
        return Listing([(month, ("", places)) for month, places in found if places])

    @cached_property
    def mapped(self) -> Mapping[str, tuple[datetime, Listing]]:
        """`2026-06` in the publication's zone, newest first -> the last change of its articles, and these: of all
        languages, none retracted.
        """
        found: dict[str, list[tuple[datetime, Part]]] = {}
        for month in self.months:
            for name, (changed, group) in month.summary.mapped.items():
                found.setdefault(name, []).append((changed, (month, group)))
        return {
            name: (max(changed for changed, _ in some), Listing([part for _, part in some]))
            for name, some in found.items()
        }

    @cached_property
    def has_aliases(self) -> bool:
        return any(month.summary.aliases for month in self.months)

    def day_of(self, article: Listed) -> date:
        """The day page an article belongs to."""
        return article.published.astimezone(self.publication.zone).date()

    def prefix(self, lang: str) -> str:
        """What stands before the addresses of a language: nothing for the default one, else `/LANG`."""
        return "" if lang == self.publication.language else f"/{lang}"


def _crowded(months: Sequence[Month]) -> Listing:
    """The months in which articles appeared or changed last in the same second as another of their language."""
    seconds: dict[str, list[int]] = {}
    for month in months:
        for lang, some in month.summary.seconds.items():
            seconds.setdefault(lang, []).extend(some)
    crowds = {
        (lang, one)
        for lang, some in seconds.items()
        if len(set(some)) < len(some)
        for one, count in Counter(some).items()
        if count > 1
    }
    return whole(
        month
        for month in (months if crowds else ())
        if any((lang, one) in crowds for lang, some in month.summary.seconds.items() for one in some)
    )
