"""Adopt: a store that is lost without a backup is rebuilt from what the publication shows."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from publisher.editing import slots
from publisher.errors import UsageError
from publisher.model import Article, Edition
from publisher.release import ids
from publisher.running.collecting import collect
from publisher.running.doors import Doors
from publisher.running.report import Report
from publisher.store import Transaction, addresses, digests, editions
from publisher.store import articles as shelf
from publisher.store.digests import Rendition

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WEEK = timedelta(days=7)


def adopt(doors: Doors) -> Iterator[str]:
    """After the loss of the store: ids from ids.tsv, and nothing is mailed again that public/ shows as mailed.

    The pages of the digests are taken over as they are, so that links in mails go on working. Raises `UsageError`
    when the store is not lost.
    """
    now = doors.now()
    with doors.store.read() as tx:
        if shelf.known(tx):
            raise UsageError("The store knows this publication; there is nothing to adopt.")
    report = Report(date=now.astimezone(doors.publication.zone).date(), at=now)
    collected = collect(doors, now, report)
    pages = _digests_shown(doors)
    with doors.store.begin() as tx:
        visible = [one for one, _ in shelf.visible(tx, now)]
        for name in sorted(pages, key=lambda one: (editions.frequency_of(one), one)):
            _adopt_digest(doors, tx, name, pages[name], visible)
        addresses.moved(tx, _former_addresses(doors, visible), now)
        last = max((_slot(doors, name) for name in pages), default=now)
        editions.never_mail(tx, [one.id for one in visible if one.published <= last])
        mailed = len(editions.taken_ids(tx))
    yield f"{report.read} articles adopted, with their ids from {ids.NAME}; {mailed} of them count as mailed."
    yield f"{len(pages)} digests were found in public/, and their pages stay."
    yield "Subscribers are not in public/: bring them back with `publisher subscribers add` or a backup."
    for problem in collected.unusable:
        yield f"left out: {problem}"


def _former_addresses(doors: Doors, visible: Sequence[Article]) -> Iterator[tuple[str, str]]:
    """What the live release's `_redirects` says of articles, save for what their own files say too."""
    file = doors.home / "public" / "_redirects"
    here = {doors.publication.absolute(one.address): one for one in visible}
    root = urlsplit(doors.publication.url).path.rstrip("/")
    for line in file.read_text("utf-8").splitlines() if file.is_file() else ():
        old, _, rest = line.partition(" ")
        article, path = here.get(unquote(rest.partition(" ")[0])), unquote(old).removeprefix(root)
        if article and path.endswith("/") and path not in article.aliases:
            yield path, article.id


def _adopt_digest(
    doors: Doors, tx: Transaction, name: str, pages: Mapping[str, Path], visible: Sequence[Article]
) -> None:
    """One digest by its pages: what it linked to was mailed. There is nobody to send it to any more."""
    slot = _slot(doors, name)
    told = {
        lang: ((page / "index.html").read_bytes(), (page / "index.txt").read_bytes()) for lang, page in pages.items()
    }
    linked = b"".join(html for html, _ in told.values()).decode("utf-8", "replace")
    if not _close(doors, tx, name, linked, visible):
        return
    subject = (_title(linked) or name).removesuffix(f" · {doors.publication.name}")
    digests.open_digest(tx, name, _day(name), due=slot, expires=slot, subject=subject, variants={})
    digests.freeze(
        tx,
        name,
        [
            Rendition(variant=lang, subject=subject, skeleton=b"", web_html=html, web_text=text)
            for lang, (html, text) in told.items()
        ],
    )


def _close(doors: Doors, tx: Transaction, name: str, linked: str, visible: Sequence[Article]) -> bool:
    """An edition took what its page links to; a weekly carried the editions of its week."""
    day, slot, now = _day(name), _slot(doors, name), doors.now()
    if editions.frequency_of(name) == "weekly":
        week = [one.day for one in editions.in_no_weekly(tx, since=EPOCH) if day - WEEK < one.day <= day]
        return editions.close_week(tx, Edition(day=day, slot=slot, articles=()), days=week, now=now)
    taken = editions.taken_ids(tx)
    mailed = tuple(one.id for one in visible if f'{one.address}"' in linked and one.id not in taken)
    return editions.close(tx, Edition(day=day, slot=slot, articles=mailed), left_out=[], now=now)


def _day(name: str) -> date:
    """Of a digest, by its name. Raises ValueError."""
    return date.fromisoformat(name.removeprefix("weekly-"))


def _slot(doors: Doors, name: str) -> datetime:
    plan = doors.publication.digest
    return slots.at(_day(name), plan.of(editions.frequency_of(name)) or plan, doors.publication.zone)


def _title(html: str) -> str | None:
    found = re.search(r"<title>(.*?)</title>", html, re.DOTALL)
    return unescape(found[1]).strip() if found else None


def _digests_shown(doors: Doors) -> dict[str, dict[str, Path]]:
    """Digest -> language -> the folder of its page in the live release."""
    public = doors.home / "public"
    found: dict[str, dict[str, Path]] = {}
    for page in sorted([*public.glob("digest/*/index.txt"), *public.glob("*/digest/*/index.txt")]):
        lang = doors.publication.language if page.parts[-4] == public.name else page.parts[-4]
        name = page.parts[-2]
        with suppress(ValueError):
            _day(name)
            found.setdefault(name, {})[lang] = page.parent
    return found
