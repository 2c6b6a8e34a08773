"""What a long build has written goes to the disk beside it."""

import errno
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from publisher import release
from publisher.errors import TemporaryError
from publisher.release import flushing
from putting import putting


def build(home: Path, files: Iterator[tuple[str, bytes]]) -> None:
    release.publish(home, base=0, number=1, write=putting(files), remove=(), keep=2)


def test_a_long_build_is_flushed_while_files_are_still_being_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed, real = Event(), flushing.flush

    def flush(folder: Path) -> None:
        real(folder)
        flushed.set()

    monkeypatch.setattr(flushing, "OFTEN", 0)
    monkeypatch.setattr(flushing, "flush", flush)

    def files() -> Iterator[tuple[str, bytes]]:
        yield "a.html", b"a"
        assert flushed.wait(10)
        yield "b.html", b"b"

    build(tmp_path, files())
    assert (tmp_path / "public/b.html").read_bytes() == b"b"


def test_a_write_that_was_lost_on_the_way_keeps_the_release_from_going_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = Event()

    def flush(_: Path) -> None:
        tried.set()
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(flushing, "OFTEN", 0)
    monkeypatch.setattr(flushing, "flush", flush)

    def files() -> Iterator[tuple[str, bytes]]:
        yield "a.html", b"a"
        assert tried.wait(10)

    with pytest.raises(TemporaryError, match="Input/output error"):
        build(tmp_path, files())
    assert release.live(tmp_path) is None
