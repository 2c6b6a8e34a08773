"""What the disk refused, as one sentence that says what to type."""

import errno
import os
import pwd
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from publisher.errors import TemporaryError

SAFE = "Nothing was published; the last release is still live."


@contextmanager
def spoken(home: Path) -> Iterator[None]:
    """Turns an OSError into a `TemporaryError`."""
    try:
        yield
    except OSError as error:
        raise TemporaryError(f"{_reason(home, error)} {SAFE}") from error


def _reason(home: Path, error: OSError) -> str:
    place = shlex.quote(str(home))
    path = error.filename if isinstance(error.filename, str) else str(home)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"The disk of {home} is full: see `df -h {place}` and `df -i {place}`, make room and run again."
    if error.errno == errno.EROFS:
        return f"{path} cannot be written, its file system is read-only: see `findmnt -T {place}`, then run again."
    if error.errno in {errno.EACCES, errno.EPERM}:
        return _rights(home, Path(path), place)
    return f"{path}: {error.strerror or error}."


def _rights(home: Path, path: Path, place: str) -> str:
    """After one `sudo`, folders deep in the tree belong to root: the first that is not ours is named."""
    mine = os.geteuid()
    for one in (path, *path.parents):
        owner = _owner(one)
        if owner is not None and owner != mine:
            return f"{one} belongs to {_name(owner)}: type `sudo chown -hR {_name(mine)} {place}` and run again."
        if one == home:
            break
    return f"{path} may not be changed: type `chmod -R u+rwX {place}` and run again."


def _owner(path: Path) -> int | None:
    try:
        return path.lstat().st_uid
    except OSError:
        return None


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
