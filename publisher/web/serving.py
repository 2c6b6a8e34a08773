"""One process that stays: the web, the letters, and beside it, in a child, the scheduler."""

import logging
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from publisher.errors import ConfigurationError
from publisher.running.doors import Doors
from publisher.web.app import create_app
from publisher.web.postman import Postman
from publisher.web.service import Service

log = logging.getLogger(__name__)

GRACE = 10
"""Seconds that requests get to end once the process is told to."""
FIRST_REQUEST_WITHIN = 15.0
MOST_AT_ONCE = 1_000
REST = 5.0
"""Seconds before a scheduler that ended by itself is started again."""


def serve(doors: Doors, *, host: str, port: int, scheduler: Sequence[str] | None, tell: Callable[[str], None]) -> None:
    """Stay until SIGTERM or SIGINT. `scheduler` is the command that is kept running beside it.

    The scheduler is a process of its own: a digest that is being sent takes no time from whoever unsubscribes, and
    what ends one does not end the other. Raises `ConfigurationError` when the address cannot be listened at.
    """
    listening = _listen(host, port)
    postman = Postman(doors)
    service = Service(doors, wake=postman.wake)
    ready = f"Serving at {_shown(listening)}; stop it with Ctrl-C."
    server = _Server(configured(create_app(service)), lambda: tell(ready))
    postman.start()
    try:
        with _signals_after_the_server(), _kept_running(scheduler):
            server.run(sockets=[listening])
    finally:
        service.close()
        postman.stop()
        listening.close()


def configured(app: ASGIApp) -> uvicorn.Config:
    """How the application is served; where, the caller says."""
    return uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,  # it would keep everybody's links
        proxy_headers=False,  # the application knows whom to believe
        server_header=False,
        limit_concurrency=MOST_AT_ONCE,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE,
    )


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


class _Protocol(H11Protocol):
    """A connection that asks for nothing is not kept for ever."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.loop.call_later(FIRST_REQUEST_WITHIN, self._give_up)

    def _give_up(self) -> None:
        asked: object = self.cycle
        if asked is None and not self.transport.is_closing():
            self.transport.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigurationError(
            f"Nothing can listen at {host}, port {port}: {why}. Is it being served already? --port takes another."
        ) from error


def _shown(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


@contextmanager
def _signals_after_the_server() -> Generator[None]:
    """The server gives a signal on when it has ended by it; there is nothing left for it to do then."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, lambda _number, _frame: None) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _kept_running(command: Sequence[str] | None) -> Generator[None]:
    """The command, started again when it ends by itself. Its standard input ends with this process."""
    if command is None:
        yield
        return
    kept = _Kept(command)
    keeper = threading.Thread(target=kept.watch, name="scheduler", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        kept.end()
        keeper.join()


class _Kept:
    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._over = threading.Event()
        self._turn = threading.Lock()
        """Held while a child is started or told to end, so that none is started after the last was told."""
        self._child = _start(command)

    def watch(self) -> None:
        while True:
            code = self._child.wait()
            _close_stdin(self._child)
            if self._over.wait(REST):
                return
            log.warning("the scheduler ended with exit code %s; it is started again", code)
            with self._turn:
                if self._over.is_set():
                    return
                self._child = _start(self._command)

    def end(self) -> None:
        """What it is sending is finished, as after any SIGTERM."""
        with self._turn:
            self._over.set()
            self._child.terminate()
        try:
            self._child.wait(60)
        except subprocess.TimeoutExpired:
            self._child.kill()


def _start(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - our own program


def _close_stdin(child: "subprocess.Popen[bytes]") -> None:
    with suppress(OSError):
        if child.stdin:
            child.stdin.close()
