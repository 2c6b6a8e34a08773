"""Deliver one digest over a few SMTP connections, with a durable mark before every final dot."""

import asyncio
import ssl
import threading
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from publisher.config import Relay
from publisher.deliver.making import make
from publisher.deliver.notary import PAUSE, Notary
from publisher.deliver.port import Compose, Letter, Outbox, Progress, Report, Result
from publisher.deliver.relays import Patience, Relays
from publisher.deliver.smtp import Connection, Envelope, Refusal, RelayError, Timeouts
from publisher.deliver.wire import ConnectionEndedError
from publisher.delivering import Breaker, Claim, Event, Outcome, Reply, Stage, Verdict, classify
from publisher.errors import PublisherError

TRIES = 3
"""Connections that may end under one delivery, in one call, before it is deferred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a test may want otherwise."""

    chunk: int = 500
    pause: float = PAUSE
    drain: float = 30
    """Seconds that open transactions get once `stop` is set."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    patience: Patience = field(default_factory=Patience)
    context: ssl.SSLContext | None = None
    """Replaces the one that the relay's `tls` calls for."""


def deliver(
    outbox: Outbox,
    compose: Compose,
    relays: Sequence[Relay],
    *,
    connections: int,
    stop: threading.Event | None = None,
    report: Report | None = None,
    settings: Settings | None = None,
) -> Result:
    """Send what is due. Returns when nothing is due any more, or when it has to end before; `Result.ended` says why.

    `stop` (a signal's handler sets it): no new claims, open transactions are finished, the rest is given back.
    Raises what the outbox raises when the store cannot be used; then no further dot has left. Whatever ends this
    process at whatever moment: `outbox.recover` knows what to do.
    """
    ending = stop or threading.Event()
    call = _Call(outbox, compose, relays, settings or Settings(), report)
    return asyncio.run(call.run(connections, ending))


@dataclass(slots=True)
class _Item:
    """A delivery that is ready to go, or was tried on a connection that ended."""

    claim: Claim
    letter: Letter
    tries: int = 0

    @property
    def envelope(self) -> Envelope:
        letter = self.letter
        return Envelope(sender=letter.sender, recipient=letter.recipient, size=len(letter.content))


