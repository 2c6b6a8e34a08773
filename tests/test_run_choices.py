"""What readers choose: language, sections, text alone, daily or weekly, a pause. Each gets one form, and only once."""

import json
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

import pytest

from desk import SLOT, Desk
from publisher.model import Choice
from publisher.render.digest.variants import Variant
from publisher.store import digests
from publisher.wiring import open_doors, settings

SATURDAY = "2026-06-27T09:00:00+02:00"
NEXT_SATURDAY = "2026-07-04T09:00:00+02:00"


@pytest.fixture
def weekly(desk: Desk) -> Desk:
    desk.configure('at = "09:00"', 'at = "09:00"\nweekly = "sat 09:00"')
    return desk


def choose(desk: Desk, address: str, **chosen: Any) -> None:
    from sqlalchemy import update

    from publisher.store.schema import subscriber

    opened = open_doors(settings(desk.home, {}), tell=lambda _: None)
    if isinstance(chosen.get("sections"), list):
        chosen["sections"] = json.dumps(chosen["sections"])
    with opened.store.begin() as tx:
        tx.connection.execute(update(subscriber).where(subscriber.c.address == address).values(**chosen))
    opened.store.close()


def newest(desk: Desk) -> Mapping[str, EmailMessage]:
    """The last mail of each reader."""
    return {str(mail["To"]): mail for mail in sorted(desk.mails(), key=lambda one: str(one["Message-ID"]))}


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return "\n".join(str(body.get_content()).splitlines()) + "\n"


def verified(desk: Desk, digest: str) -> dict[str, Any]:
    done = desk.publisher("verify", digest, "--json")
    assert done.returncode == 0, done.stdout
    return dict(json.loads(done.stdout))


def test_a_reader_of_some_sections_gets_their_stories_alone_and_numbers_from_one(desk: Desk) -> None:
    choose(desk, "anna@example.org", sections=["Harbour"])
    source = [{"title": "Tables", "url": "https://port.example/"}]
    desk.article("tides", section="Harbour", sources=source, published="2026-06-25T07:00:00+02:00")
    desk.article("moths", section="Nature", sources=source)
    desk.run()
    some, whole = (text_of(newest(desk)[one]) for one in ("anna@example.org", "ben@example.net"))
    assert "2026/06/25/tides/" in some
    assert "2026/06/25/moths/" not in some
    assert "[1] Tables" in some
    assert "[2]" not in some
    assert "[2] Tables" in whole


def test_sections_are_known_by_name_and_by_slug_in_any_language_of_the_story(desk: Desk) -> None:
    desk.subscribe("carla@example.es", lang="es")
    choose(desk, "anna@example.org", sections=["opinion-analisis"])
    choose(desk, "carla@example.es", sections=["Harbour"])
    desk.article("tides", section="Harbour")
    desk.article("tides.es", slug="tides", lang="es", title="Mareas", section="Opinión, análisis")
    desk.article("other", section="Nature")
    desk.run()
    mails = newest(desk)
    assert "2026/06/25/tides/" in text_of(mails["anna@example.org"])
    assert "2026/06/25/other/" not in text_of(mails["anna@example.org"])
    assert "/es/2026/06/25/tides/" in text_of(mails["carla@example.es"])


def test_a_digest_with_nothing_in_the_chosen_sections_is_not_sent_and_the_sums_add_up(desk: Desk) -> None:
    choose(desk, "anna@example.org", sections=["Harbour"])
    desk.article("moths", section="Nature")
    report = desk.run()
    assert (report["audience"], report["written"]) == (1, 1)
    assert desk.recipients() == ["ben@example.net"]
    assert any("nothing in the sections of 1 of its readers" in note for note in report["notes"])
    assert verified(desk, "2026-06-25")["adds_up"]


def test_text_alone_is_one_part_with_the_same_words(desk: Desk) -> None:
    choose(desk, "anna@example.org", format="text")
    desk.article("tides")
    desk.run()
    mails = newest(desk)
    assert mails["anna@example.org"].get_content_type() == "text/plain"
    assert mails["ben@example.net"].get_content_type() == "multipart/alternative"

    def bare(mail: EmailMessage) -> list[str]:
        return [line for line in text_of(mail).splitlines() if "@example" not in line and "subject=unsub" not in line]

    assert bare(mails["anna@example.org"]) == bare(mails["ben@example.net"])


