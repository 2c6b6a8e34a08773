"""Import of a list of subscribers, as a whole process: time against the limit, and memory at two sizes.

    python benchmarks/lists.py [--rows 100000]

Prints seconds, CPU seconds and peak memory for a hundredth of the rows and for all of them, read for the first time and
again, the time as a share of the limit of 10 seconds for 100,000 rows, and how much memory the larger list took more.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT = 10 / 100_000
"""Seconds a row."""
HEADER = "Email Address,First Name,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LAST_CHANGED\n"
ROW = "reader{n}@host{host}.example,R,2023-04-21 11:16:57,192.0.2.1,2023-04-21 11:17:57,192.0.2.1,2023-04-21 11:16:57\n"


def publisher(*arguments: str) -> tuple[float, float, float]:
    """(seconds, CPU seconds, peak MB) of one command."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "publisher", *arguments], stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"publisher {arguments[0]} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="lists-") as folder:
        home, peaks = Path(folder, "zendoric"), []
        publisher("init", str(home))
        print(f"{'rows':>8} {'':>6} {'s':>7} {'CPU s':>7} {'MB':>6} {'of the limit':>13}")
        for number in (rows // 100, rows):
            path = Path(folder, f"subscribed-{number}.csv")
            with path.open("w") as file:
                file.write(HEADER)
                file.writelines(ROW.format(n=f"{number}x{n}", host=n % 997) for n in range(number))
            for when in ("first", "again"):
                seconds, cpu, peak = publisher("subscribers", "import", str(path), "--publication", str(home))
                peaks.append(peak)
                print(
                    f"{number:>8} {when:>6} {seconds:>7.2f} {cpu:>7.2f} {peak:>6.0f} {seconds / number / LIMIT:>13.2f}"
                )
        print(f"memory, the larger list over the smaller: {max(peaks[2:]) - max(peaks[:2]):+.0f} MB")


if __name__ == "__main__":
    main()
