"""Tell a person what cron's mail would hide, each thing once a day; and say that all is well where nobody is needed.

Whatever goes wrong here is said and goes no further: an alert never fails a run.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from urllib.parse import urlsplit

from publisher import clock
from publisher.errors import PublisherError
from publisher.running.doors import Doors
from publisher.running.report import Report
from publisher.store import limits

DAY = timedelta(days=1)
SCOPE = "alert"
SHOWN = 20
"""Articles left out that one mail names."""
HERE = frozenset({"127.0.0.1", "::1", "localhost"})


def alert(doors: Doors, report: Report) -> None:
    """At the end of a run: mail to `[alerts] to` what is new today, or ask for `[alerts] url` when all is well."""
    wanted = doors.publication.alerts
    things = list(_things(report))
    if things and wanted.to:
        _best_effort(doors, things)
    elif not things and wanted.url and report.exit_code == 0:
        _say_all_is_well(doors, wanted.url)


def alert_failure(doors: Doors, error: PublisherError) -> None:
    """A run that could not be finished needs a person too."""
    if doors.publication.alerts.to:
        _best_effort(doors, [f"The run failed: {error}"])


def _things(report: Report) -> Iterator[str]:
    if report.held:
        yield f"The digest is held: {report.held}"
    yield from report.skipped
    yield from report.urgent
    yield from (f"Left out: {problem}" for problem in report.left_out[:SHOWN])


def _best_effort(doors: Doors, things: Sequence[str]) -> None:
    try:
        new = _not_said_today(doors, things)
        if new and not (fault := _mail(doors, new)):
            _remember(doors, new)
        elif new:
            doors.tell(f"The alert to {', '.join(doors.publication.alerts.to)} was not sent: {fault}")
    except PublisherError as error:
        doors.tell(f"The alert was not sent: {error}")


def _not_said_today(doors: Doors, things: Sequence[str]) -> list[str]:
    with doors.store.read() as tx:
        said = limits.resting(tx, SCOPE, doors.now())
    return [one for one in things if _key(one) not in said]


def _remember(doors: Doors, things: Sequence[str]) -> None:
    with doors.store.begin() as tx:
        for one in things:
            limits.rest(tx, SCOPE, _key(one), doors.now() + DAY)


def _key(thing: str) -> str:
    """The same for the same thing, though more are in doubt now than an hour ago."""
    return sha256(re.sub(r": [\d,]+", ":", thing).encode("utf-8", "replace")).hexdigest()


def _mail(doors: Doors, things: Sequence[str]) -> str | None:
    """To each address, by the alerts' own relay or the publication's. What went wrong, or None."""
    from publisher import deliver as post
    from publisher.deliver.handful import Handful
    from publisher.deliver.relays import Patience
    from publisher.deliver.smtp import Timeouts
    from publisher.delivering import Claim, Event

    publication = doors.publication
    box = Handful(publication.alerts.to)
    content = _message(doors, things)
    sender = publication.mail.sender.rpartition("<")[2].rstrip(">")

    def compose(claim: Claim) -> post.Letter:
        identity = f"<alert.{_key(content.decode() + claim.address)[:24]}@{publication.mail.domain}>"
        head = f"Message-ID: {identity}\r\nTo: {claim.address}\r\n".encode()
        return post.Letter(sender=sender, recipient=claim.address, content=head + content, message_id=identity)

    relays = [publication.alerts.relay] if publication.alerts.relay else list(publication.mail.relays)
    if publication.mail.maildir is not None and not publication.alerts.relay:
        post.write_to_maildir(box, compose, doors.site / publication.mail.maildir)
        return None
    far = next((one.host for one in relays if clock.is_set() and one.host not in HERE), None)
    if far is not None:
        return f"PUBLISHER_CLOCK sets the clock, and {far} is not this machine"
    quick = post.Settings(
        timeouts=Timeouts(connect=10, greeting=15, command=15, data=15, dot=60), patience=Patience(failures=2)
    )
    result = post.deliver(box, compose, relays, connections=1, settings=quick)
    if any(one.event is Event.TAKEN for one in box.outcomes):
        return None
    return result.ended or "; ".join(str(one.reply) for one in box.outcomes) or "nobody took it"


def _message(doors: Doors, things: Sequence[str]) -> bytes:
    """Plain text; what it is about stands in the subject."""
    publication = doors.publication
    mail = EmailMessage(policy=SMTP.clone(max_line_length=76))
    mail["From"] = publication.mail.sender
    more = f" (and {len(things) - 1} more)" if len(things) > 1 else ""
    mail["Subject"] = f"{publication.name}: {_one_line(things[0]).partition('. ')[0]}{more}"
    mail["Date"] = format_datetime(doors.now().astimezone(publication.zone))
    mail["Auto-Submitted"] = "auto-generated"
    lines = "\n".join(f"- {_one_line(one)}" for one in things)
    mail.set_content(
        f"{lines}\n\nThe publication is in {doors.home}; `publisher status` says how things stand and what to type.\n"
        "Each thing is told once a day.\n"
    )
    return mail.as_bytes()


def _one_line(words: str) -> str:
    return " ".join(words.split())


def _say_all_is_well(doors: Doors, url: str) -> None:
    from publisher.deliver.ping import ping

    if clock.is_set() and urlsplit(url).hostname not in HERE:
        return
    fault = ping(url)
    if fault:
        doors.tell(f"{url} was not reached to say that all is well: {fault}")
