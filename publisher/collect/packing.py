"""What was read of a file, on its way from one process to another. Pickling takes ten times as long."""

import msgspec

from publisher.collect.files import Outcome
from publisher.collect.stamps import FileStamp, ReadFile
from publisher.model import Body, Manuscript, Problem

Packed = tuple[str, int, int, object, bytes]
"""Path, mtime and size of the file; what cannot be packed; all else of it."""
Parts = tuple[Manuscript, Body, int, tuple[Problem, ...], dict[str, int]]


def packed(stamp: FileStamp, outcome: Outcome) -> Packed:
    if not isinstance(outcome, ReadFile):
        return stamp.path, stamp.mtime_ns, stamp.size, outcome, b""
    parts: Parts = (outcome.manuscript, outcome.body, outcome.body_line, outcome.warnings, dict(outcome.lines))
    return stamp.path, stamp.mtime_ns, stamp.size, outcome.pictures, msgspec.msgpack.encode(parts)


def unpacked(found: Packed) -> tuple[FileStamp, Outcome]:
    path, mtime_ns, size, other, rest = found
    stamp = FileStamp(path=path, mtime_ns=mtime_ns, size=size)
    if not rest:
        assert other is None or isinstance(other, Problem)
        return stamp, other
    assert isinstance(other, tuple)
    manuscript, body, line, warnings, lines = _decode(rest)
    return stamp, ReadFile(
        stamp=stamp, manuscript=manuscript, body=body, body_line=line, warnings=warnings, pictures=other, lines=lines
    )


def _decode(rest: bytes) -> Parts:
    found: Parts = msgspec.msgpack.decode(rest, type=Parts)
    return found
