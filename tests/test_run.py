"""The daily run, from the outside: files in, site and mails out; again is harmless, and so is being killed."""

import json
import os
import random
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from desk import SLOT, Desk

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


def test_an_embargo_waits_and_a_draft_never_shows(desk: Desk) -> None:
    desk.article("now")
    desk.article("later", published="2026-06-25T10:00:00+02:00")
    desk.article("never", draft=True)
    assert desk.run()["stories"] == 1
    assert not (desk.home / "public/2026/06/25/later").exists()
    assert desk.run(at="2026-06-25T10:00:00+02:00")["articles"] == 2
    assert (desk.home / "public/2026/06/25/later/index.html").is_file()
    assert not (desk.home / "public/2026/06/25/never").exists()
    assert desk.run(at="2026-06-26T09:00:00+02:00")["stories"] == 1
    assert len(desk.mails()) == 4


def test_an_archive_that_is_moved_in_is_never_mailed(desk: Desk) -> None:
    desk.article("old", published="2019-01-01T08:00:00+01:00")
    desk.article("too-late", published="2026-06-24T08:00:00+02:00")
    desk.configure('start = "2026-06-20"', 'start = "2026-06-20"\nlate = "2h"')
    told = desk.run()
    assert (told["articles"], told["digest"]) == (2, None)


def test_more_than_hold_over_waits_for_a_person(desk: Desk) -> None:
    desk.configure('at = "09:00"', 'at = "09:00"\nhold_over = 2')
    for number in range(3):
        desk.article(f"n{number}")
    told = desk.run()
    assert "publisher approve 2026-06-25" in told["held"]
    assert not desk.recipients() if (desk.home / "outbox").exists() else True
    assert (desk.home / "public/2026/06/25/n0/index.html").is_file()
    assert desk.publisher("approve").returncode == 0
    assert desk.run()["stories"] == 3


def test_an_article_of_today_that_cannot_be_read_holds_the_digest(desk: Desk) -> None:
    desk.article("good")
    bad = desk.raw("articles/2026-06-25-bad.md", "---\ntitle: [unclosed\n---\n")
    told = desk.run(exit_code=65)
    assert "articles/2026-06-25-bad.md" in told["held"]
    assert told["articles"] == 1
    bad.unlink()
    desk.article("mended")
    assert desk.run(at="2026-06-25T09:05:00+02:00")["stories"] == 2


def test_an_old_file_that_nobody_can_date_holds_no_digest(desk: Desk) -> None:
    desk.article("good")
    desk.raw("articles/notes.md", "---\ntitle: Undated\n---\n")
    told = desk.run(exit_code=65)
    assert (told["held"], told["stories"]) == (None, 1)


def test_a_held_digest_goes_without_the_article_after_hold_for(desk: Desk) -> None:
    desk.article("good")
    desk.raw("articles/2026-06-25-bad.md", "---\ntitle: [unclosed\n---\n")
    assert desk.run(exit_code=65)["held"]
    assert desk.run(at="2026-06-25T09:29:00+02:00", exit_code=65)["held"]
    assert desk.run(at="2026-06-25T09:31:00+02:00", exit_code=65)["stories"] == 1


def test_a_held_digest_waits_for_its_person_and_keeps_its_articles(desk: Desk) -> None:
    desk.article("first")
    hand = desk.raw("days/2026-06-25.md", "---\nhold: true\n---\n")
    assert desk.run()["held"]
    desk.article("second", published="2026-06-26T08:00:00+02:00")
    told = desk.run(at="2026-06-26T09:00:00+02:00")
    assert (told["digest"], told["stories"]) == ("2026-06-26", 1)
    assert "days/2026-06-25.md" in told["held"]
    hand.unlink()
    told = desk.run(at="2026-06-28T20:00:00+02:00")
    assert (told["digest"], told["stories"], told["written"]) == ("2026-06-25", 1, 2)


