"""Articles and the files they came from, as last read."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

import msgspec
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Dialect, bindparam, or_, select, true, update

from publisher.editing.identity import Likeness
from publisher.editing.versions import said
from publisher.model import Article, Body, Markup, Problem, Retraction
from publisher.store import outlines
from publisher.store.kept import drop
from publisher.store.prepared import Prepared, among, compiled
from publisher.store.schema import article, body, manuscript_file, publication
from publisher.store.transaction import Transaction
from publisher.store.writing import upsert, upsert_columns

_its_body = (body.c.publication == article.c.publication) & (body.c.article == article.c.id)
FEW = 20
"""Statements that are held: whoever stays opens the store anew for each run, and each time it is another dialect."""


class FileRow(msgspec.Struct, frozen=True, gc=False):
    """A file under articles/ as it was last read; a run looks at all of them."""

    path: str
    mtime_ns: int
    size: int
    article: str | None = None
    problem: Problem | None = None
    again: datetime | None = None
    """When something in it is due that waits for its time."""


class ArticleRow(msgspec.Struct, frozen=True, kw_only=True):
    """What recognising an article needs, without its text."""

    id: str
    path: str
    address: str
    body_hash: str
    published: datetime
    title: str
    present: bool
    released: bool
    """Readers have seen it at `address`."""
    slug: str
    retracted: Retraction | None
    said: tuple[object, ...] = ()
    """As `editing.versions.said`."""


class Shelved(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An article as it is put on the shelf."""

    id: str
    path: str
    address: str
    published: datetime
    body_hash: str
    fingerprint: str
    record: bytes
    """The article as JSON."""
    outline: bytes
    present: bool
    markup: str
    text: str


def files(tx: Transaction) -> Mapping[str, FileRow]:
    table = manuscript_file.c
    mine = table.publication == tx.publication
    rows = tx.connection.execute(select(table.path, table.mtime_ns, table.size, table.article).where(mine))
    found = {path: FileRow(path, mtime_ns, size, article) for path, mtime_ns, size, article in rows.all()}
    special = tx.connection.execute(
        select(table.path, table.problem, table.again).where(
            mine, or_(table.problem.is_not(None), table.again.is_not(None))
        )
    )
    decode = msgspec.json.Decoder(Problem).decode
    for path, problem, again in special:
        found[path] = replace(found[path], problem=decode(problem) if problem else None, again=again)
    return found


def remember_files(tx: Transaction, rows: Iterable[FileRow], *, gone: Collection[str]) -> None:
    """Idempotent. `gone` are paths that hold no file any more."""
    upsert(
        tx,
        manuscript_file,
        [
            {
                "publication": tx.publication,
                "path": row.path,
                "mtime_ns": row.mtime_ns,
                "size": row.size,
                "article": row.article,
                "problem": msgspec.json.encode(row.problem).decode() if row.problem else None,
                "again": row.again,
            }
            for row in rows
        ],
    )
    if gone:
        tx.connection.execute(
            manuscript_file.delete().where(
                manuscript_file.c.publication == tx.publication, manuscript_file.c.path == bindparam("one")
            ),
            [{"one": path} for path in gone],
        )


def known(tx: Transaction) -> list[ArticleRow]:
    """Every article that ever had an id here, also those that are gone."""
    return _known(tx, article.c.id.is_not(None))


def akin(tx: Transaction, likeness: Likeness) -> list[ArticleRow]:
    """Those that one of a few manuscripts could be, or that could stand in its way; the others are not looked at."""
    columns = (
        (article.c.id, likeness.ids),
        (article.c.path, likeness.paths),
        (article.c.body_hash, likeness.body_hashes),
        (article.c.published, likeness.published),
        (article.c.address, likeness.addresses),
    )
    # One statement for each index: a database that is asked for all of it at once reads every row.
    found = {row.id: row for column, wanted in columns if wanted for row in _known(tx, column.in_(wanted))}
    return list(found.values())


def stored(tx: Transaction, ids: Collection[str]) -> frozenset[str]:
    """Which of these ids the store knows."""
    rows = tx.connection.execute(
        select(article.c.id).where(article.c.publication == tx.publication, article.c.id.in_(ids))
    )
    return frozenset(rows.scalars())


