"""Article files: which of those under `articles/` are new or changed, and what they say."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import msgspec
from msgspec.structs import replace

from publisher.collect.stamps import LONGEST, FileStamp, ReadFile, SeenFile
from publisher.collect.waiting import at_its_time
from publisher.config import Publication
from publisher.errors import TemporaryError, UsageError
from publisher.model import Problem

__all__ = ["FOLDER", "STILL_WRITING", "FileStamp", "ReadFile", "Scan", "rewrite", "scan", "scan_shared"]

Got = TypeVar("Got", bound=SeenFile)

FOLDER = "articles"
SUFFIXES = (".md", ".markdown", ".mdx", ".html", ".htm")
STILL_WRITING = timedelta(seconds=60)
"""A file that cannot be used and changed less than this ago is probably still being saved: a run waits for it."""


class Scan(msgspec.Struct, Generic[Got], frozen=True, kw_only=True):
    """What stands under `articles/`. Each path is in one of the four; a file that was known and is in none is gone."""

    read: tuple[Got, ...]
    """New or changed, by path."""
    unchanged: frozenset[str]
    """Known by the same stamp and not opened; also what stands where nothing could be looked at."""
    problems: tuple[tuple[FileStamp, Problem], ...]
    """Those that cannot be used. The stamp is for remembering the sentence until the file changes."""
    waiting: tuple[str, ...]


class Stamped(Protocol):
    @property
    def mtime_ns(self) -> int: ...
    @property
    def size(self) -> int: ...


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is new or changed."""

    place: str
    stamp: FileStamp
    ordinary: bool
    """False: a pipe, a device or the like."""


Outcome = ReadFile | Problem | None
"""None: it went away meanwhile."""
Read = Callable[[Unread], tuple[FileStamp, Outcome]]
Share = Callable[[Sequence[Unread], Read], Iterable[tuple[FileStamp, Got | Problem | None]]]
"""Reads all of them, wherever; what was found of each, in the same order."""


class _Found(msgspec.Struct):
    unchanged: set[str] = msgspec.field(default_factory=set)
    problems: list[tuple[FileStamp, Problem]] = msgspec.field(default_factory=list)
    waiting: list[str] = msgspec.field(default_factory=list)
    unread: list[Unread] = msgspec.field(default_factory=list)

    def problem(self, path: str, reason: str, stamp: FileStamp | None = None) -> None:
        self.problems.append((stamp or FileStamp(path=path, mtime_ns=0, size=0), Problem(path=path, reason=reason)))

    def unspeakable(self, folder: str, name: str) -> None:
        """A name that is no text could be in no list of files and in no address."""
        self.problem(f"{folder}/{ascii(name)[1:-1]}", "its name has characters that cannot be shown; rename it")


def scan(
    root: Path,
    publication: Publication,
    *,
    known: Mapping[str, Stamped],
    now: datetime,
    patience: timedelta = STILL_WRITING,
) -> Scan[ReadFile]:
    """As `scan_shared`, with all that was read."""
    return scan_shared(
        root, publication, known=known, now=now, share=lambda unread, read: map(read, unread), patience=patience
    )


def scan_shared(
    root: Path,
    publication: Publication,
    *,
    known: Mapping[str, Stamped],
    now: datetime,
    share: Share[Got],
    patience: timedelta = STILL_WRITING,
) -> Scan[Got]:
    """Look at every article file, any depth. `known` is what the last scan left, by path.

    A file with the known size and mtime is not opened. Hidden files and folders are passed over. A link that leads out
    of the publication is named and not followed. What stood under a folder that cannot be read now counts as unchanged,
    so that a share that is away for an hour unpublishes nothing.

    `share` is asked for what is new or changed, by path.
    """
    found = _Found()
    for path, entry in _walk(root, found, known):
        _look(path, entry, known.get(path), found)
    found.unread.sort(key=lambda one: one.stamp.path)
    read: list[Got] = []
    for stamp, outcome in share(found.unread, partial(_read, root, publication, now)):
        if isinstance(outcome, Problem) and abs(now - _mtime(stamp)) < patience:
            found.waiting.append(stamp.path)
        elif isinstance(outcome, Problem):
            found.problems.append((stamp, outcome))
        elif outcome is not None:
            read.append(outcome)
    return Scan(
        read=tuple(read),
        unchanged=frozenset(found.unchanged),
        problems=tuple(sorted(found.problems, key=lambda pair: pair[0].path)),
        waiting=tuple(sorted(found.waiting)),
    )


def rewrite(root: Path, path: str, amend: Callable[[bytes], bytes], publication: Publication) -> ReadFile:
    """Put a changed version in the place of an article file, whole or not at all; the file as it reads then.

    Raises `UsageError` where it cannot be amended or read, `TemporaryError` where it cannot be written.
    """
    from publisher.collect.article_file import parse

    place = Path(os.path.realpath(root / path))
    try:
        before = place.stat()
        try:
            data = amend(place.read_bytes())
        except UsageError as error:
            raise UsageError(f"{path}: {error}") from error
        outcome = parse(path, data, publication, mtime=datetime.fromtimestamp(before.st_mtime, UTC))
        if isinstance(outcome, Problem):
            raise UsageError(f"{outcome}; mend it first")
        _replace(place, data, before)
    except OSError as error:
        raise TemporaryError(f"{place} cannot be changed: {_why(error)}; nothing was done") from error
    return outcome


