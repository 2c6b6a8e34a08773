"""What was read of files, on its way from one process to another. Pickling takes ten times as long."""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

import msgspec

from publisher.collect.stamps import FileStamp
from publisher.model import Problem

Got = TypeVar("Got")
Seen = tuple[FileStamp, Got | Problem | None]


class Packed(msgspec.Struct, Generic[Got], frozen=True, array_like=True):
    stamp: FileStamp
    got: Got | None = None
    problem: Problem | None = None


def packed(found: Iterable[Seen[Got]]) -> bytes:
    return msgspec.msgpack.encode(
        [Packed(stamp, problem=one) if isinstance(one, Problem) else Packed(stamp, got=one) for stamp, one in found]
    )


def unpacking(kind: type[Got]) -> Callable[[bytes], Iterator[Seen[Got]]]:
    """The way back for `kind`, which is what was found where it was no problem."""
    decode = msgspec.msgpack.Decoder(list[Packed[kind]]).decode  # type: ignore[valid-type]  # a type that is a value
    return lambda data: ((one.stamp, one.problem or one.got) for one in decode(data))
