"""Preferences: what a reader gets, how often, and in which form. A change holds from the next digest on."""

from collections.abc import Sequence

from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from publisher.model import Choices, Offer
from publisher.render.forms import pages
from publisher.render.forms.pages import NoticeView
from publisher.render.site.frame import Frame, Link
from publisher.store import readers
from publisher.store.transaction import Transaction
from publisher.subscribing import tokens
from publisher.subscribing.addresses import veiled
from publisher.subscribing.choices import FREQUENCIES, NothingChosenError, chosen
from publisher.web.answers import page, say, ways_on
from publisher.web.bodies import fields, first
from publisher.web.joining import NOT_OFFERED, nowhere
from publisher.web.service import Service

NOTHING = "Choose one section at least. To stop the email, use the button below."


class Choosing:
    """The endpoint `/p/TOKEN`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._doors = service.doors

    async def show(self, request: Request) -> Response:
        front = await run_in_threadpool(self._service.front)
        person = self._person(request)
        if person is None:
            return await nowhere(request, front.frame(request))
        reader = await run_in_threadpool(self._read, person)
        frame = front.frame(request, reader.choices.lang if reader else None)
        if reader is None or reader.state != "confirmed":
            return await _ended(request, frame, reader)
        return await self._page(request, frame, front.offer(frame), reader)

    async def choose(self, request: Request) -> Response:
        front = await run_in_threadpool(self._service.front)
        person = self._person(request)
        if person is None:
            return await nowhere(request, front.frame(request))
        given = await fields(request)
        reader = await run_in_threadpool(self._read, person)
        frame = front.frame(request, reader.choices.lang if reader else None)
        if reader is None or reader.state != "confirmed":
            return await _ended(request, frame, reader)
        offer = front.offer(frame)
        if first(given, "frequency") not in {"", "pause", *FREQUENCIES}:
            return await self._page(request, frame, offer, reader, fault=NOT_OFFERED)
        try:
            choices = chosen(given, reader.choices, offer, now=self._doors.now())
        except NothingChosenError as error:
            return await self._page(request, frame, offer, replace(reader, choices=error.choices), fault=NOTHING)
        await self._service.writer.ask(self._choose, (person, choices))
        after = await run_in_threadpool(self._read, person)
        own = front.frame(request, choices.lang)
        if after is None or after.state != "confirmed":
            return await _ended(request, own, after)
        return await self._page(request, own, front.offer(own), after, saved=True)

    def _choose(self, tx: Transaction, made: Sequence[tuple[int, Choices]]) -> Sequence[bool]:
        return [readers.choose(tx, person, choices) for person, choices in made]

    async def _page(
        self,
        request: Request,
        frame: Frame,
        offer: Offer,
        reader: readers.Reader,
        *,
        saved: bool = False,
        fault: str = "",
    ) -> Response:
        leave = tokens.sign(self._doors.keys, subject=reader.id, list_id=self._doors.store.publication, purpose="u")
        body = await run_in_threadpool(
            pages.preferences,
            frame,
            offer,
            reader.choices,
            address=veiled(reader.address),
            action=frame.href(f"/p/{request.path_params['token']}"),
            leave=frame.href(f"/u/{leave}"),
            now=self._doors.now(),
            saved=saved,
            fault=fault,
        )
        return await page(request, frame, body, 422 if fault else 200)

    def _person(self, request: Request) -> int | None:
        token = request.path_params["token"]
        return tokens.verify(self._doors.keys, token, list_id=self._doors.store.publication, purpose="p")

    def _read(self, person: int) -> readers.Reader | None:
        with self._doors.store.read() as tx:
            return readers.read(tx, person)


async def _ended(request: Request, frame: Frame, reader: readers.Reader | None) -> Response:
    words, name = frame.language, frame.catalogue.publication.name
    address = veiled(reader.address) if reader else words.text("This address")
    view = NoticeView(
        lede=words.text("{address} gets no email from {name}.", address=address, name=name),
        links=[Link(title=words.text("Subscribe"), url=frame.root + frame.subscribe), *ways_on(frame)],
    )
    return await say(request, frame, "Not subscribed", view)
