"""What a release costs: a first one of 20,000 files, and one more article in a small and in a large site.

    python benchmarks/release.py [FOLDER]

FOLDER is on the disk to be measured; a temporary folder is made in it and removed. The ratio is the point: one more
article costs the same at 100 articles and at 50,000.
"""

import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from publisher import release

PAGE = b"x" * 5000
PER_DAY = 10
REPEATS = 15


def pages(articles: int) -> Iterator[tuple[str, bytes]]:
    for number in range(articles):
        yield f"{address(number)}/index.html", PAGE


def putting(files: Iterable[tuple[str, bytes]]) -> Callable[[release.Draft], None]:
    def write(draft: release.Draft) -> None:
        for path, content in files:
            draft.write(path, content)

    return write


def address(number: int) -> str:
    day = number // PER_DAY
    return f"{2000 + day // 336}/{day // 28 % 12 + 1:02}/{day % 28 + 1:02}/article-{number}"


def first_release(home: Path, articles: int) -> None:
    started = time.perf_counter()
    made = release.publish(home, base=0, number=1, write=putting(pages(articles)), remove=[], keep=2)
    seconds = time.perf_counter() - started
    # Linux reckons in kilobytes.
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{articles:>7} articles, first release: {seconds:6.2f} s, {articles / seconds:8.0f} files/s, "
        f"{made.folders} folders, {memory:.0f} MB of memory at most"
    )


def one_more(home: Path, articles: int) -> float:
    """Seconds, the median."""
    taken = []
    for number in range(2, 2 + REPEATS):
        new = [(f"{address(articles - 1)}-{number}/index.html", PAGE), ("index.html", PAGE), ("feeds/atom.xml", PAGE)]
        started = time.perf_counter()
        made = release.publish(home, base=number - 1, number=number, write=putting(new), remove=[], keep=5)
        taken.append(time.perf_counter() - started)
    median = statistics.median(taken)
    print(
        f"{articles:>7} articles, one more: {median * 1000:.1f} ms, {made.folders} folders made, "
        f"{made.carried} links carried, {made.written} files written"
    )
    return median


def measure(parent: Path, articles: int) -> float:
    home = parent / str(articles)
    home.mkdir()
    first_release(home, articles)
    return one_more(home, articles)


def main() -> None:
    parent = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    # All is removed at the end, not between: ext4 is slow to give out inodes for a while after a large removal.
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        small, _, large = (measure(Path(folder), articles) for articles in (100, 20_000, 50_000))
    print(f"one more article at 50,000 costs {large / small:.2f} times what it costs at 100")


if __name__ == "__main__":
    main()
