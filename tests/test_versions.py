"""What a correction changed: kept when it happens, compared on a page, told to eyes and ears."""

import re
from datetime import UTC, datetime

import pytest

from desk import Desk
from publisher.model import Correction
from publisher.render.differences import Line, Part, lines
from publisher.render.site.versions import Step, _step
from specimen import PAGES, specimen

NEXT = "2026-06-25T10:00:00+02:00"
LATER = "2026-06-25T11:00:00+02:00"
PAGE = "2026/06/25/ferry/index.html"
VERSIONS = "2026/06/25/ferry/versions/index.html"
FIRST = {"at": "2026-06-25T09:50:00+02:00", "text": "It sails on Sundays."}
SECOND = {"at": "2026-06-25T10:50:00+02:00", "text": "It has two funnels."}


@pytest.fixture
def paper(desk: Desk) -> Desk:
    desk.article("ferry", body="The ferry sails on Mondays.\n\nIt has one funnel.", title="The ferry")
    desk.run("--site-only")
    return desk


def compared(page: str, kind: str) -> list[str]:
    """What a page marks as taken out, or as put in, without the words for the ear."""
    marked = re.findall(rf"<{kind}>(.*?)</{kind}>", page)
    return [re.sub(r"<span.*?</span>", "", one) for one in marked][1:]  # the first explains the mark


def test_a_correction_links_to_what_it_changed(paper: Desk) -> None:
    paper.article(
        "ferry", body="The ferry sails on Sundays.\n\nIt has one funnel.", title="The ferry", corrections=[FIRST]
    )
    paper.run("--site-only", at=NEXT)
    [link] = re.findall(r'<a href="(/2026/06/25/ferry/versions/#c\d+)">Compare versions</a>', paper.page(PAGE))
    page = paper.page(VERSIONS)
    assert f'<section id="{link.partition("#")[2]}"' in page
    assert (compared(page, "del"), compared(page, "ins")) == (["Mondays."], ["Sundays."])
    assert '<del><span class="vh"> Taken out: </span>Mondays.<span class="vh">. </span></del>' in page
    assert f'<a href="{link}">Compare versions</a>' in paper.page("corrections/index.html")
    assert "noindex" in page
    assert "The words are the same" not in page
    assert paper.run("--site-only", at=LATER)["release"] is None


def test_words_mended_before_the_correction_was_written_down_are_compared_too(paper: Desk) -> None:
    mended = "The ferry sails on Sundays.\n\nIt has one funnel."
    paper.article("ferry", body=mended, title="The ferry")
    paper.run("--site-only", at=NEXT)
    assert VERSIONS not in paper.site(), "without a correction there is no such page"
    paper.article("ferry", body=mended, title="The ferry", corrections=[FIRST])
    paper.run("--site-only", at=LATER)
    assert compared(paper.page(VERSIONS), "del") == ["Mondays."]


def test_words_mended_after_the_correction_was_written_down_are_compared_too(paper: Desk) -> None:
    paper.article(
        "ferry", body="The ferry sails on Mondays.\n\nIt has one funnel.", title="The ferry", corrections=[FIRST]
    )
    paper.run("--site-only", at=NEXT)
    assert "Compare versions" not in paper.page(PAGE)
    paper.article(
        "ferry", body="The ferry sails on Sundays.\n\nIt has one funnel.", title="The ferry", corrections=[FIRST]
    )
    paper.run("--site-only", at=LATER)
    assert "Compare versions" in paper.page(PAGE)
    assert compared(paper.page(VERSIONS), "ins") == ["Sundays."]


def test_each_of_two_corrections_has_its_own_difference_and_a_changed_headline_is_one(paper: Desk) -> None:
    body = "The ferry sails on Sundays.\n\nIt has one funnel."
    paper.article("ferry", body=body, title="The ferry", corrections=[FIRST])
    paper.run("--site-only", at=NEXT)
    paper.article(
        "ferry", body=body.replace("one funnel", "two funnels"), title="Two funnels", corrections=[FIRST, SECOND]
    )
    paper.run("--site-only", at=LATER)
    newest, older = paper.page(VERSIONS).split("<section ")[1:]
    assert ("two funnels." in newest, "Sundays" in older, "two funnels" in older) == (True, True, False)
    assert "<h3>Headline</h3>" in newest
    assert "<h3>Headline</h3>" not in older


