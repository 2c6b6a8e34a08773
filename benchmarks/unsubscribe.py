"""How quickly a one-click unsubscribe is done: beside a handler that does nothing, and while a digest goes out.

    python benchmarks/unsubscribe.py [--clicks 3000] [--pairs 5] [--connections 32] [--mails 6000] [FOLDER]

FOLDER is on the disk that the store would be on; a temporary folder is made in it and removed. Both sides are served by
the same server with the same settings, in a process of its own, to the same client with as many connections. Of ours
each answer comes after its commit (synchronous=FULL). The ratio within a pair is the point; the machine's own fsync is
printed beside it. The second part clicks a hundred times a second, each click at its own time, while `publisher run`
closes an edition, and while it sends the digest to a sink.
"""

import argparse
import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert, text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from publisher.running.doors import Doors
from publisher.store.schema import subscriber
from publisher.subscribing import tokens
from publisher.wiring import open_doors, settings

TOML = """\
name = "Bench"
url = "https://bench.example/"
authority = "bench.example"
timezone = "UTC"
[web]
service = true
[mail]
transport = "smtp"
[[mail.relay]]
host = "127.0.0.1"
port = {port}
tls = "none"
"""
BODY = b"List-Unsubscribe=One-Click"
A_SECOND = 100
"""Clicks, while a digest is being sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicked:
    """One click after the other, on all connections together."""

    rate: float
    waits: Sequence[float]
    """Seconds, sorted."""

    def at(self, share: float) -> float:
        """Milliseconds within which this share of the clicks was answered."""
        return self.waits[min(len(self.waits) - 1, int(len(self.waits) * share))] * 1_000


# The two sides, each in a process of its own -------------------------------------------------------------------------


def serve_ours(folder: Path) -> None:
    from publisher.web.serving import serve

    serve(doors_of(folder), host="127.0.0.1", port=0, scheduler=None, tell=print)


def serve_plain() -> None:
    import socket

    import uvicorn

    from publisher.web.serving import configured

    async def answer(request: Request) -> Response:
        await request.body()
        return PlainTextResponse("Unsubscribed.\n")

    listening = socket.create_server(("127.0.0.1", 0))
    print(f"Serving at http://127.0.0.1:{listening.getsockname()[1]}/", flush=True)
    app = Starlette(routes=[Route("/u/{token}", answer, methods=["POST"])])
    uvicorn.Server(configured(app)).run(sockets=[listening])


def doors_of(folder: Path) -> Doors:
    return open_doors(settings(folder, {}), tell=lambda _: None)


@contextmanager
def side(*arguments: str) -> Iterator[int]:
    """The port of a process of this file."""
    process = subprocess.Popen(
        [sys.executable, "-u", __file__, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline().split(":")[2].partition("/")[0])
    finally:
        process.terminate()
        process.wait()


# The client ----------------------------------------------------------------------------------------------------------


class Connection(asyncio.Protocol):
    """Keeps alive; one request at a time."""

    def __init__(self) -> None:
        self._read = b""
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, ended, rest = self._read.partition(b"\r\n\r\n")
        if not ended:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(rest) >= length and self._answer is not None:
            self._read = rest[length:]
            self._answer.set_result(int(head[9:12]))

    async def click(self, path: bytes) -> float:
        """Seconds until it was answered."""
        started = time.perf_counter()
        self._answer = asyncio.get_running_loop().create_future()
        head = b"POST %b HTTP/1.1\r\nHost: bench.example\r\nContent-Type: application/x-www-form-urlencoded\r\n" % path
        self._transport.write(head + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY)
        status = await self._answer
        assert status == 200, status
        return time.perf_counter() - started

    def close(self) -> None:
        self._transport.close()


async def connected(port: int, many: int) -> list[Connection]:
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(many)]


async def at_once(port: int, paths: Sequence[bytes], connections: int) -> Clicked:
    """As fast as it goes."""
    opened, left = await connected(port, connections), iter(paths)
    waits: list[float] = []

    async def work(one: Connection) -> None:
        for path in left:
            waits.append(await one.click(path))  # noqa: PERF401 - the paths are shared

    started = time.perf_counter()
    await asyncio.gather(*map(work, opened))
    seconds = time.perf_counter() - started
    for one in opened:
        one.close()
    return Clicked(rate=len(paths) / seconds, waits=sorted(waits))


async def steadily(port: int, paths: Iterable[bytes], going: Callable[[], bool]) -> Clicked:
    """So many a second, each when its time has come and whatever became of the others, as long as something goes on."""
    waits: list[float] = []
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for connection in await connected(port, 64):
        free.put_nowait(connection)

    async def one(path: bytes) -> None:
        due = time.perf_counter()
        connection = await free.get()
        await connection.click(path)
        waits.append(time.perf_counter() - due)
        free.put_nowait(connection)

    started, tasks = time.perf_counter(), []
    for n, path in enumerate(paths):
        await asyncio.sleep(max(0.0, started + n / A_SECOND - time.perf_counter()))
        if not going():
            break
        tasks.append(asyncio.create_task(one(path)))
    await asyncio.gather(*tasks)
    return Clicked(rate=len(waits) / (time.perf_counter() - started), waits=sorted(waits))


# The two parts -------------------------------------------------------------------------------------------------------


def newsroom(folder: Path, people: int, port: int = 25) -> list[bytes]:
    """A publication with so many readers; the paths of their links to leave."""
    folder.mkdir()
    (folder / "publication.toml").write_text(TOML.format(port=port))
    doors, now = doors_of(folder), datetime.now(tz=UTC)
    with doors.store.begin() as tx:
        row = {"publication": tx.publication, "state": "confirmed", "created": now, "confirmed": now}
        names = [f"r{n}@example.org" for n in range(people)]
        tx.connection.execute(insert(subscriber), [row | {"address": one, "address_key": one} for one in names])
        numbers = tx.connection.execute(text("SELECT id FROM subscriber ORDER BY id")).scalars().all()
    doors.store.close()
    list_id = doors.store.publication
    return [f"/u/{tokens.sign(doors.keys, subject=n, list_id=list_id, purpose='u')}".encode() for n in numbers]


def beside_a_plain_handler(folder: Path, clicks: int, pairs: int, connections: int) -> None:
    ratios = []
    for pair in range(pairs):
        home = folder / f"pair{pair}"
        paths = newsroom(home, clicks)
        with side("--plain") as port:
            plain = asyncio.run(at_once(port, paths, connections))
        with side("--ours", str(home)) as port:
            ours = asyncio.run(at_once(port, paths, connections))
        assert left(home) == clicks, "every answer came after its commit"
        ratios.append(ours.rate / plain.rate)
        print(
            f"pair {pair + 1}: plain {plain.rate:,.0f}/s, p99 {plain.at(0.99):.1f} ms;"
            f" ours {ours.rate:,.0f}/s, p99 {ours.at(0.99):.1f} ms; ratio {ratios[-1]:.2f}"
        )
    print(
        f"one-click unsubscribe, {connections} connections: {statistics.median(ratios):.2f} of a plain handler's rate"
    )


def left(home: Path) -> int:
    doors = doors_of(home)
    with doors.store.read() as tx:
        found = tx.connection.execute(text("SELECT count(*) FROM subscriber WHERE state = 'unsubscribed'")).scalar()
    doors.store.close()
    return int(found or 0)


def while_a_digest_goes_out(folder: Path, mails: int) -> None:
    with sink() as smtp:
        home = folder / "sending"
        paths = newsroom(home, mails, smtp)
        article = home / "articles" / "one.md"
        article.parent.mkdir()
        article.write_text(
            f"---\ntitle: One\npublished: {datetime.now(tz=UTC):%Y-%m-%dT%H:%M:%SZ}\n---\n" + "Words. " * 900
        )
        publisher = [sys.executable, "-m", "publisher"]
        there = ["--publication", str(home)]
        subprocess.run([*publisher, "hold", *there], check=True, stderr=subprocess.DEVNULL)
        with side("--ours", str(home)) as port:
            told("nothing else goes on", asyncio.run(steadily(port, paths[-300:], lambda: True)))
            # From the far end on, so that they leave before the digest reaches them.
            rest = iter(paths[-301::-1])
            for what, command in (("an edition is closed", ["run", "--now"]), ("a digest is being sent", ["run"])):
                with subprocess.Popen([*publisher, *command, *there], stderr=subprocess.DEVNULL) as run:
                    told(what, asyncio.run(steadily(port, rest, lambda run=run: run.poll() is None)))
                    run.kill()
                subprocess.run([*publisher, "resume", *there], check=True, stderr=subprocess.DEVNULL)


def told(what: str, one: Clicked) -> None:
    print(
        f"{A_SECOND} clicks a second while {what}: {len(one.waits)} answered,"
        f" p50 {one.at(0.5):.1f}, p99 {one.at(0.99):.1f}, most {one.at(1):.1f} ms"
    )


@contextmanager
def sink() -> Iterator[int]:
    """Postfix's, in a process of its own, or a small one where that is not installed."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin")
    command = (
        [program, "-c", f"127.0.0.1:{port}", "1000"]
        if program
        else [sys.executable, "-c", "import sys; sys.path.insert(0, sys.argv[2]); " + SMALL, str(port), str(TESTS)]
    )
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    try:
        yield port
    finally:
        process.kill()
        process.wait()


TESTS = Path(__file__).parent.parent / "tests"
SMALL = """
import asyncio, smtpd
async def main():
    sink = smtpd.Smtpd()
    sink._tasks = set()
    server = await asyncio.start_server(sink._accept, "127.0.0.1", int(sys.argv[1]), limit=2**20)
    await server.serve_forever()
asyncio.run(main())
"""


def fsync(folder: Path) -> float:
    """Milliseconds, the median of thirty."""
    waits = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(30):
            file.write(b"x" * 4096)
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            waits.append(time.perf_counter() - started)
    return statistics.median(waits) * 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--clicks", type=int, default=3_000)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--mails", type=int, default=6_000)
    parser.add_argument("--ours", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--plain", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ours:
        serve_ours(given.ours)
    elif given.plain:
        serve_plain()
    else:
        with tempfile.TemporaryDirectory(prefix="unsubscribe-", dir=given.folder) as folder:
            print(f"fsync here: {fsync(Path(folder)):.2f} ms")
            if given.pairs:
                beside_a_plain_handler(Path(folder), given.clicks, given.pairs, given.connections)
            while_a_digest_goes_out(Path(folder), given.mails)


if __name__ == "__main__":
    main()
