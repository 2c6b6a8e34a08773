"""Subscribe and confirm. Who asks learns nothing about an address; only its mailbox does."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from publisher.render import message
from publisher.render.forms import pages
from publisher.render.forms.pages import Button, NoticeView
from publisher.render.site.frame import Frame, Link
from publisher.running.doors import Doors
from publisher.store import limits, readers, signups
from publisher.store.signups import Signup
from publisher.store.transaction import Transaction
from publisher.subscribing import addresses, suppression, tokens
from publisher.subscribing.addresses import veiled
from publisher.subscribing.choices import FREQUENCIES
from publisher.subscribing.networks import network_of
from publisher.web.answers import page, said, say, ways_on
from publisher.web.bodies import Fields, fields, first, wants_json
from publisher.web.service import Service

NETWORK, EVERYBODY = "signup-network", "signup-everybody"
NOT_AN_ADDRESS = "This is no mail address. It looks like name@example.org."
NOT_MAILABLE = "Mail cannot go to this address: before the @ it may have letters from a to z, digits and signs."


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-up, and the network it comes from."""

    signup: Signup
    network: str


class Yes(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody pressed the button in the mail."""

    link: tokens.Dated
    evidence: str


NOT_OFFERED = "There is no email of that frequency here."


class Joining:
    """The endpoints `/subscribe` and `/confirm/TOKEN`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._doors = service.doors

    async def form(self, request: Request) -> Response:
        front = await run_in_threadpool(self._service.front)
        frame = front.frame(request)
        often = request.query_params.get("frequency", "daily")
        body = await run_in_threadpool(
            pages.join, frame, front.offer(frame), frequency=often, latest=front.latest.get(frame.lang, "")
        )
        return await page(request, frame, body, listed=True)

    async def subscribe(self, request: Request) -> Response:
        given = await fields(request)
        front = await run_in_threadpool(self._service.front)
        frame = front.frame(request, first(given, "lang"))
        typed = first(given, "email").strip()[: addresses.LONGEST + 1]
        asked = _asked(frame, typed)
        if first(given, "website"):  # a field that no person sees
            return await said(request, frame, "Look into your mailbox", asked, word="asked")
        address, fault = usable(typed)
        if fault:
            return await self._again(request, frame, given, fault, field="email")
        if not self._offers(first(given, "frequency")):
            return await self._again(request, frame, given, NOT_OFFERED, field="frequency")
        wait = await self._service.writer.ask(self._take, self._ask(request, frame, given, address))
        if wait:
            return await _later(request, frame, wait)
        self._service.wake()
        return await said(request, frame, "Look into your mailbox", asked, word="asked")

    def _offers(self, frequency: str) -> bool:
        """None at all is the daily one."""
        weekly = self._doors.publication.digest.weekly is not None
        return frequency in {"", "daily", *(("weekly",) if weekly else ())}

    async def _again(self, request: Request, frame: Frame, given: Fields, fault: str, *, field: str) -> Response:
        """The form with what is wrong beside the field."""
        front = await run_in_threadpool(self._service.front)
        view = NoticeView(lede=frame.language.text(fault))
        if wants_json(request):
            return await said(request, frame, "Daily email", view, status=422, word="refused", field=field)
        body = await run_in_threadpool(
            pages.join,
            frame,
            front.offer(frame),
            frequency=first(given, "frequency") or "daily",
            address=first(given, "email")[: addresses.LONGEST],
            fault=fault,
            latest=front.latest.get(frame.lang, ""),
        )
        return await page(request, frame, body, 422)

    def _ask(self, request: Request, frame: Frame, given: Fields, address: str) -> Ask:
        publication, now, host = self._doors.publication, self._doors.now(), _host(request)
        several = len(frame.catalogue.languages) > 1
        words = frame.language.text("The daily email of {name}.", name=publication.name)
        evidence = f'{_utc(now)} asked at {publication.absolute("/subscribe")} from {host}: "{words}"'
        return Ask(
            signup=Signup(
                address=address,
                asked=now,
                lang=frame.lang if several else None,
                frequency=FREQUENCIES.get(first(given, "frequency"), "daily"),
                evidence=evidence,
            ),
            network=network_of(host),
        )

    def _take(self, tx: Transaction, asks: Sequence[Ask]) -> Sequence[timedelta]:
        """Write the sign-ups down; for each how long to wait instead: nothing, when it was written."""
        return [_take_one(tx, one) for one in asks]

    async def ask_to_confirm(self, request: Request) -> Response:
        """A page with a button: programs that open links press none."""
        link = tokens.verify_dated(
            self._doors.keys, request.path_params["token"], list_id=self._doors.store.publication, occasion="c"
        )
        front = await run_in_threadpool(self._service.front)
        reader = await run_in_threadpool(self._read, link.subject) if link else None
        frame = front.frame(request, reader.choices.lang if reader else None)
        if link is None:
            return await nowhere(request, frame)
        if reader is None or self._is_over(link, reader):
            return await _over(request, frame)
        if reader.state == "confirmed":
            return await self._welcome(request, frame, link.subject, front.latest.get(frame.lang, ""))
        words, name = frame.language, self._doors.publication.name
        lede = words.text("{address} will get the daily email of {name}.", address=veiled(reader.address), name=name)
        button = Button(
            action=frame.href(f"/confirm/{request.path_params['token']}"), label=words.text("Confirm the subscription")
        )
        return await say(request, frame, "Confirm your subscription", NoticeView(lede=lede, button=button))

    async def confirm(self, request: Request) -> Response:
        link = tokens.verify_dated(
            self._doors.keys, request.path_params["token"], list_id=self._doors.store.publication, occasion="c"
        )
        front = await run_in_threadpool(self._service.front)
        if link is None:
            return await nowhere(request, front.frame(request))
        outcome = "stale"
        if self._doors.now() - link.at <= tokens.CONFIRM_WITHIN:
            evidence = f"{_utc(self._doors.now())} confirmed by the link in the mail, from {_host(request)}"
            outcome = await self._service.writer.ask(self._say_yes, Yes(link=link, evidence=evidence))
        reader = await run_in_threadpool(self._read, link.subject)
        frame = front.frame(request, reader.choices.lang if reader else None)
        if outcome == "stale":
            return await _over(request, frame)
        return await self._welcome(request, frame, link.subject, front.latest.get(frame.lang, ""))

    def _say_yes(self, tx: Transaction, given: Sequence[Yes]) -> Sequence[str]:
        return [self._say_yes_one(tx, one) for one in given]

    def _say_yes_one(self, tx: Transaction, yes: Yes) -> str:
        person, now = yes.link.subject, self._doors.now()
        outcome = readers.confirm(tx, person, asked=yes.link.at, evidence=yes.evidence, now=now)
        reader = readers.read(tx, person)
        if outcome == "confirmed" and reader is not None:
            signups.answered(tx, suppression.hashes(self._doors.keys, addresses.key(reader.address)))
        return outcome

    async def _welcome(self, request: Request, frame: Frame, person: int, latest: str) -> Response:
        words, name = frame.language, self._doors.publication.name
        view = NoticeView(
            lede=words.text("You get the next issue of {name}.", name=name),
            links=[*ways_on(frame, latest=latest), preferences_link(self._doors, frame, person)],
        )
        return await say(request, frame, "Subscribed", view)

    def _read(self, person: int) -> readers.Reader | None:
        with self._doors.store.read() as tx:
            return readers.read(tx, person)

    def _is_over(self, link: tokens.Dated, reader: readers.Reader) -> bool:
        """Too old, or the reader left since."""
        left = reader.ended is not None and reader.ended > link.at
        return left or self._doors.now() - link.at > tokens.CONFIRM_WITHIN


def _host(request: Request) -> str:
    return request.client.host if request.client else ""


def _utc(at: datetime) -> str:
    """RFC 3339, as evidence says it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def usable(typed: str) -> tuple[str, str]:
    """The clean address, and what is wrong; one of them is empty."""
    address = addresses.clean(typed)
    if address is None:
        return "", NOT_AN_ADDRESS
    try:
        message.mailbox(address)
    except message.AddressError:
        return "", NOT_MAILABLE
    return address, ""


def _take_one(tx: Transaction, one: Ask) -> timedelta:
    """Twenty at once and then twenty an hour from one network; three hundred, and nine hundred an hour, from all."""
    now = one.signup.asked
    wait = limits.allow(tx, NETWORK, one.network, now=now, every=timedelta(minutes=3), burst=20)
    wait = wait or limits.allow(tx, EVERYBODY, "", now=now, every=timedelta(seconds=4), burst=300)
    if not wait:
        signups.note(tx, one.signup)
    return wait


def preferences_link(doors: Doors, frame: Frame, person: int) -> Link:
    token = tokens.sign(doors.keys, subject=person, list_id=doors.store.publication, purpose="p")
    return Link(title=frame.language.text("Change frequency or topics"), url=frame.href(f"/p/{token}"))


def _asked(frame: Frame, typed: str) -> NoticeView:
    words, name = frame.language, frame.catalogue.publication.name
    return NoticeView(
        lede=words.text("A message from {name} goes to {address}. Open it and confirm.", name=name, address=typed),
        paragraphs=[
            words.text("Nothing there after some minutes? Look among the spam, and whether the address is right."),
            words.text("One message a day goes to an address at most, and none where it is not wanted."),
        ],
        links=ways_on(frame),
    )


async def _later(request: Request, frame: Frame, wait: timedelta) -> Response:
    minutes = max(1, -int(-wait.total_seconds() // 60))
    lede = frame.language.plural(
        "Too many sign-ups came at once. Please try again in {n} minute.",
        "Too many sign-ups came at once. Please try again in {n} minutes.",
        minutes,
    )
    view = NoticeView(lede=lede, links=ways_on(frame))
    found = await said(request, frame, "Not now", view, status=429, word="later", retry_after=minutes * 60)
    found.headers["retry-after"] = str(minutes * 60)
    return found


async def _over(request: Request, frame: Frame) -> Response:
    """The same for a link that is too old, that was used up, and for an address that was forgotten."""
    words = frame.language
    view = NoticeView(
        lede=words.text("This link is no longer good: it is older than 7 days, or the subscription was ended since."),
        links=[Link(title=words.text("Subscribe"), url=frame.root + frame.subscribe), *ways_on(frame)],
    )
    return await say(request, frame, "Too late", view, 410)


async def nowhere(request: Request, frame: Frame) -> Response:
    """A link that we did not sign."""
    lede = frame.language.text("This link is not complete. Open it from the mail again, or copy all of it.")
    return await say(request, frame, "Page not found", NoticeView(lede=lede, links=ways_on(frame)), 404)
