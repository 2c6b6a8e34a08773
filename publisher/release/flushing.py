"""That what was written is on the disk, also after the power goes."""

import os
import sys
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ctypes
    from concurrent.futures import Future, ThreadPoolExecutor

OFTEN = 2.0
"""Seconds between two flushes of a long build."""


def flush(folder: Path) -> None:
    """All that was written to the file system of `folder` is on the disk. OSError: syncfs(2) tells of lost writes."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _sync(opened)
    finally:
        os.close(opened)


class Flushing:
    """Flushes beside a long build, so that it does not wait for all of its files at its end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._due = time.monotonic() + OFTEN
        self._beside: ThreadPoolExecutor | None = None
        self._last: Future[None] | None = None

    def go_on(self) -> None:
        """To be called after each file; a thread is started when it is time for it, not before: others may fork.

        Raises OSError for writes that were lost: no later flush would tell of them again.
        """
        if time.monotonic() < self._due or (self._last and not self._last.done()):
            return
        from concurrent.futures import ThreadPoolExecutor

        self._told()
        self._beside = self._beside or ThreadPoolExecutor(max_workers=1)
        self._last = self._beside.submit(flush, self._folder)
        self._due = time.monotonic() + OFTEN

    def end(self) -> None:
        """Wait for what is under way. Raises OSError as `go_on` does."""
        self._told()
        if self._beside:
            self._beside.shutdown()

    def _told(self) -> None:
        if self._last:
            self._last.result()


def _sync(folder: int) -> None:
    library = _libc()
    if library is None:
        os.sync()
    elif library.syncfs(folder) != 0:
        import ctypes

        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@cache
def _libc() -> "ctypes.CDLL | None":
    """None where the system has no syncfs."""
    if sys.platform != "linux":
        return None
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    return library if hasattr(library, "syncfs") else None
