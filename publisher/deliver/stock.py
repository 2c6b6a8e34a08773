"""Letters that are ready to go: claimed and made ahead, so that no connection waits for either."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from publisher.config import Relay
from publisher.deliver.crowds import Crowds
from publisher.deliver.maker import Made
from publisher.deliver.smtp import Envelope
from publisher.deliver.workshop import Workshop
from publisher.delivering import Claim, Outcome

CHUNKS_ASIDE = 4
"""So many chunks of a slow domain's deliveries stand aside at most, while more is claimed for the others."""


class Item(msgspec.Struct):
    """A delivery that is ready to go, or was tried on a connection that ended."""

    claim: Claim
    content: bytes
    dotless: bool
    envelope: Envelope
    message_id: str
    tries: int = 0

    def content_for(self, relay: Relay) -> bytes:
        """With the header by which the relay knows it, where it has one: the same however often it is tried."""
        if relay.idempotency_header is None:
            return self.content
        name = f"{self.message_id.strip('<>')}/{self.claim.revision}"
        return f"{relay.idempotency_header}: {name}\r\n".encode() + self.content


class Stock:
    """Belongs to the event loop; what is put in by `back` comes out first.

    Those whose domain is crowded stand aside until it is no longer, or until nobody else is left.
    """

    def __init__(
        self,
        workshop: Workshop,
        claim: Callable[[], Awaitable[Sequence[Claim]]],
        note: Callable[[Outcome], None],
        *,
        chunk: int,
        size: int,
        crowds: Crowds,
    ) -> None:
        self._crowds = crowds
        self._most_aside = CHUNKS_ASIDE * chunk
        self._aside: deque[Claim | Item] = deque()
        self._workshop = workshop
        self._claim = claim
        self._note = note
        self._least = chunk // 2
        self._size = size
        self._again: deque[Item] = deque()
        self._ready: deque[Item] = deque()
        self._claims: deque[Claim] = deque()
        self._making: dict[asyncio.Future[list[Made]], list[Claim]] = {}
        self._claiming: asyncio.Task[None] | None = None
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._empty = False
        self._clearing = 0
        self._closed = False
        self._failure: BaseException | None = None

    @property
    def waits(self) -> bool:
        """A letter lies here and no connection has taken it yet."""
        return bool(self._ready or self._again)

    def at_hand(self, takes: Callable[[Envelope], bool] | None = None) -> Item | None:
        """The next letter, if one is ready, and if the connection takes it."""
        self._restock()
        shelf = self._shelf()
        if self._closed or not shelf or (takes and not takes(shelf[0].envelope)):
            return None
        return shelf.popleft()

    async def next(self) -> Item | None:
        """The next letter. None: nothing is due any more, or the stock was closed. Raises what the outbox raises."""
        while not self._closed:
            item = self.at_hand()
            if item is not None:
                return item
            if self._failure is not None:
                raise self._failure
            if self._nobody_else():
                if not self._aside:
                    return None
                self._crowds.forget()
                continue
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            await waiter
        return None

    def back(self, item: Item) -> None:
        """It was not sent, and goes with another connection."""
        self._again.append(item)
        self._wake(1)

    async def clear(self) -> list[Claim]:
        """Take out all that lies here, and claim anew what is asked for afterwards.

        What is returned has to be given back before anything else is awaited: the next claim comes after it then.
        """
        self._clearing += 1
        if self._claiming is not None:
            await asyncio.wait([self._claiming])
        if self._making:
            await asyncio.wait(self._making)
        self._clearing -= 1
        shelves: tuple[deque[Any], ...] = (self._claims, self._aside, self._ready, self._again)
        left = [one.claim if isinstance(one, Item) else one for shelf in shelves for one in shelf]
        for shelf in shelves:
            shelf.clear()
        self._empty = False
        return left

    def close(self) -> None:
        """Nothing comes out any more."""
        self._closed = True
        self._wake(len(self._waiting))

    def _nobody_else(self) -> bool:
        """All that is left, or all that may be claimed for now, stands aside."""
        return not (self._claims or self._making) and (self._empty or len(self._aside) >= self._most_aside)

    def _shelf(self) -> deque[Item]:
        """Where the next letter lies, on top; those of crowded domains step aside."""
        crowded = self._crowds.crowded()
        if self._aside and not crowded:
            self._bring_back()
        for shelf in (self._again, self._ready):
            while shelf and crowded and shelf[0].claim.domain in crowded:
                self._aside.append(shelf.popleft())
        return self._again or self._ready

    def _batch(self) -> list[Claim]:
        crowded = self._crowds.crowded()
        batch: list[Claim] = []
        while self._claims and self._workshop.fits(batch, self._claims[0]):
            claim = self._claims.popleft()
            (self._aside if crowded and claim.domain in crowded else batch).append(claim)
        return batch

    def _bring_back(self) -> None:
        while self._aside:
            one = self._aside.popleft()
            if isinstance(one, Item):
                self._again.append(one)
            else:
                self._claims.append(one)
        self._restock()

    def _restock(self) -> None:
        if self._closed or self._clearing:
            return
        while len(self._making) < self._workshop.at_once and len(self._ready) < self._size and (batch := self._batch()):
            making = self._workshop.make(batch)
            self._making[making] = batch
            making.add_done_callback(self._made)
        enough = len(self._claims) >= self._least or len(self._aside) >= self._most_aside
        if not (enough or self._claiming or self._empty or self._failure):
            self._claiming = asyncio.create_task(self._fetch())

    async def _fetch(self) -> None:
        try:
            claims = await self._claim()
            self._claims.extend(claims)
            self._empty = not claims
        except Exception as error:  # noqa: BLE001 - it is raised again where somebody waits for a letter
            self._failure = error
        self._claiming = None
        self._restock()
        if not self._making:
            self._wake(len(self._waiting))

    def _made(self, making: "asyncio.Future[list[Made]]") -> None:
        for claim, made in zip(self._making.pop(making), making.result(), strict=True):
            if isinstance(made, Outcome):
                self._note(made)
            else:
                envelope = Envelope(sender=made.sender, recipient=made.recipient, size=len(made.content))
                self._ready.append(Item(claim, made.content, made.dotless, envelope, made.message_id))
        self._workshop.note(sufficient=len(self._ready) >= len(self._waiting))
        self._restock()
        self._wake(len(self._waiting) if self._empty or self._failure else len(self._ready))

    def _wake(self, number: int) -> None:
        while number and self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                number -= 1
