"""A rendered tree becomes the live one with one rename.

    public -> releases/000042           the live site
    releases/000042/                    the root folder of one release; each folder in it is a link into trees/
    releases/trees/000042/0001/         a folder that release 42 made anew
    releases/000042.superseded          the release that 42 was built on, then the folders of earlier ones it replaced

Folders are copied on write: only those on the path of a change are made anew, their other files are hard links and
their other folders links, so one more article costs the same in a small site and in a large one. (A folder costs what
it holds directly: a permalink without a date puts every article into one folder.)

The history is a line: each release is built on the one that the store remembers. A release that is on disk and not in
that line was made by a run that died before the store heard of it; it is abandoned and swept.
"""

import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from publisher.errors import ConfigurationError, TemporaryError
from publisher.release.flushing import flush
from publisher.release.sweeping import History, discard
from publisher.release.trees import Draft, Places
from publisher.release.wording import spoken

__all__ = [
    "FOLDER",
    "LINK",
    "Draft",
    "Places",
    "Released",
    "exists",
    "forget_older",
    "live",
    "owe_forgetting",
    "owes_forgetting",
    "publish",
]

LINK = "public"
FOLDER = "releases"
OWED = "older-go"
"""A file in it: a takedown waits for the release after which all older ones go."""
AT_LEAST = 2
"""The store may still describe the release before the live one."""


class Released(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    folders: int
    """Made anew, the root folder among them."""
    carried: int
    """Files and folders in those that stayed as they were: one link each."""
    written: int


def publish(
    home: Path,
    *,
    base: int,
    number: int,
    write: Callable[[Draft], None],
    remove: Iterable[str],
    keep: int,
) -> Released:
    """Make release `number` out of release `base` (0: out of nothing) and make it live, all or nothing.

    `remove` is done before `write` is called to put its files into the draft; a path in `remove` that is not there is
    no error, of a path that is written twice the last one holds. `number` is greater than `base` and the live release.
    At most `keep` releases stay, 2 at least.

    Whatever happens before the rename leaves the old release live. Raises `TemporaryError` for a full disk, missing
    rights and the like, `ConfigurationError` for a path that leads out of the site or meets something that is not the
    site's own. One process at a time: the caller holds a lock.
    """
    if keep < AT_LEAST:
        raise ValueError(f"keep is {keep}; the live release and its base always stay")
    before = live(home)
    if number <= max(base, before or 0):
        raise ValueError(f"release {number} is not newer than its base {base} and the live release {before}")
    with spoken(home):
        history = _prepared(home / FOLDER, base, number, before, keep)
    if base and not history.line:
        raise TemporaryError(f"{home / FOLDER} no longer has release {base}; the next run writes the whole site anew")
    try:
        released = _build(home, base, number, write, remove)
        with spoken(home):
            _go_live(home, number)
    except BaseException:
        # Gives back the room on a full disk now; what cannot be removed is left to the next release.
        if _peek(home) != number:
            with suppress(OSError):
                discard(history.folder, number)
        raise
    # What was live until now may be abandoned and still in somebody's hands: the next release sweeps it then.
    # What cannot be removed does not undo a release: the next one meets it first and says so.
    if before is None or before in history.line:
        with suppress(OSError):
            History(history.folder, number).sweep(keep, number)
    return released


def exists(home: Path, number: int) -> bool:
    """Whether release `number` is on disk and can be built on."""
    folder = home / FOLDER / f"{number:06}"
    return folder.is_dir() and not folder.is_symlink()


def live(home: Path) -> int | None:
    """The release that is shown; None: none was ever made live.

    Raises `ConfigurationError` where `public` is not a link that this program made.
    """
    link = home / LINK
    try:
        target = str(link.readlink())
    except FileNotFoundError:
        return None
    except OSError:
        target = ""
    found = re.fullmatch(rf"{FOLDER}/(\d{{6,}})/?", target)
    if found is None:
        what = f"leads to {target}" if target else "is a folder or a file of its own"
        raise ConfigurationError(
            f"{link} {what}. It has to be a link that `publisher` makes and replaces; nothing was touched. "
            f"Move it away (for example to {LINK}.old) and run again; own files of the site belong in static/."
        )
    return int(found[1])


def owe_forgetting(home: Path) -> None:
    """From now on it is known that older releases have to go, whatever happens before they do."""
    with spoken(home):
        (home / FOLDER).mkdir(exist_ok=True)
        with (home / FOLDER / OWED).open("wb") as mark:
            os.fsync(mark.fileno())


def owes_forgetting(home: Path) -> bool:
    return (home / FOLDER / OWED).exists()


def forget_older(home: Path) -> int:
    """Remove every release before the live one; returns how many. Pages that it shares with them stay.

    Nothing is owed then. One process at a time: the caller holds a lock.
    """
    number = live(home)
    if number is None:
        return 0
    with spoken(home):
        history = History(home / FOLDER, number)
        older = len(history.line) - 1
        history.sweep(1, number)
        (home / FOLDER / OWED).unlink(missing_ok=True)
    return older


def _prepared(releases: Path, base: int, number: int, before: int | None, keep: int) -> History:
    """The folders are there, and leftovers of a build that was killed are not."""
    for folder in (releases, releases / "trees"):
        if not folder.is_dir():
            folder.mkdir()
            folder.chmod(0o755)
    history = History(releases, base)
    # While an abandoned release is live, whatever it is made of has to stay.
    if before is None or before in history.line:
        history.sweep(keep, before)
    discard(releases, number)
    return history


def _build(home: Path, base: int, number: int, write: Callable[[Draft], None], remove: Iterable[str]) -> Released:
    """Errors of `write` are the caller's own: only what happens on this disk is put into words."""
    with spoken(home):
        draft = Draft(home / FOLDER, base=base, number=number)
        for path in remove:
            draft.remove(path)
    write(draft)
    with spoken(home):
        draft.close()
    return Released(number=number, folders=draft.folders, carried=draft.carried, written=draft.written)


def _go_live(home: Path, number: int) -> None:
    """One sync for all files, one rename, one fsync that keeps the rename."""
    new = home / f".{LINK}.new"
    new.unlink(missing_ok=True)
    new.symlink_to(f"{FOLDER}/{number:06}")
    flush(home / FOLDER)
    new.replace(home / LINK)
    folder = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _peek(home: Path) -> int | None:
    with suppress(ConfigurationError):
        return live(home)
    return None
