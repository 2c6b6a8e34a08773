"""A release that is being made: folders are copied on write, the disk itself is the only record of what was made.

One process makes the folders; others may write files into those that it tells them of.
"""
# A first release makes some ten thousand files: plain strings and system calls.
# ruff: noqa: PTH101, PTH102, PTH106, PTH108, PTH115, PTH123, PTH208, PTH211

import os
import re
import shutil
import stat
from collections.abc import Iterable, Mapping
from errno import EEXIST, EINVAL, ENOENT, ENOTEMPTY
from pathlib import Path
from typing import BinaryIO

import msgspec

from publisher.errors import ConfigurationError
from publisher.release.flushing import Flushing
from publisher.release.wording import spoken

TREE = re.compile(r"(?:\.\./trees|\.\./\.\.)/(\d{6,}/\d{4,})")
"""A link to a folder, from a root folder or from another tree: RELEASE/FOLDER."""
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
LONGEST = 255
"""Bytes of one name, on every file system in use."""


class Places(msgspec.Struct, frozen=True):
    """Where files of a release belong: another process may write them there."""

    home: Path
    folders: Mapping[str, str]
    """Of the site -> on the disk."""

    def put(self, path: str, content: bytes | Path) -> None:
        """Raises `TemporaryError` for a full disk and the like, `ConfigurationError` where no file can stand."""
        folder, _, name = path.rpartition("/")
        with spoken(self.home):
            _put(path, f"{self.folders[folder]}/{name}", content)


class Draft:
    """Release `number` before it is live. Nothing that an earlier release uses is ever changed."""

    def __init__(self, releases: Path, *, base: int, number: int) -> None:
        self._home = releases.parent
        self._flushing = Flushing(releases)
        self._trees = str(releases / "trees")
        self._own = f"{number:06}/"
        self._root = str(releases / f"{number:06}")
        self.folders = self.carried = self.written = 0
        self._tree = 0
        self._made: dict[str, str] = {"": self._root}
        # The root folder comes first: by its name the next run finds all that belongs to a build that was killed.
        _make_folder(self._root)
        _make_folder(f"{self._trees}/{number:06}")
        self.folders += 1
        # Built from nothing, it replaces everything that is there.
        older = [] if base else sorted(set(os.listdir(self._trees)) - {f"{number:06}"})
        self._superseded = [f"{base:06}", *older]
        if base:
            self._carry(str(releases / f"{base:06}"), self._root)

    def close(self) -> None:
        """Note what it was built on, and the folders of earlier releases that it replaced."""
        with open(f"{self._root}.superseded", "w", encoding="ascii") as file:
            file.writelines(f"{tree}\n" for tree in self._superseded)
        self._flushing.end()

    def remove(self, path: str) -> None:
        """Take a file out, and the folders that it leaves empty. Nothing happens where it is not there."""
        *parents, name = _names(path)
        if not _is_file(f"{self._root}/{path}"):
            return
        folder = self._folder(path, parents)
        os.unlink(f"{folder}/{name}")
        while parents:
            try:
                os.rmdir(folder)
            except OSError as error:
                if error.errno in {ENOTEMPTY, EEXIST}:
                    return
                raise
            del self._made["/".join(parents)]
            name = parents.pop()
            folder = self._folder(path, parents)
            os.unlink(f"{folder}/{name}")

    def write(self, path: str, content: bytes | Path) -> None:
        """Put a file in the place of what the base has there. It is a new file: the base's is not opened."""
        with spoken(self._home):
            *parents, name = _names(path)
            _put(path, f"{self._folder(path, parents)}/{name}", content)
        self.count(1)

    def places(self, paths: Iterable[str]) -> Places:
        """Of these files; their folders are there then."""
        folders = {}
        with spoken(self._home):
            for path in paths:
                *parents, _ = _names(path)
                folders["/".join(parents)] = self._folder(path, parents)
        return Places(self._home, folders)

    def count(self, files: int) -> None:
        """So many were written, by whatever process."""
        self.written += files
        with spoken(self._home):
            self._flushing.go_on()

    def _folder(self, path: str, names: list[str]) -> str:
        """Where a folder of the site stands that this release may change; made or copied where it is not there yet."""
        whole = "/".join(names)
        if whole not in self._made:
            self._made[whole] = self._step(path, self._folder(path, names[:-1]), names[-1])
        return self._made[whole]

    def _step(self, path: str, here: str, name: str) -> str:
        link = f"{here}/{name}"
        try:
            target = os.readlink(link)
        except OSError as error:
            if error.errno == ENOENT:
                return self._new_folder(here, name)
            if error.errno != EINVAL:
                raise
            what = "a file of the site" if _is_file(link) else "a folder that someone else made"
            raise _refused(path, f"{link} is {what}") from None
        found = TREE.fullmatch(target)
        if found is None:
            raise _refused(path, f"{link} is a link that someone else made, to {target}")
        if found[1].startswith(self._own):
            return f"{self._trees}/{found[1]}"
        self._superseded.append(found[1])
        os.unlink(link)
        folder = self._new_folder(here, name)
        self._carry(f"{self._trees}/{found[1]}", folder)
        return folder

    def _new_folder(self, here: str, name: str) -> str:
        self._tree += 1
        tree = f"{self._own}{self._tree:04}"
        _make_folder(f"{self._trees}/{tree}")
        os.symlink(f"../trees/{tree}" if here == self._root else f"../../{tree}", f"{here}/{name}")
        self.folders += 1
        return f"{self._trees}/{tree}"

    def _carry(self, shared: str, own: str) -> None:
        """The same files and folders under second names: links too, which take ten times as long to make anew. (They
        are relative, and stand as deep as before.) A folder or pipe that someone else put there is left behind.
        """
        here, there = _opened(shared), _opened(own)
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    if entry.is_symlink() or entry.is_file(follow_symlinks=False):
                        name = entry.name
                        os.link(name, name, src_dir_fd=here, dst_dir_fd=there, follow_symlinks=False)
                        self.carried += 1
        finally:
            os.close(here)
            os.close(there)