def test_what_was_taken_down_is_in_no_version_that_is_kept(paper: Desk) -> None:
    paper.article("ferry", body="Harmless.", title="The ferry", corrections=[FIRST])
    paper.run("--site-only", at=NEXT)
    assert "Mondays" in paper.page(VERSIONS)
    assert paper.publisher("retract", "ferry", "--reason", "Wrong.", "--takedown", at=LATER).returncode == 0
    assert VERSIONS not in paper.site()
    assert b"Mondays" not in (paper.home / "publisher.db").read_bytes()


def test_a_page_of_versions_keeps_to_its_budget_and_says_what_it_leaves_out(paper: Desk) -> None:
    old = "\n\n".join(f"Paragraph {n} of a long text says what it says, at some length. " * 4 for n in range(90))
    paper.article("ferry", body=old, title="The ferry")
    paper.run("--site-only", at=NEXT)
    new = old.replace("says what it says", "no longer says what it said")
    paper.article("ferry", body=new, title="The ferry", corrections=[FIRST])
    paper.run("--site-only", at=LATER)
    assert len(paper.page(VERSIONS).encode()) < 30 * 1024
    assert re.search(r"And \d+ more changed lines\.", paper.page(VERSIONS))


def test_the_pages_of_the_specimen_say_what_changed() -> None:
    page = specimen().page(PAGES["versions"])
    assert compared(page, "del") == ["an hour.", "an old"]
    assert compared(page, "ins")[:4] == ["new", "&amp; keeps the old keeper", "eleven minutes.", "a new"]


def texts(old: list[str], new: list[str]) -> list[list[tuple[str, str]]]:
    return [[(part.kind, part.text) for part in line.parts] for line in lines(old, new)]


def test_a_space_between_two_changes_does_not_part_them_and_both_versions_can_be_read_again() -> None:
    assert texts(["one two three four"], ["one 2 3 four"]) == [
        [("same", "one "), ("out", "two three"), ("in", "2 3"), ("same", " four")]
    ]
    old, new = ["A b c.", "Gone.", "Stays."], ["New at first.", "A b d.", "Stays.", "At last."]
    found = list(lines(old, new))
    assert [one for one in (_side(line, "in") for line in found) if one] == old
    assert [one for one in (_side(line, "out") for line in found) if one] == new


def _side(line: Line, without: str) -> str:
    return "".join(part.text for part in line.parts if part.kind != without)


def test_the_space_at_the_edge_of_a_change_is_not_marked(paper: Desk) -> None:
    body = "The old ferry sails on Mondays and Sundays.\n\nIt has one funnel."
    paper.article("ferry", body=body, title="The ferry", corrections=[FIRST])
    paper.run("--site-only", at=NEXT)
    page = re.sub(r"<span.*?</span>", "", paper.page(VERSIONS))
    assert "The <ins>old</ins> ferry sails on <del>Mondays.</del><ins>Mondays and Sundays.</ins>" in page


def test_scripts_without_spaces_are_compared_by_character() -> None:
    assert Part(kind="out", text="月") in next(lines(["船は月曜日に出る"], ["船は日曜日に出る"])).parts


def test_a_correction_stands_between_the_last_version_without_it_and_the_last_without_the_next() -> None:
    first, second = (Correction(at=datetime(2026, 6, day, tzinfo=UTC), text=".") for day in (1, 2))
    bore = [(), (), (first.at,), (first.at,), (first.at, second.at)]
    assert _step(first, second.at, bore) == Step(correction=first, before=1, after=3)
    assert _step(second, None, bore) == Step(correction=second, before=3, after=None)
    assert _step(second, None, ()) is None
