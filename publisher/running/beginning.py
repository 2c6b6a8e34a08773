"""The first articles of a publication: they are remembered while the others are still being read."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from functools import partial

import msgspec

from publisher.collect.files import Read, Unread
from publisher.collect.packing import Seen
from publisher.collect.stamps import ReadFile, SeenFile
from publisher.config import Publication
from publisher.editing.identity import Newcomers, by_itself
from publisher.editing.withdrawals import marked, withdrawn_by
from publisher.model import Problem
from publisher.release import ids
from publisher.running.admitting import save, shelved
from publisher.running.doors import Doors
from publisher.running.reading import TakenIn, read_all
from publisher.store import addresses, releases, withdrawals
from publisher.store import articles as shelf
from publisher.store.articles import Shelved
from publisher.store.transaction import Transaction

SOME = 500
"""Articles that are saved together."""


class Newcomer(msgspec.Struct, frozen=True):
    """What an article is by itself: all but whether another has its id or its address."""

    seen: SeenFile
    article: Shelved | None = None
    refused: Problem | None = None
    withdrawn: frozenset[str] = frozenset()
    """Works that it says were withdrawn."""


def is_beginning(doors: Doors, tx: Transaction) -> bool:
    """Whether nothing is known that an article could be, or that could stand in its way."""
    known = shelf.changes(tx) or addresses.former(tx) or releases.fixed_pages(tx)
    return not known and (releases.base(tx).ids_seen == ids.stamp(doors.home) or not ids.read(doors.home))


class Beginning:
    """Takes in what is read, by path, in one transaction, which begins with the first that is saved.

    What was admitted stays so: of two that clash it is the second by path that is left out, as among all at once.
    """

    def __init__(self, doors: Doors, open_until: ExitStack) -> None:
        self._doors = doors
        self._open_until = open_until
        self._tx: Transaction | None = None
        self._newcomers = Newcomers(doors.publication)
        self._ids: dict[str, str] = {}
        self._problems: list[Problem] = []
        self._withdrawn: dict[str, frozenset[str]] = {}
        self._unsaved: list[Shelved] = []

    def read(self, unread: Sequence[Unread], read: Read) -> Iterator[Seen[SeenFile]]:
        """Only what is remembered of each file is held on to: there would be many texts to hold."""
        make = partial(_newcomer, self._doors.publication)
        for stamp, found in read_all(self._doors, unread, read, make, Newcomer):
            if not isinstance(found, Newcomer):
                yield stamp, found
                continue
            self._take(found)
            yield stamp, found.seen

    def transaction(self) -> Transaction:
        self._tx = self._tx or self._open_until.enter_context(self._doors.store.begin())
        return self._tx

    def end(self, on_disk: Collection[str]) -> TakenIn:  # noqa: ARG002 - where nothing is known, no file was elsewhere
        self._save()
        self._mark()
        return TakenIn(ids=self._ids, problems=tuple(self._problems))

    def _take(self, found: Newcomer) -> None:
        article = self._beside_the_others(found.article) if found.article else found.refused
        if isinstance(article, Problem):
            self._problems.append(article)
        elif article:
            self._ids[article.path] = article.id
            self._unsaved.append(article)
            if found.withdrawn:
                self._withdrawn[article.id] = found.withdrawn
        if len(self._unsaved) == SOME:
            self._save()

    def _beside_the_others(self, alone: Shelved) -> Shelved | Problem:
        if self._newcomers.have_room(alone.path, alone.id, alone.address):
            return alone
        article, body = shelf.unshelved(alone)
        found = self._newcomers.admit(article)
        return found if isinstance(found, Problem) else shelved(found, body)

    def _mark(self) -> None:
        """Sources that one of them says were withdrawn are so in all of them: that is known now at last."""
        tx = self.transaction()
        withdrawals.remember(tx, self._withdrawn)
        works = frozenset().union(*self._withdrawn.values())
        articles = shelf.read(tx, self._ids.values()).values() if works else ()
        changed = [other for one in articles for other in [marked(one, works)] if other != one]
        save(tx, [(one, shelf.kept(tx, one.id)[1]) for one in changed])

    def _save(self) -> None:
        shelf.save(self.transaction(), self._unsaved)
        self._unsaved = []


def _newcomer(publication: Publication, read: ReadFile) -> Newcomer:
    found = by_itself(read.manuscript, publication)
    if isinstance(found, Problem):
        return Newcomer(read.seen, refused=found)
    return Newcomer(read.seen, shelved(found, read.body), withdrawn=withdrawn_by(found))
