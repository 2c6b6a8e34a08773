"""The mails that answer a sign-up: who writes, why, and what to press. Each is made for one person."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

import msgspec
from jinja2.sandbox import SandboxedEnvironment

from publisher.config import Publication
from publisher.model import LetterKind
from publisher.render import message
from publisher.render.digest.columns import wrap
from publisher.render.environment import fill
from publisher.render.forms import phrases
from publisher.render.language import Language


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter is about."""

    kind: LetterKind
    address: str
    """ASCII, as `message.mailbox` gives it."""
    asked: datetime
    frequency: str
    url: str
    """The page with the button; of the preferences, for somebody who is subscribed."""
    leave: str
    """The page to unsubscribe on."""
    message_id: str
    """With its angle brackets."""


class LetterView(msgspec.Struct, frozen=True, kw_only=True):
    """`letter` in confirm.html and confirm.txt."""

    lang: str
    dir: str
    title: str
    publication: str
    home: str
    before: Sequence[str]
    """Paragraphs above the link."""
    button: str
    url: str
    after: Sequence[str]
    """Paragraphs below it."""
    leave: str
    """Empty for somebody who is not subscribed."""
    postal_address: str


def compose(
    occasion: Occasion, *, publication: Publication, language: Language, environment: SandboxedEnvironment
) -> bytes:
    """The whole message: CRLF, ASCII. The same bytes for the same values."""
    view = _view(occasion, publication, language)
    given = {"_": language.wording, "letter": view, "wrap": wrap}
    text, html = fill(environment, "confirm.txt", given), fill(environment, "confirm.html", given)
    made = EmailMessage(policy=message.POLICY)
    made["From"] = _address(publication.mail.sender)
    made["To"] = Address(addr_spec=occasion.address)
    if publication.mail.reply_to:
        made["Reply-To"] = _address(publication.mail.reply_to)
    made["Date"] = format_datetime(occasion.asked.astimezone(publication.zone))
    made["Message-ID"] = occasion.message_id
    # RFC 3834 s. 5: nobody's holiday note answers it. It is no bulk mail, so it has no List-* headers.
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(text, cte="quoted-printable")
    made.add_alternative(html, subtype="html", cte="quoted-printable")
    made["Content-Language"] = language.voice.tag
    made.set_boundary("=_" + hashlib.sha256(f"{occasion.message_id}\0{text}\0{html}".encode()).hexdigest()[:32])
    for part in made.iter_parts():
        del part["MIME-Version"]  # once, at the top
    return message.subject_line(view.title) + made.as_bytes()


def _address(value: str) -> Address:
    name, address = parseaddr(message.clean(value))
    local, _, domain = message.mailbox(address or value).rpartition("@")
    return Address(name, local, domain)


def _view(occasion: Occasion, publication: Publication, language: Language) -> LetterView:
    say = language.text
    name, known = publication.name, occasion.kind == "known"
    when = {
        "day": language.voice.date(occasion.asked.astimezone(publication.zone)),
        "time": language.voice.clock(occasion.asked),
    }
    plan = publication.digest
    often = phrases.weekly(language, plan) if occasion.frequency == "weekly" else ""
    who = say("{name} publishes at {url}", name=name, url=publication.url)
    what = f"{who}. {often or phrases.daily(language, plan)} ({language.place() or 'UTC'})."
    asked = say(
        "On {day} at {time} somebody, most likely you, asked for the email of {name} to {address}.",
        name=name,
        address=occasion.address,
        **when,
    )
    if known:
        after = [say("If it was not you, you need not do anything: nothing has changed.")]
    else:
        after = [
            say("If it was not you, do nothing. No email will come, and the address is deleted after 7 days."),
            say("Every email has a link that ends it at once. Nobody tracks what you open or click."),
        ]
    return LetterView(
        lang=language.voice.tag,
        dir=language.voice.dir,
        title=say("You are subscribed to {name}" if known else "Confirm your subscription to {name}", name=name),
        publication=name,
        home=publication.url,
        before=[asked, *([publication.description] if publication.description else []), what]
        + (
            [say("This address is subscribed already. On this page you can change what you get, or end it.")]
            if known
            else []
        ),
        button=say("Change or end your subscription" if known else "Confirm the subscription"),
        url=occasion.url,
        after=after,
        leave=occasion.leave if known else "",
        postal_address=publication.postal_address or "",
    )
