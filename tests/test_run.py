"""The daily run, from the outside: files in, site and mails out; again is harmless, and so is being killed."""

import json
import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from desk import Desk

SOURCES = [
    {"key": "port", "title": "Tide tables", "publisher": "Port", "url": "https://port.example/t", "access": "open"},
    "https://city.example/minutes",
]


def test_one_run_makes_site_feeds_and_one_mail_each(desk: Desk) -> None:
    desk.article("tides", body="High water [@port] came early.", sources=SOURCES, lede="Early.")
    told = desk.run()
    assert (told["digest"], told["stories"], told["audience"], told["written"]) == ("2026-06-25", 1, 2, 2)
    assert told["accepted"] == 0
    assert desk.recipients() == ["anna@example.org", "ben@example.net"]
    page = desk.page("2026/06/25/tides/index.html")
    marks = [
        "Zendoric",
        "Back to the day",
        "Tides",
        "Published on Zendoric",
        "09:00" and "08:00",
        "Early.",
        "High water",
    ]
    places = [page.index(mark, page.index("<body")) for mark in marks]
    assert places == sorted(places)
    assert page.index("Sources &amp; references") > places[-1]
    for address in ("https://port.example/t", "https://city.example/minutes"):
        assert address in page
        for mail in desk.mails():
            text, html = mail.get_body(("plain",)), mail.get_body(("html",))
            assert text is not None
            assert html is not None
            assert address in text.get_content()
            assert address in html.get_content()
    for path in ("index.html", "2026/06/25/index.html", "feeds/atom.xml", "feeds/rss.xml", "feeds/feed.json"):
        assert (desk.home / "public" / path).is_file()
    assert "Unsubscribe" not in desk.page("digest/2026-06-25/index.html").replace("List-Unsubscribe", "")


def test_the_page_of_a_digest_leads_to_the_feeds_where_there_are_any(desk: Desk) -> None:
    page = "digest/2026-06-25/index.html"
    desk.article("tides")
    desk.run()
    site, own = desk.page(page).split("<main", 1)
    assert 'href="/feeds/">Feeds</a>' in site
    assert 'href="https://zendoric.example/feeds/">Feeds</a>' in own
    for name in ("site", "digests", "sections", "tags", "authors", "days"):
        desk.raw(f"feeds/{name}.toml", f'articles = "{name.removesuffix("s")}"\ntitle = "x"\nformats = []\n')
    desk.article("moths", published="2026-06-26T08:00:00+02:00")
    desk.run(at="2026-06-26T09:00:00+02:00")
    later = page.replace("25", "26")
    assert "feeds/" not in desk.page(later) + desk.page(later.replace("html", "txt"))
    assert not (desk.home / "public/feeds").exists()
    mails = [mail for mail in desk.mails() if "26 Jun 2026" in str(mail["Date"])]
    assert len(mails) == 2
    assert not any("/feeds/" in str(part) for mail in mails for part in mail.walk())


def test_again_changes_no_byte_and_sends_nothing(desk: Desk) -> None:
    desk.article("tides", sources=SOURCES)
    desk.run()
    site, live, ids = desk.site(), (desk.home / "public").readlink(), (desk.home / "ids.tsv").read_bytes()
    told = desk.run()
    assert told["digest"] is None or told["read"] == 0
    assert (told["release"], told["files_written"]) == (None, 0)
    assert desk.site() == site
    assert (desk.home / "public").readlink() == live
    assert (desk.home / "ids.tsv").read_bytes() == ids
    assert len(desk.mails()) == 2


def test_the_same_input_gives_the_same_bytes_elsewhere(desk: Desk, tmp_path: Path) -> None:
    desk.article("tides", sources=SOURCES)
    other = Desk(tmp_path / "other")
    other.home.mkdir()
    for name in ("publication.toml", "secret.key"):
        (other.home / name).write_bytes((desk.home / name).read_bytes())
    other.subscribe("anna@example.org", "ben@example.net")
    other.article("tides", sources=SOURCES)
    desk.run()
    other.run()
    assert desk.site() == other.site()
    assert sorted(mail.as_bytes() for mail in desk.mails()) == sorted(mail.as_bytes() for mail in other.mails())


def test_nothing_to_send_sends_nothing_and_says_so_in_one_line(desk: Desk) -> None:
    done = desk.publisher("run")
    assert done.returncode == 0
    assert done.stderr.count("Nothing to send for 2026-06-25") == 1
    assert not (desk.home / "outbox").exists()


def test_bad_articles_are_named_and_the_others_are_published(desk: Desk) -> None:
    desk.configure('at = "09:00"', 'at = "09:00"\nif_left_out = "send"')
    desk.article("good")
    desk.raw("articles/no-date.md", "---\ntitle: No date\n---\nx\n")
    desk.raw("articles/bad-date.md", "---\ntitle: Bad\ndate: the day after\n---\nx\n")
    desk.raw("articles/no-title.md", "---\ndate: 2026-06-25\n---\nx\n")
    desk.raw("articles/twice.md", "---\ntitle: Twice\nslug: good\ndate: 2026-06-25\n---\nx\n")
    (desk.raw("articles/latin.md", "")).write_bytes("---\ntitle: Ca\xf1a\ndate: 2026-06-25\n---\n".encode("latin-1"))
    os.utime(desk.home / "articles/latin.md", (1, 1_700_000_000))
    told = desk.run(exit_code=65)
    assert told["articles"] == told["stories"] == 1
    for name in ("no-date", "bad-date", "no-title", "twice", "latin"):
        assert any(f"articles/{name}.md" in line for line in told["left_out"]), name
    again = desk.run(exit_code=65)
    assert sorted(again["left_out"]) == sorted(told["left_out"])


