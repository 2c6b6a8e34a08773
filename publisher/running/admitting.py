"""Manuscripts become articles: recognised or new, with an id and an address, remembered with a fingerprint."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace

import msgspec

from publisher.editing.identity import Admission, Known, KnownArticle, admit
from publisher.model import Article, Body, Manuscript
from publisher.release import ids
from publisher.running.doors import Doors
from publisher.store import addresses
from publisher.store import articles as shelf
from publisher.store.engine import Transaction

UPSTREAM = "upstream:"


def take_in(
    doors: Doors,
    tx: Transaction,
    found: Sequence[tuple[Manuscript, Body]],
    *,
    files_now: Collection[str] | None = None,
) -> Admission:
    """Admit and save. `files_now`: every path under articles/ that holds a file; None: nothing was looked at there."""
    stored = shelf.known(tx)
    known = _known(doors, stored, files_now)
    bodies = {manuscript.path: body for manuscript, body in found}
    admission = admit((manuscript for manuscript, _ in found), known, doors.publication)
    before = {row.id: row.address for row in stored if row.released}
    moved = [(before[one.id], one.id) for one in admission.articles if before.get(one.id, one.address) != one.address]
    addresses.moved(tx, moved, doors.now())
    shelf.save(tx, (_with_fingerprint(one, bodies[one.path]) for one in admission.articles))
    return admission


def _known(doors: Doors, stored: Sequence[shelf.ArticleRow], files_now: Collection[str] | None) -> Known:
    """What the store knows, and what only ids.tsv remembers."""
    names = ("id", "path", "body_hash", "address", "published", "title", "present")
    found = [KnownArticle(**{name: getattr(row, name) for name in names}) for row in stored]
    in_store = {row.id for row in stored}
    found += [
        KnownArticle(id=identity, path=path, body_hash=body_hash)
        for identity, (path, body_hash) in ids.read(doors.home).items()
        if identity not in in_store
    ]
    paths = {row.path for row in stored}
    if files_now is not None:
        paths = {path for path in paths if path.startswith(UPSTREAM)} | set(files_now)
    return Known(articles=found, paths_now=paths)


def _with_fingerprint(article: Article, body: Body) -> tuple[Article, Body, str]:
    """A hash of all that a page can show of the article, save its neighbours."""
    seen = hashlib.sha256(msgspec.json.encode(replace(article, path="")))
    seen.update(body.markup.encode())
    seen.update(body.text.encode("utf-8", "surrogatepass"))
    return article, body, seen.hexdigest()
