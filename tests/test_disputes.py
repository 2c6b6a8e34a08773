"""Two that claim one address: whoever was there first keeps it, the other is told, and everything else is released."""

import pytest

from desk import Desk

NEXT = "2026-06-25T10:00:00+02:00"
LATER = "2026-06-25T11:00:00+02:00"
SECRET = "the sentence that has to go"


@pytest.fixture
def paper(desk: Desk) -> Desk:
    """Two articles that readers know."""
    desk.article("ferry", body=f"A ferry. {SECRET}.")
    desk.article("tides")
    desk.run("--site-only")
    return desk


def test_another_article_in_the_place_of_one_that_is_gone_is_told_and_the_rest_is_released(paper: Desk) -> None:
    (paper.home / "articles/ferry.md").unlink()
    paper.article("boat", slug="ferry", title="Another thing")
    paper.article("gulls")
    said = (
        "articles/boat.md:1: readers know its address /2026/06/25/ferry/ as that of "
        "tag:zendoric.example,2026-06-25:ferry (articles/ferry.md); if it is the same article, give it "
        "`id: tag:zendoric.example,2026-06-25:ferry`, if it is another one, another `slug:`"
    )
    for at in (NEXT, LATER):
        told = paper.run("--site-only", at=at, exit_code=65)
        assert told["left_out"] == [said]
    assert "Gulls" in paper.page("2026/06/25/index.html")
    paper.article("boat", slug="boat", title="Another thing")
    assert paper.run("--site-only", at=LATER)["articles"] == 3


def test_it_is_the_same_article_where_its_file_says_so(paper: Desk) -> None:
    (paper.home / "articles/ferry.md").unlink()
    paper.article("boat", slug="ferry", title="Another thing", id="tag:zendoric.example,2026-06-25:ferry")
    paper.run("--site-only", at=NEXT)
    assert "Another thing" in paper.page("2026/06/25/ferry/index.html")


def test_a_place_that_an_article_just_left_is_still_its_own(paper: Desk) -> None:
    paper.article("ferry", slug="the-ferry")
    paper.article("new", slug="ferry", title="New")
    told = paper.run("--site-only", at=NEXT, exit_code=65)
    assert "articles/new.md:1: readers know its address /2026/06/25/ferry/" in told["left_out"][0]
    assert "the-ferry/" in paper.page("2026/06/25/ferry/index.html"), "who has the old link is led on"
    assert paper.run("--site-only", at=LATER, exit_code=65)["left_out"] == told["left_out"]


def test_a_takedown_goes_through_whatever_address_its_article_claims(paper: Desk) -> None:
    paper.article("ferry", body=f"A ferry. {SECRET}.", slug="tides")
    assert "is taken by articles/tides.md" in paper.run("--site-only", at=NEXT, exit_code=65)["left_out"][0]
    done = paper.publisher("retract", "articles/ferry.md", "--reason", "Wrong.", "--takedown", at=LATER)
    assert done.returncode == 0, done.stderr
    assert SECRET not in "".join(path.decode("utf-8", "ignore") for path in paper.site().values())
    assert "Wrong." in paper.page("2026/06/25/ferry/index.html")
    assert paper.run("--site-only", at=LATER)["left_out"] == []


def test_a_takedown_whose_release_fails_is_finished_by_a_plain_run(paper: Desk) -> None:
    blocked = paper.home / "public" / "feeds" / "atom.xml"
    whole = blocked.read_bytes()
    blocked.unlink()
    blocked.write_bytes(whole.replace(b"<id>tag:zendoric.example,2026-06-25:tides</id>", b"<id>tag:else</id>"))
    done = paper.publisher("retract", "ferry", "--reason", "Wrong.", "--takedown", at=NEXT)
    assert done.returncode == 78
    assert "The retraction holds: the next run that can release shows it." in done.stderr
    blocked.write_bytes(whole)
    paper.run("--site-only", at=LATER)
    kept = [path for path in (paper.home / "releases").rglob("*") if path.is_file() and not path.is_symlink()]
    assert not [path for path in kept if SECRET.encode() in path.read_bytes()]
    assert "Wrong." in paper.page("2026/06/25/ferry/index.html")


def test_a_fixed_page_that_stands_keeps_its_address_and_a_newer_article_is_told(desk: Desk) -> None:
    desk.configure("[digest]", '[site]\npermalink = "/{slug}/"\n[digest]')
    desk.raw("pages/about.md", "---\ntitle: The page\n---\nText.")
    desk.article("tides")
    desk.run("--site-only")
    desk.article("about")
    desk.article("gulls")
    for at in (NEXT, LATER):
        told = desk.run("--site-only", at=at, exit_code=65)
        assert told["left_out"] == [
            "articles/about.md:1: its address /about/ is that of pages/about.md; give it another `slug:`"
        ]
    assert "<h1>The page</h1>" in desk.page("about/index.html")
    assert "Gulls" in desk.page("gulls/index.html")
    (desk.home / "pages/about.md").unlink()
    desk.run("--site-only", at=LATER)
    assert "About" in desk.page("about/index.html")


def test_check_finds_a_fixed_page_whose_address_is_taken(desk: Desk) -> None:
    desk.configure("[digest]", '[site]\npermalink = "/{slug}/"\n[digest]')
    desk.article("about")
    desk.raw("pages/about.md", "---\ntitle: Page\n---\nText.")
    done = desk.publisher("check")
    assert done.returncode == 65
    assert "pages/about.md: its address /about/ is that of an article; give the file another name" in done.stderr