def _names(path: str) -> list[str]:
    """The names of a path, or a refusal: it may not lead out of the site."""
    names = path.split("/")
    if "\0" in path or not {"", ".", ".."}.isdisjoint(names):
        raise _refused(path, "an address is a relative path without `..`, `//` and NUL")
    try:
        longest = max(len(name.encode()) for name in names)
    except UnicodeEncodeError:
        raise _refused(path, "it has characters that are no text") from None
    if longest > LONGEST:
        raise _refused(path, f"one of its names is longer than {LONGEST} bytes")
    return names


def _refused(path: str, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"The site cannot have a file {path!r}: {reason}. Nothing was published; the last release is still live."
    )


def _put(path: str, place: str, content: bytes | Path) -> None:
    """A new file, in the place of what may be there."""
    try:
        target = os.open(place, NEW, 0o644)
    except FileExistsError:
        if not _is_file(place):
            raise _refused(path, f"{place} is a folder with other files in it, or a link") from None
        os.unlink(place)
        target = os.open(place, NEW, 0o644)
    try:
        # Whatever the umask is, a web server has to read it.
        os.fchmod(target, 0o644)
        if isinstance(content, Path):
            with _regular(content) as source, open(target, "wb", closefd=False) as file:
                shutil.copyfileobj(source, file, 1 << 20)
        else:
            _write_all(target, content)
    finally:
        os.close(target)


def _write_all(target: int, content: bytes) -> None:
    """Without a buffer between, which costs as much as the writing."""
    written = os.write(target, content)
    while written < len(content):
        written += os.write(target, memoryview(content)[written:])


def _make_folder(place: str) -> None:
    os.mkdir(place)
    os.chmod(place, 0o755)  # noqa: S103 - whatever the umask is, a web server has to read it


def _opened(folder: str) -> int:
    """Names in a folder that is open are found in two thirds of the time that whole paths take."""
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _is_file(place: str) -> bool:
    try:
        return stat.S_ISREG(os.lstat(place).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _regular(path: Path) -> BinaryIO:
    """Open a file to copy. Not to be held up by a pipe, nor to read a device for ever."""
    source = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(source).st_mode):
        os.close(source)
        raise OSError(EINVAL, "it is not a file that can be copied", str(path))
    return open(source, "rb")