def test_a_digest_held_by_hand_on_a_day_without_a_slot_goes_once_approved(desk: Desk) -> None:
    desk.configure('at = "09:00"', 'at = "09:00"\ndays = "mon-fri"\napprove = true')
    desk.article("first", published="2026-06-27T08:00:00+02:00")
    saturday = "2026-06-27T12:00:00+02:00"
    assert desk.run("--now", at=saturday)["held"]
    assert desk.publisher("approve", at=saturday).returncode == 0
    assert desk.run(at="2026-06-27T12:05:00+02:00")["stories"] == 1


def test_a_folder_that_is_away_unpublishes_nothing(desk: Desk) -> None:
    for slug in ("a", "b"):
        desk.article(slug)
    desk.run()
    (desk.home / "articles").rename(desk.home / "away")
    assert desk.run(exit_code=65)["articles"] == 2
    (desk.home / "articles").mkdir()
    told = desk.run(exit_code=65)
    assert told["articles"] == 2
    assert "empty" in told["left_out"][0]


def test_an_id_belongs_to_one_article_at_a_time(desk: Desk) -> None:
    desk.article("strike", id="urn:x:1")
    desk.run()
    desk.article("ferry", id="urn:x:1", published="2026-06-25T08:30:00+02:00")
    for _ in range(2):
        told = desk.run(exit_code=65)
        assert "articles/ferry.md" in told["left_out"][0]
        assert (desk.home / "public/2026/06/25/strike/index.html").is_file()


def test_an_article_that_is_given_another_id_keeps_the_one_that_readers_know(desk: Desk) -> None:
    desk.article("strike")
    desk.run()
    desk.article("strike", id="urn:x:1")
    told = desk.run(exit_code=65)
    assert "tag:zendoric.example,2026-06-25:strike" in told["left_out"][0]
    assert told["articles"] == 1
    assert "urn:x:1" not in desk.page("feeds/atom.xml")


def test_another_article_may_take_the_name_of_a_file(desk: Desk) -> None:
    desk.article("strike")
    desk.run()
    desk.article("strike", body="Another.", title="Ferry", slug="ferry", id="urn:x:1")
    assert desk.run()["articles"] == 1
    assert "urn:x:1" in desk.page("feeds/atom.xml")


def test_a_translation_that_comes_after_its_original_is_not_mailed(desk: Desk) -> None:
    desk.article("tides")
    desk.run()
    desk.article("tides.es", title="Mareas", slug="tides", lang="es")
    told = desk.run(at="2026-06-26T09:00:00+02:00")
    assert (told["articles"], told["digest"]) == (2, None)


def test_left_out_by_hand_stays_out_though_nothing_else_was_there(desk: Desk) -> None:
    desk.article("tides")
    desk.raw("days/2026-06-25.md", "---\nleave_out: [tides]\n---\n")
    assert desk.run()["digest"] is None
    assert desk.run(at="2026-06-26T09:00:00+02:00")["digest"] is None


def test_the_day_file_gives_subject_lead_order_note_and_leaves_out(desk: Desk) -> None:
    for slug in ("a", "b", "c"):
        desk.article(slug)
    desk.raw("days/2026-06-25.md", "---\nsubject: By hand\nlead: c\nleave_out: [a]\n---\nGood *morning*.\n")
    assert desk.run()["stories"] == 2
    mail = desk.mails()[0]
    assert mail["Subject"] == "By hand"
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "Good morning" in text or "Good *morning*" in text
    assert "2026/06/25/a/" not in text
    assert text.index("2026/06/25/c/") < text.index("2026/06/25/b/")
    assert desk.run(at="2026-06-26T09:00:00+02:00")["digest"] is None


def test_a_correction_to_a_mailed_article_is_in_the_next_digest(desk: Desk) -> None:
    desk.article("tides")
    desk.run()
    fix = [{"at": "2026-06-25T12:00:00+02:00", "text": "It was 14, not 40."}]
    desk.article("tides", corrections=fix)
    desk.article("next", published="2026-06-26T08:00:00+02:00")
    desk.run(at="2026-06-26T09:00:00+02:00")
    texts = [mail.get_body(("plain",)).get_content() for mail in desk.mails()]  # type: ignore[union-attr]
    assert sum("It was 14, not 40." in text for text in texts) == 2
    desk.article("third", published="2026-06-27T08:00:00+02:00")
    desk.run(at="2026-06-27T09:00:00+02:00")
    texts = [mail.get_body(("plain",)).get_content() for mail in desk.mails()]  # type: ignore[union-attr]
    assert sum("It was 14, not 40." in text for text in texts) == 2


