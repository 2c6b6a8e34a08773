"""Twelve days of a publication as feed readers see them: feedparser, reader and newsboat, over HTTP, day after day.

Every day brings articles, and some days an edit, a correction, a new slug, a retraction. Each reader asks twice a day,
as it does by itself: with the validators that it was given.
"""

import shutil
import socket
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
import uvicorn

from desk import TOML, Desk, at
from publisher.web.files import site

FIRST = at("2026-06-01T08:00:00+02:00")
DAYS = 12
FORMS = ("atom.xml", "rss.xml", "feed.json")
POLLS = 2
NEWSBOAT = shutil.which("newsboat")


@dataclass
class Asked:
    """What the server answered, by who asked and which feed."""

    statuses: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def app(self, inner: Any) -> Any:
        async def noted(scope: Any, receive: Any, send: Any) -> None:
            agent = dict(scope["headers"]).get(b"user-agent", b"").decode().partition("/")[0].lower()

            async def sent(message: Any) -> None:
                if message["type"] == "http.response.start":
                    self.statuses.setdefault((agent, scope["path"]), []).append(message["status"])
                await send(message)

            await inner(scope, receive, sent)

        return noted


@dataclass
class Parser:
    """The simplest of readers: it knows ids, and what it was told to send back."""

    url: str
    etag: str | None = None
    modified: str | None = None
    titles: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    seen: Counter[str] = field(default_factory=Counter)
    """How often an id was news."""

    def poll(self) -> None:
        found = feedparser.parse(self.url, etag=self.etag, modified=self.modified, agent="feedparser/test")
        if found.status == 304:
            return
        assert found.status == 200
        assert not found.bozo, found.bozo_exception
        self.etag, self.modified = found.get("etag"), found.get("modified")
        ids = [entry.id for entry in found.entries]
        assert len(set(ids)) == len(ids)
        self.seen.update(one for one in ids if one not in self.titles)
        self.titles |= {entry.id: entry.title for entry in found.entries}
        gone = found.feed.get("at_deleted-entry")
        self.deleted |= {gone["ref"]} if gone else set()


