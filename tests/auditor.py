"""An SMTP server that counts copies and behaves as badly as servers do, at random but by a seed.

What it takes is written down before it says so. It knows nothing of the sender's ledger: a test holds the two against
each other.
"""

import asyncio
import random
import threading
from collections import Counter
from dataclasses import dataclass
from email import message_from_bytes
from types import TracebackType
from typing import Self


class _GoneError(ConnectionError):
    """This side has had enough of the connection."""


@dataclass(frozen=True)
class Mischief:
    """How often each thing happens, as a share of the occasions; 0: never."""

    greeting_421: float = 0.01
    no_pipelining: float = 0.2
    mail_421: float = 0.008
    mail_451: float = 0.008
    rcpt_450: float = 0.015
    rcpt_421: float = 0.002
    rcpt_550: float = 0.01
    data_451: float = 0.008
    dropped_before_354: float = 0.008
    dropped_at_354: float = 0.008
    dropped_in_content: float = 0.008
    dot_451: float = 0.01
    dot_552: float = 0.006
    dot_421: float = 0.006
    taken_and_dropped: float = 0.01
    dropped_at_dot: float = 0.008
    """Neither taken nor answered."""
    nonsense_at_dot: float = 0.004
    closing_after_250: float = 0.01
    """250, and 421 behind it that nobody asked for, in one write."""
    dribbled: float = 0.05
    """The reply comes byte by byte."""
    slow: float = 0.02
    """A reply that takes `nap` longer than all others."""
    nap: float = 0.15


NONE = Mischief(**dict.fromkeys((name for name in Mischief.__dataclass_fields__ if name != "nap"), 0.0))


class Auditor:
    """`port`; `copies` by recipient; `identities` by Message-ID; `faults` that it committed, by name."""

    def __init__(self, mischief: Mischief = NONE, *, seed: object = 0, latency: float = 0.002) -> None:
        self.mischief = mischief
        self.latency = latency
        self.copies: Counter[str] = Counter()
        self.identities: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.open = 0
        self.most_open = 0
        self.port = 0
        self.chance = random.Random(str(seed))

    @property
    def taken(self) -> int:
        return self.copies.total()

    @property
    def doubts(self) -> int:
        """How often it left the sender in doubt by its own doing."""
        names = ("taken_and_dropped", "dropped_at_dot", "nonsense_at_dot", "dropped_at_354", "dropped_in_content")
        return sum(self.faults[name] for name in names)

    def hits(self, name: str) -> bool:
        hit = self.chance.random() < getattr(self.mischief, name)
        if hit:
            self.faults[name] += 1
        return hit

    def __enter__(self) -> Self:
        started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(started)), daemon=True)
        self._thread.start()
        assert started.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    async def _serve(self, started: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=2**20)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self._end.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await _Dialogue(self, reader, writer).hold()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.open -= 1
            self._tasks.discard(task)
            writer.transport.abort()


class _Dialogue:
    def __init__(self, auditor: Auditor, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.auditor, self.hits = auditor, auditor.hits
        self.reader, self.writer = reader, writer
        self.sender = False
        self.recipient: str | None = None

    async def say(self, line: str) -> None:
        if self.hits("slow"):
            await asyncio.sleep(self.auditor.mischief.nap)
        octets = line.encode() + b"\r\n"
        if self.hits("dribbled"):
            for octet in octets:
                self.writer.write(bytes((octet,)))
                await self.writer.drain()
                await asyncio.sleep(0)
        else:
            self.writer.write(octets)
            await self.writer.drain()

    async def leave(self, line: str) -> None:
        await self.say(line)
        raise _GoneError

    async def hold(self) -> None:
        if self.hits("greeting_421"):
            await self.leave("421 4.3.2 too many connections")
        await self.say("220 auditor ESMTP")
        while line := await self.reader.readline():
            verb, _, rest = line.decode().rstrip("\r\n").partition(" ")
            step = getattr(self, f"on_{verb.lower()}", None)
            await (step(rest) if step else self.say("502 5.5.1 no"))

    async def on_ehlo(self, rest: str) -> None:
        words = ["auditor", "8BITMIME", "ENHANCEDSTATUSCODES"]
        words += [] if self.hits("no_pipelining") else ["PIPELINING"]
        words.append("SIZE 10240000")
        await self.say("\r\n".join([*(f"250-{word}" for word in words[:-1]), f"250 {words[-1]}"]))

    async def on_mail(self, rest: str) -> None:
        if self.sender:
            await self.say("503 5.5.1 nested MAIL")
        elif self.hits("mail_421"):
            await self.leave("421 4.7.0 enough for now")
        elif self.hits("mail_451"):
            await self.say("451 4.3.0 later")
        else:
            self.sender = True
            await self.say("250 2.1.0 ok")

    async def on_rcpt(self, rest: str) -> None:
        if not self.sender:
            await self.say("503 5.5.1 MAIL first")
        elif self.hits("rcpt_450"):
            await self.say("450 4.2.0 greylisted")
        elif self.hits("rcpt_421"):
            await self.leave("421 4.4.1 that host does not answer")
        elif self.hits("rcpt_550"):
            await self.say("550 5.1.1 no such user")
        else:
            self.recipient = rest[rest.index("<") + 1 : rest.index(">")]
            await self.say("250 2.1.5 ok")

    async def on_data(self, rest: str) -> None:
        if self.recipient is None:
            await self.say("503 5.5.1 RCPT first")
            return
        if self.hits("data_451"):
            await self.say("451 4.3.0 no room now")
            return
        if self.hits("dropped_before_354"):
            raise _GoneError
        await self.say("354 go on")
        if self.hits("dropped_at_354"):
            raise _GoneError
        if self.hits("dropped_in_content"):
            await self.reader.readline()
            raise _GoneError
        content = await self._content()
        await asyncio.sleep(self.auditor.latency * self.auditor.chance.random() * 2)
        await self._judge(self.recipient, content)
        self.sender, self.recipient = False, None

    async def _content(self) -> bytes:
        lines: list[bytes] = []
        while (line := await self.reader.readline()) != b".\r\n":
            if not line:
                raise _GoneError
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    async def _judge(self, recipient: str, content: bytes) -> None:
        if self.hits("dropped_at_dot"):
            raise _GoneError
        for name, reply in (("dot_451", "451 4.3.0 queue full"), ("dot_552", "552 5.3.4 too big for this box")):
            if self.hits(name):
                await self.say(reply)
                return
        if self.hits("dot_421"):
            await self.leave("421 4.3.2 shutting down")
        self.auditor.copies[recipient] += 1
        self.auditor.identities[str(message_from_bytes(content)["Message-ID"])] += 1
        if self.hits("taken_and_dropped"):
            raise _GoneError
        if self.hits("nonsense_at_dot"):
            await self.leave("thank you")
        if self.hits("closing_after_250"):
            await self.leave("250 2.0.0 taken\r\n421 4.4.2 and goodbye")
        await self.say("250-2.0.0 taken\r\n250 2.0.0 really")

    async def on_rset(self, rest: str) -> None:
        self.sender, self.recipient = False, None
        await self.say("250 2.0.0 ok")

    async def on_quit(self, rest: str) -> None:
        await self.leave("221 2.0.0 bye")
