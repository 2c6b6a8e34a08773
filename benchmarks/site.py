"""Building a site: publisher beside Hugo, Pelican and Eleventy on the same articles, in one run.

    python benchmarks/site.py [--articles 1000 10000] [--peers hugo hugo-alike ...] [--rounds 3] [--scratch DIR]

Ten articles a day of 640 words, six sections. The peers are installed into the scratch folder from their registries and
make less: a page for each article, day, section and tag, the front page, and one feed for the site and each section.
publisher makes those and years, months, authors, feeds in three formats with their archives, and sitemaps; it keeps the
old site until the new one is whole, and flushes it to the disk. `hugo-alike` is Hugo asked for the same (alike.py).

The programs take turns, so that whatever else the machine does weighs on all, and each begins when the disk has what
the one before it wrote. Seconds are wall time, CPU is of all processes. Memory is measured in a round of its own,
because to look costs time: the largest sum of the processes' proportional shares (PSS) that a look every 20 ms saw.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from alike import HugoAlike
from builders import Builder, Eleventy, Hugo, Pelican, Publisher, aside
from material import Piece

PEERS: dict[str, type[Builder]] = {"hugo": Hugo, "hugo-alike": HugoAlike, "pelican": Pelican, "eleventy": Eleventy}
CASES = ("cold", "nothing changed", "one more")


@dataclass(frozen=True)
class Taken:
    seconds: float
    cpu: float


@dataclass
class Measured:
    """All rounds of one program at one size, by case."""

    taken: dict[str, list[Taken]] = field(default_factory=lambda: {case: [] for case in CASES})
    megabytes: dict[str, float] = field(default_factory=dict)

    def median(self, case: str, what: Callable[[Taken], float]) -> float:
        return statistics.median(what(one) for one in self.taken[case])


def begun(builder: Builder, home: Path) -> int:
    """One build as a process of its own. Returns its number."""
    command, environment = builder.command(home)
    with (home / "build.log").open("wb") as log:
        return os.posix_spawn(
            command[0],
            command,
            {**os.environ, **environment, "PYTHONDONTWRITEBYTECODE": ""},
            file_actions=[(os.POSIX_SPAWN_DUP2, log.fileno(), 1), (os.POSIX_SPAWN_DUP2, log.fileno(), 2)],
        )


def timed(builder: Builder, home: Path) -> Taken:
    """With all processes that it starts."""
    os.sync()
    started = time.perf_counter()
    _, status, usage = os.wait4(begun(builder, home), 0)
    seconds = time.perf_counter() - started
    _succeeded(builder, home, status)
    return Taken(seconds, usage.ru_utime + usage.ru_stime)


def weighed(builder: Builder, home: Path) -> float:
    """Megabytes."""
    child = begun(builder, home)
    memory = Memory(child)
    memory.start()
    _, status = os.waitpid(child, 0)
    memory.ended.set()
    memory.join()
    _succeeded(builder, home, status)
    return memory.most / 1024


def _succeeded(builder: Builder, home: Path, status: int) -> None:
    if status:
        sys.exit(f"{builder.name} failed:\n{(home / 'build.log').read_text()[-2000:]}")


class Memory(threading.Thread):
    """Looks at the proportional set sizes of a process and of all below it, and keeps the largest sum."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.root = root
        self.most = 0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.02):
            self.most = max(self.most, sum(map(_pss, _family(self.root))))


def _family(root: int) -> Iterator[int]:
    yield root
    try:
        children = Path(f"/proc/{root}/task/{root}/children").read_text()
    except OSError:
        return
    for child in children.split():
        yield from _family(int(child))


def _pss(process: int) -> int:
    """Kilobytes."""
    try:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def prepare(builder: Builder, home: Path, articles: int) -> None:
    home.mkdir(parents=True)
    builder.begin(home)
    for number in range(articles):
        builder.add(home, Piece(number))


def one_round(builders: list[Builder], homes: dict[str, Path], number: int) -> Iterator[tuple[Builder, str]]:
    """Each case for one program after the other; what is yielded is to be built now."""
    for builder in builders:
        builder.clean(homes[builder.name])
        yield builder, "cold"
    for builder in builders:
        yield builder, "nothing changed"
    for builder in builders:
        builder.add(homes[builder.name], Piece(number))
        yield builder, "one more"


def measure(builders: list[Builder], scratch: Path, articles: int, rounds: int) -> dict[str, Measured]:
    homes = {builder.name: scratch / f"{builder.name}-{articles}" for builder in builders}
    for builder in builders:
        prepare(builder, homes[builder.name], articles)
    found = {builder.name: Measured() for builder in builders}
    for number in range(articles, articles + rounds):
        for builder, case in one_round(builders, homes, number):
            found[builder.name].taken[case].append(timed(builder, homes[builder.name]))
    for builder, case in one_round(builders, homes, articles + rounds):
        found[builder.name].megabytes[case] = weighed(builder, homes[builder.name])
    return found


def show(articles: int, found: dict[str, Measured]) -> None:
    print(f"\n{articles} articles: seconds / CPU seconds / MB, medians")
    print(f"{'':12}" + "".join(f"{case:>26}" for case in CASES))
    for name, measured in found.items():
        cells = [
            f"{measured.median(case, lambda one: one.seconds):.2f} / {measured.median(case, lambda one: one.cpu):.2f}"
            f" / {measured.megabytes[case]:.0f}"
            for case in CASES
        ]
        print(f"{name:12}" + "".join(f"{cell:>26}" for cell in cells))
    for name, measured in found.items():
        if name != "publisher":
            parts = ", ".join(f"{case} {ratio(found['publisher'], measured, case):.3f}" for case in CASES)
            print(f"publisher's time as a part of {name}'s: {parts}")


def ratio(ours: Measured, theirs: Measured, case: str) -> float:
    return ours.median(case, lambda one: one.seconds) / theirs.median(case, lambda one: one.seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scratch", type=Path, help="kept; else a temporary folder is made and removed")
    given = parser.parse_args()
    scratch = given.scratch or Path(tempfile.mkdtemp(prefix="site-benchmark-"))
    tools = scratch / "tools"
    tools.mkdir(parents=True, exist_ok=True)
    builders = [kind(tools) for kind in (Publisher, *map(PEERS.__getitem__, given.peers))]
    for builder in builders:
        builder.install()
    growth = []
    for articles in given.articles:
        for old in scratch.glob(f"*-{articles}"):
            aside(old, scratch)
        found = measure(builders, scratch, articles, given.rounds)
        show(articles, found)
        growth.append(found["publisher"].median("one more", lambda one: one.seconds))
    if len(growth) > 1:
        few, many = given.articles[0], given.articles[-1]
        print(f"\none more article at {many} costs {growth[-1] / growth[0]:.2f} times what it costs at {few}")
    if not given.scratch:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