def test_readers_to_whom_the_same_stories_go_share_one_form(desk: Desk) -> None:
    desk.subscribe("carla@example.es", "dan@example.org")
    choose(desk, "anna@example.org", sections=["Harbour", "Sport"])
    choose(desk, "ben@example.net", sections=["Harbour", "Culture"])
    choose(desk, "carla@example.es", sections=["Harbour", "Nature", "Sport"])
    desk.article("tides", section="Harbour")
    desk.article("moths", section="Nature")
    desk.run()
    opened = open_doors(settings(desk.home, {}), tell=lambda _: None)
    with opened.store.read() as tx:
        made = digests.renditions(tx, "2026-06-25")
    opened.store.close()
    assert set(made) == {"en", "en+harbour"}
    assert made["en+harbour"].web_html == b""
    assert not (desk.home / "public/en+harbour").exists()


def test_who_pauses_is_in_no_audience_until_the_pause_is_over(desk: Desk) -> None:
    from datetime import datetime

    choose(desk, "anna@example.org", paused_until=datetime.fromisoformat("2026-06-26T09:00:00+02:00"))
    desk.article("tides")
    assert desk.run()["audience"] == 1
    desk.article("moths", published="2026-06-26T08:00:00+02:00")
    assert desk.run(at="2026-06-26T09:00:00+02:00")["audience"] == 2


def test_a_weekly_carries_the_weeks_stories_to_those_who_chose_it(weekly: Desk) -> None:
    choose(weekly, "anna@example.org", frequency="weekly")
    for day in (25, 26, 27):
        weekly.article(f"story-{day}", published=f"2026-06-{day}T08:00:00+02:00")
        report = weekly.run(at=f"2026-06-{day}T09:00:00+02:00")
        assert report["digest"] == f"2026-06-{day}"
    assert [one["digest"] for one in report["closed"]] == ["2026-06-27", "weekly-2026-06-27"]
    assert report["closed"][1] == {"digest": "weekly-2026-06-27", "stories": 3, "audience": 1}
    told = {name: (sums["audience"], sums["written"]) for name, sums in report["digests"].items()}
    assert told == {"2026-06-27": (report["audience"], report["written"]), "weekly-2026-06-27": (1, 1)}
    assert weekly.recipients() == ["anna@example.org", *["ben@example.net"] * 3]
    text = text_of(newest(weekly)["anna@example.org"])
    assert "The week to Saturday, June 27, 2026" in text
    assert text.index("story-27") < text.index("story-26") < text.index("story-25")
    assert "That is all for this week. The next issue comes on Saturday, July 4, 2026 at" in " ".join(text.split())
    assert "Story 25" in weekly.page("digest/weekly-2026-06-27/index.html")
    assert 'href="/digest/weekly-2026-06-27/"' in weekly.page("2026/06/27/index.html")
    assert "weekly" not in weekly.page("feeds/digests/atom.xml")
    assert verified(weekly, "weekly-2026-06-27")["audience"] == 1
    assert verified(weekly, "latest")["digest"] == "2026-06-27"


def test_what_a_weekly_carried_is_in_no_other_and_the_next_takes_what_came_since(weekly: Desk) -> None:
    choose(weekly, "anna@example.org", frequency="weekly")
    weekly.article("first", published="2026-06-26T08:00:00+02:00")
    weekly.run(at="2026-06-26T09:00:00+02:00")
    assert weekly.run(at=SATURDAY)["closed"][0]["digest"] == "weekly-2026-06-27"
    assert weekly.run(at=SATURDAY)["closed"] == []
    fix = [{"at": "2026-06-28T12:00:00+02:00", "text": "It was 14, not 40."}]
    weekly.article("first", published="2026-06-26T08:00:00+02:00", corrections=fix)
    weekly.article("second", published="2026-06-30T08:00:00+02:00")
    weekly.run(at="2026-06-30T09:00:00+02:00")
    weekly.run(at=NEXT_SATURDAY)
    texts = [text_of(mail) for mail in weekly.mails() if mail["To"] == "anna@example.org"]
    assert len(texts) == 2
    assert sum("2026/06/26/first/\n" in text for text in texts) == 1
    assert sum("It was 14, not 40." in text for text in texts) == 1
    assert len({str(mail["Subject"]) for mail in weekly.mails() if mail["To"] == "anna@example.org"}) == 2


def test_readers_of_a_weekly_that_is_no_more_are_named_to_a_person(desk: Desk) -> None:
    choose(desk, "anna@example.org", frequency="weekly")
    desk.article("tides")
    report = desk.run()
    assert (report["audience"], len(report["urgent"])) == (1, 1)
    assert "1 reader chose a weekly digest" in report["urgent"][0]


