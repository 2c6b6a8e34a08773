"""A text that has to go is cleared from every copy that this program keeps; what it cannot reach is named."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from publisher import release
from publisher.model import Article
from publisher.render.digest.variants import Variant
from publisher.render.site.frame import ascii_path
from publisher.running.admitting import UPSTREAM
from publisher.running.doors import Doors
from publisher.running.freezing import compose_again, recalled
from publisher.running.planning import folder_of
from publisher.store import articles as shelf
from publisher.store import clearing, revisions, versions
from publisher.store.articles import ArticleRow
from publisher.store.clearing import Spoke
from publisher.store.digests import Rendition
from publisher.store.driver import sqlite_file
from publisher.store.transaction import Transaction

GONE = "This digest spoke of an article that was taken down. Its page is no longer shown."


class Cleared(msgspec.Struct, frozen=True, kw_only=True):
    digests: tuple[str, ...]
    """Whose pages and mails no longer speak of it."""
    mailed: int
    """Readers who have it in their mailboxes."""


def begin(doors: Doors, tx: Transaction) -> None:
    """What this transaction lets go is overwritten; what is left to do after it is done by any run."""
    clearing.overwrites(tx)
    release.owe_forgetting(doors.site)


def clear(doors: Doors, tx: Transaction, identity: str, now: datetime) -> Cleared:
    """The digests that carried it or corrected it are made anew without it, in every revision. Idempotent."""
    article, _ = shelf.kept(tx, identity)
    left = {one.id: one for one, _ in shelf.visible(tx, now) if one.id != identity and not one.retracted}
    link = f'{ascii_path(article.address)}"'.encode()
    first = article.published.astimezone(doors.publication.zone).date() - timedelta(days=1)
    versions.clear(tx, identity)
    found = clearing.digests_with(tx, link, first)
    for spoke in found:
        clearing.replace_renditions(tx, spoke.name, _without(doors, tx, spoke, left))
        clearing.write_again(tx, _pages(doors, spoke))
    mailed = sum(sum(revisions.readers(tx, spoke.name).values()) for spoke in found)
    return Cleared(digests=tuple(spoke.name for spoke in found), mailed=mailed)


def told(doors: Doors, row: ArticleRow, cleared: Cleared, older: int | None) -> Iterator[str]:
    """What was cleared, and what is beyond reach. `older` releases went with it; None: a run is to let them go."""
    yield "Cleared: its text, lede, sources, image and corrections in the store."
    yield "Cleared: its page, which now says that it was retracted; in feeds and archives a tombstone is left."
    for name in cleared.digests:
        yield f"Cleared: the digest {name}, its page and its frozen mail."
    if older is not None:
        yield f"Cleared: {_count(older, 'older release')} on this disk."
    else:
        yield "Not cleared yet: older releases, because a run is at work. The next one clears them."
    yield from _beyond(doors, row, cleared)


def _beyond(doors: Doors, row: ArticleRow, cleared: Cleared) -> Iterator[str]:
    if not row.path.startswith(UPSTREAM):
        yield f"Not touched, and yours: {row.path} still holds the text, and so does your version control."
    file = sqlite_file(doors.publication.store_url, doors.home)
    copies = sorted(file.parent.glob(f"{file.name}.*")) if file else []
    copies += sorted(doors.home.glob("*.tar.gz"))
    if copies:
        yield f"Not touched, and yours to delete: {', '.join(str(one) for one in copies)}"
    maildir = doors.publication.mail.maildir
    if maildir and cleared.digests and (doors.site / maildir).is_dir():
        yield f"Not touched, and yours to delete: mails that were written into {doors.site / maildir}"
    if cleared.mailed:
        yield f"Beyond reach: {_count(cleared.mailed, 'mail')} that went out with it."
    yield "Beyond reach: other backups, and what readers and search engines have fetched."


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _pages(doors: Doors, spoke: Spoke) -> Iterator[str]:
    for variant in (one for one in spoke.variants if Variant.parse(one).whole):
        folder = folder_of(doors.publication, spoke.name, variant, beside=spoke.variants)
        yield from (f"{folder}{file}" for file in ("index.html", "index.txt"))


def _without(doors: Doors, tx: Transaction, spoke: Spoke, left: dict[str, Article]) -> list[Rendition]:
    """The digest of what is left, in each variant; a sentence in those of which nothing is."""
    lineup = recalled(doors, tx, name=spoke.name, day=spoke.day, due=spoke.due, left=left)
    made = list(compose_again(doors, tx, lineup, spoke.variants)) if lineup else []
    return made + [_gone(one) for one in spoke.variants if one not in {it.variant for it in made}]


def _gone(variant: str) -> Rendition:
    page = f'<!DOCTYPE html>\n<meta charset="utf-8">\n<meta name="robots" content="noindex">\n<p>{GONE}</p>\n'
    shown = (page.encode(), f"{GONE}\n".encode()) if Variant.parse(variant).whole else (b"", b"")
    return Rendition(variant=variant, subject="", skeleton=b"", web_html=shown[0], web_text=shown[1])
