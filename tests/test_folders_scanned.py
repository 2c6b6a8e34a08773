"""articles/ and days/ as they lie on the disk: what a scan opens, what it names, and what it leaves as it was."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from publisher import config
from publisher.collect.days import days
from publisher.collect.files import FileStamp, scan

PUBLICATION = config.parse(
    'name = "Zendoric"\nurl = "https://zendoric.example/"\nauthority = "zendoric.example"\ntimezone = "Europe/Madrid"\n'
)
NOW = datetime(2026, 6, 25, 12, tzinfo=UTC)
HEAD = "---\ntitle: A\ndate: 2026-06-25T09:00:00+02:00\n"


def write(root: Path, path: str, text: str, *, age: int = 3600) -> Path:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    then = (NOW - timedelta(seconds=age)).timestamp()
    os.utime(place, (then, then))
    return place


def test_a_scan_reads_what_is_new_and_opens_nothing_else(tmp_path):
    write(tmp_path, "articles/b.md", HEAD + "---\n")
    write(tmp_path, "articles/deep/er/a.HTML", HEAD + "---\n")
    write(tmp_path, "articles/.hidden.md", "x")
    write(tmp_path, "articles/.git/x.md", "x")
    write(tmp_path, "articles/notes.txt", "x")
    first = scan(tmp_path, PUBLICATION, known={}, now=NOW)
    assert [one.stamp.path for one in first.read] == ["articles/b.md", "articles/deep/er/a.HTML"]
    assert (first.problems, first.waiting, first.unchanged) == ((), (), frozenset())
    known = {one.stamp.path: one.stamp for one in first.read}
    (tmp_path / "articles/b.md").write_bytes(b"\xff" * known["articles/b.md"].size)
    os.utime(tmp_path / "articles/b.md", ns=(known["articles/b.md"].mtime_ns,) * 2)
    second = scan(tmp_path, PUBLICATION, known=known, now=NOW)
    assert second.read == ()
    assert second.unchanged == known.keys(), "not opened, or the broken bytes would have been seen"


def test_a_broken_file_waits_while_it_may_still_be_saved_and_a_good_one_does_not(tmp_path):
    write(tmp_path, "articles/saving.md", "---\ntitle: A\n", age=10)
    write(tmp_path, "articles/good.md", HEAD + "---\n", age=0)
    write(tmp_path, "articles/broken.md", "---\ntitle: A\n", age=61)
    found = scan(tmp_path, PUBLICATION, known={}, now=NOW)
    assert found.waiting == ("articles/saving.md",)
    assert [one.stamp.path for one in found.read] == ["articles/good.md"]
    [(stamp, problem)] = found.problems
    assert (stamp.path, stamp.size, problem.line) == ("articles/broken.md", 13, 1)
    again = scan(tmp_path, PUBLICATION, known={stamp.path: stamp}, now=NOW)
    assert stamp.path in again.unchanged, "the sentence is remembered by the caller until the file changes"


def test_a_link_out_of_the_publication_is_named_and_not_followed(tmp_path):
    root = tmp_path / "publication"
    outside = write(tmp_path, "secret.md", HEAD + "---\n")
    inside = write(root, "texts/in.md", HEAD + "---\n")
    (root / "articles").mkdir()
    (root / "articles/out.md").symlink_to(outside)
    (root / "articles/in.md").symlink_to(inside)
    (root / "articles/folder").symlink_to(tmp_path)
    (root / "articles/gone.md").symlink_to(root / "nowhere.md")
    found = scan(root, PUBLICATION, known={}, now=NOW)
    assert [one.stamp.path for one in found.read] == ["articles/in.md"]
    assert [problem.path for _, problem in found.problems] == ["articles/folder", "articles/gone.md", "articles/out.md"]


def test_a_share_that_is_away_unpublishes_nothing(tmp_path):
    known = {"articles/a.md": FileStamp(path="articles/a.md", mtime_ns=1, size=1)}
    found = scan(tmp_path, PUBLICATION, known=known, now=NOW)
    assert found.unchanged == {"articles/a.md"}
    assert "cannot be read" in found.problems[0][1].reason


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_named(tmp_path):
    write(tmp_path, "articles/a.md", HEAD + "---\n").chmod(0)
    [(_, problem)] = scan(tmp_path, PUBLICATION, known={}, now=NOW).problems
    assert "permission denied" in problem.reason


def test_a_pipe_is_no_article_and_does_not_block(tmp_path):
    (tmp_path / "articles").mkdir()
    os.mkfifo(tmp_path / "articles/p.md")
    then = (NOW - timedelta(hours=1)).timestamp()
    os.utime(tmp_path / "articles/p.md", (then, then))
    [(_, problem)] = scan(tmp_path, PUBLICATION, known={}, now=NOW).problems
    assert "no file" in problem.reason


def test_a_day_file_is_the_editors_hand(tmp_path):
    write(
        tmp_path,
        "days/2026-06-25.md",
        "---\nsubject: S\npreheader: P\nlead: a\norder: [a, b]\nleave_out: c, d\nhold: true\n---\nA *note*.\n",
    )
    write(tmp_path, "days/2026-06-26.md", "Only a note.\n")
    found, problems = days(tmp_path)
    assert problems == ()
    one = found[date(2026, 6, 25)]
    assert (one.subject, one.preheader, one.lead, one.order, one.leave_out, one.hold, one.note) == (
        "S",
        "P",
        "a",
        ("a", "b"),
        ("c", "d"),
        True,
        "A *note*.",
    )
    assert (found[date(2026, 6, 26)].note, found[date(2026, 6, 26)].hold) == ("Only a note.", False)


def test_a_day_file_that_cannot_be_read_names_its_day(tmp_path):
    write(tmp_path, "days/2026-06-25.md", "---\nhold: true\n")
    write(tmp_path, "days/2026-06-26.md", "---\nhold: perhaps\nsubjekt: S\n---\n")
    write(tmp_path, "days/today.md", "x")
    found, problems = days(tmp_path)
    assert list(found) == [date(2026, 6, 26)]
    assert found[date(2026, 6, 26)].hold, "a mail that waits can still be sent"
    assert [(one.path, one.day, one.left_out) for one in problems] == [
        ("days/2026-06-25.md", date(2026, 6, 25), True),
        ("days/2026-06-26.md", date(2026, 6, 26), False),
        ("days/2026-06-26.md", date(2026, 6, 26), False),
        ("days/today.md", None, True),
    ]
    assert days(tmp_path / "nowhere") == ({}, ())