def test_a_missed_slot_is_caught_up_within_the_window_and_skipped_after_it(desk: Desk) -> None:
    desk.article("tides")
    assert desk.run(at="2026-06-25T14:59:00+02:00")["stories"] == 1
    desk.article("next", published="2026-06-26T08:00:00+02:00")
    told = desk.run(at="2026-06-26T15:01:00+02:00")
    assert told["digest"] is None
    assert any("2026-06-26 was not sent" in note for note in told["notes"])
    assert desk.run(at="2026-06-27T09:00:00+02:00")["stories"] == 1


def test_now_does_not_wait_for_the_slot_and_the_day_still_has_one_digest(desk: Desk) -> None:
    desk.article("tides", published="2026-06-25T06:00:00+02:00")
    assert desk.run(at="2026-06-25T07:00:00+02:00")["digest"] is None
    assert desk.run("--now", at="2026-06-25T07:00:00+02:00")["stories"] == 1
    desk.article("more", published="2026-06-25T07:30:00+02:00")
    assert desk.run("--now", at="2026-06-25T08:00:00+02:00")["stories"] == 0
    assert desk.run(at=SLOT)["stories"] == 0
    assert desk.run(at="2026-06-26T09:00:00+02:00")["stories"] == 1


def test_a_reader_gets_one_article_of_each_group_in_their_language(desk: Desk) -> None:
    desk.subscribe("carla@example.es", lang="es")
    desk.article("tides", body="English words.", lede="In English.")
    desk.article("tides.es", body="Palabras.", lede="En castellano.", title="Mareas", slug="tides", lang="es")
    desk.article("only", body="Only English.", lede="Only in English.")
    desk.run()
    texts = {str(m["To"]): m.get_body(("plain",)).get_content() for m in desk.mails()}  # type: ignore[union-attr]
    assert "En castellano." in texts["carla@example.es"]
    assert "Only in English." in texts["carla@example.es"]
    assert "In English.\n" not in texts["carla@example.es"].replace("Only in English.", "")
    assert "En castellano." not in texts["anna@example.org"]
    assert (desk.home / "public/es/2026/06/25/tides/index.html").is_file()


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


def test_an_article_whose_new_text_cannot_be_read_keeps_its_last_good_page(desk: Desk) -> None:
    desk.article("tides")
    desk.run()
    page = desk.page("2026/06/25/tides/index.html")
    desk.raw("articles/tides.md", "---\ntitle: [unclosed\n---\n")
    desk.run(exit_code=65)
    assert desk.page("2026/06/25/tides/index.html") == page


def test_a_deleted_article_leaves_the_site_and_its_id_stays_when_it_comes_back(desk: Desk) -> None:
    path = desk.article("tides")
    desk.run()
    text, ids = path.read_text(), (desk.home / "ids.tsv").read_text()
    path.unlink()
    desk.run()
    assert not (desk.home / "public/2026/06/25/tides").exists()
    path.with_name("back.md").write_text(text.replace("Tides", "Tides again"))
    desk.run()
    assert (desk.home / "ids.tsv").read_text().startswith(ids)
    assert ids.split("\t")[0] in desk.page("feeds/atom.xml")


