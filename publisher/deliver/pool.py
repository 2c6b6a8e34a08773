"""Deliver one digest over a few SMTP connections, with a durable mark before every final dot."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Sequence

from publisher.config import Relay
from publisher.deliver.behind import Behind
from publisher.deliver.crowds import Crowds
from publisher.deliver.notary import Notary
from publisher.deliver.port import Compose, Outbox, Progress, Report, Result
from publisher.deliver.relays import Relays
from publisher.deliver.settings import Settings
from publisher.deliver.smtp import Connection, Refusal, RelayError
from publisher.deliver.stock import Item, Stock
from publisher.deliver.wire import ConnectionEndedError
from publisher.deliver.workshop import Workshop
from publisher.delivering import Breaker, Claim, Event, Outcome, Reply, Stage, Verdict, about_the_relay, classify
from publisher.errors import PublisherError

REST = 300.0
"""Seconds for which a domain is left alone after a 421 to one of its recipients."""
TRIES = 3
"""Connections that may end under one delivery, in one call, before it is deferred."""
FEW = 8
"""Connections to begin with."""
TICK = 0.005
"""Seconds between two looks at whether more would help."""
LOOK = 0.1
"""Seconds between two reports of the progress."""
BUSY = 0.7
"""Share of its time that the event loop may work, and more connections still help."""


def deliver(
    outbox: Outbox,
    compose: Compose,
    relays: Sequence[Relay],
    *,
    connections: int,
    stop: threading.Event | None = None,
    report: Report | None = None,
    settings: Settings | None = None,
    breaker: Breaker | None = None,
) -> Result:
    """Send what is due. Returns when nothing is due any more, or when it has to end before; `Result.ended` says why.

    `stop` (a signal's handler sets it): no new claims, open transactions are finished, the rest is given back.
    Raises what the outbox raises when the store cannot be used; then no further dot has left. Whatever ends this
    process at whatever moment: `outbox.recover` knows what to do. `breaker`: of an earlier call for the same digest,
    whose replies count too.
    """
    call = _Call(outbox, compose, relays, connections=connections, settings=settings or Settings(), report=report)
    call.breaker = breaker or call.breaker
    return asyncio.run(call.run(stop or threading.Event()))


class _Call:
    """The state of one call of `deliver`."""

    def __init__(
        self,
        outbox: Outbox,
        compose: Compose,
        relays: Sequence[Relay],
        *,
        connections: int,
        settings: Settings,
        report: Report | None,
    ) -> None:
        self._outbox = outbox
        self._compose = compose
        self._most = connections
        self._settings = settings
        self._report = report
        times = (settings.timeouts, settings.patience)
        self._relays = Relays(relays, *times, connections=connections, grant=self._grant, context=settings.context)
        self.breaker = Breaker()
        self._counts: Counter[str] = Counter()
        self._connections = 0
        self._ended: str | None = None
        self._pause: str | None = None

    async def run(self, stop: threading.Event) -> Result:
        self._notary = Notary(self._outbox, pause=self._settings.pause)
        self._crowds = Crowds(self._most)
        self._workshop = Workshop(self._compose, makers=self._settings.makers)
        sizes = {"chunk": self._settings.chunk, "size": self._most}
        self._stock = Stock(self._workshop, self._claim, self._note, crowds=self._crowds, **sizes)
        self._behind = Behind()
        self._workers: set[asyncio.Task[None]] = set()
        self._failures: list[Exception] = []
        self._all_have_ended = asyncio.Event()
        self._open_more(min(FEW, self._most))
        watch = asyncio.create_task(self._watch(stop))
        try:
            await self._all_have_ended.wait()
        finally:
            watch.cancel()
            await self._close()
        if self._failures:
            raise self._failures[0]
        return Result(progress=self._progress(), ended=self._ended or None, given_up=self._relays.given_up)

    async def _claim(self) -> Sequence[Claim]:
        claims = await self._notary.ask(lambda: self._outbox.claim(self._settings.chunk))
        if not claims:
            await self._end_if_stopped()
        return claims

    def _open_more(self, number: int) -> None:
        for worker in [asyncio.create_task(self._work()) for _ in range(number)]:
            self._workers.add(worker)
            worker.add_done_callback(self._has_ended)

    def _has_ended(self, worker: "asyncio.Task[None]") -> None:
        self._workers.discard(worker)
        error = None if worker.cancelled() else worker.exception()
        if isinstance(error, Exception):
            self._failures.append(error)
        if not self._workers:
            self._all_have_ended.set()

    async def _close(self) -> None:
        """Give back what is left, and write down what was learnt, even when the store failed in between."""
        self._stock.close()
        try:
            left = await self._stock.clear()
            if left and self._notary.failure is None:
                await self._notary.ask(lambda: self._outbox.give_back(left))
            if self._pause is not None and self._notary.failure is None:
                reason = self._pause
                await self._notary.ask(lambda: self._outbox.pause(reason))
        finally:
            self._workshop.close()
            await self._notary.close()
            if self._report:
                self._report(self._progress())

    async def _watch(self, stop: threading.Event) -> None:
        """Tell the progress, open more connections where they help; when `stop` comes, let open transactions finish."""
        at_work = 0.0
        told = 0.0
        while not stop.is_set():
            now = time.monotonic()
            if now >= told + LOOK:
                told = now
                self._crowds.look(now)
                self._relays.look(now, self._crowds.begun)
                for item in self._behind.overdue(now, self._crowds.begun):
                    self._stock.back(item)
                if self._report:
                    self._report(self._progress())
            await asyncio.sleep(TICK if len(self._workers) < self._most else LOOK)
            before, at_work = at_work, time.thread_time()
            share = (at_work - before) / (time.monotonic() - now)
            self._grow(share)
        self._end("it was told to stop; the rest goes on with the next run")
        await asyncio.sleep(self._settings.drain)
        for worker in self._workers:
            worker.cancel()

    def _grow(self, share: float) -> None:
        """Connections follow latency: twice as many while letters wait for the relay or the commit, and not for us."""
        number = len(self._workers)
        all_are_open = self._connections == number
        helps = all_are_open and self._stock.waits and share < BUSY and not self._is_ending()
        if helps and self._relays.have_room():
            self._open_more(min(number, self._most - number))

    # Connections -----------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        """One connection after the other, as long as there is something to send."""
        while (item := await self._stock.next()) is not None:
            try:
                connection = await self._relays.open(self._is_ending)
            except asyncio.CancelledError:
                self._stock.back(item)
                raise
            if connection is None:
                self._stock.back(item)
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
                self._relays.closed(connection)
                self._crowds.rests(connection)
                connection.abort()

    async def _converse(self, connection: Connection, item: Item | None) -> None:
        """Send over one connection until it ends or nothing is left."""
        offered = False
        name = connection.relay.name
        while item is not None:
            if not offered and not await self._relays.permit(name):
                self._stock.back(item)
                break
            self._crowds.works(connection, item.claim.domain, time.monotonic())
            if not connection.takes(item.envelope):
                self._settle(item, Verdict.UNSENDABLE, None, connection, "the relay does not take SMTPUTF8 addresses")
                item = await self._stock.next()
                continue
            if not offered:
                connection.offer(item.envelope)
            refusal = await self._await_permission(connection, item)
            if refusal is _NOT_SENT:
                return
            if refusal is not None:
                if not await self._refused(connection, item, refusal):
                    return
                item, offered = await self._stock.next(), False
                continue
            following = self._following(connection)
            content = item.content_for(connection.relay)
            connection.send(content, following.envelope if following else None, dotless=item.dotless)
            if not await self._await_verdict(connection, item, following):
                return
            item, offered = (following, True) if following else (await self._stock.next(), False)
        await connection.quit()

    def _following(self, connection: Connection) -> Item | None:
        """What may leave in one write with the dot of another."""
        if not connection.pipelines or not self._relays.permit_at_once(connection.relay.name):
            return None
        item = self._stock.at_hand(connection.takes)
        if item is None:
            self._relays.unused(connection.relay.name)
        else:
            self._crowds.will_work(connection, item.claim.domain)
            self._behind.put(connection, item)
        return item

    async def _await_permission(self, connection: Connection, item: Item) -> "Refusal | None":
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
            await self._look_again(item.claim)
            return _NOT_SENT
        if not connection.is_open:
            self._settle(item, Verdict.UNREACHED, None, connection, "the connection ended before the final dot")
            return _NOT_SENT
        return None

    async def _mark(self, item: Item) -> bool:
        mark = self._notary.mark(item.claim)
        try:
            return await mark
        except asyncio.CancelledError:
            if mark.result():
                self._settle(item, Verdict.UNREACHED, None, None, "stopped before the final dot")
            raise

    async def _await_verdict(self, connection: Connection, item: Item, following: Item | None) -> bool:
        """After the dot. False: the connection is of no use any more."""
        try:
            reply = await connection.verdict()
        except (ConnectionEndedError, asyncio.CancelledError) as error:
            cancelled = isinstance(error, asyncio.CancelledError)
            words = "stopped while the reply to the final dot was awaited" if cancelled else str(error)
            self._settle(item, Verdict.LOST, None, connection, words)
            if behind := self._behind.take(connection):
                self._stock.back(behind)
            if cancelled:
                raise
            return False
        verdict = classify(reply.code, reply.enhanced, Stage.DOT)
        self._settle(item, verdict, reply, connection)
        if verdict is Verdict.ACCEPTED:
            self._relays.worked(connection.relay.name)
        behind = self._behind.take(connection)
        if connection.is_open and behind is following:
            return True
        if behind:
            self._stock.back(behind)
        if not connection.is_open:
            self._relays.failed(RelayError(connection.relay.name, Stage.DOT, str(reply), reply=reply))
        return False

    async def _refused(self, connection: Connection, item: Item, refusal: Refusal) -> bool:
        """What a refusal before the dot means. False: the connection is of no use any more."""
        reply, stage = refusal.reply, refusal.stage
        verdict = classify(reply.code, reply.enhanced, stage)
        if verdict is Verdict.OURS:
            self._stock.back(item)
            self._relays.failed(RelayError(connection.relay.name, stage, str(reply), reply=reply, last=True))
            return False
        if about_the_relay(verdict, stage):
            self._not_reached(connection, item, ConnectionEndedError(stage, str(reply)))
            return False
        self._settle(item, verdict, reply, connection)
        if verdict is Verdict.CLOSING:
            error = RelayError(connection.relay.name, stage, str(reply), reply=reply)
            self._relays.closed_at_rcpt(error, item.claim.domain)
            await self._rest(item.claim.domain)
        return connection.is_open

    async def _rest(self, domain: str) -> None:
        """421 to RCPT is about the recipient's domain: nothing goes there for a while; the others are claimed anew."""
        await self._notary.ask(lambda: self._outbox.rest(domain, REST))
        await self._claim_anew()

    def _not_reached(self, connection: Connection, item: Item, error: BaseException) -> None:
        """The connection ended before the dot: nothing was sent, so it is tried again, a few times at once."""
        item.tries += 1
        if isinstance(error, ConnectionEndedError):
            self._relays.failed(RelayError(connection.relay.name, error.stage, error.reason))
        if item.tries < TRIES or not isinstance(error, ConnectionEndedError):
            self._stock.back(item)
        else:
            self._settle(item, Verdict.UNREACHED, None, connection, str(error))

    # The end of one delivery ------------------------------------------------------------------------------------

    def _settle(
        self, item: Item, verdict: Verdict, reply: Reply | None, connection: Connection | None, words: str = ""
    ) -> None:
        relay = connection.relay.name if connection else None
        code, text = (reply.code, str(reply)) if reply else (None, words)
        self._note(Outcome(claim=item.claim, event=verdict.event, verdict=verdict, relay=relay, code=code, reply=text))
        reason = self.breaker.note(verdict, item.claim.domain, text)
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
        """The first reason stands; an empty one is none, as when a relay's limit ends the call."""
        self._ended = reason if self._ended is None else self._ended
        self._stock.close()

    async def _grant(self, relay: str, wanted: int) -> tuple[int, float]:
        return await self._notary.ask(lambda: self._outbox.grant(relay, wanted))

    def _give_up(self) -> None:
        if self._is_ending() or (self._relays.full and self._connections):
            return
        if self._relays.paced:
            self._end("")
            return
        refusal = self._relays.refusal
        if refusal is not None:
            self._pause = f"the relay refuses the sender, so nobody would get it: {refusal}"
        self._end(self._pause or f"no relay can be reached: {self._relays.reason}")

    async def _look_again(self, refused: Claim) -> None:
        """A mark was refused: the digest was stopped, or has a newer revision, or it was a matter of one reader.

        Of a newer revision what is held is claimed anew, so that no connection is spent on mails that will not be
        allowed either.
        """
        await self._end_if_stopped()
        if not self._is_ending() and not await self._notary.ask(lambda: self._outbox.is_current(refused)):
            await self._claim_anew()

    async def _claim_anew(self) -> None:
        held = await self._stock.clear()
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
