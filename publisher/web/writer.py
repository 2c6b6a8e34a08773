"""Group commit: what requests want written, in one thread, one transaction for all that wait."""

import asyncio
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection

from publisher.errors import TemporaryError
from publisher.store.engine import Store
from publisher.store.transaction import Transaction
from publisher.store.wording import told_in_a_sentence

PAUSE = 0.0005
"""Seconds between two commits: other processes write too, and the next group fills meanwhile."""
MOST = 256

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class _Wish(msgspec.Struct, frozen=True):
    act: Callable[[Transaction, Sequence[Any]], Sequence[Any]]
    item: Any
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[Any]"


class Writer:
    """`ask` returns when what was asked is durable. Raises what the store raises; then nothing of it happened.

    All who ask are in one event loop.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._waiting: list[_Wish] = []
        self._closing = False
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    async def ask(self, act: Callable[[Transaction, Sequence[Item]], Sequence[Answer]], item: Item) -> Answer:
        """Have `act` called in a transaction, with this item and others that wait for the same; this one's answer.

        `act` may be called twice for one item: the first time its transaction was undone.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        with self._lock:
            if self._closing:
                raise TemporaryError("The service is ending; try again in a minute.")
            self._waiting.append(_Wish(act, item, loop, answer))
        self._wake.set()
        return await answer

    def close(self) -> None:
        """Write what waits, then end."""
        with self._lock:
            self._closing = True
        self._wake.set()
        self._thread.join()

    def _work(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            with self._lock:
                group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                if self._waiting:
                    self._wake.set()
                ended = self._closing and not group
            if ended:
                self._disconnect()
                return
            self._commit(group)
            if self._closing:
                self._wake.set()
            time.sleep(PAUSE)

    def _commit(self, group: Sequence[_Wish]) -> None:
        """All of them, or, where that fails, each by itself: one that cannot be written takes no other with it."""
        try:
            with self._begin() as tx:
                answers = list(_answers(tx, group))
        except Exception as error:  # noqa: BLE001 - it is raised again where it was asked
            if len(group) == 1 or isinstance(error, TemporaryError):
                _tell([(wish, None) for wish in group], error)
            else:
                for wish in group:
                    self._commit([wish])
            return
        _tell(answers, None)

    @contextmanager
    def _begin(self) -> Generator[Transaction]:
        """One connection is kept: opening one would cost more than the commit. After a failure it is another one."""
        with told_in_a_sentence(self._store.home):
            if self._connection is None:
                self._connection = self._store.engine.connect()
            try:
                with self._connection.begin():
                    yield Transaction(self._connection, self._store.publication)
            except BaseException:
                self._disconnect()
                raise

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _answers(tx: Transaction, group: Sequence[_Wish]) -> Sequence[tuple[_Wish, Any]]:
    """One call for all that ask the same."""
    acts: dict[Any, list[_Wish]] = {}
    for wish in group:
        acts.setdefault(wish.act, []).append(wish)
    return [
        pair
        for act, wishes in acts.items()
        for pair in zip(wishes, act(tx, [wish.item for wish in wishes]), strict=True)
    ]


def _tell(answers: Sequence[tuple[_Wish, Any]], failure: Exception | None) -> None:
    """One call into the loop for all of them; a loop that has ended waits for nothing."""
    with suppress(RuntimeError):
        if answers:
            answers[0][0].loop.call_soon_threadsafe(_resolve, answers, failure)


def _resolve(answers: Sequence[tuple[_Wish, Any]], failure: Exception | None) -> None:
    """A visitor who went away no longer waits."""
    for wish, answer in answers:
        if wish.answer.done():
            continue
        if failure is None:
            wish.answer.set_result(answer)
        else:
            wish.answer.set_exception(failure)