class _Call:
    """The state of one call of `deliver`."""

    def __init__(
        self, outbox: Outbox, compose: Compose, relays: Sequence[Relay], settings: Settings, report: Report | None
    ) -> None:
        self._outbox = outbox
        self._compose = compose
        self._settings = settings
        self._report = report
        self._relays = Relays(relays, settings.timeouts, settings.patience, context=settings.context)
        self._breaker = Breaker()
        self._claims: deque[Claim] = deque()
        self._again: deque[_Item] = deque()
        self._counts: Counter[str] = Counter()
        self._connections = 0
        self._ended: str | None = None
        self._pause: str | None = None

    async def run(self, connections: int, stop: threading.Event) -> Result:
        self._notary = Notary(self._outbox, pause=self._settings.pause)
        self._claiming = asyncio.Lock()
        workers = [asyncio.create_task(self._work()) for _ in range(connections)]
        watch = asyncio.create_task(self._watch(stop, workers))
        try:
            results = await asyncio.gather(*workers, return_exceptions=True)
        finally:
            watch.cancel()
            await self._close()
        failures = [one for one in results if isinstance(one, Exception)]
        if failures:
            raise failures[0]
        return Result(progress=self._progress(), ended=self._ended)

    async def _close(self) -> None:
        """Give back what is left, and write down what was learnt, even when the store failed in between."""
        try:
            left = [*self._claims, *(item.claim for item in self._again)]
            if left and self._notary.failure is None:
                await self._notary.ask(lambda: self._outbox.give_back(left))
            if self._pause is not None and self._notary.failure is None:
                reason = self._pause
                await self._notary.ask(lambda: self._outbox.pause(reason))
        finally:
            await self._notary.close()
            if self._report:
                self._report(self._progress())

    async def _watch(self, stop: threading.Event, workers: Sequence["asyncio.Task[None]"]) -> None:
        """Tell the progress; when `stop` comes, let open transactions finish, but not for ever."""
        while not stop.is_set():
            if self._report:
                self._report(self._progress())
            await asyncio.sleep(0.1)
        self._end("it was told to stop; the rest goes on with the next run")
        await asyncio.sleep(self._settings.drain)
        for worker in workers:
            worker.cancel()

    # Connections -----------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        """One connection after the other, as long as there is something to send."""
        while (item := await self._next()) is not None:
            try:
                connection = await self._relays.open(self._is_ending)
            except asyncio.CancelledError:
                self._again.append(item)
                raise
            if connection is None:
                self._again.append(item)
                self._give_up()
                return
            self._connections += 1
            try:
                await self._converse(connection, item)
            except PublisherError as error:
                self._end(str(error))
                raise
            finally:
                self._connections -= 1
                connection.abort()

    async def _converse(self, connection: Connection, item: _Item | None) -> None:
        """Send over one connection until it ends or nothing is left."""
        offered = False
        while item is not None:
            if not connection.takes(item.envelope):
                self._settle(item, Verdict.UNSENDABLE, None, connection, "the relay does not take SMTPUTF8 addresses")
                item = await self._next()
                continue
            if not offered:
                connection.offer(item.envelope)
            refusal = await self._await_permission(connection, item)
            if refusal is _NOT_SENT:
                return
            if refusal is not None:
                if not self._refused(connection, item, refusal):
                    return
                item, offered = await self._next(), False
                continue
            following = self._at_hand(connection) if connection.pipelines else None
            connection.send(item.letter.content, following.envelope if following else None)
            if not await self._await_verdict(connection, item, following):
                return
            item, offered = (following, True) if following else (await self._next(), False)
        await connection.quit()

    async def _await_permission(self, connection: Connection, item: _Item) -> "Refusal | None":
        """Until 354 and the mark. `_NOT_SENT`: the connection is of no use any more, and the item is provided for."""
        try:
            refusal = await connection.answer()
        except (ConnectionEndedError, asyncio.CancelledError) as error:
            self._not_reached(connection, item, error)
            if isinstance(error, asyncio.CancelledError):
                raise
            return _NOT_SENT
        if refusal is not None:
            return refusal
        if not await self._mark(item):
            # Nothing can be taken back at 354 but the connection itself (RFC 5321 s. 4.1.1.4).
            connection.abort()
            await self._look_again()
            return _NOT_SENT
        if not connection.is_open:
            self._settle(item, Verdict.UNREACHED, None, connection, "the connection ended before the final dot")
            return _NOT_SENT
        return None

    async def _mark(self, item: _Item) -> bool:
        """Not to be cancelled in between: a mark that commits unnoticed would be a doubt without a reason."""
        mark = asyncio.ensure_future(self._notary.mark(item.claim))
        try:
            return await asyncio.shield(mark)
        except asyncio.CancelledError:
            if await mark:
                self._settle(item, Verdict.UNREACHED, None, None, "stopped before the final dot")
            raise

    async def _await_verdict(self, connection: Connection, item: _Item, following: _Item | None) -> bool:
        """After the dot. False: the connection is of no use any more."""
        try:
            reply = await connection.verdict()
        except (ConnectionEndedError, asyncio.CancelledError) as error:
            cancelled = isinstance(error, asyncio.CancelledError)
            words = "stopped while the reply to the final dot was awaited" if cancelled else str(error)
            self._settle(item, Verdict.LOST, None, connection, words)
            if following:
                self._again.append(following)
            if cancelled:
                raise
            return False
        verdict = classify(reply.code, reply.enhanced, Stage.DOT)
        self._settle(item, verdict, reply, connection)
        if verdict is Verdict.ACCEPTED:
            self._relays.worked(connection.relay.name)
        if connection.is_open:
            return True
        if following:
            self._again.append(following)
        self._relays.failed(RelayError(connection.relay.name, Stage.DOT, str(reply), reply=reply))
        return False

    def _refused(self, connection: Connection, item: _Item, refusal: Refusal) -> bool:
        """What a refusal before the dot means. False: the connection is of no use any more."""
        reply, stage = refusal.reply, refusal.stage
        verdict = classify(reply.code, reply.enhanced, stage)
        if verdict is Verdict.OURS:
            self._again.append(item)
            self._relays.failed(RelayError(connection.relay.name, stage, str(reply), reply=reply, last=True))
            return False
        if verdict is Verdict.CLOSING and stage is not Stage.RCPT:
            self._not_reached(connection, item, ConnectionEndedError(stage, str(reply)))
            return False
        self._settle(item, verdict, reply, connection)
        return connection.is_open

    def _not_reached(self, connection: Connection, item: _Item, error: BaseException) -> None:
        """The connection ended before the dot: nothing was sent, so it is tried again, a few times at once."""
        item.tries += 1
        if isinstance(error, ConnectionEndedError):
            self._relays.failed(RelayError(connection.relay.name, error.stage, error.reason))
        if item.tries < TRIES or not isinstance(error, ConnectionEndedError):
            self._again.append(item)
        else:
            self._settle(item, Verdict.UNREACHED, None, connection, str(error))

    # Work ------------------------------------------------------------------------------------------------------

    async def _next(self) -> _Item | None:
        """The next delivery, from the outbox if none is at hand. None: nothing is due, or this call is ending."""
        while not self._is_ending():
            item = self._at_hand(None)
            if item is not None:
                return item
            async with self._claiming:
                if self._claims or self._again:
                    continue
                claims = await self._notary.ask(lambda: self._outbox.claim(self._settings.chunk))
                if not claims:
                    await self._end_if_stopped()
                    return None
                self._claims.extend(claims)
        return None

    def _at_hand(self, connection: Connection | None) -> _Item | None:
        """A delivery that is claimed already; with a connection, one that it takes."""
        while not self._is_ending() and (self._again or self._claims):
            item = self._again.popleft() if self._again else self._made(self._claims.popleft())
            if item is None:
                continue
            if connection is None or connection.takes(item.envelope):
                return item
            self._again.append(item)
            return None
        return None

    def _made(self, claim: Claim) -> _Item | None:
        made = make(self._compose, claim)
        if isinstance(made, Letter):
            return _Item(claim, made)
        self._note(made)
        return None

    def _settle(
        self, item: _Item, verdict: Verdict, reply: Reply | None, connection: Connection | None, words: str = ""
    ) -> None:
        relay = connection.relay.name if connection else None
        code, text = (reply.code, str(reply)) if reply else (None, words)
        self._note(Outcome(claim=item.claim, event=verdict.event, verdict=verdict, relay=relay, code=code, reply=text))
        reason = self._breaker.note(verdict, item.claim.domain, text)
        if reason is not None and self._pause is None:
            self._pause = reason
            self._end(reason)

    def _note(self, outcome: Outcome) -> None:
        self._counts[outcome.event] += 1
        self._notary.settle(outcome)

    # The end ---------------------------------------------------------------------------------------------------

    def _is_ending(self) -> bool:
        return self._ended is not None

    def _end(self, reason: str) -> None:
        self._ended = self._ended or reason

    def _give_up(self) -> None:
        if self._is_ending():
            return
        refusal = self._relays.refusal
        if refusal is not None:
            self._pause = f"the relay refuses the sender, so nobody would get it: {refusal}"
        self._end(self._pause or f"no relay can be reached: {self._relays.reason}")

    async def _look_again(self) -> None:
        """A mark was refused: the digest was stopped, or has a newer revision, or it was a matter of one reader.

        What is held is claimed anew, so that no connection is spent on mails that will not be allowed either.
        """
        await self._end_if_stopped()
        held = [*self._claims, *(item.claim for item in self._again)]
        self._claims.clear()
        self._again.clear()
        await self._notary.ask(lambda: self._outbox.give_back(held))

    async def _end_if_stopped(self) -> None:
        if not self._is_ending() and await self._notary.ask(self._outbox.stopped):
            self._end("the digest was stopped")

    def _progress(self) -> Progress:
        return Progress(
            accepted=self._counts[Event.TAKEN],
            deferred=self._counts[Event.PUT_OFF],
            rejected=self._counts[Event.REFUSED],
            in_doubt=self._counts[Event.LOST],
            connections=self._connections,
        )


_NOT_SENT = Refusal(Stage.CONNECT, Reply(0, "not sent"))
