"""Articles in months that are summed up, and read only where a document shows them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import text

from newsroom import MADRID, PUBLICATION, ROOT, STORIES, TEMPLATES, WORDS, Newsroom, at, newsroom, older, story
from publisher.model import Article, Chapter, Correction, Listed, Outline, Retraction
from publisher.render import feeds, language, site
from publisher.render.catalogue import Catalogue
from publisher.render.environment import environment
from publisher.render.months import Listing, Month, Summary, summarised, whole
from publisher.render.site.calendar import newest_then_by_time
from publisher.store import outlines, upgrades
from publisher.store.engine import Store

DEFINITIONS = feeds.load({path.name: path.read_text("utf-8") for path in (ROOT / "feeds").glob("*.toml")})
EDGES = [
    story("before", at(2026, 6, 30, 23, 59)),
    story("local-july", at(2026, 7, 1, 0, 30)),
    story("july", at(2026, 7, 1, 2, 30), tags=("light",)),
    story("same-second", at(2026, 7, 1, 2, 30), authors=("Ben Ink",)),
    story("corrected", at(2026, 5, 2, 9, 0), corrections=(Correction(at=at(2026, 7, 1, 9, 0), text="Not so."),)),
    story("gone", at(2026, 4, 2, 9, 0), retracted=Retraction(at=at(2026, 7, 1, 10, 0), reason="It was not so.")),
]
EVERY = [*STORIES, *EDGES, *older(60)]


def kept(summary: Summary) -> Summary:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(summary), type=Summary)


def in_months(found: Catalogue, *, unread: Sequence[str] = ()) -> Catalogue:
    """The same, as a store has it: by months of UTC, each with a summary that was kept."""
    months: dict[str, list[Listed]] = {}
    for one in found.articles:
        months.setdefault(one.published.astimezone(UTC).isoformat()[:7], []).append(one)

    def month(name: str, articles: Sequence[Listed]) -> Month:
        def read() -> Sequence[Listed]:
            assert name not in unread
            return articles

        prints = [found.fingerprints[one.id] for one in articles]
        return Month(kept(summarised(articles, prints, found.publication.zone)), read)

    listed = whole(month(name, articles) for name, articles in months.items())
    return replace(found, articles=listed)


def chapters(of: Newsroom) -> list[Chapter]:
    languages = language.load(WORDS, of.catalogue.languages, MADRID)
    strands = feeds.strands(of.catalogue, DEFINITIONS)
    framed = site.frames(
        of.catalogue, environment=environment(TEMPLATES), languages=languages, feeds=feeds.links(strands)
    )
    pages = site.chapters(framed, day_files={}, arrange=newest_then_by_time)
    return [*pages, *feeds.chapters(feeds.Desk(of.catalogue, languages), strands)]


def planned(of: Newsroom) -> Mapping[str, str]:
    return {path: one.fingerprint for path, one in of.documents().items()}


def test_a_site_in_months_is_the_site() -> None:
    one = newsroom(EVERY)
    other = Newsroom(in_months(one.catalogue), one.bodies)
    assert planned(one) == planned(other)
    for path, document in other.documents().items():
        assert other.write(document) == one.write(one.documents()[path]), path


@settings(max_examples=30, deadline=None)
@given(st.integers(-40, 40), st.integers(-40, 40))
def test_a_listing_is_cut_as_a_list_is(start: int, end: int) -> None:
    catalogue = newsroom(EVERY[:30]).catalogue
    listing = in_months(catalogue).articles
    assert isinstance(listing, Listing)
    assert listing[start:end] == catalogue.articles[start:end]
    assert listing[start:end].ids == [one.id for one in catalogue.articles[start:end]]
    assert len(listing) == len(catalogue.articles)
    assert listing[-1] == catalogue.articles[-1]


def test_only_the_months_are_read_that_a_changed_document_shows() -> None:
    one = newsroom([*older(400), *EDGES[:4]])
    other = Newsroom(in_months(one.catalogue, unread=[f"2025-{month:02}" for month in range(1, 12)]), one.bodies)
    changed = [
        one
        for one in chapters(other)
        if one.name.endswith(("2026-07", "2026/07")) or one.name.startswith(("list", "feed feeds"))
    ]
    assert len([document for chapter in changed for document in chapter.documents()]) > len(changed)


EDITS = st.sampled_from(
    [
        lambda one: replace(one, title=one.title + "!"),
        lambda one: replace(one, section="Elsewhere"),
        lambda one: replace(one, tags=(*one.tags, "new")),
        lambda one: replace(one, authors=("Somebody else",)),
        lambda one: replace(one, published=one.published + timedelta(days=33)),
        lambda one: replace(one, published=one.published - timedelta(hours=2)),
        lambda one: replace(one, updated=at(2026, 7, 1, 2, 30)),
        lambda one: replace(one, lang="es"),
        lambda one: replace(one, retracted=Retraction(at=at(2026, 7, 2, 9, 0), reason="No.")),
        lambda one: replace(one, retracted=None, corrections=()),
        lambda one: None,
    ]
)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, len(EVERY) - 1), EDITS)
def test_where_a_document_is_another_its_chapter_is_another(which: int, edit: object) -> None:
    edited = edit(EVERY[which])  # type: ignore[operator]
    before, after = (
        Newsroom(in_months(one.catalogue), one.bodies)
        for one in (newsroom(EVERY), newsroom([*EVERY[:which], *([edited] if edited else []), *EVERY[which + 1 :]]))
    )
    seen = {chapter.name: chapter.fingerprint for chapter in chapters(before)}
    fingerprints = {one.path: one.fingerprint for chapter in chapters(before) for one in chapter.documents()}
    for chapter in chapters(after):
        if seen.get(chapter.name) == chapter.fingerprint:
            assert all(fingerprints[one.path] == one.fingerprint for one in chapter.documents()), chapter.name


# In the store


def packed(store: Store) -> list[tuple[str, str]]:
    with store.begin() as tx:
        contents = [outlines.content_of(tx, pack.month) for pack in outlines.packs(tx, "1")]
    return [(one.id, seen) for content in contents for seen, one in zip(*outlines.unpacked(content), strict=True)]


def expected(articles: Sequence[Article]) -> list[tuple[str, str]]:
    newest_first = sorted(sorted(articles, key=lambda one: one.id), key=lambda one: one.published, reverse=True)
    return [(one.id, f"of {one.title}") for one in newest_first]


def save(store: Store, *articles: Article) -> None:
    with store.begin() as tx:
        rows = [outlines.Row(one.id, one.published, f"of {one.title}", outlines.content(one)) for one in articles]
        outlines.save(tx, rows)


def test_packs_hold_what_the_rows_say_whatever_changes(store: Store) -> None:
    assert packed(store) == []
    save(store, *EVERY)
    assert packed(store) == expected(EVERY)
    moved = replace(EVERY[3], published=EVERY[3].published - timedelta(days=70), title="Moved")
    now = [*EVERY[:3], moved, *EVERY[4:]]
    save(store, moved)
    assert packed(store) == expected(now)
    alone = story("alone", datetime(9999, 12, 30, tzinfo=UTC))
    save(store, alone)
    assert packed(store) == expected([alone, *now])
    with store.begin() as tx:
        outlines.remove(tx, [alone.id, EVERY[0].id])
    assert packed(store) == expected(now[1:])


def test_a_summary_is_kept_until_something_in_its_month_changes(store: Store) -> None:
    save(store, *EDGES)

    def summaries(made_with: str = "1") -> dict[str, bytes | None]:
        with store.begin() as tx:
            return {one.month: one.summary for one in outlines.packs(tx, made_with)}

    found = summaries()
    assert set(found.values()) == {None}
    with store.begin() as tx:
        outlines.keep_summaries(tx, {month: month.encode() for month in found}, "1")
    assert summaries() == {month: month.encode() for month in ("2026-07", "2026-06", "2026-05", "2026-04")}
    assert set(summaries("2").values()) == {None}
    save(store, replace(EDGES[0], title="Other"))
    assert summaries()["2026-06"] is None
    assert summaries()["2026-05"] == b"2026-05"


def test_the_months_of_an_older_store_are_those_of_utc(store: Store) -> None:
    edge = story("edge", datetime(2026, 7, 31, 23, 30, tzinfo=UTC))
    save(store, edge, EDGES[0])
    with store.begin() as tx:
        connection = tx.connection
        if tx.is_postgresql:  # which gives an instant in the zone of the session
            connection.execute(text("SET LOCAL TIME ZONE 'Europe/Madrid'"))
        connection.execute(text("DROP TABLE outline_month"))
        connection.execute(text("DROP INDEX ix_outline_published"))
        connection.execute(text(f"UPDATE {upgrades.VERSION} SET version_num = '0016'"))
        upgrades.upgrade(connection)
    assert packed(store) == expected([edge, EDGES[0]])


def test_an_outline_knows_when_it_changed() -> None:
    assert [Outline.of(one).changed for one in EDGES] == [one.changed for one in EDGES]
    assert summarised(EDGES, [""] * len(EDGES), MADRID).changed == max(one.changed for one in EDGES)
    assert PUBLICATION.zone == MADRID
    with pytest.raises(ValueError, match="in its order"):
        whole([Month.of(EDGES, {}, MADRID)])[::-1]
