"""`publisher retract`: what should not have been published leaves every place, and says that it did."""

import gzip
import http.server
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import feedparser
import pytest

from desk import Desk
from publisher.collect.syndication import parse
from test_feed_archives import at
from test_files_served import ask, served

NEXT = "2026-06-25T10:00:00+02:00"
LATER = "2026-06-25T11:00:00+02:00"
SECRET = "the unmistakable sentence that has to go"
WHY = "The photograph was of another harbour."
ADDRESS = "/2026/06/25/whale/"


@pytest.fixture
def paper(desk: Desk) -> Desk:
    desk.article("whale", body=f"A whale. {SECRET}.", lede=f"Lede: {SECRET}", author="Ann", section="Sea", tags=["x"])
    desk.article("tides", "2026-06-25T07:00:00+02:00")
    desk.run()
    return desk


def retract(desk: Desk, *arguments: str, at: str = NEXT) -> str:
    done = desk.publisher("retract", *arguments, at=at)
    assert done.returncode == 0, done.stderr
    return done.stderr


def holding(home: Path, text: str) -> list[str]:
    """Every file of the publication with the text in it, links not followed."""
    found = []
    for folder, _, names in os.walk(home):
        found += [path for name in names for path in [Path(folder, name)] if text.encode() in _bytes(path)]
    return sorted(str(one.relative_to(home)) for one in found)


def _bytes(path: Path) -> bytes:
    packed = path.suffix == ".gz" and not path.name.endswith(".tar.gz")
    return gzip.decompress(path.read_bytes()) if packed else path.read_bytes()


def test_the_key_is_written_and_every_place_says_so_at_once(paper: Desk) -> None:
    before = (paper.home / "articles/whale.md").read_text()
    told = retract(paper, "articles/whale.md", "--reason", WHY)
    assert "The site and the feeds show it" in told
    line = f'retracted: {{at: "2026-06-25T10:00:00+02:00", reason: "{WHY}"}}\n'
    assert (paper.home / "articles/whale.md").read_text() == before.replace("---\nA whale", f"{line}---\nA whale")
    page = paper.page("2026/06/25/whale/index.html")
    assert WHY in page
    assert "noindex" in page
    assert SECRET not in page
    for feed in ("feeds/atom.xml", "feeds/sea/atom.xml", "feeds/x/atom.xml", "feeds/author-ann/atom.xml"):
        assert '<at:deleted-entry ref="tag:zendoric.example,2026-06-25:whale"' in paper.page(feed)
        assert SECRET not in paper.page(feed)
    assert SECRET not in paper.page("feeds/rss.xml")
    [deleted] = json.loads(paper.page("feeds/feed.json"))["_publisher"]["deleted"]
    assert (deleted["id"], deleted["reason"]) == ("tag:zendoric.example,2026-06-25:whale", WHY)
    assert f'location = "{ADDRESS}"' in paper.page("redirects.nginx")
    assert ADDRESS in paper.page("redirects.caddy")
    assert f"{ADDRESS} {ADDRESS}index.html 410" in paper.page("_redirects")
    assert paper.run(at=LATER)["release"] is None, "the next run finds nothing to do"


def test_the_page_is_answered_with_410_and_undone_with_200(paper: Desk) -> None:
    with served(paper.home) as port:
        assert ask(port, ADDRESS)[0].status == 200
        retract(paper, "whale", "--reason", WHY)
        answer, body = ask(port, ADDRESS)
        assert answer.status == 410
        assert WHY.encode() in body
        retract(paper, "whale", "--undo", at=LATER)
        assert ask(port, ADDRESS)[0].status == 200


def test_an_article_is_named_by_path_slug_address_or_id(paper: Desk) -> None:
    for name in (
        "whale",
        "articles/whale.md",
        "/2026/06/25/whale/",
        "/2026/06/25/whale",
        "https://zendoric.example/2026/06/25/whale/?from=mail#top",
        "tag:zendoric.example,2026-06-25:whale",
    ):
        assert "Retracted: Whale (articles/whale.md)." in retract(paper, name, "--reason", WHY)


def test_a_name_that_is_nobodys_or_several_peoples_is_refused_and_nothing_changes(paper: Desk) -> None:
    paper.article("es/whale", slug="whale", lang="es")
    paper.run("--site-only", at=NEXT)
    before = paper.site()
    for arguments, sentence in (
        (("whole", "--reason", WHY), "No article is called 'whole'"),
        (("whale", "--reason", WHY), "'whale' may be one of 2: articles/es/whale.md; articles/whale.md"),
        (("tides",), "--reason TEXT says why"),
        (("tides", "--reason", " "), "--reason is empty"),
        (("tides", "--undo"), "is not retracted"),
        (("tides", "--undo", "--takedown"), "--undo takes neither"),
        (("https://other.example/2026/06/25/tides/", "--reason", WHY), "No article is called"),
    ):
        done = paper.publisher("retract", *arguments, at=NEXT)
        assert done.returncode == 2
        assert sentence in done.stderr
    assert paper.site() == before
    assert "Its translation stands" in retract(paper, "/2026/06/25/whale/", "--reason", WHY)


