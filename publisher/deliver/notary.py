"""Group commit: marks and outcomes of all connections, in one thread, one commit for all that wait."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any, TypeVar

import msgspec

from publisher.deliver.port import Outbox
from publisher.delivering import Claim, Outcome

PAUSE = 0.0005
"""Seconds between two commits. Without it another process's commits starve; the next group fills meanwhile."""

T = TypeVar("T")


class Mark(asyncio.Future[bool]):
    """The answer to a mark: True, and the final dot may leave. Raises what the store raises.

    Whoever waits for it can be cancelled, it cannot: a mark that commits unnoticed would be a doubt without a reason.
    """

    def cancel(self, msg: Any | None = None) -> bool:  # noqa: ARG002 - the future's form
        return False


class _Question(msgspec.Struct, frozen=True):
    ask: Callable[[], Any]
    answer: "asyncio.Future[Any]"


class Notary:
    """Everything that the outbox is asked goes through here, so its transactions never wait for each other.

    An outcome is in the same commit as the next mark of its connection, or in an earlier one: so a kill leaves at most
    one delivery of a connection beyond its mark.
    """

    def __init__(self, outbox: Outbox, *, pause: float = PAUSE) -> None:
        self._outbox = outbox
        self._pause = pause
        self._loop = asyncio.get_running_loop()
        self._desk: SimpleQueue[tuple[Claim, Mark] | Outcome | _Question | None] = SimpleQueue()
        self._unwritten: list[Outcome] = []
        self.failure: Exception | None = None
        """Why the store cannot be used any more; nothing is marked after it."""
        self._thread = threading.Thread(target=self._work, name="notary", daemon=True)
        self._thread.start()

    def mark(self, claim: Claim) -> Mark:
        """When it is answered, the mark is durable."""
        answer = Mark(loop=self._loop)
        self._desk.put((claim, answer))
        return answer

    def settle(self, outcome: Outcome) -> None:
        """Write it down with the next commit."""
        self._desk.put(outcome)

    async def ask(self, question: Callable[[], T]) -> T:
        """Call one of the outbox's methods in its thread."""
        answer: asyncio.Future[T] = self._loop.create_future()
        self._desk.put(_Question(question, answer))
        return await answer

    async def close(self) -> None:
        """Write down what is left, and end. Raises the failure if the store still cannot be used."""
        self._desk.put(None)
        await asyncio.to_thread(self._thread.join)
        if self._unwritten:
            await asyncio.to_thread(self._outbox.record, (), self._unwritten)
        if self.failure is not None:
            raise self.failure

    def _work(self) -> None:
        closing = False
        while not closing:
            marks: list[tuple[Claim, Mark]] = []
            questions: list[_Question] = []
            closing = self._gather(marks, questions)
            if not (marks or questions or closing):
                # An outcome alone: the next mark of its connection is about to come, for the same commit.
                time.sleep(self._pause)
                closing = self._gather(marks, questions, wait=False)
            if marks or self._unwritten:
                self._commit(marks)
            for one in questions:
                self._reply(one)
            time.sleep(self._pause)

    def _gather(self, marks: list[tuple[Claim, Mark]], questions: list[_Question], *, wait: bool = True) -> bool:
        """Take all that lies on the desk; with `wait`, something will. True: the last has been taken."""
        while wait or not self._desk.empty():
            wait = False
            one = self._desk.get()
            if one is None:
                return True
            if isinstance(one, Outcome):
                self._unwritten.append(one)
            elif isinstance(one, _Question):
                questions.append(one)
            else:
                marks.append(one)
        return False

    def _commit(self, marks: list[tuple[Claim, Mark]]) -> None:
        permitted: frozenset[int] = frozenset()
        if self.failure is None:
            try:
                permitted = self._outbox.record([claim for claim, _ in marks], self._unwritten)
                self._unwritten = []
            except Exception as error:  # noqa: BLE001 - it is raised again where the marks wait
                self.failure = error
        if marks:
            self._loop.call_soon_threadsafe(_answer, marks, permitted, self.failure)

    def _reply(self, question: _Question) -> None:
        try:
            result, failure = question.ask(), None
        except Exception as error:  # noqa: BLE001 - it is raised again where it was asked
            result, failure = None, error
        self._loop.call_soon_threadsafe(_resolve, question.answer, result, failure)


def _answer(marks: Sequence[tuple[Claim, Mark]], permitted: frozenset[int], failure: Exception | None) -> None:
    for claim, mark in marks:
        if failure is not None:
            mark.set_exception(failure)
        else:
            mark.set_result(claim.subscriber in permitted)


def _resolve(answer: "asyncio.Future[Any]", result: Any, failure: Exception | None) -> None:
    if answer.done():
        return
    if failure is not None:
        answer.set_exception(failure)
    else:
        answer.set_result(result)
