"""What planning asks of the articles that are present: small rows, and those of a month packed together.

A pack is a copy of rows, and never older than they are: whatever changes a row empties the pack of its month in the
same transaction.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy import bindparam, func, select, update

from publisher.model import Article, Listed, Outline
from publisher.store.schema import outline, outline_month
from publisher.store.transaction import Transaction
from publisher.store.writing import upsert, upsert_columns

PART = 500
"""Ids that one statement asks for."""
LAST = "9999-12"
"""There is no month after it."""


class Row(NamedTuple):
    article: str
    published: datetime
    fingerprint: str
    content: bytes


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """The articles of one month of UTC, newest first: by `published`, then by id. Also those of the time to come."""

    month: str
    """`2026-06`"""
    summary: bytes | None = None
    """What `keep_summaries` was given since anything in the month changed, if it was made with the same."""
    content: bytes = b""
    """For `unpacked`, where there is no summary: else it is for `content_of`, which most months are never asked."""


def content(one: Article) -> bytes:
    return msgspec.json.encode(Outline.of(one))


def save(tx: Transaction, rows: Sequence[Row]) -> None:
    """Idempotent."""
    _empty(tx, {*_times(tx, [one.article for one in rows]), *(one.published for one in rows)})
    if rows:
        columns = dict(zip(Row._fields, zip(*rows, strict=True), strict=True))
        upsert_columns(tx, outline, {"publication": tx.publication}, columns)


def remove(tx: Transaction, ids: Collection[str]) -> None:
    if ids:
        _empty(tx, _times(tx, ids))
        tx.connection.execute(
            outline.delete().where(outline.c.publication == tx.publication, outline.c.article == bindparam("one")),
            [{"one": one} for one in ids],
        )


def count(tx: Transaction, now: datetime) -> int:
    """How many may be shown at `now`."""
    rows = select(func.count()).where(outline.c.publication == tx.publication, outline.c.published <= now)
    return int(tx.connection.execute(rows).scalar_one())


def packs(tx: Transaction, made_with: str) -> list[Pack]:
    """Of all that is present, the newest month first. Months in which something changed are packed anew."""
    table = outline_month.c
    mine = table.publication == tx.publication
    rows = tx.connection.execute(
        select(table.month, table.made_with, table.summary).where(mine).order_by(table.month.desc())
    ).all()
    found = [
        Pack(month=month, summary=summary)
        if summary and before == made_with
        else Pack(month=month, content=content_of(tx, month))
        for month, before, summary in rows
    ]
    return [one for one in found if one.summary or one.content]


def content_of(tx: Transaction, month: str) -> bytes:
    """A pack, for `unpacked`. Nothing where no article is left."""
    here = (outline_month.c.publication == tx.publication) & (outline_month.c.month == month)
    return tx.connection.execute(select(outline_month.c.content).where(here)).scalar() or _pack(tx, month)


def unpacked(content: bytes) -> tuple[list[str], list[Outline]]:
    """The fingerprints and the outlines of a pack."""
    return _decoder.decode(content)


def keep_summaries(tx: Transaction, made: Mapping[str, bytes], made_with: str) -> None:
    """Month -> summary, of months that are packed."""
    for month, summary in made.items():
        _change(tx, month, made_with=made_with, summary=summary)


def _times(tx: Transaction, ids: Collection[str]) -> Iterator[datetime]:
    """When those of these articles that are known here were published."""
    wanted = sorted(ids)
    for start in range(0, len(wanted), PART):
        yield from tx.connection.execute(
            select(outline.c.published).where(
                outline.c.publication == tx.publication, outline.c.article.in_(wanted[start : start + PART])
            )
        ).scalars()


def _empty(tx: Transaction, published: Iterable[datetime]) -> None:
    months = sorted({f"{at.year:04}-{at.month:02}" for at in (one.astimezone(UTC) for one in published)})
    row = {"publication": tx.publication, "content": None, "made_with": None, "summary": None}
    upsert(tx, outline_month, [{**row, "month": month} for month in months])


def _pack(tx: Transaction, month: str) -> bytes:
    year, number = map(int, month.split("-"))
    first = datetime(year, number, 1, tzinfo=UTC)
    end = (first + timedelta(days=31)).replace(day=1) if month != LAST else datetime.max.replace(tzinfo=UTC)
    rows = tx.connection.execute(
        select(outline.c.fingerprint, outline.c.content)
        .where(outline.c.publication == tx.publication, outline.c.published >= first, outline.c.published < end)
        .order_by(outline.c.published.desc(), outline.c.article)
    ).all()
    if not rows:
        here = (outline_month.c.publication == tx.publication) & (outline_month.c.month == month)
        tx.connection.execute(outline_month.delete().where(here))
        return b""
    prints = msgspec.json.encode([fingerprint for fingerprint, _ in rows])
    content = b"[" + prints + b",[" + b",".join([content for _, content in rows]) + b"]]"
    _change(tx, month, content=content)
    return content


def _change(tx: Transaction, month: str, **values: object) -> None:
    here = (outline_month.c.publication == tx.publication) & (outline_month.c.month == month)
    tx.connection.execute(update(outline_month).where(here).values(**values))


_decoder = msgspec.json.Decoder(tuple[list[str], list[Outline]])


def groups(found: Sequence[Listed]) -> Mapping[str, str]:
    """Id -> group of those that joined one: `translation_of` names a slug, of several the article nearest in time."""
    if not any(one.translation_of for one in found):
        return {}
    by_slug: dict[str, list[Listed]] = {}
    for one in found:
        if not one.translation_of:
            by_slug.setdefault(one.slug, []).append(one)
    return {
        one.id: min(originals, key=lambda other: abs(other.published - one.published)).group
        for one in found
        for originals in [by_slug.get(one.translation_of or "", [])]
        if one.translation_of and originals
    }
