"""A digest in each of its variants, frozen as bytes; and from those bytes, one recipient's mail."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from publisher.deliver.port import Letter, Unsendable
from publisher.delivering import Claim, due_of
from publisher.editing import slots
from publisher.model import Announced, Article, DayFile, Edition
from publisher.render import dkim, language, message
from publisher.render.digest import DigestContent, compose, variant
from publisher.render.environment import environment
from publisher.render.language import Language
from publisher.running.doors import Doors
from publisher.store import articles as shelf
from publisher.store import digests, issues
from publisher.store.digests import Rendition
from publisher.store.engine import Transaction
from publisher.subscribing import tokens


def compose_variants(
    doors: Doors,
    tx: Transaction,
    *,
    name: str,
    edition: Edition,
    articles: Sequence[Article],
    announced: tuple[Announced, ...],
    day_file: DayFile | None,
    languages: Sequence[str],
    due: datetime,
) -> list[Rendition]:
    """The digest in the default language and in every other that has articles, the default one first.

    `due` is what the Date header says, however late a copy goes.
    """
    publication = doors.publication
    groups: dict[str, list[Article]] = {}
    for article in articles:
        groups.setdefault(article.group, []).append(article)
    for group in groups.values():
        group.sort(key=lambda one: one.lang != publication.language)
    following = slots.next_slot(edition.slot, publication.digest, publication.zone)
    content = DigestContent(
        name=name,
        day=edition.day,
        slot=edition.slot,
        articles=(),
        corrections=announced,
        day_file=day_file,
        following=following.at if following else None,
    )
    wanted = (publication.language, *(lang for lang in languages if lang != publication.language))
    words = language.load(doors.materials.words, wanted, publication.zone)
    made = []
    for lang in wanted:
        chosen = variant(groups.values(), lang)
        full = replace(
            content,
            articles=chosen,
            bodies=shelf.bodies(tx, {one.id for one in chosen}),
            corrections=_in_language(announced, lang),
            previous_subjects=issues.subjects(tx, lang, besides=name),
        )
        made.append(_rendition(doors, full, words[lang], due))
    return made


def _in_language(announced: tuple[Announced, ...], lang: str) -> tuple[Announced, ...]:
    """A correction in the reader's language where its article has one; else as it is."""
    groups: dict[str, list[Announced]] = {}
    for one in announced:
        groups.setdefault(one.article.group, []).append(one)
    found: list[Announced] = []
    for group in groups.values():
        own = [one for one in group if one.article.lang == lang]
        found += own or group
    return tuple(found)


def _rendition(doors: Doors, content: DigestContent, words: Language, due: datetime) -> Rendition:
    publication = doors.publication
    jinja = environment(doors.materials.templates)
    places = message.Slots.of(content.name, words.tag)
    mail = compose(content, language=words, environment=jinja, publication=publication, slots=places)
    page = compose(content, language=words, environment=jinja, publication=publication, slots=None)
    prefix = "" if words.tag == publication.language else f"/{words.tag}"
    headers = message.Headers(
        sender=publication.mail.sender,
        reply_to=publication.mail.reply_to,
        subject=mail.subject,
        date=due.astimezone(publication.zone),
        list_name=publication.name,
        list_id=f"daily.{publication.authority.rpartition('@')[2]}",
        language=words.tag,
        archived_at=publication.absolute(f"{prefix}/digest/{content.name}/"),
        one_click=publication.service,
    )
    return Rendition(
        variant=words.tag,
        subject=mail.subject,
        skeleton=message.build(headers, mail.text, mail.html, places).dump(),
        web_html=page.html.encode(),
        web_text=page.text.encode(),
    )


def letters(doors: Doors, name: str, list_id: int) -> Callable[[Claim], Letter | Unsendable]:
    """What makes one recipient's mail of a digest: the same bytes for the same claim."""
    book = _Skeletons(doors, name)
    secret = doors.keys.secrets[doors.keys.signing]

    def make(claim: Claim) -> Letter | Unsendable:
        skeleton, at = book.of(claim)
        try:
            values = _personal(doors, name, list_id, claim, book.words)
            sender = message.return_path(
                doors.publication.mail.sender, name, claim.subscriber, secret, authority=doors.publication.authority
            )
        except message.AddressError as error:
            return Unsendable(reason=str(error))
        content = dkim.sign(message.splice(skeleton, values), doors.signers, at)
        return Letter(sender=sender, recipient=values.to, content=content, message_id=values.message_id, dotless=True)

    return make


