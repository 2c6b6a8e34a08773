"""A digest in each of its variants, frozen as bytes before the first copy is sent."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

import msgspec

from publisher.collect import days
from publisher.editing import slots
from publisher.editing.edition import announced_by, own_language_first, placed_by_hand
from publisher.model import Announced, Article, Choice, DayFile
from publisher.render import feeds, language, message
from publisher.render.catalogue import Catalogue
from publisher.render.digest import Composed, Composer, DigestContent, Surroundings, variant
from publisher.render.digest.variants import Variant, assign
from publisher.render.environment import environment
from publisher.render.language import Language
from publisher.running.collecting import fixed_pages
from publisher.running.doors import Doors
from publisher.store import articles as shelf
from publisher.store import editions, issues
from publisher.store.digests import Rendition
from publisher.store.transaction import Transaction

Groups = Sequence[Sequence[Article]]
"""Stories, each with its translations."""


class Lineup(msgspec.Struct, frozen=True, kw_only=True):
    """What a digest has to tell, in all its languages."""

    name: str
    day: date
    slot: datetime
    due: datetime
    """What the Date header says, however late a copy goes."""
    articles: tuple[Article, ...]
    """With all translations, in the order of the mail."""
    announced: tuple[Announced, ...] = ()
    day_file: DayFile | None = None
    languages: tuple[str, ...] = ()
    """Those that the publication has articles in."""


class Composition(msgspec.Struct, frozen=True, kw_only=True):
    renditions: tuple[Rendition, ...]
    """The whole digest in the default language first."""
    variants: Mapping[Choice, str]
    """Who gets which; absent is a choice of sections of which the digest has nothing."""


def compose_variants(doors: Doors, tx: Transaction, lineup: Lineup, choices: Iterable[Choice]) -> Composition:
    """The whole digest in each language, and every other variant that somebody chose."""
    languages = _languages(doors, lineup)
    groups = _groups(lineup, doors.publication.language)
    chosen = assign(choices, groups=groups, announced=lineup.announced, languages=languages)
    wanted = {*(Variant(lang=lang) for lang in languages), *chosen.values()}
    made = tuple(_composed(doors, tx, lineup, wanted))
    return Composition(renditions=made, variants={choice: one.name for choice, one in chosen.items()})


def recalled(
    doors: Doors, tx: Transaction, *, name: str, day: date, due: datetime, left: Mapping[str, Article]
) -> Lineup | None:
    """What is left of a digest that was closed, as its articles stand now; None: no story is.

    `left` are the articles, by id, that may still be told of.
    """
    frequency = editions.frequency_of(name)
    edition = editions.closed(tx, day, frequency)
    stories = tuple(left[one] for one in edition.articles if one in left)
    if not stories:
        return None
    files, _ = days.days(doors.home) if frequency == "daily" else ({}, ())
    announced = announced_by(left, edition.corrections)
    return Lineup(
        name=name, day=day, slot=edition.slot, due=due, articles=stories, announced=announced, day_file=files.get(day)
    )


def compose_again(doors: Doors, tx: Transaction, lineup: Lineup, variants: Iterable[str]) -> tuple[Rendition, ...]:
    """The same variants of a digest for a new revision, from what is left of its lineup (`recalled`).

    Absent is a variant of which nothing is left: nobody has to be sent it. Subjects are chosen anew; that of an earlier
    revision of the same digest may come again.
    """
    groups = _groups(lineup, doors.publication.language)
    wanted = {Variant.parse(name) for name in variants}
    left = {one for one in wanted if any(map(one.has, groups)) or any(one.has([it.article]) for it in lineup.announced)}
    return tuple(_composed(doors, tx, lineup, left))


def _languages(doors: Doors, lineup: Lineup) -> tuple[str, ...]:
    default = doors.publication.language
    return (default, *sorted({*lineup.languages} - {default}))


def _groups(lineup: Lineup, default: str) -> Groups:
    """The default language's article stands for its group where a reader's language has none."""
    groups: dict[str, list[Article]] = {}
    for article in lineup.articles:
        groups.setdefault(article.group, []).append(article)
    for group in groups.values():
        group.sort(key=lambda one: one.lang != default)
    return list(groups.values())


def _composed(doors: Doors, tx: Transaction, lineup: Lineup, wanted: Collection[Variant]) -> Iterator[Rendition]:
    """Each list of stories is composed once, for those who read HTML and those who do not; languages in their order."""
    default = doors.publication.language
    groups = _groups(lineup, default)
    languages = sorted({one.lang for one in wanted}, key=lambda lang: (lang != default, lang))
    words = language.load(doors.materials.words, {default, *languages}, doors.publication.zone)
    used = set(issues.subjects(tx, besides=lineup.name))
    catalogue = Catalogue(
        publication=doors.publication,
        articles=(),
        fingerprints={},
        spoken=tuple(languages),
        pages=fixed_pages(doors)[0],
        emblems=doors.materials.emblems,
    )
    links = feeds.available(catalogue, feeds.load(doors.materials.feeds))
    around = Surroundings(catalogue=catalogue, languages=words, feeds=links)
    for lang in languages:
        maker = _Maker(doors, tx, lineup, words=words[lang], used_subjects=frozenset(used), around=around)
        mine = sorted((one for one in wanted if one.lang == lang), key=lambda one: (bool(one.sections), one.name))
        for one in mine:
            made = maker.rendition(one, groups)
            used.add(made.subject)
            yield made


class _Maker:
    """Makes the variants of one language."""

    def __init__(
        self,
        doors: Doors,
        tx: Transaction,
        lineup: Lineup,
        *,
        words: Language,
        used_subjects: frozenset[str],
        around: Surroundings,
    ) -> None:
        self._doors = doors
        self._lineup = lineup
        self._words = words
        self._used = used_subjects
        self._placed = placed_by_hand(lineup.articles, lineup.day_file)
        self._bodies = shelf.bodies(tx, {one.id for one in lineup.articles})
        self._slots = message.Slots.of(lineup.name, words.tag)
        self._mails: dict[tuple[str, ...], Composed] = {}
        self._composer = Composer(
            language=words,
            environment=environment(doors.materials.templates),
            publication=doors.publication,
            surroundings=around,
        )

    def rendition(self, wanted: Variant, groups: Groups) -> Rendition:
        content = self._content(wanted, groups)
        if wanted.sections not in self._mails:
            self._mails[wanted.sections] = self._composer.compose(content, self._slots)
        mail = self._mails[wanted.sections]
        page = self._composer.compose(content, None) if wanted.whole else None
        html = None if wanted.text_only else mail.html
        return Rendition(
            variant=wanted.name,
            subject=mail.subject,
            skeleton=message.build(self._headers(mail.subject), mail.text, html, self._slots).dump(),
            web_html=page.html.encode() if page else b"",
            web_text=page.text.encode() if page else b"",
        )

    def _content(self, wanted: Variant, groups: Groups) -> DigestContent:
        lineup, publication = self._lineup, self._doors.publication
        plan = publication.digest.of(editions.frequency_of(lineup.name))
        following = slots.next_slot(lineup.slot, plan, publication.zone) if plan else None
        announced = [one for one in lineup.announced if wanted.has([one.article])]
        stories = variant((group for group in groups if wanted.has(group)), wanted.lang)
        return DigestContent(
            name=lineup.name,
            day=lineup.day,
            slot=lineup.slot,
            articles=own_language_first(stories, wanted.lang, placed=self._placed, sections=publication.sections),
            bodies=self._bodies,
            announced=_in_language(announced, wanted.lang),
            day_file=lineup.day_file,
            following=following.at if following else None,
            previous_subjects=self._used,
        )

    def _headers(self, subject: str) -> message.Headers:
        publication, lineup, tag = self._doors.publication, self._lineup, self._words.tag
        prefix = "" if tag == publication.language else f"/{tag}"
        return message.Headers(
            sender=publication.mail.sender,
            reply_to=publication.mail.reply_to,
            subject=subject,
            date=lineup.due.astimezone(publication.zone),
            list_name=publication.name,
            list_id=f"daily.{publication.authority.rpartition('@')[2]}",
            language=tag,
            archived_at=publication.absolute(f"{prefix}/digest/{lineup.name}/"),
            one_click=publication.service,
        )


def _in_language(announced: Sequence[Announced], lang: str) -> tuple[Announced, ...]:
    """A notice in the reader's language where its article has one; else as it is."""
    groups: dict[str, list[Announced]] = {}
    for one in announced:
        groups.setdefault(one.article.group, []).append(one)
    found: list[Announced] = []
    for group in groups.values():
        own = [one for one in group if one.article.lang == lang]
        found += own or group
    return tuple(found)