def test_undo_brings_it_back_as_newer_than_its_tombstone(paper: Desk) -> None:
    retract(paper, "whale", "--reason", WHY)
    retract(paper, "whale", "--undo", at=LATER)
    feed = parse(
        (paper.home / "public/feeds/atom.xml").read_bytes(), content_type="", url="https://z.example/", now=at(LATER)
    )
    assert "deleted-entry" not in paper.page("feeds/atom.xml")
    [whale] = [one for one in feed.entries if one.id.endswith(":whale")]
    assert whale.updated == at(LATER)
    assert SECRET in whale.content
    assert "retracted" not in (paper.home / "articles/whale.md").read_text()
    assert paper.run(at="2026-06-25T12:00:00+02:00")["release"] is None


def test_what_is_not_sent_yet_goes_without_it(desk: Desk) -> None:
    desk.configure(
        '[mail]\ntransport = "maildir:outbox"',
        '[mail]\ntransport = "smtp"\n[[mail.relay]]\nhost = "127.0.0.1"\nport = 1',
    )
    desk.article("whale", body=SECRET, lede=SECRET)
    desk.article("tides", "2026-06-25T07:00:00+02:00", lede="The tide table")
    desk.run(exit_code=75)
    told = retract(desk, "whale", "--reason", WHY, at="2026-06-25T09:05:00+02:00")
    assert "goes without it to the 2 that remain; nobody had it yet" in told
    text = desk.page("digest/2026-06-25/index.txt")
    assert SECRET not in text
    assert "The tide table" in text


def test_a_takedown_leaves_the_text_nowhere_but_in_the_editors_own_file(paper: Desk) -> None:
    paper.article("more", NEXT)
    paper.run("--site-only", at=NEXT)
    assert len(holding(paper.home, SECRET)) > 6
    paper.publisher("backup", str(paper.home / "older.tar.gz"))
    told = retract(paper, "whale", "--reason", "By order of the court", "--takedown", at=LATER)
    left = holding(paper.home, SECRET)
    mails = [one for one in left if one.startswith("outbox/new/")]
    assert left == ["articles/whale.md", *mails]
    for line in (
        "Cleared: the digest 2026-06-25, its page and its frozen mail.",
        "Cleared: 2 older releases on this disk.",
        "Not touched, and yours: articles/whale.md still holds the text",
        "older.tar.gz",
        "Beyond reach: 2 mails that went out with it.",
    ):
        assert line in told
    assert "takedown: true" in (paper.home / "articles/whale.md").read_text()
    assert "Tides" in paper.page("digest/2026-06-25/index.html")
    paper.run("--site-only", at="2026-06-25T12:00:00+02:00")
    assert holding(paper.home, SECRET) == left


def test_a_takedown_that_is_undone_comes_back_from_the_editors_file(paper: Desk) -> None:
    retract(paper, "whale", "--reason", "By order of the court", "--takedown")
    retract(paper, "whale", "--undo", at=LATER)
    assert SECRET in paper.page("2026/06/25/whale/index.html")
    assert SECRET in paper.page("feeds/rss.xml")


def test_the_pictures_of_what_was_retracted_are_gone_and_come_back_with_it(desk: Desk) -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    (desk.home / "articles").mkdir()
    image.new("RGB", (800, 400), "teal").save(desk.home / "articles/whale.png")
    desk.article("whale", body="![A whale](whale.png)")
    desk.run("--site-only")
    shown = {path for path in desk.site() if path.endswith((".png", ".jpg", ".webp", ".avif"))}
    assert shown
    retract(desk, "whale", "--reason", WHY)
    assert not shown & desk.site().keys()
    desk.run("--site-only", at=LATER)
    assert not shown & desk.site().keys()
    retract(desk, "whale", "--undo", at=LATER)
    assert shown <= desk.site().keys()


def test_a_takedown_is_the_same_on_postgresql(desk: Desk, postgresql: str) -> None:
    import psycopg

    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("CREATE DATABASE retract_test")
    head, _, query = postgresql.partition("?")
    url = head.rsplit("/", 1)[0] + "/retract_test" + (f"?{query}" if query else "")
    with (desk.home / "publication.toml").open("a") as file:
        file.write(f'\n[store]\nurl = "{url}"\n')
    desk.subscribe("anna@example.org")
    desk.article("whale", body=SECRET, lede=SECRET)
    desk.article("tides")
    desk.run()
    told = retract(desk, "whale", "--reason", WHY, "--takedown")
    assert "Cleared: the digest 2026-06-25" in told
    assert holding(desk.home / "public", SECRET) == []
    with psycopg.connect(url) as connection:
        kept = "SELECT text FROM body UNION ALL SELECT convert_from(web_html, 'UTF8') FROM rendition"
        assert not any(SECRET in row[0] for row in connection.execute(kept))


