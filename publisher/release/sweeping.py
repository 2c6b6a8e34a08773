"""Which releases on disk are still of use, and the removal of the others.

Folders are shared between releases, so a release goes in this order: its name (nobody builds on it any more), the
folders that only it used (its successor's `superseded` lists them), that list, its root folder. Killed anywhere, the
next sweep goes on: a release whose predecessor is gone and that still has its list has not finished it.
"""

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

NAME = re.compile(r"(\d{6,})(\.abandoned|\.old)?")


class History:
    """The releases that `newest` came from, newest first, as far as they are on disk."""

    def __init__(self, folder: Path, newest: int) -> None:
        self.folder = folder
        self.line: list[int] = []
        number = newest
        while number and (folder / f"{number:06}").is_dir():
            self.line.append(number)
            number = self._base(number)

    def sweep(self, keep: int, live: int | None) -> None:
        """Remove what is not in the line, and of the line what is older than `keep` releases and the live one.

        Costs what is removed, whatever the size of the site.
        """
        if not self.line:
            return
        self._sweep_abandoned()
        if live in self.line:
            keep = max(keep, self.line.index(live) + 1)
        self._forget(self.line[-1])
        while len(self.line) > keep:
            oldest = self.folder / f"{self.line.pop():06}"
            oldest.rename(oldest.with_suffix(".old"))
            self._forget(self.line[-1])
        for name in [name for name, _, state in self._on_disk() if state == ".old"]:
            _remove(self.folder / name)

    def _sweep_abandoned(self) -> None:
        """All folders under its number go with it: nobody in the line was built on it."""
        for _, number, state in self._on_disk():
            if state == ".abandoned" or (not state and number not in self.line):
                discard(self.folder, number)

    def _forget(self, oldest: int) -> None:
        """Remove the folders that only the predecessors of the oldest release used; they are gone."""
        superseded = self.folder / f"{oldest:06}.superseded"
        with suppress(FileNotFoundError):
            with superseded.open(encoding="ascii") as lines:
                next(lines, None)
                for line in lines:
                    _remove(self.folder / "trees" / line.strip())
            superseded.unlink()

    def _base(self, number: int) -> int:
        """0 for a release that was built from nothing, and for the oldest one."""
        try:
            with (self.folder / f"{number:06}.superseded").open(encoding="ascii") as lines:
                return int(next(lines, "0"))
        except (FileNotFoundError, ValueError):
            return 0

    def _on_disk(self) -> list[tuple[str, int, str]]:
        """(name, number, state): a handful of names, however large the site."""
        found = (NAME.fullmatch(name) for name in sorted(os.listdir(self.folder)))  # noqa: PTH208 - names are enough
        return [(match[0], int(match[1]), match[2] or "") for match in found if match]


def discard(folder: Path, number: int) -> None:
    """Remove a release that nobody was built on and that is not live, whole or half made. Idempotent."""
    root = folder / f"{number:06}"
    gone = root.with_suffix(".abandoned")
    if root.is_dir():
        root.rename(gone)
    _remove(folder / "trees" / root.name)
    root.with_suffix(".superseded").unlink(missing_ok=True)
    _remove(gone)


def _remove(folder: Path) -> None:
    """A folder with all in it; links in it are removed and not followed."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)
    # The last folder of a release takes that release's folder in trees/ along.
    if folder.parent.parent.name == "trees":
        with suppress(OSError):
            folder.parent.rmdir()
