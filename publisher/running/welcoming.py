"""Look at what was asked for at the form, and send the mails that answer it: from `serve`, or by any later run."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from publisher.delivering import Claim, Event, Outcome
from publisher.running.doors import Doors
from publisher.store import letters, readers, signups
from publisher.store.letters import LetterOutbox
from publisher.store.signups import Admitted
from publisher.subscribing import suppression, tokens

if TYPE_CHECKING:
    from publisher.deliver import Compose
    from publisher.render.forms.letter import Occasion

CONNECTIONS = 2
WENT = frozenset({Event.TAKEN, Event.WRITTEN})


class Welcomed(msgspec.Struct, frozen=True, kw_only=True):
    admitted: Sequence[Admitted] = ()
    outcomes: Sequence[Outcome] = ()
    """One for each letter that was tried."""
    ended: str | None = None
    """Why not all that was due was tried; None: it was."""

    @property
    def went(self) -> frozenset[str]:
        """The addresses whose letter a server, or the Maildir, has."""
        return frozenset(one.claim.address for one in self.outcomes if one.event in WENT)


def welcome(doors: Doors, *, stop: threading.Event | None = None) -> Welcomed:
    """Idempotent, and safe in several processes at once: a letter is claimed before it is sent.

    A letter whose sender was killed is sent by the next one; in the worst case its reader has the same mail twice.
    """
    admitted = admit(doors)
    with doors.store.read() as tx:
        due = letters.any_due(tx, doors.now())
    if not due:
        return Welcomed(admitted=admitted)
    box = LetterOutbox(doors.store, now=doors.now)
    ended = _send(doors, box, stop)
    return Welcomed(admitted=admitted, outcomes=tuple(box.outcomes), ended=ended)


def admit(doors: Doors) -> list[Admitted]:
    """What was asked becomes subscribers and letters; addresses that nobody confirmed in time are forgotten."""
    with doors.store.read() as tx:
        if not signups.any_work(tx, doors.now()):
            return []
    found: list[Admitted] = []
    while True:
        with doors.store.begin() as tx:
            some = signups.admit(tx, hasher(doors), now=doors.now())
            signups.sweep(tx, doors.now())
        found += some
        if len(some) < signups.BATCH:
            return found


def hasher(doors: Doors) -> Callable[[str], str]:
    """What stands for an address in the limits."""
    return lambda key: suppression.hashed(doors.keys, key)


def _send(doors: Doors, box: LetterOutbox, stop: threading.Event | None) -> str | None:
    from publisher import deliver as post

    mail = doors.publication.mail
    compose = _composer(doors)
    if mail.maildir is not None:
        return post.write_to_maildir(box, compose, doors.site / mail.maildir, stop=stop).ended
    return post.deliver(box, compose, mail.relays, connections=CONNECTIONS, stop=stop).ended


def _composer(doors: Doors) -> "Compose":
    """What makes one person's letter."""
    from publisher.deliver import Letter, Unsendable
    from publisher.render import dkim, language, message
    from publisher.render.environment import environment
    from publisher.render.forms import letter

    publication = doors.publication
    jinja = environment(doors.materials.templates)

    def make(claim: Claim) -> Letter | Unsendable:
        with doors.store.read() as tx:
            reader = readers.read(tx, claim.subscriber)
        asked = claim.confirmed or doors.now()
        if reader is None:
            return Unsendable(reason="the subscriber is gone")
        lang = reader.choices.lang or publication.language
        try:
            occasion = _occasion(doors, claim, asked, reader.choices.frequency)
            sender = message.return_path(
                publication.mail.sender,
                "confirm",
                claim.subscriber,
                doors.keys.secrets[doors.keys.signing],
                authority=publication.authority,
                box=publication.bounces.return_path,
            )
        except message.AddressError as error:
            return Unsendable(reason=str(error))
        words = language.load(doors.materials.words, (lang,), publication.zone)[lang]
        content = letter.compose(occasion, publication=publication, language=words, environment=jinja)
        signed = dkim.sign(content, doors.signers, asked)
        return Letter(sender=sender, recipient=occasion.address, content=signed, message_id=occasion.message_id)

    return make


def _occasion(doors: Doors, claim: Claim, asked: datetime, frequency: str) -> "Occasion":
    from publisher.render import message
    from publisher.render.forms import letter

    publication, list_id, keys = doors.publication, doors.store.publication, doors.keys
    known = claim.variant == "known"
    choose = tokens.sign(keys, subject=claim.subscriber, list_id=list_id, purpose="p")
    say_yes = tokens.sign_dated(keys, subject=claim.subscriber, list_id=list_id, occasion="c", at=asked)
    leave = tokens.sign(keys, subject=claim.subscriber, list_id=list_id, purpose="u")
    host = publication.authority.rpartition("@")[2]
    return letter.Occasion(
        kind="known" if known else "confirm",
        address=message.mailbox(claim.address),
        asked=asked,
        frequency=frequency,
        url=publication.absolute(f"/p/{choose}" if known else f"/confirm/{say_yes}"),
        leave=publication.absolute(f"/u/{leave}"),
        message_id=message.message_id(host, f"letter.{asked:%Y%m%dT%H%M%S%f}", claim.subscriber),
    )
