"""How near delivery comes to the limit: Postfix's smtp-source and `publisher` against smtp-sink, in interleaved pairs.

    python benchmarks/delivery.py [--mails 3000] [--pairs 5] [--connections 16] [--signed none,ed25519,rsa] [FOLDER]

Debian's package `postfix` has both tools; no daemon is needed. FOLDER is on the disk that the store would be on; a
temporary folder is made in it and removed. `publisher` sends what `running` would: a frozen digest, personal links,
DKIM, two marks for each mail with synchronous=FULL. smtp-source sends one constant message of that size over eight
connections that it keeps. Its number moves with the machine, so only the ratio within a pair means something.
"""

import argparse
import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from publisher import deliver
from publisher.config import Relay
from publisher.render import dkim
from publisher.render.message import Headers, Slots, build
from publisher.running.composing import letters
from publisher.running.doors import Doors
from publisher.store import digests
from publisher.store.digests import Rendition
from publisher.store.schema import subscriber
from publisher.store.sending import DigestOutbox
from publisher.wiring import open_doors, settings

DIGEST = "2026-06-25"
DUE = datetime(2026, 6, 25, 7, tzinfo=UTC)
KEYS = {"none": (), "ed25519": (True,), "rsa": (False,)}
TOML = 'name = "Bench"\nurl = "https://bench.example/"\nauthority = "bench.example"\ntimezone = "UTC"\n'
SENTENCE = "The harbour council met on Tuesday, and what it decided about the breakwater costs more than it says. "


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    seconds: float
    cpu: float
    memory: float = 0
    """MB at the peak."""


def newsroom(folder: Path, mails: int, signed: str) -> Doors:
    """A publication whose digest, 5 KB of text and 30 KB of HTML, is owed to so many."""
    folder.mkdir()
    (folder / "publication.toml").write_text(TOML)
    opened = open_doors(settings(folder, {}), tell=lambda _: None)
    with opened.store.begin() as tx:
        people = [
            {
                "publication": tx.publication,
                "address": f"r{n}@example.org",
                "address_key": f"r{n}@example.org",
                "state": "confirmed",
                "created": DUE,
                "confirmed": DUE,
                "evidence": "benchmark",
            }
            for n in range(mails)
        ]
        tx.connection.execute(insert(subscriber), people)
        day, stale = date(2026, 6, 25), DUE + timedelta(days=1)
        everybody = dict.fromkeys(digests.choices(tx, frequency="daily", at=DUE), "en")
        digests.open_digest(tx, DIGEST, day, due=DUE, expires=stale, subject="x", variants=everybody)
        digests.freeze(tx, DIGEST, [rendition()])
    signers = [
        dkim.Signer(domain="bench.example", selector="s", key=dkim.new_key(ed25519=small)) for small in KEYS[signed]
    ]
    return Doors(
        **{name: getattr(opened, name) for name in Doors.__slots__ if name not in {"now", "signers"}},
        now=lambda: DUE,
        signers=tuple(signers),
    )


def rendition() -> Rendition:
    places = Slots.of(DIGEST, "en")
    text = f"{SENTENCE}\n" * 48 + f"Leave:\n{places.unsubscribe}\n"
    html = f"<p>{SENTENCE}</p>\n" * 280 + f'<a href="{places.unsubscribe}">leave</a> {places.address}\n'
    headers = Headers(
        sender="Bench <daily@bench.example>",
        subject="The day",
        date=DUE,
        list_name="Bench",
        list_id="daily.bench.example",
        language="en",
        one_click=False,
    )
    skeleton = build(headers, text, html, places).dump()
    return Rendition(variant="en", subject="The day", skeleton=skeleton, web_html=b"", web_text=b"")


# One side, in a process of its own ---------------------------------------------------------------------------------


def send(folder: Path, mails: int, signed: str, port: int, connections: int) -> None:
    """What the child process does: print how long delivering took, without the time to start."""
    doors = newsroom(folder, mails, signed)
    relay = Relay(name="sink", host="127.0.0.1", port=port, user=None, password=None, tls="none")
    compose = letters(doors, DIGEST, doors.store.publication)
    box = DigestOutbox(doors.store, DIGEST, now=doors.now)
    before, started = used(resource.RUSAGE_SELF), time.perf_counter()
    result = deliver.deliver(box, compose, [relay], connections=connections)
    seconds, cpu = time.perf_counter() - started, used(resource.RUSAGE_SELF) - before
    assert result.progress.accepted == mails, result
    # Linux reckons in kilobytes.
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "memory": memory}))


