"""`publisher preview`: a day's pages and mail before anybody else sees them, and a browser that follows the files."""

import email.policy
import os
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import uvicorn

from desk import EIGHT, Desk, at
from publisher.web.previewing import Showing, create_app


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


def test_a_file_that_cannot_be_read_is_named_however_lately_it_was_saved(desk: Desk) -> None:
    """A run waits for a minute, because somebody may be saving it; here somebody is looking."""
    desk.article("next", published="2026-06-24T08:00:00+02:00")
    broken = desk.raw("articles/2026-06-24-bad.md", "---\ntitle: [unclosed\n---\n")
    os.utime(broken, (at(EIGHT).timestamp(), at(EIGHT).timestamp()))
    assert not desk.run("--site-only", at=EIGHT)["left_out"]
    done = desk.publisher("preview", "--date", "2026-06-24", "--out", str(desk.home.parent / "seen"), at=EIGHT)
    assert (done.returncode, "left out: articles/2026-06-24-bad.md:3" in done.stderr) == (65, True), done.stderr
    assert "articles/2026-06-24-bad.md:3" in desk.publisher("check", at=EIGHT).stderr


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
        assert get(f"{address}/-/changed?since=0") == "1"
        try:
            yield address
        finally:
            process.terminate()
            process.stderr.read()


def get(address: str) -> str:
    with urlopen(address, timeout=30) as answer:
        return str(answer.read().decode())


def test_until_the_first_build_is_done_a_page_says_so_and_asks_again_by_itself(tmp_path: Path) -> None:
    showing = Showing(lambda: "templates/day.html:3: a sentence", title="Building the preview of 2026-06-25")
    showing.doing = "Articles that are new or changed: 1,102 <all>"
    with answering(create_app(tmp_path, "https://zendoric.example/", showing)) as address:
        for path in ("/", "/2026/06/25/", "/feeds/atom.xml", "/-/mail/"):
            with pytest.raises(HTTPError) as found:
                get(address + path)
            page = found.value.read().decode()
            assert (found.value.code, found.value.headers["Retry-After"]) == (503, "1")
            assert '<meta http-equiv="refresh" content="1">' in page
            assert "<h1>Building the preview of 2026-06-25</h1>" in page
            assert "1,102 &lt;all&gt;" in page
            assert "<script" not in page
        showing.again()
        with pytest.raises(HTTPError) as found:
            get(f"{address}/2026/06/25/")
        assert found.value.code == 404
        assert "templates/day.html:3: a sentence" in found.value.read().decode(), "a first build that fails says why"


@contextmanager
def answering(app: Any) -> Iterator[str]:
    """An application on a socket of this machine."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


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
