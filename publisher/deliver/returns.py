"""Where mail that came back is read from: a file, a folder, a Maildir, an mbox, standard input.

Each message comes with what is to be done once its effect is stored; until then it stays where and as it was.
"""

import mailbox
import os
from collections.abc import Callable, Generator
from pathlib import Path

import msgspec

from publisher.errors import TemporaryError, UsageError

LARGEST = 32 << 20
"""Octets; of a larger file only so much is read."""


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """One message, as it lies somewhere."""

    name: str
    """For people: a path, a number in a mailbox."""
    raw: bytes
    done: Callable[[], None]
    """Call it after the commit: marks the message as seen. Calling it twice does no harm."""


def _nothing() -> None:
    """A file is nobody's to change."""


def from_path(path: Path) -> Generator[Arrived]:
    """A message, an mbox, a Maildir, or a folder of messages with the folders in it; hidden files are passed over.

    Raises `UsageError` when there is no such thing, `TemporaryError` when it cannot be read.
    """
    if not path.exists():
        raise UsageError(f"{path} does not exist; name a file, a folder or a Maildir, `-` or `imap`.")
    if path.is_dir():
        return from_maildir(path) if (path / "new").is_dir() and (path / "cur").is_dir() else _from_folder(path)
    return _from_file(path)


def from_bytes(raw: bytes, name: str) -> Generator[Arrived]:
    """One message that a mail server handed over."""
    yield Arrived(name=name, raw=raw, done=_nothing)


def from_maildir(folder: Path) -> Generator[Arrived]:
    """What nobody has seen: all of new/, and of cur/ what has no flag S. Once done it is in cur/ with that flag."""
    for path in sorted([*(folder / "new").iterdir(), *(folder / "cur").iterdir()]):
        unique, _, flags = path.name.partition(":2,")
        if path.name.startswith(".") or not path.is_file() or "S" in flags:
            continue
        seen = folder / "cur" / f"{unique}:2,{''.join(sorted({*flags, 'S'}))}"
        yield Arrived(name=str(path), raw=_read(path), done=_renaming(path, seen))


def _renaming(path: Path, seen: Path) -> Callable[[], None]:
    def done() -> None:
        if path.exists():
            path.rename(seen)

    return done


def _from_folder(folder: Path) -> Generator[Arrived]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield from _from_file(Path(root, name))


def _from_file(path: Path) -> Generator[Arrived]:
    raw = _read(path)
    if raw.startswith(b"From ") and raw.count(b"\n\nFrom ") > 0:
        yield from _from_mbox(path)
    else:
        yield Arrived(name=str(path), raw=raw, done=_nothing)


def _from_mbox(path: Path) -> Generator[Arrived]:
    """One message after the other, so that a year's mbox does not fill the memory."""
    box = mailbox.mbox(path, create=False)
    try:
        for number in box.keys():  # noqa: SIM118 - a mailbox iterates over messages, not keys
            yield Arrived(name=f"{path}, message {int(number) + 1}", raw=box.get_bytes(number), done=_nothing)
    finally:
        box.close()


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST)
    except OSError as error:
        raise TemporaryError(f"{path} cannot be read: {error.strerror}.") from error
