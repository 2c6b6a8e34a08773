"""Feeds that nobody here wrote: read, replayed over their history, and written again."""

import csv
import io
import json
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import feedparser
import pytest
from msgspec.structs import replace

from publisher import config
from publisher.collect.fetch import Fetched
from publisher.collect.syndication import FeedEntry, ParsedFeed, parse
from publisher.collect.upstream import collect
from publisher.collect.upstream_entry import manuscript_of
from publisher.collect.upstream_memory import RememberedFeed
from publisher.model import Article, Body, Material
from publisher.render.catalogue import Catalogue
from publisher.render.feeds import load, plan
from publisher.render.feeds.entry import uri

pytestmark = pytest.mark.corpora

NOW = datetime(2026, 9, 1, tzinfo=UTC)
URL = "https://up.example/feed"
UPSTREAM = config.Upstream(url=URL)
PUBLICATION = config.parse(
    'name = "Zendoric"\nurl = "https://zendoric.example/"\nauthority = "zendoric.example"\ntimezone = "Europe/Madrid"\n'
)
EVERY = 5
"""Of the parsers' own test cases every fifth is read, of the published feeds every one: the rest is for patience."""
SAMPLE = 4
"""So many entries of each published feed are written again."""


def manifest(folder: Path) -> list[dict[str, str]]:
    with (folder / "MANIFEST.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def documents(corpora: Path, *, real: bool) -> Iterator[tuple[str, bytes]]:
    rows = [row for row in manifest(corpora / "feeds") if (row["kind"] == "real") == real]
    for row in rows if real else rows[::EVERY]:
        file = corpora / "feeds" / row["file"]
        if file.is_file():
            yield row["file"], file.read_bytes()


@cache
def read_all(corpora: Path) -> dict[str, ParsedFeed]:
    return {name: parse(data, content_type="", url=URL, now=NOW) for name, data in documents(corpora, real=True)}


def by_feedparser(data: bytes) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return feedparser.parse(io.BytesIO(data))


def is_complete(entry: FeedEntry) -> bool:
    return bool(entry.title and entry.link and entry.raw_date)


def test_nothing_raises_and_nothing_takes_a_second(corpora: Path) -> None:
    for real in (True, False):
        for name, data in documents(corpora, real=real):
            start = time.process_time()
            feed = parse(data, content_type="", url=URL, now=NOW)
            assert time.process_time() - start < 1, name
            assert feed.error is None or feed.error.strip(), name
            assert all(entry.published <= NOW and entry.id for entry in feed.entries), name
            assert all(entry.uncertain for entry in feed.entries if entry.raw_date is None), name


def test_published_feeds_give_at_least_what_feedparser_gives(corpora: Path) -> None:
    for name, data in documents(corpora, real=True):
        theirs, ours = by_feedparser(data), read_all(corpora)[name]
        assert len(ours.entries) >= min(len(theirs.entries), 1_000), name
        complete = [one for one in theirs.entries if one.get("title") and one.get("link") and one.get("published")]
        assert sum(map(is_complete, ours.entries)) >= min(len(complete), 1_000), name


def test_json_feeds_are_read_too(corpora: Path) -> None:
    found = {name: feed for name, feed in read_all(corpora).items() if name.endswith(".json")}
    assert found
    for name, feed in found.items():
        try:
            json.loads((corpora / "feeds" / name).read_bytes())
        except ValueError:
            assert feed.error, name
        else:
            assert feed.entries, name


def as_article(entry: FeedEntry, feed: ParsedFeed, number: int) -> tuple[Article, Body]:
    manuscript, body = manuscript_of(entry, feed, UPSTREAM, publication=PUBLICATION, now=NOW)
    assert manuscript.declared_id
    ours = replace(manuscript, lang="en", tags=())
    return Article.of(ours, id=manuscript.declared_id, address=f"/{number}/{ours.slug}/", group=str(number)), body


def test_every_entry_written_again_has_the_same_id_link_and_dates(corpora: Path) -> None:
    made: dict[str, tuple[Article, Body]] = {}
    for feed in read_all(corpora).values():
        for entry in feed.entries[:SAMPLE]:
            article, body = as_article(entry, feed, len(made))
            made.setdefault(article.id, (article, body))
    articles = tuple(sorted((one for one, _ in made.values()), key=lambda one: (-one.published.timestamp(), one.id)))
    shown = Catalogue(publication=PUBLICATION, articles=articles, fingerprints={one.id: one.id for one in articles})
    site = load({"site.toml": f'articles = "site"\nlength = {len(articles)}\n'})
    bodies = {one.id: body for one, body in made.values()}
    files = {one.path: one.write(Material(articles=shown.by_id, bodies=bodies)) for one in plan(shown, site)}
    for path in ("feeds/atom.xml", "feeds/rss.xml", "feeds/feed.json"):
        again = parse(files[path], content_type="", url="https://zendoric.example/", now=NOW)
        assert again.error is None
        assert len(again.entries) == min(len(articles), 1_000)
        for article, entry in zip(articles, again.entries, strict=False):
            # Identical but for the fraction of a second, which RSS has no place for.
            published = article.published.replace(microsecond=0)
            updated = article.updated.replace(microsecond=0) if article.updated else None
            assert (entry.id, entry.published, entry.updated) == (article.id, published, updated), path
            assert entry.link == uri(PUBLICATION.absolute(article.address)), path
            assert entry.title == article.title, path


# Timelines: the same feed over months


def steps_of(corpora: Path, group: str) -> list[tuple[dict[str, str], bytes]]:
    folder = corpora / "timelines"
    return [(row, (folder / row["file"]).read_bytes()) for row in manifest(folder) if row["group"] == group]


def replay(steps: list[tuple[dict[str, str], bytes]]) -> set[str | None]:
    """The ids of all articles that come of showing the documents one after the other."""
    remembered, made = RememberedFeed(), set()
    for _, data in steps:
        answer = Fetched(status=200, url=URL, body=data)
        result = collect(UPSTREAM, remembered, publication=PUBLICATION, now=NOW, fetch=lambda _, a=answer, **__: a)
        assert result.problem is None
        made |= {manuscript.declared_id for manuscript, _ in result.articles}
        remembered = result.remembered
    return made


def groups(corpora: Path) -> list[str]:
    return sorted({row["group"] for row in manifest(corpora / "timelines")})


def changed_its_ids(steps: list[tuple[dict[str, str], bytes]]) -> bool:
    """Whether at some step nearly everything that was there came again under new ids: no news, says docs/feeds.md."""
    pairs = pairwise(steps)
    return any(int(row["ids_dropped_vs_prev"]) > int(before["items"]) // 2 for (before, _), (row, _) in pairs)


def test_a_timeline_gives_each_of_its_unique_ids_once(corpora: Path) -> None:
    kept = [steps for steps in (steps_of(corpora, group) for group in groups(corpora)) if not changed_its_ids(steps)]
    assert kept
    for steps in kept:
        assert len(replay(steps)) == int(steps[-1][0]["union_ids_so_far"])


def test_a_feed_that_renames_all_its_entries_brings_no_flood(corpora: Path) -> None:
    renamed = [steps for steps in (steps_of(corpora, group) for group in groups(corpora)) if changed_its_ids(steps)]
    for steps in renamed:
        made, union = replay(steps), int(steps[-1][0]["union_ids_so_far"])
        news = sum(int(row["new_ids_vs_union_so_far"]) for row, _ in steps if int(row["ids_dropped_vs_prev"]) < 10)
        assert news <= len(made) < union
        assert len(made) <= news + 10


def test_twice_and_with_two_steps_exchanged_the_articles_are_the_same(corpora: Path) -> None:
    for group in groups(corpora):
        steps = steps_of(corpora, group)
        made = replay(steps)
        assert replay([step for step in steps for _ in range(2)]) == made
        last = len(steps) - 1
        exchanged = [*steps[: last - 2], steps[last - 1], steps[last - 2], steps[last]]
        assert len(replay(exchanged)) == len(made)
