"""An article is retracted, taken down or reinstated: in its file, in the store, in what is mailed, on the site."""

from collections.abc import Generator, Iterator, Sequence
from datetime import datetime
from urllib.parse import unquote

from msgspec.structs import replace

from publisher.collect import amending, days, files
from publisher.collect.pictures import with_pictures
from publisher.collect.plain_text import headline
from publisher.collect.waiting import at_its_time
from publisher.config import Publication
from publisher.errors import PublisherError, UsageError
from publisher.model import Retraction
from publisher.running import takedown
from publisher.running.admitting import UPSTREAM, save, take_in
from publisher.running.announcing import announce
from publisher.running.collecting import picture_rows
from publisher.running.doors import Doors
from publisher.running.publishing import publish
from publisher.running.report import Report
from publisher.running.revising import revise
from publisher.store import addresses, pictures
from publisher.store import articles as shelf
from publisher.store.articles import ArticleRow
from publisher.store.transaction import Transaction


def retract(doors: Doors, named: str, *, reason: str, clear: bool) -> Iterator[str]:
    """Withdraw an article everywhere; `clear`: also from every copy that is kept. Says what was done, line by line.

    `named` is its path, slug, address or id. Idempotent. Raises `UsageError`.
    """
    why = headline(reason)
    if not why:
        raise UsageError("--reason is empty; it says why, and readers see it.")
    now = doors.now()
    row = _found(doors, named)
    at = now.astimezone(doors.publication.zone).replace(microsecond=0)
    retraction = Retraction(at=at, reason=why, takedown=clear)
    revised = []
    cleared: takedown.Cleared | None = None
    with doors.store.begin() as tx:
        if clear:
            takedown.begin(doors, tx)
        _write(doors, tx, row, retraction, now)
        revised = revise(doors, tx, row.id, now)
        if clear:
            cleared = takedown.clear(doors, tx, row.id, now)
    yield f"Retracted: {row.title} ({_where(row)})."
    yield from (one.sentence for one in revised)
    yield from _translations(doors, row)
    try:
        older = yield from _shown(doors, now)
    except PublisherError as error:
        raise type(error)(f"{error} The retraction holds: the next run that can release shows it.") from error
    if cleared:
        yield from takedown.told(doors, row, cleared, older)


def reinstate(doors: Doors, named: str) -> Iterator[str]:
    """Lift a retraction. The article comes back as updated now, so that readers who met its tombstone see it again."""
    now = doors.now()
    row = _found(doors, named)
    if row.retracted is None:
        raise UsageError(f"{row.title} ({_where(row)}) is not retracted; there is nothing to undo.")
    with doors.store.begin() as tx:
        _write(doors, tx, row, None, now)
    yield f"Reinstated: {row.title} ({_where(row)}). It counts as updated now."
    if row.retracted.takedown and row.path.startswith(UPSTREAM):
        yield "Its text was taken down and is not kept anywhere; the page has its title alone."
    yield "A digest that went out without it stays as it is."
    yield from _shown(doors, now)


def _write(doors: Doors, tx: Transaction, row: ArticleRow, retraction: Retraction | None, now: datetime) -> None:
    """The file first: it is what every later run reads. A collected entry has none, and is kept in the store alone."""
    at = now.astimezone(doors.publication.zone)
    if row.path.startswith(UPSTREAM):
        article, body = shelf.kept(tx, row.id)
        updated = article.updated if retraction else now.replace(microsecond=0)
        save(tx, [(replace(article, retracted=retraction, updated=updated), body)])
        return

    def amend(data: bytes) -> bytes:
        return amending.retracted(data, retraction) if retraction else amending.reinstated(data, at)

    amended = files.rewrite(doors.home, row.path, amend, doors.publication)
    read = with_pictures(doors.home, at_its_time(amended, now, doors.publication.zone))
    admission = take_in(doors, tx, [(read.manuscript, read.body)])
    pictures.remember(tx, picture_rows([read]), read=[row.path])
    if admission.problems:
        raise UsageError(
            f"{admission.problems[0]}; `{amending.RETRACTED}` stands in the file, and holds once it is mended"
        )


def _shown(doors: Doors, now: datetime) -> Generator[str, None, int | None]:
    """The site and the feeds say so at once, unless another run is just at it. Returns how many releases went."""
    report = Report(date=now.astimezone(doors.publication.zone).date(), at=now)
    with doors.store.exclusive("site") as mine:
        if mine:
            day_files, _ = days.days(doors.home)
            publish(doors, now, day_files, report)
    announcement = announce(doors)
    if announcement:
        announcement.end(report)
    if mine and report.release:
        yield f"The site and the feeds show it: release {report.release}, files written {report.files_written}."
    elif not mine:
        yield "A run is at work; the next `publisher run` shows it on the site and in the feeds."
    return report.forgotten


def _translations(doors: Doors, row: ArticleRow) -> Iterator[str]:
    with doors.store.read() as tx:
        shown = [one for one, _ in shelf.visible(tx, doors.now())]
    group = next((one.group for one in shown if one.id == row.id), None)
    for one in shown:
        if one.group == group and one.id != row.id and not one.retracted:
            yield f"Its translation stands: {one.title} ({one.path}). Retract it too if it is wrong as well."


def _found(doors: Doors, named: str) -> ArticleRow:
    """The one article that is meant. Raises `UsageError`."""
    with doors.store.read() as tx:
        known, former = shelf.known(tx), addresses.former(tx)
    address = _address(named, doors.publication)
    path = named.removeprefix(f"{doors.home}/").removeprefix("./")
    for meant in (
        [row for row in known if row.id == named],
        [row for row in known if row.path == path],
        [row for row in known if address and unquote(row.address).rstrip("/") == address],
        [row for row in known if address and former.get(address + "/", former.get(address)) == row.id],
        [row for row in known if row.slug == named],
    ):
        here = [row for row in meant if row.present]
        if len(here) == 1:
            return here[0]
        if meant:
            raise UsageError(_unclear(named, here))
    raise UsageError(f"No article is called {named!r}: give the path of its file, its slug or the address of its page.")


def _unclear(named: str, here: Sequence[ArticleRow]) -> str:
    if not here:
        return f"{named} is not shown any more: its file is gone. Feeds name it as deleted already."
    listed = "; ".join(sorted(map(_where, here)))
    return f"{named!r} may be one of {len(here)}: {listed}. Name one of these."


def _address(named: str, publication: Publication) -> str | None:
    """The path of a page, without its last slash; None for what is no address here."""
    bare = named.partition("?")[0].partition("#")[0]
    if bare.startswith(publication.url):
        return unquote("/" + bare.removeprefix(publication.url)).rstrip("/")
    return unquote(bare).rstrip("/") if bare.startswith("/") else None


def _where(row: ArticleRow) -> str:
    return row.address if row.path.startswith(UPSTREAM) else row.path
