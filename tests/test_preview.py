"""`publisher preview`: a day's pages and mail before anybody else sees them, and a browser that follows the files."""

import email.policy
import re
import subprocess
from collections.abc import Iterator
from email.parser import BytesParser
from pathlib import Path
from urllib.request import urlopen

import pytest

from desk import EIGHT, Desk


def preview(desk: Desk, *arguments: str, at: str = EIGHT, exit_code: int = 0) -> Path:
    out = desk.home.parent / "seen"
    done = desk.publisher("preview", "--out", str(out), *arguments, at=at)
    assert done.returncode == exit_code, done.stderr
    return out


def test_it_shows_pages_and_each_mail_in_four_files_and_remembers_nothing(desk: Desk) -> None:
    desk.article("tides", body="Words that nobody has seen.")
    out = preview(desk)
    assert "Tides" in (out / "public/2026/06/25/index.html").read_text("utf-8")
    names = sorted(path.name for path in (out / "mail").iterdir())
    assert names == ["2026-06-25.en.eml", "2026-06-25.en.html", "2026-06-25.en.page.html", "2026-06-25.en.txt"]
    mail = BytesParser(policy=email.policy.default).parsebytes((out / "mail/2026-06-25.en.eml").read_bytes())
    assert mail["Subject"] == "Tides · 1 story for June 25"
    assert "Words that nobody has seen." in (out / "mail/2026-06-25.en.txt").read_text("utf-8")
    assert not list(out.rglob("*script*"))
    links = re.findall(r'href="([^"#]*)', (out / "mail/2026-06-25.en.html").read_text("utf-8"))
    here = [link for link in links if link and not link.startswith("mailto:")]
    assert "2026-06-25.en.page.html" in here
    assert [link for link in here if not (out / "mail" / link).exists()] == [], "no link leads to what is not there yet"
    assert not (desk.home / "public").exists()
    report = desk.run()
    assert (report["digest"], report["written"]) == ("2026-06-25", 2)


def test_it_shows_what_is_under_embargo_until_the_end_of_the_day_and_drafts_if_asked(desk: Desk) -> None:
    desk.article("later", published="2026-06-25T18:00:00+02:00")
    desk.article("tides")
    desk.article("sketch", draft=True)
    day = (preview(desk) / "public/2026/06/25/index.html").read_text("utf-8")
    assert "Later" in day
    assert "Sketch" not in day
    out = preview(desk, "--drafts")
    assert "Sketch" in (out / "public/2026/06/25/index.html").read_text("utf-8")
    assert "Sketch" in (out / "mail/2026-06-25.en.txt").read_text("utf-8")
    assert desk.run()["stories"] == 1


def test_what_holds_a_digest_does_not_hold_its_preview_and_a_fault_is_named(desk: Desk) -> None:
    desk.raw("days/2026-06-26.md", "---\nhold: true\nsubject: Tomorrow\n---\n")
    desk.article("next", published="2026-06-26T08:00:00+02:00")
    desk.raw("articles/2026-06-26-bad.md", "---\ntitle: [unclosed\n---\n")
    out = preview(desk, "--date", "2026-06-26", exit_code=65)
    assert b"Subject: Tomorrow" in (out / "mail/2026-06-26.en.eml").read_bytes()


def test_a_digest_that_went_is_shown_as_it_went(desk: Desk) -> None:
    desk.article("tides", lede="As it went.")
    desk.run()
    desk.article("tides", lede="Changed since.")
    out = preview(desk, "--date", "2026-06-25", at="2026-06-26T08:00:00+02:00")
    assert "As it went." in (out / "mail/2026-06-25.en.txt").read_text("utf-8")
    assert "Changed since." in (out / "public/2026/06/25/tides/index.html").read_text("utf-8")


def test_a_weekly_is_shown_on_its_day(desk: Desk) -> None:
    desk.configure('at = "09:00"', 'at = "09:00"\nweekly = "sat 10:00"')
    desk.article("tides", published="2026-06-27T08:00:00+02:00")
    out = preview(desk, "--date", "2026-06-27")
    assert (out / "mail/weekly-2026-06-27.en.eml").is_file()


def test_an_empty_day_and_a_folder_that_is_somebody_elses_are_told(desk: Desk) -> None:
    done = desk.publisher("preview", "--out", str(desk.home.parent / "seen"))
    assert "There is no mail for 2026-06-25." in done.stderr
    done = desk.publisher("preview", "--out", str(desk.home))
    assert (done.returncode, "no earlier preview" in done.stderr) == (2, True)


@pytest.fixture
def shown(desk: Desk) -> Iterator[str]:
    """A preview that stays, and its address."""
    desk.article("tides", body="First words.")
    command = desk.command("preview", "--serve", "--port", "0")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=desk.environment(EIGHT)) as process:
        assert process.stderr is not None
        address = next(found[1] for line in process.stderr if (found := re.search(r"Its mails: (http\S+?)/-/", line)))
        try:
            yield address
        finally:
            process.terminate()
            process.stderr.read()


def get(address: str) -> str:
    with urlopen(address, timeout=30) as answer:
        return str(answer.read().decode())


def test_the_browser_follows_the_files_and_a_fault_stands_on_the_page(desk: Desk, shown: str) -> None:
    page = get(f"{shown}/2026/06/25/tides/")
    assert "First words." in page
    assert "/-/changed?since=1" in page
    assert "Content-Security-Policy" not in page
    assert "zendoric.example" not in re.sub(r"tag:zendoric.example|@zendoric.example", "", page)
    assert 'href="/2026/06/25/tides/"' in get(f"{shown}/-/mail/2026-06-25.en.html")
    assert "2026-06-25.en.txt" in get(f"{shown}/-/mail/")
    assert 'href="/2026/06/25/tides/"' in get(f"{shown}/-/mail/2026-06-25.en.page.html")
    desk.article("tides", body="Second words.")
    assert get(f"{shown}/-/changed?since=1") == "2"
    assert "Second words." in get(f"{shown}/2026/06/25/tides/")
    desk.configure('name = "Zendoric"', 'nme = "Zendoric"')
    assert get(f"{shown}/-/changed?since=2") == "3"
    assert "unknown key `nme`" in get(f"{shown}/2026/06/25/tides/")
