"""What `make run` calls: the sample publication's day of June 25, 2026, from articles to mails. Again is harmless."""

# ruff: noqa: INP001, T201 - a script that speaks to whoever runs it

import os
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent / "harbour"
CLOCK = "2026-06-25T09:00:00+02:00"
DAY = "2026-06-25"
READERS = ("ana@example.org", "ben@example.net", "chloe@example.com")
LECTORES = ("diego@example.org", "elena@example.net")


def publisher(*arguments: str) -> None:
    """One command of the installed package, in the sample's folder and on its day."""
    command = [sys.executable, "-m", "publisher", *arguments]
    print("\n$ publisher", *arguments, flush=True)
    done = subprocess.run(command, cwd=HOME, env={**os.environ, "PUBLISHER_CLOCK": CLOCK}, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(done.returncode)


def mails() -> list[Path]:
    return sorted(path for box in ("new", "cur") for path in (HOME / "outbox" / box).glob("*"))


def main() -> None:
    before = mails()
    publisher("subscribers", "add", *READERS, "--confirmed", "--evidence", "made up for the sample")
    publisher("subscribers", "add", *LECTORES, "--confirmed", "--evidence", "made up for the sample", "--lang", "es")
    publisher("run")
    print(closing_words(before, mails()))


def closing_words(before: list[Path], after: list[Path]) -> str:
    public = HOME / "public"
    new = len(set(after) - set(before))
    if new:
        mailed = f"{new} mails were written for {len(READERS) + len(LECTORES)} subscribers, two of them in Spanish."
    else:
        mailed = f"The {len(after)} mails of {DAY} were written before; none was written again, and that is the point."
    return f"""
The Morning Tide of June 25, 2026 is published. {mailed}
Nothing left this machine: in the sample a mail is a file.

Look at
  the front page   {public / "index.html"}
  the day          {public / DAY.replace("-", "/") / "index.html"}
  the feeds        {public / "feeds" / "atom.xml"}
  the digest       {public / "digest" / DAY / "index.html"}
  the mails        {HOME / "outbox" / "new"}
  the articles     {HOME / "articles"}

Next
  Click through it, as a reader would, at http://127.0.0.1:8000/:
    {Path(sys.executable).with_name("publisher")} serve --no-schedule --publication {HOME}
  Run `make run` again: nothing changes and nobody is mailed twice.
  Your own publication, in five minutes:
    {Path(sys.executable).with_name("publisher")} init zendoric
    cd zendoric
    {Path(sys.executable).with_name("publisher")} run --now"""


if __name__ == "__main__":
    main()
