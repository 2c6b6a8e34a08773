"""Announce: the hubs of the feeds that changed are told, beside everything else. A hub that is away delays nothing."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from threading import Thread
from typing import TYPE_CHECKING

from publisher import clock
from publisher.errors import PublisherError
from publisher.render.catalogue import Catalogue
from publisher.running.doors import Doors
from publisher.running.report import Report
from publisher.store import pings
from publisher.store.pings import Ping
from publisher.store.transaction import Transaction

if TYPE_CHECKING:
    from publisher.announce import Answered

LEASE = timedelta(minutes=2)
FIRST = timedelta(minutes=1)
LONGEST = timedelta(hours=4)
GIVEN_UP = timedelta(days=1)
"""By then every subscriber has looked by itself."""
WAIT = 20
"""Seconds: a little longer than one request may take."""
HUBS = 8
"""Told at the same time."""


def owe(doors: Doors, tx: Transaction, catalogue: Catalogue, changed: Iterable[str], now: datetime) -> None:
    """Note in the transaction of a release which hubs have to hear of it. `changed`: feeds with other bytes."""
    from publisher.render.feeds import hubs, load

    definitions = load(doors.materials.feeds)
    pings.forget_hubs(tx, {one.hub for one in definitions if one.hub})
    of_path: Mapping[str, str] = hubs(catalogue, definitions)
    absolute = doors.publication.absolute
    pings.owe(tx, [(of_path[path], absolute(_ascii(path))) for path in changed if path in of_path], now)


def announce(doors: Doors) -> "Announcement | None":
    """Begin to tell what is due; None: nothing is. A rehearsal and a set clock tell nobody outside."""
    if doors.site != doors.home or (clock.is_set() and not doors.allow_private_upstreams):
        return None
    with doors.store.read() as tx:
        if not pings.are_due(tx, doors.now()):
            return None
    return Announcement(doors)


class Announcement:
    """What is due when it begins is told in a thread of its own; `end` waits no longer than one request takes."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._said: list[str] = []
        with doors.store.begin() as tx:
            self._due = pings.claim(tx, doors.now(), LEASE)
        self._thread = Thread(target=self._tell, name="announce", daemon=True)
        if self._due:
            self._thread.start()

    def end(self, report: Report) -> None:
        if self._due:
            self._thread.join(WAIT)
            report.notes += self._said

    def _tell(self) -> None:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(max_workers=HUBS, thread_name_prefix="hub") as pool:
            by_hub = [list(some) for _, some in groupby(self._due, key=lambda one: one.hub)]
            for said in pool.map(self._hub, by_hub):
                self._said += said

    def _hub(self, owed: list[Ping]) -> list[str]:
        try:
            return list(_told(self._doors, owed))
        except PublisherError as error:
            return [f"The hub {owed[0].hub} is told again by a later run: {error}"]


def _told(doors: Doors, owed: list[Ping]) -> Iterator[str]:
    """One hub. What it did not take is owed on, later and later, for a day."""
    from publisher.announce import AT_ONCE, tell
    from publisher.collect.upstream import user_agent

    for start in range(0, len(owed), AT_ONCE):
        some = owed[start : start + AT_ONCE]
        answered = tell(
            some[0].hub,
            [one.topic for one in some],
            user_agent=user_agent(doors.publication),
            allow_private=doors.allow_private_upstreams,
        )
        with doors.store.begin() as tx:
            yield from _kept(tx, some, answered, doors.now())
        if answered.reason:
            return


def _kept(tx: Transaction, some: list[Ping], answered: "Answered", now: datetime) -> Iterator[str]:
    if answered.reason is None:
        pings.told(tx, some)
        return
    late = [one for one in some if now - one.changed >= GIVEN_UP]
    pings.told(tx, late)
    wait = max(_backoff(min(one.attempts for one in some)), timedelta(seconds=answered.retry_after))
    pings.put_off(tx, [one for one in some if one not in late], answered.reason, now + wait)
    after = "it was told nothing of this for a day, and is left alone" if late else "it is told again later"
    yield f"The hub {some[0].hub}: {answered.reason}; {after}. Readers who ask by themselves miss nothing."


def _backoff(attempts: int) -> timedelta:
    """1, 2, 4 ... minutes, 4 hours at most."""
    doublings: int = 2 ** min(attempts, 10)
    return min(FIRST * doublings, LONGEST)


def _ascii(path: str) -> str:
    from publisher.render.feeds.channels import ascii_path

    return ascii_path(path)
