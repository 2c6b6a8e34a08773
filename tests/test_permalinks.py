"""An article never takes the address of another page, or of another article, without a word."""

import pytest

from desk import Desk
from publisher.config.pages import is_page


@pytest.mark.parametrize(
    "path",
    [
        "/archive/",
        "/corrections/2/",
        "/standards",
        "/2026/",
        "/2026/06/25/",
        "/feeds/x/",
        "/tags/a/",
        "/images/ab/",
        "/p/x",
    ],
)
def test_the_site_s_own_addresses_are_known(path: str) -> None:
    assert is_page(path)


@pytest.mark.parametrize("path", ["/2026/06/25/ferry/", "/news/ferry/", "/archive/ferry/", "/20260/", "/archives/"])
def test_and_those_of_articles_are_free(path: str) -> None:
    assert not is_page(path)


def test_an_article_that_would_hide_a_page_is_left_out_and_named(desk: Desk) -> None:
    desk.configure("[digest]", '[site]\npermalink = "/{slug}/"\n[digest]')
    desk.article("archive")
    desk.article("2026")
    desk.article("ferry")
    told = desk.run("--site-only", exit_code=65)
    assert told["articles"] == 1
    assert [one.partition(": ")[2] for one in told["left_out"]] == [
        f"its address /{slug}/ is that of a page of the site; give it another `slug:` or `section:`"
        for slug in ("2026", "archive")
    ]
    assert "<h1>Archive</h1>" in desk.page("archive/index.html")


def test_a_permalink_that_makes_two_articles_one_is_refused_by_naming_them(desk: Desk) -> None:
    desk.configure("[digest]", '[site]\npermalink = "/{year}/{slug}/"\n[digest]')
    desk.article("a/ferry", slug="ferry")
    desk.article("b/ferry", slug="ferry", published="2026-06-24T08:00:00+02:00")
    told = desk.run("--site-only", exit_code=65)
    assert told["articles"] == 1
    assert "its address /2026/ferry/ is taken by articles/a/ferry.md" in told["left_out"][0]


@pytest.mark.parametrize("wrong", ["/{slug}", "{slug}/", "/{year}/", "/{slug}/{title}/", "/{slug/"])
def test_a_permalink_that_is_none_is_named_with_its_line(desk: Desk, wrong: str) -> None:
    desk.configure("[digest]", f'[site]\npermalink = "{wrong}"\n[digest]')
    done = desk.publisher("run")
    assert done.returncode == 78
    assert "`site.permalink`" in done.stderr
