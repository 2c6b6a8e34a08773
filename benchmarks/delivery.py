"""How near delivery comes to the limit: Postfix's smtp-source and `publisher` against smtp-sink, in interleaved pairs.

    python benchmarks/delivery.py [--mails 1000,20000] [--pairs 5] [--connections 32] [--signed none,ed25519,rsa]
                                  [--latency 5,50] [--peers] [FOLDER]

Debian's package `postfix` has both tools; no daemon is needed. FOLDER is on the disk that the store would be on; a
temporary folder is made in it and removed. `publisher` sends what `running` would: a frozen digest, personal links,
DKIM, two marks for each mail with synchronous=FULL. smtp-source sends one constant message of that size over eight
connections that it keeps. Its number moves with the machine, so only the ratio within a pair means something.

`--latency`: a relay of ours that answers after so many milliseconds, whatever it is sent; the ratio is to
min(0.9 x smtp-source, connections / (reply + commit)). `--peers`: the same mail by nodemailer and by Django, which keep
no ledger; they are installed into the temporary folder. `--mails 1000000 --pairs 1` takes minutes.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from sqlalchemy import insert

from publisher import deliver, memory
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
LOOK = 0.8
"""Seconds between two looks at the memory: each takes milliseconds in which the process cannot have more of it."""
SENTENCE = "The harbour council met on Tuesday, and what it decided about the breakwater costs more than it says. "
TEXT = f"{SENTENCE}\n" * 48
HTML = f"<p>{SENTENCE}</p>\n" * 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    seconds: float
    cpu: float
    memory: float = 0
    """MB at the peak, of all its processes."""
    commit: float = 0
    """Seconds for one commit of marks and outcomes, the mean."""


def newsroom(folder: Path, mails: int, signed: str) -> None:
    """A publication whose digest, 5 KB of text and 30 KB of HTML, is owed to so many."""
    folder.mkdir()
    (folder / "publication.toml").write_text(TOML)
    for small in KEYS[signed]:
        (folder / "dkim.pem").write_bytes(dkim.dump_key(dkim.new_key(ed25519=small)))
    opened = open_doors(settings(folder, {}), tell=lambda _: None)
    with opened.store.begin() as tx:
        for first in range(0, mails, 10_000):
            people = [reader(tx.publication, n) for n in range(first, min(first + 10_000, mails))]
            tx.connection.execute(insert(subscriber), people)
        day, stale = date(2026, 6, 25), DUE + timedelta(days=1)
        everybody = dict.fromkeys(digests.choices(tx, frequency="daily", at=DUE), "en")
        digests.open_digest(tx, DIGEST, day, due=DUE, expires=stale, subject="x", variants=everybody)
        digests.freeze(tx, DIGEST, [rendition()])
    opened.store.close()


def reader(publication: int, n: int) -> dict[str, object]:
    return {
        "publication": publication,
        "address": f"r{n}@example.org",
        "address_key": f"r{n}@example.org",
        "state": "confirmed",
        "created": DUE,
        "confirmed": DUE,
        "evidence": "benchmark",
    }


def doors_of(folder: Path) -> Doors:
    opened = open_doors(settings(folder, {}), tell=lambda _: None)
    keys = [dkim.load_key(path.read_bytes()) for path in folder.glob("dkim.pem")]
    signers = tuple(dkim.Signer(domain="bench.example", selector="s", key=key) for key in keys)
    return replace(opened, now=lambda: DUE, signers=signers)


def rendition() -> Rendition:
    places = Slots.of(DIGEST, "en")
    text = f"{TEXT}Leave:\n{places.unsubscribe}\n"
    html = f'{HTML}<a href="{places.unsubscribe}">leave</a> {places.address}\n'
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


def send(folder: Path, mails: int, port: int, connections: int) -> None:
    """What the child process does: print how long delivering took, without the time to start."""
    doors = doors_of(folder)
    relay = Relay(name="sink", host="127.0.0.1", port=port, user=None, password=None, tls="none")
    compose = letters(doors, DIGEST, doors.store.publication)
    box = DigestOutbox(doors.store, DIGEST, now=doors.now)
    commits: list[float] = []
    record = box.record

    def timed(*asked: Any) -> frozenset[int]:
        at = time.perf_counter()
        done = record(*asked)
        commits.append(time.perf_counter() - at)
        return done

    box.record = timed  # type: ignore[method-assign]
    memory.for_a_long_one()
    before, started = used(), time.perf_counter()
    result = deliver.deliver(box, compose, [relay], connections=connections)
    seconds, cpu = time.perf_counter() - started, used() - before
    assert result.progress.accepted == mails, result
    print(json.dumps({"seconds": seconds, "cpu": cpu, "commit": statistics.mean(commits)}))


def used() -> float:
    """Seconds of CPU, of this process and of those that it has waited for."""
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in found)


def by_publisher(folder: Path, mails: int, signed: str, port: int, connections: int) -> Measured:
    child = [sys.executable, __file__, str(folder), "--mails", str(mails), "--signed", signed, "--port", str(port)]
    child += ["--connections", str(connections)]
    subprocess.run([*child, "--child", "prepare"], check=True)
    with subprocess.Popen([*child, "--child", "send"], stdout=subprocess.PIPE, text=True) as sending:
        peak = 0.0
        while not ends_within(sending, LOOK):
            peak = max(peak, held_by(sending.pid))
        assert sending.stdout is not None
        done = json.load(sending.stdout)
    shutil.rmtree(folder)
    return Measured(**done, memory=peak)


def ends_within(process: "subprocess.Popen[str]", seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def held_by(process: int) -> float:
    """MB of it and of its children; what they share counts once (PSS)."""
    children = Path(f"/proc/{process}/task/{process}/children")
    try:
        found = [int(one) for one in children.read_text().split()]
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended meanwhile
        return 0.0
    own = next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return own / 1024 + sum(held_by(one) for one in found)


def by_smtp_source(message: Path, mails: int, port: int) -> Measured:
    command = [tool("smtp-source"), "-d", "-s", "8", "-m", str(mails), "-F", str(message)]
    command += ["-f", "daily@bench.example", "-t", "r@example.org", f"inet:127.0.0.1:{port}"]
    before, started = used(), time.perf_counter()
    subprocess.run(command, check=True)
    return Measured(seconds=time.perf_counter() - started, cpu=used() - before)


# Around it -----------------------------------------------------------------------------------------------------------


def tool(name: str) -> str:
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if found is None:
        sys.exit(f"{name} is missing: apt-get install postfix (no daemon is needed)")
    return found


@contextmanager
def sink() -> Iterator[int]:
    """smtp-sink on a free port."""
    as_root = ["-u", "nobody"] if os.geteuid() == 0 else []
    with serving(lambda port: [tool("smtp-sink"), *as_root, f"127.0.0.1:{port}", "256"]) as port:
        yield port


@contextmanager
def serving(command: Callable[[int], list[str]]) -> Iterator[int]:
    """A server on a free port, for as long as it is needed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = subprocess.Popen(command(port))
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        else:
            sys.exit(f"{server.args} does not answer")
        yield port
    finally:
        server.terminate()
        server.wait()


