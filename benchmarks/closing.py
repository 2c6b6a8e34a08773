"""How long an edition takes to close: `python benchmarks/closing.py [SUBSCRIBERS]`, 100,000 unless told otherwise.

Readers chose as readers do: two languages, text alone or not, all of eight sections or some of them, daily or weekly, a
pause. The edition has twelve stories with three sources each. Printed beside it: the same rows, written by plain SQL
into the same table in one statement, which is the limit; and the bar of two seconds.
"""

import json
import random
import sqlite3
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace
from sqlalchemy import insert

from publisher.running.closing import decide
from publisher.running.collecting import collect
from publisher.running.desk import Desk, Slot
from publisher.running.report import Report
from publisher.store import digests
from publisher.store.schema import delivery, subscriber
from publisher.wiring import open_doors, settings

DUE = datetime(2026, 6, 25, 9, tzinfo=UTC)
BAR = 2.0
SECTIONS = ("Harbour", "Town", "Culture", "Sport", "Economy", "Science", "Opinion", "Letters")
TOML = """\
name = "Bench"
url = "https://bench.example/"
authority = "bench.example"
timezone = "UTC"
[digest]
start = "2026-06-01"
weekly = "sat 09:00"
"""
STORY = """\
---
title: {title}
published: 2026-06-25T08:{number:02}:00Z
lang: {lang}
slug: s{number}
section: {section}
lede: What happened, to whom, and what it rests on, in a sentence or two of the usual length.
sources:
  - {{title: Minutes of the session, url: "https://a.example/{number}", publisher: Council, verification: verified}}
  - {{title: Tables, url: "https://b.example/{number}", publisher: Statistics, access: paywall}}
  - {{title: Conversation, role: own-reporting, verification: verified}}
---
{body}
"""


def main() -> None:
    readers = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        taken, forms, audience = _close(home, readers)
        plain = _plain(home)
    print(f"subscribers {readers:,}, audience {audience:,}, forms of the digest {forms}")
    met = "met" if taken.wall < BAR else "MISSED"
    print(f"closing the edition: {taken.wall:.2f} s, {taken.work:.2f} s of work; bar {BAR:.1f} s: {met}")
    print(f"the same deliveries by plain SQL: {plain:.2f} s; ratio {taken.wall / plain:.1f}")


class Taken(NamedTuple):
    """Seconds by the clock, and of this process's own work: on a busy machine the first is no measure."""

    wall: float
    work: float


def _close(home: Path, readers: int) -> tuple[Taken, int, int]:
    """Seconds, forms, audience."""
    (home / "publication.toml").write_text(TOML)
    articles = home / "articles"
    articles.mkdir()
    for number in range(12):
        for lang in ("en", "es"):
            text = STORY.format(
                title=f"Story {number}", number=number, lang=lang, section=SECTIONS[number % 8], body="Words. " * 300
            )
            (articles / f"s{number}.{lang}.md").write_text(text)
    opened = open_doors(settings(home, {}), tell=lambda _: None)
    doors = replace(opened, now=lambda: DUE)
    _subscribe(doors.store, readers)
    report = Report(date=DUE.date(), at=DUE)
    desk = Desk(doors=doors, now=DUE, collected=collect(doors, DUE, report), report=report)
    began, worked = time.perf_counter(), time.process_time()
    decide(desk, Slot(day=date(2026, 6, 25), at=DUE))
    taken = Taken(time.perf_counter() - began, time.process_time() - worked)
    with doors.store.read() as tx:
        forms = len(digests.renditions(tx, "2026-06-25"))
    doors.store.close()
    return taken, forms, report.audience


def _subscribe(store, readers: int) -> None:  # noqa: ANN001
    chance = random.Random(1)
    with store.begin() as tx:
        for start in range(0, readers, 10_000):
            rows = [_reader(tx.publication, n, chance) for n in range(start, min(start + 10_000, readers))]
            tx.connection.execute(insert(subscriber), rows)


def _reader(publication: int, number: int, chance: random.Random) -> dict[str, object]:
    some = chance.random() < 0.2
    return {
        "publication": publication,
        "address": f"r{number}@example.org",
        "address_key": f"r{number}@example.org",
        "state": "confirmed",
        "created": DUE,
        "confirmed": DUE,
        "lang": "es" if chance.random() < 0.3 else None,
        "format": "text" if chance.random() < 0.05 else "both",
        "frequency": "weekly" if chance.random() < 0.15 else "daily",
        "sections": json.dumps(sorted(chance.sample(SECTIONS, chance.randint(1, 3)))) if some else None,
        "paused_until": DUE + timedelta(days=9) if chance.random() < 0.01 else None,
    }


def _plain(home: Path) -> float:
    """The deliveries copied, in one statement and one durable commit, into a table of the same form."""
    with sqlite3.connect(home / "publisher.db", isolation_level=None) as line:
        line.execute("PRAGMA synchronous=FULL")
        (made,) = line.execute("SELECT sql FROM sqlite_master WHERE name = ?", (delivery.name,)).fetchone()
        line.execute(made.replace(delivery.name, "copied", 1))
        began = time.perf_counter()
        line.execute("BEGIN IMMEDIATE")
        line.execute("INSERT INTO copied SELECT * FROM delivery")
        line.execute("COMMIT")
        return time.perf_counter() - began


if __name__ == "__main__":
    main()
