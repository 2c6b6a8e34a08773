"""The first articles of a publication: they are remembered while the others are still being read."""

from collections.abc import Sequence
from contextlib import ExitStack

from msgspec.structs import replace

from publisher.collect.stamps import ReadFile
from publisher.editing.identity import Admission, each_by_itself
from publisher.editing.withdrawals import marked, withdrawn_by
from publisher.model import Article, Body, Problem
from publisher.release import ids
from publisher.running.admitting import save
from publisher.running.doors import Doors
from publisher.store import addresses, releases, withdrawals
from publisher.store import articles as shelf
from publisher.store.transaction import Transaction

SOME = 500
"""Articles that are saved together."""


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
        self._admitted = each_by_itself(doors.publication)
        self._found: list[Article | Problem] = []
        self._unsaved: list[tuple[Article, Body]] = []

    def take(self, read: ReadFile) -> ReadFile:
        """The same without its text, of which there would be many to hold."""
        found = self._admitted(read.manuscript)
        self._found.append(found)
        if isinstance(found, Article):
            self._unsaved.append((found, read.body))
        if len(self._unsaved) == SOME:
            self._save()
        return replace(read, body=replace(read.body, text=""))

    def transaction(self) -> Transaction:
        self._tx = self._tx or self._open_until.enter_context(self._doors.store.begin())
        return self._tx

    def end(self) -> Admission:
        self._save()
        articles = tuple(one for one in self._found if isinstance(one, Article))
        self._mark(articles)
        return Admission(articles=articles, problems=tuple(one for one in self._found if isinstance(one, Problem)))

    def _mark(self, articles: Sequence[Article]) -> None:
        """Sources that one of them says were withdrawn are so in all of them: that is known now at last."""
        tx = self.transaction()
        said = {one.id: works for one in articles for works in [withdrawn_by(one)] if works}
        withdrawals.remember(tx, said)
        works = frozenset().union(*said.values())
        changed = [other for one in articles for other in [marked(one, works)] if other != one] if works else []
        save(tx, [(one, shelf.kept(tx, one.id)[1]) for one in changed])

    def _save(self) -> None:
        save(self.transaction(), self._unsaved)
        self._unsaved = []
