"""Group commit: marks and outcomes of all connections, in one thread, one commit for all that wait."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from publisher.deliver.port import Outbox
from publisher.delivering import Claim, Outcome

PAUSE = 0.0005
"""Seconds between two commits. Without it another process's commits starve; the next group fills meanwhile."""

T = TypeVar("T")


class Notary:
    """Everything that the outbox is asked goes through here, so its transactions never wait for each other.

    An outcome is in the same commit as the next mark of its connection, or in an earlier one: so a kill leaves at most
    one delivery of a connection beyond its mark.
    """

    def __init__(self, outbox: Outbox, *, pause: float = PAUSE) -> None:
        self._outbox = outbox
        self._pause = pause
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._marks: list[tuple[Claim, asyncio.Future[bool]]] = []
        self._outcomes: list[Outcome] = []
        self._calls: list[tuple[Callable[[], Any], asyncio.Future[Any]]] = []
        self._closing = False
        self.failure: Exception | None = None
        """Why the store cannot be used any more; nothing is marked after it."""
        self._thread = threading.Thread(target=self._work, name="notary", daemon=True)
        self._thread.start()

    async def mark(self, claim: Claim) -> bool:
        """True: the mark is durable and the final dot may leave. Raises what the store raises."""
        answer: asyncio.Future[bool] = self._loop.create_future()
        with self._lock:
            self._marks.append((claim, answer))
        self._wake.set()
        return await answer

    def settle(self, outcome: Outcome) -> None:
        """Write it down with the next commit."""
        with self._lock:
            self._outcomes.append(outcome)
        self._wake.set()

    async def ask(self, question: Callable[[], T]) -> T:
        """Call one of the outbox's methods in its thread."""
        answer: asyncio.Future[T] = self._loop.create_future()
        with self._lock:
            self._calls.append((question, answer))
        self._wake.set()
        return await answer

    async def close(self) -> None:
        """Write down what is left, and end. Raises the failure if the store still cannot be used."""
        self._closing = True
        self._wake.set()
        await asyncio.to_thread(self._thread.join)
        if self._outcomes:
            await asyncio.to_thread(self._outbox.record, (), self._outcomes)
        if self.failure is not None:
            raise self.failure

    def _work(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            with self._lock:
                marks, self._marks = self._marks, []
                outcomes, self._outcomes = self._outcomes, []
                calls, self._calls = self._calls, []
            if marks or outcomes:
                self._commit(marks, outcomes)
            for question, answer in calls:
                self._call(question, answer)
            if self._closing and not (self._marks or self._outcomes or self._calls):
                return
            if self.failure is not None and self._closing:
                return
            time.sleep(self._pause)

    def _commit(self, marks: list[tuple[Claim, asyncio.Future[bool]]], outcomes: list[Outcome]) -> None:
        permitted: frozenset[int] = frozenset()
        if self.failure is None:
            try:
                permitted = self._outbox.record([claim for claim, _ in marks], outcomes)
            except Exception as error:  # noqa: BLE001 - it is raised again where the marks wait
                self.failure = error
        if self.failure is not None:
            with self._lock:
                self._outcomes[:0] = outcomes
        self._loop.call_soon_threadsafe(self._answer_marks, marks, permitted, self.failure)

    @staticmethod
    def _answer_marks(
        marks: Sequence[tuple[Claim, "asyncio.Future[bool]"]], permitted: frozenset[int], failure: Exception | None
    ) -> None:
        for claim, answer in marks:
            if answer.done():
                continue
            if failure is not None:
                answer.set_exception(failure)
            else:
                answer.set_result(claim.subscriber in permitted)

    def _call(self, question: Callable[[], Any], answer: "asyncio.Future[Any]") -> None:
        try:
            result, failure = question(), None
        except Exception as error:  # noqa: BLE001 - it is raised again where it was asked
            result, failure = None, error
        self._loop.call_soon_threadsafe(_resolve, answer, result, failure)


def _resolve(answer: "asyncio.Future[Any]", result: Any, failure: Exception | None) -> None:
    if answer.done():
        return
    if failure is not None:
        answer.set_exception(failure)
    else:
        answer.set_result(result)