def _known(tx: Transaction, condition: ColumnElement[bool]) -> list[ArticleRow]:
    rows = tx.connection.execute(
        select(article.c.record, article.c.present, article.c.path, article.c.released).where(
            article.c.publication == tx.publication, condition
        )
    )
    found = ((_decode(row.record), row) for row in rows)
    return [
        ArticleRow(
            id=one.id,
            path=row.path,
            address=one.address,
            body_hash=one.body_hash,
            published=one.published,
            title=one.title,
            present=row.present,
            released=row.released is not None,
            slug=one.slug,
            retracted=one.retracted,
            said=said(one),
        )
        for one, row in found
    ]


def at_path(tx: Transaction, path: str) -> str | None:
    """The id of the article that is at a path and shown."""
    rows = select(article.c.id).where(
        article.c.publication == tx.publication, article.c.path == path, article.c.present
    )
    return tx.connection.execute(rows).scalar()


def kept(tx: Transaction, identity: str) -> tuple[Article, Body]:
    """One article with its text as it is kept here."""
    row = tx.connection.execute(
        select(article.c.record, body.c.markup, body.c.text)
        .join(body, _its_body)
        .where(article.c.publication == tx.publication, article.c.id == identity)
    ).one()
    return _decode(row.record), Body(markup=row.markup, text=row.text)


def shelved(one: Article, body: Body, fingerprint: str) -> Shelved:
    """A draft is known, so that it keeps its id, and never present."""
    return Shelved(
        id=one.id,
        path=one.path,
        address=one.address,
        published=one.published,
        body_hash=one.body_hash,
        fingerprint=fingerprint,
        record=msgspec.json.encode(one),
        outline=outlines.content(one),
        present=not one.draft,
        markup=body.markup,
        text=body.text,
    )


def unshelved(one: Shelved) -> tuple[Article, Body]:
    markup: Markup = "html" if one.markup == "html" else "markdown"
    return _decode(one.record), Body(markup=markup, text=one.text)


def save(tx: Transaction, found: Sequence[Shelved]) -> None:
    """Insert or update articles. Idempotent; `released` is kept."""
    if not found:
        return
    this = {"publication": tx.publication, "change": _next_change(tx)}
    names = ("id", "path", "address", "published", "body_hash", "fingerprint", "record", "present")
    upsert_columns(tx, article, this, {name: [getattr(one, name) for one in found] for name in names})
    words = {"markup": [one.markup for one in found], "text": [one.text for one in found]}
    upsert_columns(tx, body, {"publication": tx.publication}, {"article": [one.id for one in found], **words})
    drop(tx, [one.id for one in found])
    shown = [one for one in found if one.present]
    outlines.save(tx, [outlines.Row(one.id, one.published, one.fingerprint, one.outline) for one in shown])
    outlines.remove(tx, [one.id for one in found if not one.present])


def show_drafts(tx: Transaction) -> None:
    """Drafts count as published: only ever in the copy that a preview shows."""
    rows = tx.connection.execute(
        select(article.c.record, article.c.fingerprint, body.c.markup, body.c.text)
        .join(body, _its_body)
        .where(article.c.publication == tx.publication, article.c.present.is_(False))
    ).all()
    found = [(_decode(row.record), row) for row in rows]
    save(
        tx,
        [
            shelved(replace(one, draft=False), Body(markup=row.markup, text=row.text), f"{row.fingerprint} shown")
            for one, row in found
            if one.draft
        ],
    )


def withdraw(tx: Transaction, ids: Collection[str]) -> None:
    """Their files are gone or cannot be read: they are no longer shown. Their ids stay known."""
    if not ids:
        return
    tx.connection.execute(
        update(article)
        .where(article.c.publication == tx.publication, article.c.id == bindparam("one"))
        .values(present=False, change=_next_change(tx)),
        [{"one": one} for one in ids],
    )
    drop(tx, ids)
    outlines.remove(tx, ids)


def changes(tx: Transaction) -> int:
    """Grows with every change of an article."""
    return int(
        tx.connection.execute(select(publication.c.changes).where(publication.c.id == tx.publication)).scalar_one()
    )


