"""What is known of a file before and after it was read."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from publisher.model import Body, Manuscript, Picture, Problem

LONGEST = 8 * 1024 * 1024
"""Bytes of one article file."""


class FileStamp(msgspec.Struct, frozen=True, kw_only=True):
    """What tells that a file was not changed."""

    path: str
    """Relative to the publication, with `/`."""
    mtime_ns: int
    size: int


class PictureFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that an article shows, or that it would show if it were there."""

    path: str
    mtime_ns: int
    """-1: it is not there."""
    size: int
    picture: Picture | None


class SeenFile(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of a file that was read, besides its article."""

    stamp: FileStamp
    warnings: tuple[Problem, ...] = ()
    pictures: tuple[PictureFile, ...] = ()
    """Files that it shows or would show."""
    again: datetime | None = None
    """When something in it is due that waits for its time."""


class ReadFile(SeenFile, frozen=True, kw_only=True):
    manuscript: Manuscript
    body: Body
    body_line: int = 1
    """On which the body begins in the file."""
    lines: Mapping[str, int] = msgspec.field(default_factory=dict)
    """Where some keys stand in the file: `image`, `corrections`, `updated`."""

    @property
    def seen(self) -> SeenFile:
        return SeenFile(stamp=self.stamp, warnings=self.warnings, pictures=self.pictures, again=self.again)
