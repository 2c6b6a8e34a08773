"""Unsubscribe, at once and for ever; and undo, for an hour."""

from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from publisher.render.forms.pages import Button, NoticeView
from publisher.render.site.frame import Frame
from publisher.store import readers
from publisher.store.transaction import Transaction
from publisher.subscribing import tokens
from publisher.subscribing.addresses import veiled
from publisher.web.answers import plain, say, ways_on
from publisher.web.bodies import body
from publisher.web.joining import nowhere, preferences_link
from publisher.web.service import Service

ONE_CLICK = b"List-Unsubscribe"
"""The field that RFC 8058 s. 3.1 has a mail program post."""


class Leaving:
    """The endpoints `/u/TOKEN` and `/undo/TOKEN`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._doors = service.doors

    async def ask(self, request: Request) -> Response:
        """The visible link: a page with one button."""
        person = self._person(request)
        front = await run_in_threadpool(self._service.front)
        if person is None:
            return await nowhere(request, front.frame(request))
        reader = await run_in_threadpool(self._read, person)
        frame = front.frame(request, reader.choices.lang if reader else None)
        if reader is None or reader.state not in {"confirmed", "pending"}:
            return await self._gone(request, frame, reader)
        words, name = frame.language, self._doors.publication.name
        lede = words.text("{address} gets no more email from {name}.", address=veiled(reader.address), name=name)
        button = Button(action=frame.href(f"/u/{request.path_params['token']}"), label=words.text("Unsubscribe"))
        links = [preferences_link(self._doors, frame, person)] if reader.state == "confirmed" else []
        return await say(request, frame, "Stop the email?", NoticeView(lede=lede, button=button, links=links))

    async def leave(self, request: Request) -> Response:
        """RFC 8058 s. 3.2: done at once, 200, no redirect, no cookie. The body only says who is to be answered."""
        person = self._person(request)
        if person is None:
            return await nowhere(request, (await run_in_threadpool(self._service.front)).frame(request))
        one_click = await _is_one_click(request)
        await self._service.writer.ask(self._leave, person)
        if one_click:
            return plain(200, "Unsubscribed.")
        reader = await run_in_threadpool(self._read, person)
        front = await run_in_threadpool(self._service.front)
        return await self._gone(request, front.frame(request, reader.choices.lang if reader else None), reader)

    def _leave(self, tx: Transaction, people: Sequence[int]) -> Sequence[None]:
        readers.leave(tx, people, now=self._doors.now())
        return [None] * len(people)

    async def _gone(self, request: Request, frame: Frame, reader: readers.Reader | None) -> Response:
        """In the past tense, for whoever holds a link of ours; once more is the same as once."""
        words, name = frame.language, self._doors.publication.name
        address = veiled(reader.address) if reader else words.text("This address")
        view = NoticeView(
            lede=words.text("{address} was unsubscribed from {name}.", address=address, name=name),
            paragraphs=[words.text("An issue that is on its way already may still arrive today.")],
            button=self._undo_button(frame, reader),
            links=ways_on(frame),
        )
        return await say(request, frame, "Unsubscribed", view)

    def _undo_button(self, frame: Frame, reader: readers.Reader | None) -> Button | None:
        if reader is None or reader.state != "unsubscribed" or reader.ended is None or reader.confirmed is None:
            return None
        if self._doors.now() - reader.ended > tokens.UNDO_WITHIN:
            return None
        token = tokens.sign_dated(
            self._doors.keys,
            subject=reader.id,
            list_id=self._doors.store.publication,
            occasion="r",
            at=reader.ended,
        )
        return Button(action=frame.href(f"/undo/{token}"), label=frame.language.text("Undo"), quiet=True)

    async def undo(self, request: Request) -> Response:
        link = tokens.verify_dated(
            self._doors.keys, request.path_params["token"], list_id=self._doors.store.publication, occasion="r"
        )
        front = await run_in_threadpool(self._service.front)
        if link is None:
            return await nowhere(request, front.frame(request))
        if self._doors.now() - link.at <= tokens.UNDO_WITHIN:
            await self._service.writer.ask(self._undo, link)
        reader = await run_in_threadpool(self._read, link.subject)
        frame = front.frame(request, reader.choices.lang if reader else None)
        if reader is None or reader.state != "confirmed":
            return await self._gone(request, frame, reader)
        words, name = frame.language, self._doors.publication.name
        view = NoticeView(
            lede=words.text("You get the next issue of {name}.", name=name),
            links=[*ways_on(frame), preferences_link(self._doors, frame, link.subject)],
        )
        return await say(request, frame, "Subscribed", view)

    def _undo(self, tx: Transaction, links: Sequence[tokens.Dated]) -> Sequence[bool]:
        return [readers.undo(tx, link.subject, ended=link.at) for link in links]

    def _person(self, request: Request) -> int | None:
        token = request.path_params["token"]
        return tokens.verify(self._doors.keys, token, list_id=self._doors.store.publication, purpose="u")

    def _read(self, person: int) -> readers.Reader | None:
        with self._doors.store.read() as tx:
            return readers.read(tx, person)


async def _is_one_click(request: Request) -> bool:
    """A mail program's POST, as a form or as multipart. A body that cannot be read stops nobody from leaving."""
    try:
        return ONE_CLICK in await body(request)
    except HTTPException:
        return False
