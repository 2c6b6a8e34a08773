"""Letters made in processes of their own are those that would be made here, whatever happens to the processes."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from deliver_child import compose
from mailing import NOON
from publisher.deliver import Letter, Unsendable
from publisher.deliver.maker import TRAY, TRAYS, Made, Maker
from publisher.deliver.making import make
from publisher.deliver.port import Compose
from publisher.deliver.workshop import FEW, TOO_SLOW, Workshop
from publisher.delivering import Claim

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="makers are forked on Linux only")


def claim(number: int, revision: int = 1) -> Claim:
    return Claim(
        subscriber=number,
        address=f"r{number}@example.org",
        variant="en",
        revision=revision,
        fence=1,
        attempts=0,
        confirmed=NOON,
    )


CLAIMS = [claim(number) for number in range(1, 11)]


def with_maker(compose: Compose, work: Callable[[Maker], Awaitable[list[Made]]]) -> list[Made]:
    async def call() -> list[Made]:
        maker = Maker(compose)
        try:
            return await work(maker)
        finally:
            maker.close()

    return asyncio.run(call())


def picky(one: Claim) -> Letter | Unsendable:
    if one.subscriber == 3:
        return Unsendable(reason="too odd")
    if one.subscriber == 4:
        raise ValueError("no such template")
    if one.subscriber == 5:
        made = compose(one)
        return Letter(
            sender=made.sender, recipient=made.recipient, content=b"x" * (TRAY + 1), message_id=made.message_id
        )
    return compose(one)


def test_a_maker_gives_what_would_be_made_here_letters_refusals_and_what_is_too_long():
    assert with_maker(picky, lambda maker: maker.make(CLAIMS)) == [make(picky, one) for one in CLAIMS]


def test_batches_come_back_in_their_order_and_do_not_write_over_each_other():
    async def work(maker: Maker) -> list[Made]:
        first, second = maker.make(CLAIMS[:5]), maker.make(CLAIMS[5:])
        assert maker.at_work == TRAYS
        return await first + await second

    assert with_maker(compose, work) == [make(compose, one) for one in CLAIMS]


def test_a_maker_that_is_killed_costs_nobody_a_letter():
    async def work(maker: Maker) -> list[Made]:
        before = await maker.make(CLAIMS[:3])
        os.kill(maker.process, signal.SIGKILL)
        during = await maker.make(CLAIMS[3:6])
        return before + during + await maker.make(CLAIMS[6:])

    assert with_maker(compose, work) == [make(compose, one) for one in CLAIMS]


def test_what_was_asked_for_comes_even_when_the_maker_is_closed_before():
    async def call() -> list[Made]:
        maker = Maker(compose)
        asked = maker.make(CLAIMS)
        maker.close()
        return await asked

    assert asyncio.run(call()) == [make(compose, one) for one in CLAIMS]


def test_a_maker_has_none_of_the_files_of_the_process_that_forked_it():
    async def work(maker: Maker) -> list[Made]:
        made = await maker.make(CLAIMS)
        assert _files_of(maker.process) == 1
        return made

    with_maker(compose, work)


def _files_of(process: int) -> int:
    return len([one for one in Path(f"/proc/{process}/fd").iterdir() if int(one.name) > 2])


def test_a_maker_ends_with_the_process_that_forked_it_even_when_that_is_killed():
    program = (
        "import asyncio, time; from publisher.deliver.maker import Maker\n"
        "async def main():\n print(Maker(lambda claim: None).process, flush=True); time.sleep(60)\n"
        "asyncio.run(main())"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        process = int(parent.stdout.readline())
        parent.kill()
    end = time.monotonic() + 10
    while time.monotonic() < end and _is_running(process):
        time.sleep(0.01)
    assert not _is_running(process)


def _is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def by_revision(revisions: dict[int, bytes]) -> Compose:
    """Like a digest's frozen bytes: a revision is read once, by whoever is asked first, and never by a maker."""
    reader = os.getpid()

    def make(one: Claim) -> Letter:
        if one.revision not in revisions:
            assert os.getpid() == reader
            revisions[one.revision] = f"revision {one.revision}".encode()
        return Letter(sender="d@x", recipient=one.address, content=revisions[one.revision], message_id="<i@x>")

    return make


def test_makers_know_the_revision_that_they_are_asked_for():
    async def call() -> list[bytes]:
        workshop = Workshop(by_revision({}), makers=2)
        found = []
        try:
            for number in (*[1] * 12, *[2] * 12):
                (made,) = await workshop.make([claim(number, revision=number)])
                assert isinstance(made, Letter)
                found.append(made.content)
        finally:
            workshop.close()
        return found

    assert asyncio.run(call()) == [b"revision 1"] * 12 + [b"revision 2"] * 12


def test_a_batch_is_of_one_revision_and_small_until_there_is_a_maker():
    async def call() -> None:
        workshop = Workshop(compose, makers=1)
        try:
            assert workshop.fits([], claim(1))
            assert not workshop.fits([claim(n) for n in range(FEW)], claim(9))
            assert not workshop.fits([claim(1)], claim(2, revision=2))
            await workshop.make([claim(1)])
            await workshop.make([claim(2)])
            assert workshop.fits([claim(n) for n in range(FEW)], claim(9))
        finally:
            workshop.close()

    asyncio.run(call())


def test_another_maker_comes_when_letters_are_waited_for_again_and_again():
    async def call() -> list[int]:
        workshop = Workshop(compose, makers=2)
        found = []
        try:
            for number in range(1, 3):
                await workshop.make([claim(number)])
            for sufficient in (*[False] * (TOO_SLOW - 1), True, *[False] * (3 * TOO_SLOW)):
                workshop.note(sufficient=sufficient)
                found.append(workshop.at_once // TRAYS)
        finally:
            workshop.close()
        return found

    assert asyncio.run(call()) == [*[1] * (2 * TOO_SLOW - 1), *[2] * (2 * TOO_SLOW + 1)]
