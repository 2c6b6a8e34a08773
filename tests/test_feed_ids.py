"""Ids that readers know outlive everything that can be renamed, and `updated` moves only when the story does."""

import json
from pathlib import Path

import pytest
from lxml import etree

from desk import Desk

ATOM = "{http://www.w3.org/2005/Atom}"
GUID = "https://old.example/?p=42"
DAY = "2026-06-25T08:00:00+02:00"


def ids(desk: Desk, folder: str = "feeds") -> dict[str, set[str]]:
    """Format -> the ids in the feed of a folder."""
    public = desk.home / "public" / folder
    rss = etree.parse(public / "rss.xml").getroot().findall("channel/item/guid")
    return {
        "atom": {one.text for one in etree.parse(public / "atom.xml").getroot().iterfind(f"{ATOM}entry/{ATOM}id")},
        "rss": {one.text for one in rss},
        "json": {one["id"] for one in json.loads((public / "feed.json").read_bytes())["items"]},
    }


def own_id(desk: Desk, path: str) -> str:
    return str(etree.parse(desk.home / "public" / path).getroot().findtext(f"{ATOM}id"))


def ids_of(desk: Desk, path: str) -> set[str | None]:
    return {one.text for one in etree.parse(desk.home / "public" / path).getroot().iterfind(f"{ATOM}entry/{ATOM}id")}


def updated(desk: Desk) -> dict[str, str]:
    root = etree.parse(desk.home / "public/feeds/atom.xml").getroot()
    return {one.findtext(f"{ATOM}id"): one.findtext(f"{ATOM}updated") for one in root.iterfind(f"{ATOM}entry")}


@pytest.fixture
def paper(desk: Desk) -> Desk:
    desk.article("tides", DAY, "High water at noon.", section="Harbour", tags=["sea"], author="Ann")
    desk.article("ferry", "2026-06-25", "Every hour.", section="Harbour")
    desk.article("old", "2026-06-20T08:00:00+02:00", "Moved in from elsewhere.", id=GUID)
    desk.run("--site-only", at=DAY)
    return desk


def test_an_id_of_another_system_is_kept_as_it_is_in_every_format(paper: Desk) -> None:
    known = {"tag:zendoric.example,2026-06-25:tides", "tag:zendoric.example,2026-06-25:ferry", GUID}
    assert ids(paper) == {"atom": known, "rss": known, "json": known}
    assert f'<guid isPermaLink="false">{GUID}</guid>' in paper.page("feeds/rss.xml")


def test_everything_may_be_renamed_and_no_reader_sees_an_article_twice(paper: Desk) -> None:
    """One after the other, each released: headline, slug, section and tag, author, file and folder, permalink, the
    publication's name and language of the site, the domain, and the store itself."""
    before, feed = ids(paper), own_id(paper, "feeds/atom.xml")
    hour = 9

    def released() -> None:
        nonlocal hour
        hour += 1
        paper.run("--site-only", at=f"2026-06-25T{hour}:00:00+02:00")
        assert ids(paper) == before
        assert own_id(paper, "feeds/atom.xml") == feed

    def rewrite(name: str, old: str, new: str) -> None:
        path = paper.home / f"articles/{name}.md"
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    rewrite("tides", '"Tides"', '"Low water, and why it was late"')
    released()
    rewrite("tides", "---\n", '---\nslug: "low-water"\n')
    released()
    rewrite("tides", '"Harbour"', '"Sea"')
    rewrite("tides", '"Ann"', '"Bea"')
    rewrite("tides", '["sea"]', '["water", "moon"]')
    released()
    for name in ("tides", "ferry", "old"):
        text = (paper.home / f"articles/{name}.md").read_text("utf-8")
        (paper.home / f"articles/{name}.md").unlink()
        paper.raw(f"articles/2026/deep/{name[::-1]}.md", text)
    released()
    paper.configure("[digest]", '[site]\npermalink = "/{section}/{slug}/"\n\n[digest]')
    released()
    paper.configure('name = "Zendoric"', 'name = "Another name"')
    released()
    paper.configure('timezone = "Europe/Madrid"', 'timezone = "Asia/Tokyo"')
    released()
    paper.configure('url = "https://zendoric.example/"', 'url = "https://elsewhere.example/news/"')
    released()
    for file in paper.home.glob("publisher.db*"):
        file.unlink()
    assert paper.publisher("adopt", at=f"2026-06-25T{hour}:30:00+02:00").returncode == 0
    released()
    assert "https://elsewhere.example/news/sea/low-water/" in paper.page("feeds/atom.xml")


