"""What an article says of a time to come is not shown before it, whatever the file says."""

from typing import Any

import pytest

from desk import Desk

BEFORE = "2026-06-25T09:30:00+02:00"
DUE = "2026-06-25T10:00:00+02:00"
PAGE = "2026/06/25/ferry/index.html"
LATER: list[dict[str, Any]] = [
    {"at": "2026-06-25T09:20:00+02:00", "text": "It is a ferry."},
    {"at": DUE, "text": "It sails on Sundays."},
]


@pytest.fixture
def paper(desk: Desk) -> Desk:
    desk.article("ferry")
    desk.run()
    desk.article("ferry", corrections=LATER)
    return desk


def test_a_correction_dated_in_the_future_waits_for_its_time_and_is_told(paper: Desk) -> None:
    told = paper.run(at=BEFORE)
    assert told["warnings"] == [f"articles/ferry.md:4: a correction dated {DUE} is not shown before then"]
    assert "It is a ferry." in paper.page(PAGE)
    assert "Sundays" not in paper.page(PAGE)
    assert "Sundays" not in paper.page("feeds/atom.xml") + paper.page("corrections/index.html")
    again = paper.run(at="2026-06-25T09:35:00+02:00")
    assert (again["read"], again["release"]) == (0, None), "while it waits a run has nothing to do"


def test_it_is_shown_at_its_instant_and_told_in_the_next_digest(paper: Desk) -> None:
    paper.run(at=BEFORE)
    told = paper.run(at=DUE)
    assert (told["read"], told["warnings"]) == (1, [])
    assert "It sails on Sundays." in paper.page(PAGE)
    assert "It sails on Sundays." in paper.page("corrections/index.html")
    paper.article("tides", "2026-06-26T08:00:00+02:00")
    paper.run(at="2026-06-26T09:00:00+02:00")
    assert any("It sails on Sundays." in str(mail) for mail in paper.mails())


def test_an_update_dated_in_the_future_moves_nothing_in_the_feeds_before_it(desk: Desk) -> None:
    desk.article("ferry", updated=DUE)
    desk.run("--site-only")
    assert "2026-06-25T10:00:00" not in desk.page("feeds/atom.xml") + desk.page(PAGE)
    desk.run("--site-only", at=DUE)
    assert "2026-06-25T10:00:00+02:00" in desk.page("feeds/atom.xml")


def test_check_tells_it_too(paper: Desk) -> None:
    assert "is not shown before then" in paper.publisher("check").stderr