def _next_change(tx: Transaction) -> int:
    count = publication.c.changes
    tx.connection.execute(update(publication).where(publication.c.id == tx.publication).values(changes=count + 1))
    return changes(tx)


def visible(tx: Transaction, now: datetime) -> list[tuple[Article, str]]:
    """(article, fingerprint) of all that may be shown at `now`, newest first: by `published`, then by id."""
    rows = tx.connection.execute(
        select(article.c.record, article.c.fingerprint)
        .where(article.c.publication == tx.publication, article.c.present, article.c.published <= now)
        .order_by(article.c.published.desc(), article.c.id)
    )
    found = [(_decode(row.record), row.fingerprint) for row in rows]
    groups = outlines.groups([one for one, _ in found])
    return [(replace(one, group=groups[one.id]) if one.id in groups else one, seen) for one, seen in found]


def published_between(tx: Transaction, first: datetime, end: datetime) -> list[Article]:
    """From `first` on and before `end`, oldest first: drafts and embargoed ones too, but none that is gone."""
    rows = tx.connection.execute(
        select(article.c.record, article.c.present)
        .where(article.c.publication == tx.publication, article.c.published >= first, article.c.published < end)
        .order_by(article.c.published, article.c.id)
    )
    found = [(_decode(row.record), row.present) for row in rows]
    return [one for one, present in found if present or one.draft]


def read(tx: Transaction, ids: Collection[str]) -> dict[str, Article]:
    rows = _reading(tx.connection.dialect).rows(tx, {"publication": tx.publication}, ids)
    return {identity: _decode(record) for identity, record in rows}


@lru_cache(FEW)
def _reading(dialect: Dialect) -> Prepared:
    mine = article.c.publication == bindparam("publication")
    return compiled(select(article.c.id, article.c.record).where(mine, among(article.c.id, dialect)), dialect)


def bodies(tx: Transaction, ids: Collection[str]) -> dict[str, Body]:
    rows = _reading_bodies(tx.connection.dialect).rows(tx, {"publication": tx.publication}, ids)
    return {identity: Body(markup=markup, text=words) for identity, markup, words in rows}


@lru_cache(FEW)
def _reading_bodies(dialect: Dialect) -> Prepared:
    mine = body.c.publication == bindparam("publication")
    columns = select(body.c.article, body.c.markup, body.c.text)
    return compiled(columns.where(mine, among(body.c.article, dialect)), dialect)


def registered(tx: Transaction, now: datetime, *, since: int | None) -> list[tuple[str, str, str]]:
    """(id, path, body hash) of what may be shown at `now`, oldest first: what ids.tsv has to say of them.

    `since` a change: only of those that were saved after it, or never released.
    """
    table = article.c
    # One statement for each index: a database that is asked for both at once reads every row.
    fresh = (table.change > since, table.released.is_(None)) if since is not None else (true(),)
    columns = select(table.id, table.path, table.body_hash, table.published, table.present)
    found = {
        row.id: row
        for condition in fresh
        for row in tx.connection.execute(columns.where(table.publication == tx.publication, condition))
    }
    shown = [row for row in found.values() if row.present and row.published <= now]
    shown.sort(key=lambda row: (row.published, row.id))
    return [(row.id, row.path, row.body_hash) for row in shown]


def note_release(tx: Transaction, shown_until: datetime, at: datetime) -> None:
    """What is shown now and was not before was released at `at`."""
    tx.connection.execute(
        update(article)
        .where(
            article.c.publication == tx.publication,
            article.c.released.is_(None),
            article.c.present,
            # As a truth value: as a range SQLite takes the index of it, and goes through all that was ever published.
            (article.c.published <= shown_until).is_(true()),
        )
        .values(released=at)
    )


def read_with(tx: Transaction) -> str | None:
    """The fingerprint of the settings that the articles were read with."""
    found = tx.connection.execute(select(publication.c.read_with).where(publication.c.id == tx.publication)).scalar()
    return found if found is None else str(found)


def remember_read_with(tx: Transaction, fingerprint: str) -> None:
    tx.connection.execute(update(publication).where(publication.c.id == tx.publication).values(read_with=fingerprint))


_decoder = msgspec.json.Decoder(Article)


def _decode(record: bytes) -> Article:
    return _decoder.decode(record)
