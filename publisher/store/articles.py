"""Articles and the files they came from, as last read."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
from sqlalchemy import bindparam, select, update

from publisher.model import Article, Body, Problem
from publisher.store.engine import Transaction
from publisher.store.schema import article, manuscript_file, publication
from publisher.store.writing import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A file under articles/ as it was last read. Exactly one of `article` and `problem` is given."""

    path: str
    mtime_ns: int
    size: int
    article: str | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRow:
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


def files(tx: Transaction) -> Mapping[str, FileRow]:
    table = manuscript_file.c
    rows = tx.connection.execute(
        select(table.path, table.mtime_ns, table.size, table.article, table.problem).where(
            table.publication == tx.publication
        )
    )
    return {
        row.path: FileRow(
            path=row.path,
            mtime_ns=row.mtime_ns,
            size=row.size,
            article=row.article,
            problem=msgspec.json.decode(row.problem, type=Problem) if row.problem else None,
        )
        for row in rows
    }


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
    rows = tx.connection.execute(
        select(article.c.record, article.c.present, article.c.path, article.c.released).where(
            article.c.publication == tx.publication
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
        )
        for one, row in found
    ]


def save(tx: Transaction, found: Iterable[tuple[Article, Body, str]]) -> None:
    """Insert or update articles, each with its body and fingerprint. Idempotent; `released` is kept.

    A draft is known, so that it keeps its id, and never present.
    """
    upsert(
        tx,
        article,
        [
            {
                "publication": tx.publication,
                "id": one.id,
                "path": one.path,
                "address": one.address,
                "published": one.published,
                "body_hash": one.body_hash,
                "fingerprint": fingerprint,
                "record": msgspec.json.encode(one),
                "markup": body.markup,
                "body": body.text,
                "present": not one.draft,
            }
            for one, body, fingerprint in found
        ],
    )


def withdraw(tx: Transaction, ids: Collection[str]) -> None:
    """Their files are gone or cannot be read: they are no longer shown. Their ids stay known."""
    if ids:
        tx.connection.execute(
            update(article)
            .where(article.c.publication == tx.publication, article.c.id == bindparam("one"))
            .values(present=False),
            [{"one": one} for one in ids],
        )


def visible(tx: Transaction, now: datetime) -> list[tuple[Article, str]]:
    """(article, fingerprint) of all that may be shown at `now`, newest first: by `published`, then by id."""
    rows = tx.connection.execute(
        select(article.c.record, article.c.fingerprint)
        .where(article.c.publication == tx.publication, article.c.present, article.c.published <= now)
        .order_by(article.c.published.desc(), article.c.id)
    )
    found = [(_decode(row.record), row.fingerprint) for row in rows]
    return _grouped(found)


def shown(tx: Transaction, now: datetime) -> list[str]:
    """The fingerprints of what `visible` gives, in the same order, without decoding any of it."""
    rows = tx.connection.execute(
        select(article.c.fingerprint)
        .where(article.c.publication == tx.publication, article.c.present, article.c.published <= now)
        .order_by(article.c.published.desc(), article.c.id)
    )
    return list(rows.scalars())


def bodies(tx: Transaction, ids: Collection[str]) -> dict[str, Body]:
    wanted = sorted(ids)
    found: dict[str, Body] = {}
    for start in range(0, len(wanted), 500):
        rows = tx.connection.execute(
            select(article.c.id, article.c.markup, article.c.body).where(
                article.c.publication == tx.publication, article.c.id.in_(wanted[start : start + 500])
            )
        )
        found |= {row.id: Body(markup=row.markup, text=row.body) for row in rows}
    return found


def registered(tx: Transaction, ids: Collection[str]) -> list[tuple[str, str, str]]:
    """(id, path, body hash) of those among `ids`, oldest first: what ids.tsv has to say of them."""
    rows = tx.connection.execute(
        select(article.c.id, article.c.path, article.c.body_hash)
        .where(article.c.publication == tx.publication)
        .order_by(article.c.published, article.c.id)
    )
    return [(row.id, row.path, row.body_hash) for row in rows if row.id in ids]


def note_release(tx: Transaction, shown_until: datetime, at: datetime) -> None:
    """What is shown now and was not before was released at `at`."""
    tx.connection.execute(
        update(article)
        .where(
            article.c.publication == tx.publication,
            article.c.released.is_(None),
            article.c.present,
            article.c.published <= shown_until,
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


def _grouped(found: list[tuple[Article, str]]) -> list[tuple[Article, str]]:
    """`translation_of` names a slug; the translation joins the group of the article that has it, nearest in time."""
    if not any(one.translation_of for one, _ in found):
        return found
    by_slug: dict[str, list[Article]] = {}
    for one, _ in found:
        if not one.translation_of:
            by_slug.setdefault(one.slug, []).append(one)
    return [(_join(one, by_slug.get(one.translation_of or "", [])), fingerprint) for one, fingerprint in found]


def _join(one: Article, originals: list[Article]) -> Article:
    if not originals:
        return one
    nearest = min(originals, key=lambda other: abs(other.published - one.published))
    return replace(one, group=nearest.group)