def _replace(place: Path, data: bytes, before: os.stat_result) -> None:
    draft = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            os.fchmod(file.fileno(), stat.S_IMODE(before.st_mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)


def _walk(root: Path, found: _Found, known: Mapping[str, Stamped]) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Article files that are not as they were, with their paths. Folders wait on a list of their own, however deep."""
    folders = [(FOLDER, os.fspath(root / FOLDER))]
    while folders:
        path, place = folders.pop()
        for entry in _listed(path, place, found, known):
            name = entry.name
            inner = f"{path}/{name}"
            before = known.get(inner)
            if before is not None and _is_same(entry, before):
                found.unchanged.add(inner)
            elif name.startswith("."):
                continue
            elif not name.isprintable():
                found.unspeakable(path, name)
            elif entry.is_dir(follow_symlinks=False):
                folders.append((inner, entry.path))
            elif entry.is_symlink():
                if _may_follow(root, inner, entry, found):
                    yield inner, entry
            elif name.lower().endswith(SUFFIXES):
                yield inner, entry


def _listed(path: str, place: str, found: _Found, known: Mapping[str, Stamped]) -> list["os.DirEntry[str]"]:
    """What a folder holds; of one that cannot be read, all that was known in it stays."""
    try:
        with os.scandir(place) as entries:
            return list(entries)
    except OSError as error:
        if path == FOLDER and isinstance(error, FileNotFoundError) and not known:
            return []  # a publication that has no article yet
        found.unchanged.update(one for one in known if one.startswith(f"{path}/"))
        found.problem(path, f"the folder cannot be read: {_why(error)}; what was read in it before stays as it is")
        return []


def _may_follow(root: Path, path: str, entry: os.DirEntry[str], found: _Found) -> bool:
    target, home = os.path.realpath(entry.path), os.path.realpath(root)
    if not target.startswith(home + os.sep):
        found.problem(
            path, "it is a link that leads out of the publication and is not followed; put the file itself here"
        )
        return False
    if entry.is_dir():
        found.problem(path, "it is a link to a folder and is not followed; put the folder itself here")
        return False
    return path.lower().endswith(SUFFIXES)


def _is_same(entry: os.DirEntry[str], before: Stamped) -> bool:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return False
    same = before.mtime_ns == status.st_mtime_ns and before.size == status.st_size
    return same and stat.S_ISREG(status.st_mode)


def _look(path: str, entry: os.DirEntry[str], before: Stamped | None, found: _Found) -> None:
    try:
        status = entry.stat()
    except FileNotFoundError:
        if entry.is_symlink():
            found.problem(path, "it is a link to a file that is not there")
        return
    except OSError as error:
        found.problem(path, f"it cannot be read: {_why(error)}")
        return
    if before is not None and before.mtime_ns == status.st_mtime_ns and before.size == status.st_size:
        found.unchanged.add(path)
        return
    stamp = FileStamp(path=path, mtime_ns=status.st_mtime_ns, size=status.st_size)
    found.unread.append(Unread(place=entry.path, stamp=stamp, ordinary=stat.S_ISREG(status.st_mode)))


def _read(root: Path, publication: Publication, now: datetime, unread: Unread) -> tuple[FileStamp, Outcome]:
    from publisher.collect.article_file import parse
    from publisher.collect.pictures import with_pictures

    stamp = unread.stamp
    data = _content(unread)
    if not isinstance(data, bytes):
        return stamp, data
    outcome = parse(stamp.path, data, publication, mtime=_mtime(stamp))
    if not isinstance(outcome, ReadFile):
        return stamp, outcome
    return stamp, at_its_time(with_pictures(root, replace(outcome, stamp=stamp)), now, publication.zone)


def _content(unread: Unread) -> bytes | Problem | None:
    path, size = unread.stamp.path, unread.stamp.size
    if not unread.ordinary:
        return Problem(path=path, reason="it is no file; an article is an ordinary file")
    if size > LONGEST:
        return Problem(path=path, reason=f"it has {size} bytes; an article has at most {LONGEST}")
    try:
        return _read_all(unread.place, size)
    except FileNotFoundError:
        return None
    except OSError as error:
        return Problem(path=path, reason=f"it cannot be read: {_why(error)}")


def _read_all(place: str, size: int) -> bytes:
    """By the system's own calls: of ten thousand small files, a file object takes as long again."""
    handle = os.open(place, os.O_RDONLY)
    try:
        data = os.read(handle, size + 1)
        while more := os.read(handle, LONGEST):  # it has grown meanwhile
            data += more
        return data
    finally:
        os.close(handle)


def _mtime(stamp: FileStamp) -> datetime:
    try:
        return datetime.fromtimestamp(stamp.mtime_ns / 1e9, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime(1970, 1, 1, tzinfo=UTC)


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
