"""What planning asks of the articles that are present: small rows, of which a release reads all."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import bindparam, func, select

from publisher.model import Article, Listed, Outline
from publisher.store.schema import outline
from publisher.store.transaction import Transaction
from publisher.store.writing import upsert


def save(tx: Transaction, found: Iterable[tuple[Article, str]]) -> None:
    """Each with its fingerprint. Idempotent."""
    rows = [
        {
            "publication": tx.publication,
            "article": one.id,
            "published": one.published,
            "fingerprint": fingerprint,
            "content": msgspec.json.encode(Outline.of(one)),
        }
        for one, fingerprint in found
    ]
    upsert(tx, outline, rows)


def remove(tx: Transaction, ids: Collection[str]) -> None:
    if ids:
        tx.connection.execute(
            outline.delete().where(outline.c.publication == tx.publication, outline.c.article == bindparam("one")),
            [{"one": one} for one in ids],
        )


def count(tx: Transaction, now: datetime) -> int:
    """How many may be shown at `now`."""
    rows = select(func.count()).where(outline.c.publication == tx.publication, outline.c.published <= now)
    return int(tx.connection.execute(rows).scalar_one())


def visible(tx: Transaction, now: datetime) -> list[tuple[Outline, str]]:
    """(outline, fingerprint) of all that may be shown at `now`, newest first: by `published`, then by id."""
    rows = tx.connection.execute(
        select(outline.c.content, outline.c.fingerprint)
        .where(outline.c.publication == tx.publication, outline.c.published <= now)
        .order_by(outline.c.article)
    ).all()
    # One array is decoded in less time than its parts one by one.
    decoded = _decoder.decode(b"[" + b",".join([content for content, _ in rows]) + b"]")
    found = [(one, fingerprint) for one, (_, fingerprint) in zip(decoded, rows, strict=True)]
    found.sort(key=lambda pair: pair[0].published, reverse=True)
    changed = groups([one for one, _ in found])
    if not changed:
        return found
    return [
        (msgspec.structs.replace(one, group=changed[one.id]) if one.id in changed else one, seen) for one, seen in found
    ]


_decoder = msgspec.json.Decoder(list[Outline])


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