def used(who: int) -> float:
    found = resource.getrusage(who)
    return found.ru_utime + found.ru_stime


def by_publisher(folder: Path, mails: int, signed: str, port: int, connections: int) -> Measured:
    command = [sys.executable, __file__, "--child", signed, "--port", str(port), str(folder)]
    command += ["--mails", str(mails), "--connections", str(connections)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    shutil.rmtree(folder)
    return Measured(**json.loads(done.stdout))


def by_smtp_source(message: Path, mails: int, port: int) -> Measured:
    command = [tool("smtp-source"), "-d", "-s", "8", "-m", str(mails), "-F", str(message)]
    command += ["-f", "daily@bench.example", "-t", "r@example.org", f"inet:127.0.0.1:{port}"]
    before, started = used(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True)
    return Measured(seconds=time.perf_counter() - started, cpu=used(resource.RUSAGE_CHILDREN) - before)


# Around it -----------------------------------------------------------------------------------------------------------


def tool(name: str) -> str:
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if found is None:
        sys.exit(f"{name} is missing: apt-get install postfix (no daemon is needed)")
    return found


@contextmanager
def sink() -> Iterator[int]:
    """smtp-sink on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    as_root = ["-u", "nobody"] if os.geteuid() == 0 else []
    server = subprocess.Popen([tool("smtp-sink"), *as_root, f"127.0.0.1:{port}", "256"])
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        else:
            sys.exit("smtp-sink does not answer")
        yield port
    finally:
        server.terminate()
        server.wait()


def sample(folder: Path) -> bytes:
    """One of the mails, unsigned."""
    doors = newsroom(folder, 1, "none")
    (claim,) = DigestOutbox(doors.store, DIGEST, now=doors.now).claim(1)
    made = letters(doors, DIGEST, doors.store.publication)(claim)
    assert isinstance(made, deliver.Letter)
    return made.content


def fsync_time(folder: Path) -> float:
    """Milliseconds for 4 KB to the disk, the median of 200."""
    found = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(200):
            file.write(b"x" * 4096)
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            found.append((time.perf_counter() - started) * 1000)
    return statistics.median(found)


def compare(folder: Path, message: Path, signed: str, *, mails: int, pairs: int, connections: int) -> None:
    found: list[tuple[Measured, Measured]] = []
    for number in range(pairs):
        with sink() as port:
            limit = by_smtp_source(message, mails, port)
            found.append((limit, by_publisher(folder / f"{signed}-{number}", mails, signed, port, connections)))
    ratios = [limit.seconds / ours.seconds for limit, ours in found]
    rate = statistics.median(mails / ours.seconds for _, ours in found)
    most = statistics.median(mails / limit.seconds for limit, _ in found)
    cpu = statistics.median(ours.cpu / mails * 1e6 for _, ours in found)
    memory = max(ours.memory for _, ours in found)
    numbers = f"{statistics.median(ratios):6.2f} {rate:9,.0f} {most:12,.0f} {cpu:9,.0f} {memory:8,.0f}"
    print(f"{signed:8} {numbers}   {min(ratios):.2f} to {max(ratios):.2f}", flush=True)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("folder", nargs="?", type=Path, default=Path(tempfile.gettempdir()))
    options.add_argument("--mails", type=int, default=3000)
    options.add_argument("--pairs", type=int, default=5)
    options.add_argument("--connections", type=int, default=32)
    options.add_argument("--signed", default="none,ed25519,rsa")
    options.add_argument("--child", help=argparse.SUPPRESS)
    options.add_argument("--port", type=int, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.child:
        send(given.folder, given.mails, given.child, given.port, given.connections)
        return
    with tempfile.TemporaryDirectory(dir=given.folder, prefix="delivery-") as name:
        folder = Path(name)
        content = sample(folder / "sample")
        message = folder / "message.eml"
        message.write_bytes(content.replace(b"\r\n", b"\n"))
        size = len(content) / 1000
        print(f"{given.mails:,} mails of {size:.0f} KB, {given.connections} connections, {os.cpu_count()} cores")
        print(f"an fsync of 4 KB takes {fsync_time(folder):.2f} ms here; medians of {given.pairs} pairs")
        print("signed    ratio   mails/s  smtp-source  CPU us/m  MB peak   ratios")
        for signed in given.signed.split(","):
            compare(folder, message, signed, mails=given.mails, pairs=given.pairs, connections=given.connections)


if __name__ == "__main__":
    main()
