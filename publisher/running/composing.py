"""From a digest's frozen bytes, one recipient's mail."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache

from publisher.deliver.port import Letter, Unsendable
from publisher.delivering import Claim, due_of
from publisher.render import dkim, language, message
from publisher.render.digest.variants import Variant
from publisher.render.language import Language
from publisher.render.press import Press
from publisher.running.doors import Doors
from publisher.store import digests
from publisher.store.digests import Rendition
from publisher.subscribing import tokens


def letters(doors: Doors, name: str, list_id: int) -> Callable[[Claim], Letter | Unsendable]:
    """What makes one recipient's mail of a digest: the same bytes for the same claim."""
    presses = _Presses(doors, name)
    secret = doors.keys.secrets[doors.keys.signing]

    def make(claim: Claim) -> Letter | Unsendable:
        press = presses.of(claim)
        if press is None:
            return Unsendable(reason="what was left of it has nothing in the sections that this reader chose")
        try:
            values = _personal(doors, name, list_id, claim, presses.words)
            sender = message.return_path(
                doors.publication.mail.sender,
                name,
                claim.subscriber,
                secret,
                authority=doors.publication.authority,
                box=doors.publication.bounces.return_path,
            )
        except message.AddressError as error:
            return Unsendable(reason=str(error))
        content = press.print(values)
        return Letter(sender=sender, recipient=values.to, content=content, message_id=values.message_id, dotless=True)

    return make


class _Presses:
    """A digest's frozen bytes. A revision is read when the first claim asks for it: one may come while it is sent."""

    def __init__(self, doors: Doors, name: str) -> None:
        self._doors = doors
        self._name = name
        with doors.store.read() as tx:
            self._timing = digests.timing(tx, name)
            variants = tuple(digests.renditions(tx, name, revision=1))
        self.words = _words(doors, variants)
        self._revisions: dict[int, Mapping[str, message.Skeleton]] = {}
        self._pressed = lru_cache(maxsize=512)(self._press)

    def of(self, claim: Claim) -> Press | None:
        """For a copy that is dated when the delivery fell due, whenever it goes. None: nothing of it is left."""
        at = due_of(claim.subscriber, self._timing.due, self._timing.spread)
        return self._pressed(claim.revision, claim.variant, at)

    def _press(self, revision: int, variant: str, at: datetime) -> Press | None:
        skeleton = self._frozen(revision).get(variant)
        if skeleton is not None and at != self._timing.due:
            skeleton = message.with_date(skeleton, at.astimezone(self._doors.publication.zone))
        return Press(skeleton, self._doors.signers, at) if skeleton is not None else None

    def _frozen(self, revision: int) -> Mapping[str, message.Skeleton]:
        if revision not in self._revisions:
            with self._doors.store.read() as tx:
                found = digests.renditions(tx, self._name, revision=revision)
            self._revisions[revision] = {one.variant: message.Skeleton.load(one.skeleton) for one in found.values()}
        return self._revisions[revision]


def trial_letter(doors: Doors, name: str, to: str) -> Letter | Unsendable:
    """The digest in the default language for somebody who is no subscriber: another Message-ID each second."""
    with doors.store.read() as tx:
        found = digests.renditions(tx, name)
    rendition = found.get(doors.publication.language) or found[doors.publication.first_language]
    skeleton = message.with_subject(message.Skeleton.load(rendition.skeleton), f"[test] {rendition.subject}")
    return _outside_the_ledger(doors, name, rendition, to, skeleton)


def sample_letter(doors: Doors, name: str, rendition: Rendition, to: str) -> Letter | Unsendable:
    """Any form of a digest, for looking at it."""
    return _outside_the_ledger(doors, name, rendition, to, message.Skeleton.load(rendition.skeleton))


def _outside_the_ledger(
    doors: Doors, name: str, rendition: Rendition, to: str, skeleton: message.Skeleton
) -> Letter | Unsendable:
    with doors.store.read() as tx:
        due = digests.timing(tx, name).due
    words = _words(doors, [rendition.variant])
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


def _words(doors: Doors, variants: Iterable[str]) -> dict[str, Language]:
    """The language of each variant."""
    langs = {name: Variant.parse(name).lang for name in variants}
    found = language.load(doors.materials.words, set(langs.values()), doors.publication.zone)
    return {name: found[lang] for name, lang in langs.items()}


def _personal(doors: Doors, name: str, list_id: int, claim: Claim, words: Mapping[str, Language]) -> message.Personal:
    publication = doors.publication
    leave = tokens.sign(doors.keys, subject=claim.subscriber, list_id=list_id, purpose="u")
    choose = tokens.sign(doors.keys, subject=claim.subscriber, list_id=list_id, purpose="p")
    box = message.mailbox_of(publication.bounces.address or publication.mail.sender)
    by_mail = f"mailto:{box}?subject=unsubscribe%20{leave}"
    return message.Personal(
        to=message.mailbox(claim.address),
        message_id=message.message_id(publication.authority.rpartition("@")[2], name, claim.subscriber),
        unsubscribe=publication.absolute(f"/u/{leave}") if publication.service else by_mail,
        unsubscribe_mailto=by_mail,
        preferences=publication.absolute(f"/p/{choose}"),
        address=claim.address,
        since=words[claim.variant].voice.date(claim.confirmed.astimezone(publication.zone).date())
        if claim.confirmed
        else "",
    )