def test_a_week_without_an_edition_sends_nothing_and_says_so_once(weekly: Desk) -> None:
    report = weekly.run(at=SATURDAY)
    assert report["closed"] == []
    assert any("weekly-2026-06-27" in note for note in report["notes"])
    assert not any("weekly" in note for note in weekly.run(at=SATURDAY)["notes"])


def test_a_weekly_is_caught_up_or_skipped_and_the_next_one_carries_what_it_missed(weekly: Desk) -> None:
    choose(weekly, "anna@example.org", frequency="weekly")
    weekly.article("first", published="2026-06-26T08:00:00+02:00")
    weekly.run(at="2026-06-26T09:00:00+02:00")
    report = weekly.run(at="2026-06-27T16:00:00+02:00")
    assert any("weekly-2026-06-27 was not sent" in note for note in report["notes"])
    report = weekly.run(at="2026-07-04T14:00:00+02:00")
    assert report["closed"] == []
    weekly.article("second", published="2026-07-06T08:00:00+02:00")
    weekly.run(at="2026-07-06T09:00:00+02:00")
    assert weekly.run(at="2026-07-11T14:59:00+02:00")["closed"][0]["stories"] == 1


def test_a_weekly_waits_for_a_held_edition_or_goes_without_it(weekly: Desk) -> None:
    choose(weekly, "anna@example.org", frequency="weekly")
    weekly.article("first", published="2026-06-26T08:00:00+02:00")
    weekly.run(at="2026-06-26T09:00:00+02:00")
    weekly.article("second", published="2026-06-27T08:00:00+02:00")
    hand = weekly.raw("days/2026-06-27.md", "---\nhold: true\n---\n")
    assert weekly.run(at=SATURDAY)["closed"] == []
    status = json.loads(weekly.publisher("status", "--json", at=SATURDAY).stdout)
    assert [one["digest"] for one in status["held"]] == ["2026-06-27", "weekly-2026-06-27"]
    assert weekly.publisher("approve", "weekly-2026-06-27", at=SATURDAY).returncode == 0
    assert weekly.run(at=SATURDAY)["closed"][0] == {"digest": "weekly-2026-06-27", "stories": 1, "audience": 1}
    hand.unlink()
    weekly.run(at="2026-06-27T10:00:00+02:00")
    assert weekly.run(at=NEXT_SATURDAY)["closed"][0]["stories"] == 1


def test_now_on_a_weeklys_day_sends_both_and_the_next_slot_is_the_nearest(weekly: Desk) -> None:
    weekly.article("first", published="2026-06-27T06:00:00+02:00")
    report = weekly.run("--now", at="2026-06-27T07:00:00+02:00")
    assert [one["digest"] for one in report["closed"]] == ["2026-06-27", "weekly-2026-06-27"]