class _Skeletons:
    """A digest's frozen bytes. A revision is read when the first claim asks for it: one may come while it is sent."""

    def __init__(self, doors: Doors, name: str) -> None:
        self._doors = doors
        self._name = name
        with doors.store.read() as tx:
            self._timing = digests.timing(tx, name)
            variants = tuple(digests.renditions(tx, name))
        self.words = language.load(doors.materials.words, variants, doors.publication.zone)
        self._revisions: dict[int, Mapping[str, message.Skeleton]] = {}
        self._dated = lru_cache(maxsize=8)(self._with_date)

    def of(self, claim: Claim) -> tuple[message.Skeleton, datetime]:
        """With its Date, and that time: when the delivery fell due, whenever it goes."""
        at = due_of(claim.subscriber, self._timing.due, self._timing.spread)
        if at == self._timing.due:
            return self._frozen(claim.revision)[claim.variant], at
        return self._dated(claim.revision, claim.variant, at), at

    def _frozen(self, revision: int) -> Mapping[str, message.Skeleton]:
        if revision not in self._revisions:
            with self._doors.store.read() as tx:
                found = digests.renditions(tx, self._name, revision=revision)
            self._revisions[revision] = {one.variant: message.Skeleton.load(one.skeleton) for one in found.values()}
        return self._revisions[revision]

    def _with_date(self, revision: int, variant: str, at: datetime) -> message.Skeleton:
        return message.with_date(self._frozen(revision)[variant], at.astimezone(self._doors.publication.zone))


def trial_letter(doors: Doors, name: str, to: str) -> Letter | Unsendable:
    """The digest in the default language for somebody who is no subscriber: another Message-ID each second."""
    with doors.store.read() as tx:
        rendition = digests.renditions(tx, name)[doors.publication.language]
        due = digests.timing(tx, name).due
    skeleton = message.with_subject(message.Skeleton.load(rendition.skeleton), f"[test] {rendition.subject}")
    words = language.load(doors.materials.words, (rendition.variant,), doors.publication.zone)
    claim = Claim(
        subscriber=0, address=to, variant=rendition.variant, revision=1, fence=0, attempts=0, confirmed=doors.now()
    )
    try:
        values = _personal(doors, f"{name}.test.{doors.now():%Y%m%dT%H%M%S}", doors.store.publication, claim, words)
        sender = message.return_path(doors.publication.mail.sender, name, 0, None)
    except message.AddressError as error:
        return Unsendable(reason=str(error))
    content = dkim.sign(message.splice(skeleton, values), doors.signers, due)
    return Letter(sender=sender, recipient=values.to, content=content, message_id=values.message_id)


def _personal(doors: Doors, name: str, list_id: int, claim: Claim, words: Mapping[str, Language]) -> message.Personal:
    publication = doors.publication
    leave = tokens.sign(doors.keys, subject=claim.subscriber, list_id=list_id, purpose="u")
    choose = tokens.sign(doors.keys, subject=claim.subscriber, list_id=list_id, purpose="p")
    box = message.mailbox(publication.mail.sender.rpartition("<")[2].rstrip(">"))
    by_mail = f"mailto:{box}?subject=unsubscribe%20{leave}"
    return message.Personal(
        to=message.mailbox(claim.address),
        message_id=message.message_id(publication.authority.rpartition("@")[2], name, claim.subscriber),
        unsubscribe=publication.absolute(f"/u/{leave}") if publication.service else by_mail,
        unsubscribe_mailto=by_mail,
        preferences=publication.absolute(f"/p/{choose}"),
        address=claim.address,
        since=words[claim.variant].date(claim.confirmed.astimezone(publication.zone).date()) if claim.confirmed else "",
    )