@dataclass
class Newsboat:
    home: Path
    url: str

    def poll(self) -> None:
        (self.home / "urls").write_text(f"{self.url}\n")
        (self.home / "config").write_text("")
        files = ["-u", str(self.home / "urls"), "-c", str(self.home / "cache.db"), "-C", str(self.home / "config")]
        environment = {"HOME": str(self.home), "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}
        subprocess.run([str(NEWSBOAT), *files, "-x", "reload"], env=environment, check=True, timeout=60)

    @property
    def items(self) -> list[tuple[str, str, int]]:
        """(guid, title, published) of all that it keeps."""
        with sqlite3.connect(self.home / "cache.db") as database:
            return database.execute("SELECT guid, title, pubDate FROM rss_item WHERE deleted = 0").fetchall()


@dataclass
class Story:
    """What happened, and what every reader has to have at the end."""

    titles: dict[str, str]
    """Id -> the last headline, of what stands."""
    published: dict[str, datetime]
    retracted: set[str]
    asked: Asked
    parser: Parser
    reader: Any
    newsboat: Newsboat | None
    base: str


def identity(day: int, number: int) -> str:
    return f"tag:zendoric.example,2026-06-{day + 1:02}:story-{day}-{number}"


class Publication:
    """Writes the articles of each day, and what happens to older ones."""

    def __init__(self, home: Path, url: str) -> None:
        self.desk = Desk(home)
        home.mkdir()
        (home / "publication.toml").write_text(TOML.replace("https://zendoric.example/", url), "utf-8")
        (home / "feeds").mkdir()
        (home / "feeds/site.toml").write_text('articles = "site"\nlength = 6\narchive = 10\n')
        self.titles: dict[str, str] = {}
        self.published: dict[str, datetime] = {}
        self.retracted: set[str] = set()

    def day(self, day: int) -> None:
        now = FIRST + timedelta(days=day)
        for number in range(3):
            when = now - timedelta(minutes=5 * number)
            self._write(day, number, f"Story {day} {number}", when)
            self.published[identity(day, number)] = when
        if day % 3 == 1:  # an edit with a new headline, a new slug and a new section
            moved = self.desk.article(
                f"story-{day - 1}-0",
                self.published[identity(day - 1, 0)].isoformat(),
                updated=now.isoformat(),
                section="Moved",
                slug=f"another-{day}",
                title=f"Edited {day}",
                body=f"Text {day - 1} 0.",
            )
            moved.rename(moved.with_name(f"renamed-{day}.md"))
            self.titles[identity(day - 1, 0)] = f"Edited {day}"
        if day % 4 == 2:
            self._write(
                day - 2,
                1,
                f"Corrected {day}",
                self.published[identity(day - 2, 1)],
                corrections=[{"at": now.isoformat(), "text": "Not so."}],
            )
        self.desk.run("--site-only", at=now.isoformat())
        if day % 5 == 3:
            gone = identity(day - 1, 2)
            done = self.desk.publisher("retract", gone, "--reason", "Wrong", at=(now + timedelta(hours=1)).isoformat())
            assert done.returncode == 0, done.stderr
            self.retracted.add(gone)
            del self.titles[gone]

    def _write(self, day: int, number: int, title: str, when: datetime, **keys: Any) -> None:
        name = f"story-{day}-{number}"
        self.desk.article(name, when.isoformat(), title=title, body=f"Text {day} {number}.", **keys)
        self.titles[identity(day, number)] = title


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """All twelve days, lived through once."""
    make_reader = pytest.importorskip("reader", reason="reader is not installed: install the `dev` group").make_reader
    folder = tmp_path_factory.mktemp("clients")
    line = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{line.getsockname()[1]}/"
    publication, asked = Publication(folder / "zendoric", base), Asked()
    config = uvicorn.Config(asked.app(site(folder / "zendoric")), log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [line]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    reader = make_reader(str(folder / "reader.db"), feed_root=None)
    for form in FORMS:
        reader.add_feed(f"{base}feeds/{form}")
    parser = Parser(f"{base}feeds/atom.xml")
    (folder / "newsboat").mkdir()
    newsboat = Newsboat(folder / "newsboat", f"{base}feeds/rss.xml") if NEWSBOAT else None
    try:
        for day in range(DAYS):
            publication.day(day)
            for poll in range(POLLS):
                parser.poll()
                # It keeps to our max-age, by the clock: without a later hour it would not even ask.
                reader._now = lambda hour=24 * day + 10 * poll: datetime.now(UTC) + timedelta(hours=hour)
                assert all(not isinstance(one.value, Exception) for one in reader.update_feeds_iter(workers=1))
                if newsboat:
                    newsboat.poll()
        yield Story(
            titles=publication.titles,
            published=publication.published,
            retracted=publication.retracted,
            asked=asked,
            parser=parser,
            reader=reader,
            newsboat=newsboat,
            base=base,
        )
    finally:
        reader.close()
        server.should_exit = True
        thread.join()
        line.close()


def test_a_parser_meets_each_article_once_and_every_change_in_its_place(story: Story) -> None:
    assert set(story.parser.seen) == set(story.published)
    assert set(story.parser.seen.values()) == {1}
    known = {one: title for one, title in story.parser.titles.items() if one not in story.retracted}
    assert known == story.titles


def test_a_parser_that_knows_tombstones_loses_what_was_retracted(story: Story) -> None:
    assert len(story.retracted) == 2
    assert story.parser.deleted == story.retracted


@pytest.mark.parametrize("form", FORMS)
def test_reader_has_each_article_once_with_its_last_words(story: Story, form: str) -> None:
    feed = f"{story.base}feeds/{form}"
    entries = list(story.reader.get_entries(feed=feed))
    assert Counter(one.id for one in entries) == Counter(list(story.published))
    assert {one.id: one.title for one in entries if one.id not in story.retracted} == story.titles
    assert {one.id: one.published for one in entries} == story.published
    assert story.reader.get_feed(feed).last_exception is None
    for one in entries:
        edited = one.title.startswith(("Edited", "Corrected"))
        later = one.updated is not None and one.updated >= one.published + timedelta(seconds=1)
        assert later is edited or form == "rss.xml"


@pytest.mark.skipif(not NEWSBOAT, reason="newsboat is not installed on this machine")
def test_newsboat_has_each_article_once_with_its_last_words(story: Story) -> None:
    assert story.newsboat is not None
    items = story.newsboat.items
    assert Counter(guid for guid, _, _ in items) == Counter(list(story.published))
    assert {guid: title for guid, title, _ in items if guid not in story.retracted} == story.titles
    assert {guid: time for guid, _, time in items} == {
        guid: int(when.timestamp()) for guid, when in story.published.items()
    }


def test_who_asks_again_is_told_that_nothing_changed(story: Story) -> None:
    """Of every two polls a day, the second costs no document."""
    agents = {"feedparser": ["atom.xml"], "python-reader": list(FORMS)} | (
        {"newsboat": ["rss.xml"]} if NEWSBOAT else {}
    )
    for agent, forms in agents.items():
        for form in forms:
            answers = story.asked.statuses[agent, f"/feeds/{form}"]
            assert len(answers) == DAYS * POLLS
            # newsboat sends back what it was told from its third request on.
            first = 1 if agent == "newsboat" else 0
            assert answers[1::2][first:] == [304] * (DAYS - first), (agent, form)
            assert answers[::2] == [200] * DAYS, (agent, form)
