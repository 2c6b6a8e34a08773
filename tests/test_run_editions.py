"""Editions as the run makes them: slots, holds, the editor's hand, corrections, languages."""

from desk import SLOT, Desk


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
    sent = 'Sent to email readers in the issue of <a href="/digest/2026-06-26/">June 26</a>'
    assert sent in desk.page("2026/06/25/tides/index.html")
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


def test_a_mail_and_its_subject_begin_with_a_story_in_the_readers_language(desk: Desk) -> None:
    desk.subscribe("carla@example.es", lang="es")
    desk.article("only", title="Only in English", published="2026-06-25T08:30:00+02:00")
    desk.article("mareas", title="Mareas", lang="es", published="2026-06-25T07:00:00+02:00")
    desk.run()
    mails = {str(mail["To"]): mail for mail in desk.mails()}
    spanish, english = mails["carla@example.es"], mails["anna@example.org"]
    assert str(spanish["Subject"]).startswith("Mareas · ")
    assert str(english["Subject"]).startswith("Only in English · ")
    for mail, first, second in ((spanish, "Mareas", "Only in English"), (english, "Only in English", "Mareas")):
        text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert text.index(f"1. {first}") < text.index(f"2. {second}")
