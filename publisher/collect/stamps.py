"""What is known of a file before and after it was read."""

from dataclasses import dataclass

from publisher.model import Body, Manuscript, Picture, Problem

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
class PictureFile:
    """A file that an article shows, or that it would show if it were there."""

    path: str
    mtime_ns: int
    """-1: it is not there."""
    size: int
    picture: Picture | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    stamp: FileStamp
    manuscript: Manuscript
    body: Body
    body_line: int = 1
    """On which the body begins in the file."""
    warnings: tuple[Problem, ...] = ()
    pictures: tuple[PictureFile, ...] = ()
    """Files that it shows or would show."""
