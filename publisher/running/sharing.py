"""Work shared among processes, one for each core: only where there is much of it, and where a fork is safe."""

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Task = TypeVar("Task")
Result = TypeVar("Result")

PR_SET_PDEATHSIG = 1
"""prctl(2): which signal a process gets when the one that forked it ends."""


def cores() -> int:
    """How many this process may use; 1 where a forked process is not safe."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def lanes(tasks: Sequence[Task]) -> list[Sequence[Task]]:
    """One for each core: tasks next to each other are for the same process."""
    length = -(-len(tasks) // cores()) or 1
    return [tasks[start : start + length] for start in range(0, len(tasks), length)]


def shared(
    tasks: Sequence[Iterable[Task]],
    make: Callable[[Task], Result],
    *,
    begin: Callable[[], None] = lambda: None,
) -> Iterator[Result]:
    """The result of each task, in no particular order; `begin` is called first in each new process.

    `tasks` are one lane or several: each process has one of its own, and takes from another when its own is empty.
    `make` is inherited and need not be copied; a task is taken when somebody is about to be free for it, and pickled,
    as its result is, in one piece. An exception is raised here. When this process dies, the others end with it.
    """
    if cores() == 1:
        yield from map(make, chain(*tasks))
        return
    crew = _Crew(make, begin)
    try:
        yield from crew.results([iter(lane) for lane in tasks])
    finally:
        crew.dismiss()


class _Crew:
    def __init__(self, make: Callable[[Any], Any], begin: Callable[[], None]) -> None:
        import multiprocessing

        _give_back()
        forking = multiprocessing.get_context("fork")
        self._ours: list[Connection] = []
        self._members = []
        for _ in range(cores()):
            ours, theirs = forking.Pipe()
            # A copy of another member's end would keep that one alive when this process is gone.
            member = forking.Process(target=_work, args=(theirs, [*self._ours, ours], make, begin), daemon=True)
            member.start()
            theirs.close()
            self._ours.append(ours)
            self._members.append(member)

    def results(self, lanes: Sequence[Iterator[Any]]) -> Iterator[Any]:
        from multiprocessing.connection import Connection, wait

        # The next of each lane is at hand before somebody asks for it.
        upcoming = [list(islice(lane, 1)) for lane in lanes]

        def give(member: Connection) -> bool:
            own = self._ours.index(member)
            for place in ((own + further) % len(lanes) for further in range(len(lanes))):
                if upcoming[place]:
                    member.send(upcoming[place].pop())
                    upcoming[place].extend(islice(lanes[place], 1))
                    return True
            return False

        busy = [member for member in self._ours if give(member)]
        while busy:
            for one in wait(busy):
                assert isinstance(one, Connection)
                found = one.recv()
                if not give(one):
                    busy.remove(one)
                if isinstance(found, BaseException):
                    raise found
                yield found

    def dismiss(self) -> None:
        for one in self._ours:
            one.close()
        for member in self._members:
            member.join(timeout=5)
            if member.is_alive():
                member.kill()
                member.join()
        gc.unfreeze()


def _give_back() -> None:
    """What was used and is free again is the system's, before each new process has it too."""
    import ctypes

    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
    gc.freeze()


def _end_with_the_first() -> None:
    """Of a killed process the locks are free at once: what it forked has them too, and would send the next run away."""
    import ctypes
    import multiprocessing

    first = multiprocessing.parent_process()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if first and os.getppid() != first.pid:  # it died before that was said
        os._exit(1)


def _work(
    theirs: "Connection",
    others: Sequence["Connection"],
    make: Callable[[Any], Any],
    begin: Callable[[], None],
) -> None:
    _end_with_the_first()
    for one in others:
        one.close()
    try:
        begin()
        while True:
            task = theirs.recv()
            try:
                found = make(task)
            except Exception as error:  # noqa: BLE001 - it is raised again in the process that asked
                found = error
            theirs.send(found)
    except (EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        return