def sample(folder: Path) -> bytes:
    """One of the mails, unsigned."""
    newsroom(folder, 1, "none")
    doors = doors_of(folder)
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
    found: list[tuple[float, Measured]] = []
    for number in range(pairs):
        with sink() as port:
            limit = rate_of_smtp_source(message, mails, port)
            found.append((limit, by_publisher(folder / f"{signed}-{number}", mails, signed, port, connections)))
    ratios = [mails / ours.seconds / limit for limit, ours in found]
    most, rate, cpu, commit = (
        statistics.median(values)
        for values in zip(
            *((limit, mails / o.seconds, o.cpu / mails * 1e6, o.commit * 1e3) for limit, o in found), strict=True
        )
    )
    memory = max(ours.memory for _, ours in found)
    numbers = f"{statistics.median(ratios):6.2f} {rate:9,.0f} {most:12,.0f} {cpu:9,.0f} {memory:8,.0f} {commit:10.2f}"
    print(f"{signed:8} {mails:10,} {numbers}   {min(ratios):.2f} to {max(ratios):.2f}", flush=True)


def rate_of_smtp_source(message: Path, mails: int, port: int) -> float:
    """Mails a second. Its rate does not depend on how many they are, once they are some thousands."""
    number = min(max(mails, 3000), 20_000)
    return number / by_smtp_source(message, number, port).seconds


