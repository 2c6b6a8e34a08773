"""The line of an SMTP dialogue: bytes out, replies in (RFC 5321 s. 4.2)."""

import asyncio
import ssl
from collections import deque
from functools import lru_cache

from publisher.delivering import Reply, Stage
from publisher.errors import TemporaryError

LONGEST_LINE = 4096
"""RFC 5321 s. 4.5.3.1.5 says 512; real servers say more. Beyond this it is no SMTP server."""
MOST_LINES = 200
SHOWN = 60
"""Octets of what is no reply that a person gets to see."""


class ConnectionEndedError(TemporaryError):
    """The dialogue ended without the reply that was awaited."""

    def __init__(self, stage: Stage, reason: str) -> None:
        super().__init__(f"no reply to {stage}: {reason}")
        self.stage = stage
        self.reason = reason


class Wire(asyncio.Protocol):
    """Parses replies as they come. One waiter at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._input = b""
        self._lines: list[str] = []
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._awaited: tuple[Stage, float] = (Stage.CONNECT, 0)
        self._deadline = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self.lost: str | None = None
        """Why nothing more can come; None while the connection stands."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *lines, self._input = (self._input + data).split(b"\n")
        for line in lines:
            self._line(line.rstrip(b"\r"))
        if len(self._input) > LONGEST_LINE or len(self._lines) > MOST_LINES:
            self._end("it sends something that is no reply")
        self._wake()

    def _line(self, line: bytes) -> None:
        found = _parsed(line)
        if found is None:
            self._end(f"it sends something that is no reply: {line[:SHOWN].decode('ascii', 'backslashreplace')!r}")
        elif line[3:4] == b"-":
            self._lines.append(found.text)
        elif self._lines:
            self._replies.append(Reply(found.code, "\n".join([*self._lines, found.text])))
            self._lines.clear()
        else:
            self._replies.append(found)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(str(exc) if exc else "the server closed the connection")
        self._wake()

    def write(self, *pieces: bytes) -> None:
        assert self._transport is not None
        self._transport.writelines(pieces)

    def ready(self) -> Reply | None:
        """The next reply, if it is here already: what came with others need not be awaited."""
        return self._replies.popleft() if self._replies else None

    async def reply(self, stage: Stage, seconds: float) -> Reply:
        """The next reply. Raises `ConnectionEndedError` when the connection or the time ends first."""
        if not self._replies:
            await self._wait(stage, seconds)
        if self._replies:
            return self._replies.popleft()
        raise ConnectionEndedError(stage, self.lost or "the connection ended")

    async def _wait(self, stage: Stage, seconds: float) -> None:
        self._awaited = (stage, seconds)
        self._deadline = self._loop.time() + seconds
        if self._alarm is None or self._alarm.when() > self._deadline:
            self._set_alarm()
        try:
            while not self._replies and self.lost is None:
                self._waiter = self._loop.create_future()
                await self._waiter
        finally:
            self._waiter = None

    def _set_alarm(self) -> None:
        """One timer for all waits: it is set anew when it rings too early, not at each reply."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(self._deadline, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._waiter is None:
            return
        if self._loop.time() < self._deadline:
            self._set_alarm()
            return
        stage, seconds = self._awaited
        self._end(f"nothing came for {seconds:g} seconds after {stage}")
        self._wake()

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Encrypt from here on. What came before is forgotten: it was not protected (RFC 3207 s. 6)."""
        assert self._transport is not None
        loop = asyncio.get_running_loop()
        self.forget()
        upgraded = await loop.start_tls(self._transport, self, context, server_hostname=host)
        self.forget()
        assert upgraded is not None
        self._transport = upgraded

    def forget(self) -> None:
        self._input = b""
        self._lines.clear()
        self._replies.clear()

    def close(self) -> None:
        """Flush what was written, then close."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once; what was not yet on its way is dropped."""
        if self._transport is not None:
            self._transport.abort()

    @property
    def own_address(self) -> str:
        assert self._transport is not None
        return str(self._transport.get_extra_info("sockname")[0])

    def _end(self, reason: str) -> None:
        if self.lost is None:
            self.lost = reason
            self.abort()
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


@lru_cache(maxsize=64)
def _parsed(line: bytes) -> Reply | None:
    """One line of a reply; a server says the same few again and again."""
    if not line[:3].isdigit() or line[3:4] not in {b"", b" ", b"-"}:
        return None
    return Reply(int(line[:3]), line[4:].decode("utf-8", "replace"))
