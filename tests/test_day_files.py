"""Day files: what an editor's hand on one day names, and what it is told."""

import pytest

from desk import Desk

DAY = "days/2026-06-25.md"


def hand(desk: Desk, *lines: str) -> None:
    desk.raw(DAY, "---\n" + "".join(f"{line}\n" for line in lines) + "---\nA note.\n")


@pytest.fixture
def paper(desk: Desk) -> Desk:
    desk.article("the-missing-year", "2026-06-25T07:00:00+02:00")
    desk.article("who-pays", "2026-06-25T08:00:00+02:00")
    return desk


def test_a_misspelt_lead_is_told_with_its_line_and_the_nearest_name_and_the_day_goes_on(paper: Desk) -> None:
    hand(paper, "subject: S", "lead: the-mising-year")
    told = paper.run()
    said = f"{DAY}:3: `lead: the-mising-year` is no article of this day; `the-missing-year` is"
    assert told["warnings"] == [said]
    assert (told["stories"], told["left_out"]) == (2, [])
    assert f"note: {said}" in paper.publisher("run").stderr, "it is told until it is mended"
    checked = paper.publisher("check")
    assert (f"note: {said}" in checked.stderr + checked.stdout, checked.returncode) == (True, 0)


def test_an_article_in_the_order_or_left_out_that_is_nobodys_is_told_too(paper: Desk) -> None:
    hand(paper, "order:", "  - who-pays", "  - 'the harbour'", "leave_out: [articles/who-payss.md]")
    assert paper.run("--site-only")["warnings"] == [
        f"{DAY}:4: `order: the harbour` is no article of this day, which has the-missing-year, who-pays",
        f"{DAY}:5: `leave_out: articles/who-payss.md` is no article of this day; `who-pays` is",
    ]


def test_what_came_after_yesterdays_slot_may_lead_and_a_draft_may_not(paper: Desk) -> None:
    paper.article("late", "2026-06-24T18:00:00+02:00")
    paper.article("unfinished", "2026-06-25T08:30:00+02:00", draft=True)
    hand(paper, "lead: late", "order: [articles/who-pays.md, unfinished]")
    assert paper.run()["warnings"] == [
        f"{DAY}:3: `order: unfinished` is a draft, which nobody sees; take `draft` out of articles/unfinished.md"
    ]


def test_an_article_that_waits_for_its_hour_may_be_named(paper: Desk) -> None:
    paper.article("tonight", "2026-06-25T20:00:00+02:00")
    hand(paper, "lead: tonight")
    assert paper.run()["warnings"] == []


def test_a_run_does_not_look_at_days_that_are_over_and_check_does(paper: Desk) -> None:
    paper.raw("days/2026-05-01.md", "---\nlead: nobody\n---\n")
    assert paper.run()["warnings"] == []
    checked = paper.publisher("check")
    assert "`lead: nobody` is no article of this day, which has none yet" in checked.stderr + checked.stdout


def test_a_lead_that_is_a_list_is_told(paper: Desk) -> None:
    hand(paper, "lead: [who-pays]")
    assert paper.run()["warnings"] == [f"{DAY}:2: `lead` is a list; it is one line of text"]