def test_a_publication_that_changes_its_language_says_which_it_was_and_keeps_its_feeds(paper: Desk) -> None:
    paper.raw("feeds/site.toml", 'articles = "site"\nlength = 2\narchive = 2\n')
    paper.subscribe("ann@example.org")
    for number in range(6):
        paper.article(f"buoy-{number}", "2026-06-25T08:30:00+02:00")
    paper.run(at="2026-06-25T09:00:00+02:00")
    before = {path: own_id(paper, path) for path in paper.site() if path.endswith("atom.xml")}
    assert {"feeds/atom.xml", "feeds/archive/1/atom.xml", "feeds/digests/atom.xml", "feeds/harbour/atom.xml"} <= set(
        before
    )
    entries = {path: ids_of(paper, path) for path in before}
    paper.configure("timezone", 'language = "es"\ntimezone')
    refused = paper.publisher("run", at="2026-06-25T10:00:00+02:00")
    assert refused.returncode == 78
    assert 'if `language` was changed, put `first_language = "en"` below it in publication.toml' in refused.stderr
    paper.configure("timezone", 'first_language = "en"\ntimezone')
    paper.article("barcos", "2026-06-25T22:00:00+02:00")
    paper.run(at="2026-06-26T09:00:00+02:00")
    assert before == {path: own_id(paper, path) for path in before}
    for path, known in entries.items():
        assert known <= ids_of(paper, path) or path == "feeds/atom.xml"
    assert ids_of(paper, "feeds/archive/1/atom.xml") == entries["feeds/archive/1/atom.xml"]
    assert '<html lang="es"' in paper.page("index.html")
    assert '<html lang="en"' in paper.page("digest/2026-06-25/index.html")
    assert '<html lang="es"' in paper.page("digest/2026-06-26/index.html")
    assert paper.publisher("send", "--test", "e@example.org", "--date", "2026-06-25").returncode == 0
    assert not (paper.home / "public/en").exists()


def test_the_feed_of_a_section_that_gets_another_kind_of_name_stays_the_same_feed(paper: Desk) -> None:
    feed = own_id(paper, "feeds/harbour/atom.xml")
    paper.configure('url = "https://zendoric.example/"', 'url = "https://elsewhere.example/"')
    paper.run("--site-only", at="2026-06-25T10:00:00+02:00")
    assert own_id(paper, "feeds/harbour/atom.xml") == feed


def test_updated_moves_only_when_the_story_does(paper: Desk) -> None:
    before = updated(paper)
    tides = "tag:zendoric.example,2026-06-25:tides"
    paper.article("tides", DAY, "High water at noon, and a comma.", title="Tides!", section="Sea", slug="sea-tides")
    paper.run("--site-only", at="2026-06-25T10:00:00+02:00")
    assert "and a comma" in paper.page("feeds/atom.xml")
    assert updated(paper) == before, "a slip of the pen is no news"
    later = "2026-06-25T10:30:00+02:00"
    paper.article("tides", DAY, "High water at one.", slug="sea-tides", updated=later)
    paper.run("--site-only", at="2026-06-25T11:00:00+02:00")
    assert updated(paper) == before | {tides: later}
    latest = "2026-06-25T11:30:00+02:00"
    notes = [{"at": latest, "text": "At two."}]
    paper.article("tides", DAY, "High water at two.", slug="sea-tides", updated=later, corrections=notes)
    paper.run("--site-only", at="2026-06-25T12:00:00+02:00")
    assert updated(paper) == before | {tides: latest}
    assert own_updated(paper.home / "public/feeds/atom.xml") == latest


def own_updated(path: Path) -> str:
    return str(etree.parse(path).getroot().findtext(f"{ATOM}updated"))