def against_latency(folder: Path, message: Path, milliseconds: int, *, pairs: int, connections: int) -> None:
    """A relay that answers late: how near to what so many connections can do."""
    ratios, rates, bounds = [], [], []
    mails = 20_000 if milliseconds < 20 else 8_000
    late = Path(__file__).with_name("late_relay.py")
    for number in range(pairs):
        with sink() as port:
            limit = rate_of_smtp_source(message, mails, port)
        with serving(lambda port: [sys.executable, str(late), str(port), str(milliseconds)]) as port:
            ours = by_publisher(folder / f"late-{number}", mails, "none", port, connections)
        bound = min(0.9 * limit, connections / (milliseconds / 1000 + ours.commit))
        rates.append(mails / ours.seconds)
        bounds.append(bound)
        ratios.append(rates[-1] / bound)
    middle = [statistics.median(values) for values in (ratios, rates, bounds)]
    print(
        f"{milliseconds:5} {middle[0]:6.2f} {middle[1]:9,.0f} {middle[2]:9,.0f}",
        f"  {min(ratios):.2f} to {max(ratios):.2f}",
        flush=True,
    )


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("folder", nargs="?", type=Path, default=Path(tempfile.gettempdir()))
    options.add_argument("--mails", default="1000,20000")
    options.add_argument("--pairs", type=int, default=5)
    options.add_argument("--connections", type=int, default=32)
    options.add_argument("--signed", default="none,ed25519,rsa")
    options.add_argument("--latency", default="")
    options.add_argument("--peers", action="store_true")
    options.add_argument("--child", help=argparse.SUPPRESS)
    options.add_argument("--port", type=int, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.child == "prepare":
        newsroom(given.folder, int(given.mails), given.signed)
    elif given.child == "send":
        send(given.folder, int(given.mails), given.port, given.connections)
    else:
        with tempfile.TemporaryDirectory(dir=given.folder, prefix="delivery-") as name:
            measure(Path(name), given)


def measure(folder: Path, given: argparse.Namespace) -> None:
    content = sample(folder / "sample")
    message = folder / "message.eml"
    message.write_bytes(content.replace(b"\r\n", b"\n"))
    some = {"pairs": given.pairs, "connections": given.connections}
    print(f"mails of {len(content) / 1000:.0f} KB, at most {given.connections} connections, {os.cpu_count()} cores")
    print(f"an fsync of 4 KB takes {fsync_time(folder):.2f} ms here; medians of {given.pairs} pairs")
    print("signed   recipients  ratio   mails/s  smtp-source  CPU us/m  MB peak  commit ms   ratios")
    for mails in filter(None, given.mails.split(",")):
        for signed in filter(None, given.signed.split(",")):
            compare(folder, message, signed, mails=int(mails), **some)
    if given.latency:
        print("   ms  ratio   mails/s  possible   ratios")
        for milliseconds in given.latency.split(","):
            against_latency(folder, message, int(milliseconds), **some)
    if given.peers:
        import peers

        (folder / "text").write_text(TEXT)
        (folder / "html").write_text(HTML)
        with sink() as port:
            peers.compare(folder, port, limit=rate_of_smtp_source(message, 6000, port))


if __name__ == "__main__":
    main()