def test_twenty_runs_at_one_instant_make_one_edition_and_one_mail_each(desk: Desk) -> None:
    desk.article("tides")
    runs = [
        subprocess.Popen(desk.command("run", "--json"), env=desk.environment(), stdout=subprocess.PIPE, text=True)
        for _ in range(20)
    ]
    ended = [(run.communicate(timeout=120)[0], run.returncode) for run in runs]
    assert {code for _, code in ended} == {0}
    assert sum(json.loads(out)["stories"] for out, _ in ended) >= 1
    assert desk.recipients() == ["anna@example.org", "ben@example.net"]


def test_killed_at_any_moment_the_next_run_finishes_the_work(desk: Desk) -> None:
    desk.subscribe(*(f"reader{number}@example.org" for number in range(40)))
    for number in range(6):
        desk.article(f"n{number}", sources=SOURCES)
    chance = random.Random(7)
    for _ in range(12):
        run = subprocess.Popen(desk.command("run", "--quiet"), env=desk.environment())
        time.sleep(chance.uniform(0.2, 1.4))
        run.kill()
        run.wait()
        if (desk.home / "public").exists():
            assert (desk.home / "public" / "index.html").is_file()
    told = desk.run()
    assert told["written"] == 42
    assert len(desk.recipients()) == len(set(desk.recipients())) == 42
    checked = json.loads(desk.publisher("verify", "latest", "--json").stdout)
    assert checked["adds_up"]
    assert (checked["audience"], checked["written"]) == (42, 42)
    assert len(list((desk.home / "releases").glob("[0-9]*[0-9]"))) <= 6


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('name = "Zendoric"', "", "`name` is missing"),
        ("Europe/Madrid", "Europe/Nowhere", "publication.toml:4: `timezone`"),
        ('at = "09:00"', 'att = "09:00"', "did you mean `at`?"),
    ],
)
def test_a_wrong_configuration_is_exit_78_with_a_sentence(desk: Desk, old: str, new: str, sentence: str) -> None:
    desk.configure(old, new)
    done = desk.publisher("run")
    assert done.returncode == 78
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_rehearsal_acts_out_each_day_and_remembers_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.article("one", published="2026-06-21T08:00:00+02:00")
    desk.article("two", published="2026-06-23T10:00:00+02:00", sources=SOURCES)
    before = {path.name for path in desk.home.iterdir()}
    out = tmp_path / "out"
    arguments = ("rehearse", "--from", "2026-06-20", "--to", "2026-06-25", "--out", str(out), "--json")
    told = json.loads(desk.publisher(*arguments).stdout)
    assert (told["digests"], told["mails"]) == (2, 4)
    assert (out / "public/2026/06/23/two/index.html").is_file()
    assert (out / "public/digest/2026-06-24/index.html").is_file()
    assert len(list((out / "mail/new").iterdir())) == 4
    assert not (desk.home / "public").exists()
    assert {path.name for path in desk.home.iterdir()} - before <= {".upgrade.lock"}
    assert desk.run()["stories"] == 2


def test_a_dry_run_tells_and_changes_nothing(desk: Desk) -> None:
    desk.article("tides")
    told = desk.run("--dry-run")
    assert told["stories"] == 1
    assert not (desk.home / "public").exists()
    assert desk.run()["stories"] == 1


def test_static_files_are_copied_as_they_are(desk: Desk) -> None:
    desk.article("tides")
    desk.raw("static/.well-known/security.txt", "Contact: mailto:x@zendoric.example\n")
    desk.run()
    assert desk.page(".well-known/security.txt").startswith("Contact")


def test_what_cron_mails_is_said_once_a_day(desk: Desk) -> None:
    desk.article("good")
    desk.raw("articles/bad.md", "---\ntitle: Undated\n---\n")
    assert "articles/bad.md" in desk.publisher("run", "--quiet").stderr
    again = desk.publisher("run", "--quiet", at="2026-06-25T09:05:00+02:00")
    assert (again.returncode, again.stderr) == (65, "")
    assert "articles/bad.md" in desk.publisher("run", "--quiet", at="2026-06-26T09:05:00+02:00").stderr


def test_a_strange_line_in_publisher_env_is_exit_78(desk: Desk) -> None:
    for line, sentence in (("PUBLISHER_DIGETS_AT=10:00", "PUBLISHER_DIGETS_AT"), ("nonsense", "has no value")):
        (desk.home / "publisher.env").write_text(line + "\n")
        done = desk.publisher("run")
        assert done.returncode == 78
        assert sentence in done.stderr


def test_new_makes_a_draft_in_any_script(desk: Desk) -> None:
    for title in ("The ferry", "\u6771\u4eac\u306e\u8a71", "\u5927\u962a\u306e\u8a71"):
        made = desk.publisher("new", title)
        assert made.returncode == 0
        assert Path(made.stdout.strip()).is_file()
    assert desk.publisher("new", "").returncode == 2
    assert desk.run()["articles"] == 0