def test_a_rehearsal_acts_out_the_weeklies(weekly: Desk) -> None:
    choose(weekly, "anna@example.org", frequency="weekly")
    for day in (25, 26):
        weekly.article(f"story-{day}", published=f"2026-06-{day}T08:00:00+02:00")
    out = weekly.home / "acted"
    done = weekly.publisher(
        "rehearse", "--to", "2026-06-28", "--out", str(out), "--json", at="2026-06-28T12:00:00+02:00"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["digests"] == 3
    assert (out / "public/digest/weekly-2026-06-27/index.html").is_file()


def test_a_retraction_of_what_was_mailed_is_told_once_and_its_story_is_in_no_weekly(weekly: Desk) -> None:
    choose(weekly, "anna@example.org", frequency="weekly")
    weekly.article("whale")
    weekly.run(at=SLOT)
    gone = {"at": "2026-06-25T12:00:00+02:00", "reason": "The photograph was of another harbour."}
    weekly.article("whale", retracted=gone)
    weekly.article("next", published="2026-06-26T08:00:00+02:00")
    weekly.run(at="2026-06-26T09:00:00+02:00")
    weekly.article("third", published="2026-06-27T08:00:00+02:00")
    weekly.run(at=SATURDAY)
    told = {str(mail["To"]): 0 for mail in weekly.mails()}
    for mail in weekly.mails():
        told[str(mail["To"])] += "The photograph was of another harbour." in text_of(mail)
    assert told == {"anna@example.org": 1, "ben@example.net": 1}
    text = text_of(newest(weekly)["anna@example.org"])
    assert "RETRACTION\nJune 25, Whale: The photograph was of another harbour.\n" in text
    assert "2 stories" in text


def test_a_variants_name_says_what_it_is() -> None:
    for one in (
        Variant(lang="en"),
        Variant(lang="pt-BR", text_only=True),
        Variant(lang="en", sections=("culture", "münchen-ost"), text_only=True),
    ):
        assert Variant.parse(one.name) == one
    assert Variant(lang="en", sections=("a", "b")).name == "en+a,b"


def test_a_choice_that_cannot_be_read_counts_as_all() -> None:
    from publisher.render.digest.variants import assign

    choice = Choice(sections="{not json")
    assert assign([choice], groups=[[]], announced=(), languages=["en"]) == {choice: Variant(lang="en")}


def test_a_weekly_is_tried_by_mail_before_it_goes_and_as_it_went(weekly: Desk) -> None:
    weekly.article("first", published="2026-06-26T08:00:00+02:00")
    weekly.run(at="2026-06-26T09:00:00+02:00")
    trial = ("send", "--test", "me@example.org", "--weekly", "--date", "2026-06-27")
    assert weekly.publisher(*trial, at="2026-06-26T12:00:00+02:00").returncode == 0
    weekly.run(at=SATURDAY)
    assert weekly.publisher(*trial, at="2026-06-28T12:00:00+02:00").returncode == 0
    told = [text_of(mail) for mail in weekly.mails() if mail["To"] == "me@example.org"]
    assert len(told) == 2
    assert all("The week to Saturday, June 27, 2026" in text for text in told)


def test_weeklies_are_adopted_with_their_pages(weekly: Desk) -> None:
    weekly.article("first", published="2026-06-26T08:00:00+02:00")
    weekly.run(at="2026-06-26T09:00:00+02:00")
    weekly.run(at=SATURDAY)
    page = weekly.page("digest/weekly-2026-06-27/index.html")
    for path in weekly.home.glob("publisher.db*"):
        path.unlink()
    at = "2026-06-27T12:00:00+02:00"
    assert "2 digests were found" in weekly.publisher("adopt", at=at).stderr
    assert weekly.run(at=at)["closed"] == []
    assert weekly.page("digest/weekly-2026-06-27/index.html") == page
    weekly.article("second", published="2026-06-29T08:00:00+02:00")
    weekly.run(at="2026-06-29T09:00:00+02:00")
    assert weekly.run(at=NEXT_SATURDAY)["closed"][0]["stories"] == 1


def test_a_retraction_in_mid_send_reaches_each_form_and_ends_those_of_which_nothing_is_left(weekly: Desk) -> None:
    from smtpd import Faults, Smtpd

    weekly.subscribe("carla@example.es", "dan@example.org")
    choose(weekly, "ben@example.net", sections=["Harbour"])
    choose(weekly, "carla@example.es", sections=["Nature"], format="text")
    choose(weekly, "dan@example.org", frequency="weekly")
    weekly.article("tides", section="Harbour", published="2026-06-27T08:00:00+02:00")
    weekly.article("moths", section="Nature", published="2026-06-27T08:10:00+02:00")
    later = dict.fromkeys(("ben@example.net", "carla@example.es", "dan@example.org"), "451 4.7.1 later")
    with Smtpd(Faults(refuse=later)) as server:
        relay = f'[[mail.relay]]\nhost = "127.0.0.1"\nport = {server.port}\ntls = "none"\n'
        weekly.configure('transport = "maildir:outbox"\n', f'transport = "smtp"\n{relay}')
        report = weekly.run(at=SATURDAY)
        assert [one["audience"] for one in report["closed"]] == [3, 1]
        server.faults.refuse.clear()
        gone = {"at": "2026-06-27T09:05:00+02:00", "reason": "wrong"}
        weekly.article("tides", section="Harbour", published="2026-06-27T08:00:00+02:00", retracted=gone)
        weekly.run(at="2026-06-27T09:20:00+02:00")
        taken = {recipient: content for _, recipient, content in server.taken}
    assert sorted(taken) == ["anna@example.org", "carla@example.es", "dan@example.org"]
    assert b"2026/06/27/tides/" in taken["anna@example.org"]
    assert b"2026/06/27/tides/" not in taken["carla@example.es"] + taken["dan@example.org"]
    assert b"2026/06/27/moths/" in taken["carla@example.es"]
    found = verified(weekly, "2026-06-27")
    assert (found["accepted"], found["expired"], found["adds_up"]) == (2, 1, True)
    assert verified(weekly, "weekly-2026-06-27")["accepted"] == 1