def test_ids_survive_new_names_new_slugs_a_new_domain_and_the_loss_of_the_store(desk: Desk) -> None:
    desk.article("tides", body="High water.")
    desk.article("ferry", body="Every hour.", slug="boats")
    desk.run()
    before = {line.split("\t")[0] for line in (desk.home / "ids.tsv").read_text().splitlines()}
    for name in ("tides", "ferry"):
        old = desk.home / f"articles/{name}.md"
        text = old.read_text().replace('slug: "boats"\n', "").replace("---\n", f'---\nslug: "new-{name}"\n', 1)
        old.unlink()
        desk.raw(f"articles/deep/er/renamed-{name}.md", text)
    desk.configure('url = "https://zendoric.example/"', 'url = "https://elsewhere.example/"')
    for file in desk.home.glob("publisher.db*"):
        file.unlink()
    done = desk.publisher("run")
    assert done.returncode == 78
    assert "publisher adopt" in done.stderr
    assert len(desk.mails()) == 2
    assert desk.publisher("adopt").returncode == 0
    told = desk.run(at="2026-06-25T10:00:00+02:00")
    assert told["digest"] is None
    feed = desk.page("feeds/atom.xml")
    assert all(identity in feed for identity in before)
    assert "https://elsewhere.example/2026/06/25/new-tides/" in feed
    assert len(desk.mails()) == 2


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


def test_a_backup_brings_everything_back_after_the_original_is_destroyed(desk: Desk, tmp_path: Path) -> None:
    desk.article("tides")
    desk.run()
    saved = tmp_path / "backup.tar.gz"
    assert desk.publisher("backup", str(saved)).returncode == 0
    key = (desk.home / "secret.key").read_bytes()
    for name in ("secret.key", "ids.tsv", "publisher.db"):
        (desk.home / name).unlink()
    for file in desk.home.glob("publisher.db*"):
        file.unlink()
    assert desk.publisher("restore", str(saved)).returncode == 0
    assert (desk.home / "secret.key").read_bytes() == key
    told = desk.run()
    assert (told["audience"], told["written"]) == (2, 2)
    assert len(desk.mails()) == 2


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


def test_an_emptied_store_is_noticed_and_nobody_is_mailed_again(desk: Desk) -> None:
    desk.article("tides")
    desk.run()
    for file in desk.home.glob("publisher.db*"):
        file.unlink()
    (desk.home / "publisher.db").touch()
    done = desk.publisher("run")
    assert done.returncode == 78
    assert "publisher adopt" in done.stderr
    assert desk.publisher("adopt").returncode == 0
    desk.subscribe("anna@example.org")
    assert desk.run(at="2026-06-26T09:00:00+02:00")["digest"] is None
    assert (desk.home / "public/digest/2026-06-25/index.html").is_file()


def test_another_authority_is_not_taken_for_a_new_publication(desk: Desk) -> None:
    desk.article("tides")
    desk.run()
    desk.configure('authority = "zendoric.example"', 'authority = "other.example"')
    done = desk.publisher("run")
    assert done.returncode == 78
    assert "zendoric.example" in done.stderr


def test_new_makes_a_draft_in_any_script(desk: Desk) -> None:
    for title in ("The ferry", "\u6771\u4eac\u306e\u8a71", "\u5927\u962a\u306e\u8a71"):
        made = desk.publisher("new", title)
        assert made.returncode == 0
        assert Path(made.stdout.strip()).is_file()
    assert desk.publisher("new", "").returncode == 2
    assert desk.run()["articles"] == 0


def test_a_store_of_the_first_schema_is_copied_migrated_and_goes_on(desk: Desk) -> None:
    desk.article("tides")
    desk.run()
    before = desk.site()
    store = sqlite3.connect(desk.home / "publisher.db")
    store.executescript("DROP TABLE premiere; UPDATE alembic_version SET version_num = '0001';")
    store.close()
    told = desk.run()
    assert (told["stories"], told["written"]) == (0, 2)
    assert desk.site() == before
    kept = sqlite3.connect(desk.home / "publisher.db.before-0001")
    assert kept.execute("SELECT count(*) FROM delivery WHERE state = 'written'").fetchone() == (2,)
    assert kept.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    kept.close()
    desk.article("more", published="2026-06-26T08:00:00+02:00")
    assert desk.run(at="2026-06-26T09:00:00+02:00")["stories"] == 1
    assert len(desk.mails()) == 4
