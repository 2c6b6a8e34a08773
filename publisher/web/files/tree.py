"""The live release as a tree of files: what stands at an address, and which version of it."""

import gzip
import hashlib
import math
import os
import re
import stat
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, unquote

import msgspec

from publisher.release import FOLDER, LINK

LARGEST = 1 << 20
"""Bytes of a file that is compressed while it is asked for."""
PLACEHOLDER = re.compile(r":([A-Za-z]\w*)", re.ASCII)
"""`:year` in a line of `_redirects`: any characters but a slash, which its target may name."""


@dataclass(frozen=True, slots=True, kw_only=True)  # a Struct would compare the path
class Version:
    """One file as it stands. Files of a release are never written again, so what is the same here is the same."""

    path: str = field(compare=False)
    device: int
    inode: int
    size: int
    mtime_ns: int

    @property
    def modified(self) -> int:
        """Seconds since 1970, rounded up: what was served earlier in the same second may have been another file."""
        return math.ceil(self.mtime_ns / 1e9)


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What a line of `_redirects` says of an address."""

    status: int
    target: str


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """A line of `_redirects` with placeholders."""

    source: re.Pattern[str]
    status: int
    target: str

    def rule(self, address: str) -> Rule | None:
        found = self.source.fullmatch(address)
        if found is None:
            return None
        named = found.groupdict()
        target = PLACEHOLDER.sub(lambda name: quote(named.get(name[1], name[0]), safe=":"), self.target)
        return Rule(status=self.status, target=target)


class Tree:
    def __init__(self, home: Path) -> None:
        self._link = home / LINK
        self._inside = os.path.realpath(home / FOLDER) + os.sep

    @property
    def is_live(self) -> bool:
        return self._link.exists()

    def find(self, path: str) -> Version | None:
        """The file at a path such as `feeds/atom.xml`; None: there is none, or it would lead out of the releases."""
        names = path.split("/")
        if "\0" in path or not {"", ".", ".."}.isdisjoint(names):
            return None
        # Resolved at once, so that a release that goes live meanwhile cannot give half of each.
        real = os.path.realpath(self._link / path)
        return version(real) if real.startswith(self._inside) else None

    def is_folder(self, path: str) -> bool:
        return self.find(f"{path}/index.html") is not None

    def rule(self, address: str) -> Rule | None:
        """What `_redirects` says of a decoded address, by its newest version."""
        found = self.find("_redirects")
        if found is None:
            return None
        exact, patterns = _rules(found)
        return exact.get(address) or next((one for each in patterns if (one := each.rule(address))), None)


def version(real: str) -> Version | None:
    """None where there is no file."""
    try:
        seen = os.lstat(real)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(seen.st_mode):
        return None
    return Version(path=real, device=seen.st_dev, inode=seen.st_ino, size=seen.st_size, mtime_ns=seen.st_mtime_ns)


@lru_cache(maxsize=65_536)
def tag(found: Version) -> str:
    """A strong validator (RFC 9110 s. 8.8.3), made of the bytes: the same in every release, on every machine."""
    with Path(found.path).open("rb") as file:
        return _quoted(hashlib.file_digest(file, "sha256").hexdigest())


@lru_cache(maxsize=512)
def packed(found: Version) -> tuple[str, bytes]:
    """(validator, gzip) of a file that has no compressed copy beside it."""
    written = gzip.compress(Path(found.path).read_bytes(), compresslevel=6, mtime=0)
    return _quoted(hashlib.sha256(written).hexdigest()), written


def http_date(seconds: int, now: datetime) -> str | None:
    """`Last-Modified`; None while it would be later than `Date` (RFC 9110 s. 8.8.2.1)."""
    from email.utils import formatdate

    return formatdate(seconds, usegmt=True) if seconds <= now.timestamp() else None


def _quoted(digest: str) -> str:
    return f'"{digest[:32]}"'


@lru_cache(maxsize=4)
def _rules(found: Version) -> tuple[dict[str, Rule], list[Pattern]]:
    """`/from /to STATUS`, a line each; what is written in another way is for other servers."""
    exact: dict[str, Rule] = {}
    patterns: list[Pattern] = []
    for line in Path(found.path).read_text("utf-8", "replace").splitlines():
        match line.split():
            case [source, target, status] if source.startswith("/") and "*" not in source and status.isdigit():
                names = PLACEHOLDER.findall(source)
                if not names:
                    exact.setdefault(unquote(source), Rule(status=int(status), target=target))
                elif len({*names}) == len(names):
                    patterns.append(Pattern(source=_pattern(source), status=int(status), target=target))
            case _:
                continue
    return exact, patterns


def _pattern(source: str) -> re.Pattern[str]:
    """Of decoded addresses."""
    literal, *others = PLACEHOLDER.split(source)
    pairs = zip(others[::2], others[1::2], strict=True)
    named = (f"(?P<{name}>[^/]+){re.escape(unquote(after))}" for name, after in pairs)
    return re.compile(re.escape(unquote(literal)) + "".join(named))
