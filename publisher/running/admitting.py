"""Manuscripts become articles: recognised or new, with an id and an address, remembered with a fingerprint."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

import msgspec
from msgspec.structs import replace

from publisher.config.pages import address_of_page
from publisher.editing.identity import Admission, Known, KnownArticle, Likeness, address_of, admit, likeness
from publisher.editing.versions import said
from publisher.editing.withdrawals import marked, withdrawn_by
from publisher.model import Article, Body, Manuscript
from publisher.release import ids
from publisher.running.doors import Doors
from publisher.store import addresses, releases, versions, withdrawals
from publisher.store import articles as shelf
from publisher.store.transaction import Transaction

UPSTREAM = "upstream:"
FEW = 100
"""Manuscripts for which the store is asked one by one what matters to them."""


def take_in(
    doors: Doors,
    tx: Transaction,
    found: Sequence[tuple[Manuscript, Body]],
    *,
    files_now: Collection[str] | None = None,
) -> Admission:
    """Admit and save; a retraction of a collected entry, which no file has, stays.

    `files_now`: every path under articles/ that holds a file; None: nothing was looked at there.
    """
    stored, registered = _remembered(doors, tx, [manuscript for manuscript, _ in found])
    places = {address_of(manuscript, doors.publication) for manuscript, _ in found}
    known = replace(
        _known(stored, registered, files_now),
        former=addresses.former(tx, places),
        pages=_pages(doors, releases.fixed_pages(tx), places),
    )
    bodies = {manuscript.path: body for manuscript, body in found}
    admission = admit((manuscript for manuscript, _ in found), known, doors.publication)
    before = {row.id: row.address for row in stored if row.released}
    moved = [(before[one.id], one.id) for one in admission.articles if before.get(one.id, one.address) != one.address]
    addresses.moved(tx, moved, doors.now())
    versions.keep(tx, _changed(tx, stored, admission), doors.now())
    withdrawn = {row.id: row.retracted for row in stored if row.retracted and row.path.startswith(UPSTREAM)}
    saved = [
        (replace(one, retracted=withdrawn.get(one.id, one.retracted)), bodies[one.path]) for one in admission.articles
    ]
    save(tx, _with_withdrawals(tx, saved))
    return admission


def save(tx: Transaction, admitted: Iterable[tuple[Article, Body]]) -> None:
    """As they are, whatever they say of each other's sources."""
    shelf.save(tx, [shelved(one, body) for one, body in admitted])


def _changed(
    tx: Transaction, stored: Iterable[shelf.ArticleRow], admission: Admission
) -> Iterator[tuple[Article, Body]]:
    """What readers know, of those that say something else now; a collected entry bears no corrections."""
    known = {row.id: row.said for row in stored if row.released and row.present and not row.retracted}
    for one in admission.articles:
        if known.get(one.id, said(one)) != said(one) and not one.path.startswith(UPSTREAM):
            yield shelf.kept(tx, one.id)


def _pages(doors: Doors, live: AbstractSet[tuple[str, str]], wanted: AbstractSet[str]) -> Mapping[str, str]:
    """Of these addresses, those at which readers find a fixed page whose file still stands: address -> the file."""
    asked = {one: address_of_page(*one, doors.publication) for one in live}
    if wanted.isdisjoint(asked.values()):
        return {}
    from publisher.collect.fixed_pages import fixed_pages

    pages, _ = fixed_pages(doors.home, doors.publication)
    return {asked[page.lang, page.name]: page.path for page in pages if (page.lang, page.name) in asked}


def _with_withdrawals(tx: Transaction, saved: Sequence[tuple[Article, Body]]) -> list[tuple[Article, Body]]:
    """The same with every source marked that was withdrawn, and the other articles for which that changes something.

    Once an article has said that a source was withdrawn, it stays so until that article says otherwise.
    """
    before = withdrawals.known(tx)
    said = {one.id: withdrawn_by(one) for one, _ in saved}
    if not before and not any(said.values()):
        return list(saved)
    old, new = frozenset().union(*before.values()), frozenset().union(*(before | said).values())
    withdrawals.remember(tx, {one: works for one, works in said.items() if works != before.get(one, frozenset())})
    found = [(marked(one, new), body) for one, body in saved]
    for identity in sorted({*withdrawals.naming(tx, old ^ new)} - said.keys()):
        article, body = shelf.kept(tx, identity)
        other = marked(article, new)
        if other != article:
            found.append((other, body))
    return found


def _remembered(
    doors: Doors, tx: Transaction, manuscripts: Sequence[Manuscript]
) -> tuple[Sequence[shelf.ArticleRow], Sequence[KnownArticle]]:
    """What the store knows, and what only ids.tsv remembers; of a large archive no more than a few articles need."""
    # Once all that it says is in the store, nothing is known by ids.tsv alone.
    told = {} if releases.base(tx).ids_seen == ids.stamp(doors.home) else ids.read(doors.home)
    if len(manuscripts) <= FEW:
        like = likeness(manuscripts, doors.publication)
        stored = shelf.akin(tx, like)
        if like.last.isdisjoint(name for row in stored for name in (row.id, row.address)):
            some = {one: place for one, place in told.items() if _alike(like, one, *place)}
            return stored, _told(some, shelf.stored(tx, some))
    stored = shelf.known(tx)
    return stored, _told(told, {row.id for row in stored})


def _alike(like: Likeness, identity: str, path: str, body_hash: str) -> bool:
    return identity in like.ids or path in like.paths or body_hash in like.body_hashes


def _told(told: Mapping[str, tuple[str, str]], in_store: Collection[str]) -> list[KnownArticle]:
    """What only ids.tsv remembers."""
    return [
        KnownArticle(id=identity, path=path, body_hash=body_hash)
        for identity, (path, body_hash) in told.items()
        if identity not in in_store
    ]


def _known(
    stored: Sequence[shelf.ArticleRow], registered: Sequence[KnownArticle], files_now: Collection[str] | None
) -> Known:
    names = ("id", "path", "body_hash", "address", "published", "title", "present", "released")
    found = [KnownArticle(**{name: getattr(row, name) for name in names}) for row in stored]
    paths = {row.path for row in stored}
    if files_now is not None:
        paths = {path for path in paths if path.startswith(UPSTREAM)} | set(files_now)
    return Known(articles=[*found, *registered], paths_now=paths)


def shelved(article: Article, body: Body) -> shelf.Shelved:
    """With a hash of all that a page can show of it, save its neighbours. What was taken down has no text here."""
    if article.retracted and article.retracted.takedown:
        article = replace(
            article,
            lede=None,
            claim=None,
            verdict=None,
            image=None,
            image_alt=None,
            pictures=(),
            sources=(),
            corrections=(),
            words=0,
        )
        body = replace(body, text="")
    seen = hashlib.sha256(msgspec.json.encode(replace(article, path="")))
    seen.update(body.markup.encode())
    seen.update(body.text.encode("utf-8", "surrogatepass"))
    return shelf.shelved(article, body, seen.hexdigest())
