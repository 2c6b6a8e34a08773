"""What a database refused, as one sentence that says what to do."""

import os
import pwd
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from publisher.errors import PublisherError, StoreLostError, TemporaryError


@contextmanager
def told_in_a_sentence(home: Path) -> Generator[None]:
    """The driver's errors as ours: what an operator can do about a locked, full, read-only or damaged store."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise _explained(error, home) from error
    except DBAPIError as error:
        if "malformed" in str(error.orig) or "not a database" in str(error.orig):
            raise _explained(error, home) from error
        raise


def _explained(error: DBAPIError, home: Path) -> PublisherError:
    words = str(error.orig).strip().splitlines()[0] if error.orig else str(error)
    if "locked" in words:
        return TemporaryError(f"The store is busy with another command's work: {words}. Try again in a minute.")
    if "malformed" in words or "not a database" in words:
        return StoreLostError(
            f"The store in {home} is damaged ({words}). Nothing was changed. Put the newest backup in its place with "
            "`publisher restore FILE`."
        )
    if "disk is full" in words or "disk I/O error" in words:
        return TemporaryError(f"The store in {home} cannot be written ({words}). Free some space, then run again.")
    if "readonly" in words or "unable to open" in words:
        return TemporaryError(f"The store in {home} cannot be written ({words}).{whose(home / 'publisher.db')}")
    return TemporaryError(f"The store cannot be reached: {words}. It is tried again by the next run.")


def whose(path: Path) -> str:
    """What to type when files belong to somebody else, as after one run under sudo, or are read-only; else what to look
    at. SQLite gives the files beside a store its mode, and they may keep it for longer.
    """
    folder = path if path.is_dir() else path.parent
    for one in [path, *(folder / f"publisher.db{end}" for end in ("", "-shm", "-wal")), folder]:
        try:
            status = one.stat()
        except OSError:
            continue
        if status.st_uid != os.geteuid():
            return f" {one} belongs to {_name(status.st_uid)}; type: sudo chown -R {_name(os.geteuid())} {folder}"
        if not status.st_mode & stat.S_IWUSR:
            return f" {one} is read-only; type: chmod u+w {one}"
    return f" May {_name(os.geteuid())} write in {folder}, and is there room on the disk?"


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
