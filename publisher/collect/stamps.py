"""What is known of a file before and after it was read."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.model import Body, Manuscript, Problem

if TYPE_CHECKING:
    from publisher.collect.pictures import PictureFile

LONGEST = 8 * 1024 * 1024
"""Bytes of one article file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStamp:
    """What tells that a file was not changed."""

    path: str
    """Relative to the publication, with `/`."""
    mtime_ns: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    stamp: FileStamp
    manuscript: Manuscript
    body: Body
    body_line: int = 1
    """On which the body begins in the file."""
    warnings: tuple[Problem, ...] = ()
    pictures: tuple["PictureFile", ...] = ()
    """Files that it shows or would show."""
