"""A source that was withdrawn is marked wherever it is cited."""

from datetime import UTC, datetime

import pytest

from desk import Desk
from publisher.editing.withdrawals import work
from publisher.model import Article, Body, Source
from publisher.running import beginning
from publisher.store import Store, articles, withdrawals

REPORT = "https://www.lab.example/report/?v=1#page=3"


def cite(desk: Desk, name: str, verification: str, url: str = REPORT, **keys: object) -> None:
    source = {"title": "The report", "url": url, "verification": verification}
    desk.article(name, sources=[source], **keys)  # type: ignore[arg-type]


def line(desk: Desk, name: str) -> str:
    page = desk.page(f"2026/06/25/{name}/index.html")
    return page.partition('<p class="marks"><b class="')[2].partition("</b>")[0]


def test_one_article_that_says_so_is_enough_and_it_can_say_otherwise(desk: Desk) -> None:
    cite(desk, "first", "verified", url="https://lab.example/report?v=1")
    cite(desk, "other", "verified", url="https://lab.example/report?v=2")
    desk.run("--site-only")
    assert line(desk, "first") == 'v2">Verified'
    cite(desk, "second", "withdrawn")
    desk.run("--site-only")
    assert line(desk, "first") == line(desk, "second") == 'vx">Withdrawn'
    assert line(desk, "other") == 'v2">Verified'
    assert "1 source, withdrawn" in desk.page("2026/06/25/index.html")
    assert '"verification": "withdrawn"' in desk.page("feeds/feed.json")

    cite(desk, "first", "partial", url="https://lab.example/report?v=1", lede="Read again.")
    desk.run("--site-only")
    assert line(desk, "first") == 'vx">Withdrawn'

    cite(desk, "second", "unverified")
    desk.run("--site-only")
    assert line(desk, "first") == 'v1">Read in part'
    assert line(desk, "second") == 'v0">Not verified'


def test_an_article_that_comes_later_is_marked_too_and_a_run_that_changes_nothing_writes_nothing(desk: Desk) -> None:
    cite(desk, "first", "withdrawn")
    desk.run("--site-only")
    cite(desk, "second", "verified")
    desk.run("--site-only")
    assert line(desk, "second") == 'vx">Withdrawn'
    assert desk.run("--site-only")["files_written"] == 0


def test_an_article_whose_file_is_gone_does_not_come_back_to_be_marked(desk: Desk) -> None:
    cite(desk, "first", "verified")
    cite(desk, "second", "verified")
    desk.run("--site-only")
    (desk.home / "articles/first.md").unlink()
    desk.run("--site-only")
    cite(desk, "second", "withdrawn")
    desk.run("--site-only")
    assert "first" not in "".join(desk.site())
    cite(desk, "first", "verified")
    desk.run("--site-only")
    assert line(desk, "first") == 'vx">Withdrawn'


def test_an_article_is_marked_however_it_writes_the_address(desk: Desk) -> None:
    cite(desk, "first", "verified", url="https://www.LAB.example/\u00c9tude/?v=1#page=3")
    desk.run("--site-only")
    cite(desk, "second", "withdrawn", url="http://lab.example/\u00c9tude?v=1")
    desk.run("--site-only")
    assert line(desk, "first") == line(desk, "second") == 'vx">Withdrawn'


def test_both_databases_find_who_names_a_work(store: Store) -> None:
    at = datetime(2026, 6, 25, 7, tzinfo=UTC)
    sources = (Source(title="A", url="https://www.LAB.example/\u00c9tude/Report/?v=1#page=3"),)
    names = {"path": "articles/a.md", "slug": "a", "title": "A", "lang": "en", "address": "/a/", "group": "a"}
    one = Article(id="id:a", published=at, sources=sources, **names)
    with store.begin() as tx:
        articles.save(tx, [articles.shelved(one, Body(markup="markdown", text=""), "1")])
    with store.read() as tx:
        assert list(withdrawals.naming(tx, {"lab.example/\u00c9tude/Report?v=1"})) == ["id:a"]
        assert list(withdrawals.naming(tx, {"lab.example/\u00c9tude/Other"})) == []


def test_the_first_articles_are_marked_whichever_of_them_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beginning, "SOME", 1)
    cite(desk, "a", "verified")
    cite(desk, "b", "withdrawn")
    cite(desk, "c", "verified")
    desk.article("d", slug="a")
    report = desk.run("--site-only", exit_code=65)
    assert [line(desk, name) for name in "abc"] == ['vx">Withdrawn'] * 3
    assert [one.partition(":")[0] for one in report["left_out"]] == ["articles/d.md"]
    assert desk.run("--site-only", exit_code=65)["files_written"] == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/x/", "http://www.A.example/x#top", True),
        ("https://a.example/x?a=1", "https://a.example/x?a=2", False),
        ("https://a.example/x", "https://a.example/X", False),
        ("https://[a", "https://[b", True),
    ],
)
def test_addresses_of_one_work_are_told_from_those_of_another(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    assert (work(one) == work(other)) is same
