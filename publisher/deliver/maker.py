"""A process of its own that makes letters, forked from this one.

A signature takes longer than all the rest of a mail. In a thread it would make the event loop wait for its turn after
every reply; so it costs a claim out and a few numbers in. The letters lie in memory that both processes share.
"""

import asyncio
import gc
import mmap
import os
import signal
import socket
import warnings
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from publisher.deliver.making import make
from publisher.deliver.port import Compose, Letter
from publisher.delivering import Claim, Event, Outcome, Verdict

BATCH = 16
"""Letters of one batch at most."""
TRAYS = 2
"""Batches that a maker has at a time: one that it works at, and the next."""
TRAY = BATCH * 128 * 1024
"""Octets of the letters of one batch. What does not fit is made here."""

Made = Letter | Outcome


class _Ready(msgspec.Struct, array_like=True, tag=True):
    """A letter in the tray, from `start` to `end`."""

    sender: str
    recipient: str
    message_id: str
    dotless: bool
    start: int
    end: int


class _Failed(msgspec.Struct, array_like=True, tag=True):
    event: Event
    verdict: Verdict
    words: str | None


class _TooLong(msgspec.Struct, array_like=True, tag=True):
    """The tray has no room for it."""


_Answer = _Ready | _Failed | _TooLong


class _Order(msgspec.Struct, array_like=True):
    tray: int
    claims: list[Claim]


class _Asked(msgspec.Struct, frozen=True):
    batch: Sequence[Claim]
    tray: int
    answer: "asyncio.Future[list[Made]]"


class Maker:
    """Belongs to the event loop. The process ends when this one does, however it ends."""

    def __init__(self, compose: Compose) -> None:
        self._compose = compose
        self._trays = mmap.mmap(-1, TRAYS * TRAY)
        # Of this kind of socket, one read is one message.
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.process = _fork(compose, theirs, self._trays)
        theirs.close()
        self._line.settimeout(0)
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(list[_Answer])
        self._asked: deque[_Asked] = deque()
        self._free = deque(range(TRAYS))
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._line, self._receive)

    @property
    def at_work(self) -> int:
        """Batches that it has and that are not here yet; `TRAYS` at most."""
        return len(self._asked)

    def make(self, batch: Sequence[Claim]) -> "asyncio.Future[list[Made]]":
        """Its letters, or why there is none, in the batch's order. Made here if the process is gone."""
        asked = _Asked(batch, self._free.popleft(), self._loop.create_future())
        self._asked.append(asked)
        try:
            self._line.send(self._encoder.encode(_Order(asked.tray, list(batch))))
        except OSError:
            self._loop.call_soon(self._gone)
        return asked.answer

    def close(self) -> None:
        """What was asked for and is not here yet is made here."""
        self._gone()
        self._line.close()
        with suppress(ChildProcessError):
            os.waitpid(self.process, 0)

    def _receive(self) -> None:
        """One batch, in the order in which they were asked for."""
        try:
            message = self._line.recv(LONGEST)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        if not message:
            self._gone()
            return
        asked = self._asked.popleft()
        found = self._decoder.decode(message)
        made = [self._taken(claim, one) for claim, one in zip(asked.batch, found, strict=True)]
        self._free.append(asked.tray)
        asked.answer.set_result(made)

    def _gone(self) -> None:
        """Nothing more comes from it. Nothing is lost: a letter is the same whoever makes it."""
        self._loop.remove_reader(self._line)
        while self._asked:
            asked = self._asked.popleft()
            self._free.append(asked.tray)
            asked.answer.set_result([make(self._compose, claim) for claim in asked.batch])

    def _taken(self, claim: Claim, one: _Answer) -> Made:
        if isinstance(one, _Ready):
            return Letter(
                sender=one.sender,
                recipient=one.recipient,
                content=self._trays[one.start : one.end],
                dotless=one.dotless,
                message_id=one.message_id,
            )
        if isinstance(one, _Failed):
            return Outcome(claim=claim, event=one.event, verdict=one.verdict, reply=one.words)
        return make(self._compose, claim)


LONGEST = 128 * 1024
"""Octets of a message between the two: a claim and an answer have some hundred."""


# In the other process ------------------------------------------------------------------------------------------------


def _fork(compose: Compose, line: socket.socket, trays: mmap.mmap) -> int:
    with warnings.catch_warnings():
        # It is said of forks with threads: the other process touches nothing that a thread here could hold.
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if process:
        return process
    try:
        _work(compose, line, trays)
    finally:
        os._exit(0)


def _work(compose: Compose, line: socket.socket, trays: mmap.mmap) -> None:
    """Until the line is closed. The store's files, locks and connections of the first process are not this one's."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.closerange(3, line.fileno())
    os.closerange(line.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))  # it works ahead: nobody waits for its waking up
    gc.disable()  # what was inherited would be copied by looking at it
    encoder, decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(_Order)
    while message := line.recv(LONGEST):
        order = decoder.decode(message)
        line.send(encoder.encode(_answers(compose, order, trays)))


def _answers(compose: Compose, order: _Order, trays: mmap.mmap) -> list[_Answer]:
    answers: list[_Answer] = []
    at, end = order.tray * TRAY, (order.tray + 1) * TRAY
    for claim in order.claims:
        made = make(compose, claim)
        if isinstance(made, Outcome):
            answers.append(_Failed(made.event, made.verdict, made.reply))
        elif at + len(made.content) > end:
            answers.append(_TooLong())
        else:
            stop = at + len(made.content)
            trays[at:stop] = made.content
            answers.append(_Ready(made.sender, made.recipient, made.message_id, made.dotless, at, stop))
            at = stop
    return answers