def test_a_digest_of_that_one_story_says_that_it_is_gone(desk: Desk) -> None:
    desk.article("whale", body=SECRET, lede=SECRET)
    desk.run()
    retract(desk, "whale", "--reason", WHY, "--takedown")
    assert "was taken down" in desk.page("digest/2026-06-25/index.html")
    assert holding(desk.home / "public", SECRET) == []


def test_every_tombstone_comes_through_our_own_collector_and_through_a_parser(paper: Desk) -> None:
    paper.article("lamps", "2026-06-25T07:30:00+02:00")
    paper.run("--site-only", at=NEXT)
    for name in ("lamps", "whale"):
        retract(paper, name, "--reason", f"{WHY} {name}")
    for form in ("atom.xml", "feed.json"):
        data = (paper.home / f"public/feeds/{form}").read_bytes()
        feed = parse(data, content_type="", url="https://zendoric.example/feeds/x", now=at(LATER))
        assert [one.id for one in feed.entries] == ["tag:zendoric.example,2026-06-25:tides"]
        assert {(one.id, one.at, one.reason) for one in feed.deleted} == {
            (f"tag:zendoric.example,2026-06-25:{name}", at(NEXT), f"{WHY} {name}") for name in ("whale", "lamps")
        }
    found = feedparser.parse(paper.page("feeds/atom.xml"))
    assert not found.bozo
    assert [one.id for one in found.entries] == ["tag:zendoric.example,2026-06-25:tides"]
    assert found.feed["at_deleted-entry"]["ref"] == "tag:zendoric.example,2026-06-25:whale", "it keeps the last alone"


FEED = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"><id>urn:other</id><title>Other</title><updated>{0}</updated>
<entry><id>urn:other:1</id><title>Copied</title><updated>{0}</updated><link href="https://other.example/1"/>
<content type="html">{1}</content></entry></feed>"""


@pytest.fixture
def upstream() -> Iterator[tuple[str, list[str]]]:
    """A feed on this machine, and what it says, which may be changed."""
    said = [FEED.format("2026-06-25T05:00:00Z", SECRET)]

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = said[0].encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/atom+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/feed", said
        server.shutdown()


def test_a_collected_entry_stays_retracted_whatever_its_feed_says_next(
    desk: Desk, upstream: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, said = upstream
    monkeypatch.setenv("PUBLISHER_ALLOW_PRIVATE_UPSTREAMS", "1")
    desk.configure("[digest]", f'[[upstream]]\nurl = "{url}"\n\n[digest]')
    desk.run("--site-only", at="2026-06-25T08:00:00+02:00")
    assert SECRET in desk.page("feeds/atom.xml")
    retract(desk, "urn:other:1", "--reason", WHY, "--takedown", at="2026-06-25T08:01:00+02:00")
    assert holding(desk.home, SECRET) == []
    said[0] = FEED.format("2026-06-25T08:00:00Z", f"Changed. {SECRET}")
    desk.run("--site-only", at=NEXT)
    assert 'deleted-entry ref="urn:other:1"' in desk.page("feeds/atom.xml")
    assert holding(desk.home, SECRET) == []
    retract(desk, "urn:other:1", "--undo", at=LATER)
    assert "<id>urn:other:1</id>" in desk.page("feeds/atom.xml")


TOMBSTONE = FEED.partition("<entry>")[0] + '<at:deleted-entry ref="urn:other:1" when="{1}"/></feed>'


def test_what_an_upstream_takes_back_is_retracted_here_until_it_is_reinstated(
    desk: Desk, upstream: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, said = upstream
    monkeypatch.setenv("PUBLISHER_ALLOW_PRIVATE_UPSTREAMS", "1")
    desk.configure("[digest]", f'[[upstream]]\nurl = "{url}"\n\n[digest]')
    desk.run("--site-only", at="2026-06-25T08:00:00+02:00")
    said[0] = TOMBSTONE.format("2026-06-25T06:30:00Z", "2026-06-25T06:30:00Z")
    told = desk.run("--site-only", at="2026-06-25T09:00:00+02:00")
    assert told["notes"] == ["Other has withdrawn Copied; it is retracted here too."]
    assert 'deleted-entry ref="urn:other:1" when="2026-06-25T08:30:00+02:00"' in desk.page("feeds/atom.xml")
    retract(desk, "urn:other:1", "--undo")
    said[0] = TOMBSTONE.format("2026-06-25T08:45:00Z", "2026-06-25T06:30:00Z")
    assert desk.run("--site-only", at=LATER)["notes"] == []
    assert "<id>urn:other:1</id>" in desk.page("feeds/atom.xml")


def test_a_feed_takes_back_only_what_it_brought(
    desk: Desk, upstream: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, said = upstream
    monkeypatch.setenv("PUBLISHER_ALLOW_PRIVATE_UPSTREAMS", "1")
    desk.configure("[digest]", f'[[upstream]]\nurl = "{url}"\n\n[digest]')
    desk.article("whale", id="urn:other:1")
    said[0] = TOMBSTONE.format("2026-06-25T06:30:00Z", "2026-06-25T06:30:00Z")
    assert desk.run("--site-only")["notes"] == []
    assert "<id>urn:other:1</id>" in desk.page("feeds/atom.xml")
