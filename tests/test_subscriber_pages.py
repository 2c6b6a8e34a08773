"""Join, choose and leave, over a real socket; and what must not be learnt or done there."""

import json
import re
import shutil
import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from smtpd import Faults, Smtpd

import pytest

from desk import TOML, Desk
from publisher.subscribing import tokens
from served import House, house

SERVICE = "\n[web]\nservice = true\n"


def switch_on(desk: Desk, more: str = "") -> None:
    path = desk.home / "publication.toml"
    path.write_text(path.read_text("utf-8") + SERVICE + more, "utf-8")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication with one article, whose digest is out, and with the pages for readers."""
    desk = Desk(tmp_path_factory.mktemp("published") / "zendoric")
    desk.home.mkdir()
    (desk.home / "publication.toml").write_text(TOML, "utf-8")
    switch_on(desk)
    desk.subscribe("anna@example.org", "ben@example.net")
    desk.article("ferry", section="Harbour")
    desk.run()
    return desk.home


@pytest.fixture
def home(published: Path, tmp_path: Path) -> Iterator[House]:
    """A copy of it, served."""
    copy = shutil.copytree(published, tmp_path / "zendoric", symlinks=True)
    with house(Desk(copy)) as served:
        yield served


def test_a_reader_joins_chooses_pauses_leaves_and_comes_back(home: House) -> None:
    form = home.ask("/subscribe")
    assert form.status == home.ask("/subscribe/").status == 200
    assert "Every day at 09:00 (Madrid time)." in form.main
    assert "/digest/2026-06-25/" in form.main
    asked = home.ask("/subscribe", {"email": "Rosa@Example.org"})
    assert (asked.status, asked.title) == (200, "Look into your mailbox")
    assert home.state("rosa@example.org") is None, "the answer came before anybody looked at the address"
    home.post()
    assert home.state("rosa@example.org") == "pending"
    ((to, link),) = home.letters()
    assert to == "Rosa@example.org"
    assert "R\u2022\u2022\u2022\u2022\u2022@example.org will get" in home.ask(link).main
    welcome = home.ask(link, {})
    assert welcome.title == "Subscribed"
    assert "/digest/2026-06-25/" in welcome.main, "the newest issue is offered"
    preferences = welcome.link("/p/")
    saved = home.ask(preferences, {"frequency": "pause", "format": "text"})
    assert 'role="status"' in saved.main
    assert "Paused until July 25" in saved.main
    goodbye = home.ask(saved.link("/u/"), {})
    assert (goodbye.status, goodbye.title) == (200, "Unsubscribed")
    assert home.state("rosa@example.org") == "unsubscribed"
    assert home.ask(goodbye.link("/undo/"), {}).title == "Subscribed"
    assert home.state("rosa@example.org") == "confirmed"


def test_looking_changes_nothing(home: House) -> None:
    preferences = home.join("rosa@example.org")
    leave = home.ask(preferences).link("/u/")
    link = home.letters()[-1][1]
    before = home.dump()
    for path in ("/subscribe", preferences, leave, link, "/undo/v1.k1.1.1.r1.x", "/hooks/main", "/"):
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"):
            answer = home.ask(path, method=method)
            assert answer.status < 500
            assert "set-cookie" not in answer.headers
    assert home.dump() == before


def test_a_crawler_that_opens_every_link_of_a_digest_leaves_the_store_as_it_was(home: House) -> None:
    home.desk.subscribe("crawled@example.org")
    home.desk.article("breakwater", "2026-06-26T08:00:00+02:00")
    home.desk.run(at="2026-06-26T09:00:00+02:00")
    mail = next(one for one in home.desk.mails() if one["To"] == "crawled@example.org")
    found = {url for part in mail.walk() if part.get_content_maintype() == "text" for url in links(part.get_content())}
    found |= set(re.findall(r"<(https:[^>]+)>", str(mail["List-Unsubscribe"])))
    ours = sorted(url.removeprefix("https://zendoric.example") for url in found if "zendoric.example" in url)
    assert any(path.startswith("/u/") for path in ours)
    assert any(path.startswith("/p/") for path in ours)
    before = home.dump()
    for path in ours:
        for method in ("GET", "HEAD"):
            assert home.ask(path, method=method).status == 200, path
    assert home.dump() == before


def links(text: str) -> list[str]:
    return [one.rstrip(".,)") for one in re.findall(r"https?://[^\s\"<>]+", text)]


def test_one_click_is_done_at_once_however_the_mail_program_writes_it(home: House) -> None:
    for n, (body, kind) in enumerate(
        [
            ("List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
            (
                '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
                "multipart/form-data; boundary=b",
            ),
        ]
    ):
        leave = home.ask(home.join(f"r{n}@example.org")).link("/u/")
        answer = home.ask(leave, body, content_type=kind)
        assert (answer.status, answer.body) == (200, "Unsubscribed.\n")
        assert "location" not in answer.headers
        assert "set-cookie" not in answer.headers
        assert home.state(f"r{n}@example.org") == "unsubscribed"
        assert home.ask(leave, body, content_type=kind).status == 200, "once more is the same"


def test_whoever_leaves_gets_nothing_of_a_digest_that_is_still_owed(home: House) -> None:
    leave = home.ask(home.join("rosa@example.org")).link("/u/")
    home.desk.article("late", "2026-06-26T08:00:00+02:00")
    home.desk.publisher("hold")
    home.desk.run(at="2026-06-26T09:00:00+02:00")
    home.ask(leave, {})
    with home.doors.store.read() as tx:
        rows = tx.connection.exec_driver_sql(
            "SELECT d.state FROM delivery d JOIN subscriber s ON s.id = d.subscriber"
            " WHERE s.address = 'rosa@example.org' AND d.digest = '2026-06-26'"
        ).all()
    assert rows == [("suppressed",)]


def test_undo_is_good_for_an_hour_and_for_that_one_time(home: House) -> None:
    leave = home.ask(home.join("rosa@example.org")).link("/u/")
    first = home.ask(leave, {}).link("/undo/")
    assert home.ask(first, {}).title == "Subscribed"
    home.clock.forward(minutes=5)
    second = home.ask(leave, {}).link("/undo/")
    assert home.ask(first, {}).title == "Unsubscribed", "it takes back its own unsubscribe, not a later one"
    home.clock.forward(minutes=61)
    assert "/undo/" not in home.ask(leave, {}).main
    assert home.ask(second, {}).title == "Unsubscribed"
    assert home.state("rosa@example.org") == "unsubscribed"


def test_known_unknown_and_blocked_addresses_get_the_same_answer(home: House) -> None:
    home.join("known@example.org")
    leave = home.ask(home.join("left@example.org")).link("/u/")
    home.ask(leave, {})
    home.ask("/subscribe", {"email": "waiting@example.org"})
    home.post()
    answers = {}
    for name in ("known", "left", "waiting", "new"):
        answer = home.ask("/subscribe", {"email": f"{name}@example.org"})
        told = {key: value for key, value in answer.headers.items() if key not in {"date", "content-length"}}
        answers[name] = (answer.status, told, answer.body.replace(name, "NAME"))
    assert len({repr(one) for one in answers.values()}) == 1
    plain = {
        name: home.ask("/subscribe", json.dumps({"email": f"{name}@example.org"}), content_type="application/json")
        for name in answers
    }
    assert len({(one.status, one.body.replace(name, "NAME")) for name, one in plain.items()}) == 1


def test_the_same_work_is_done_before_the_answer_for_known_and_unknown(home: House) -> None:
    """No branch on the address runs before the answer: the statements are the same, one by one."""
    from sqlalchemy import event

    home.join("known@example.org")
    said: list[str] = []
    event.listen(home.doors.store.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    home.ask("/subscribe", {"email": "known@example.org"})
    known, said[:] = list(said), []
    home.ask("/subscribe", {"email": "unknown@example.org"})
    assert said == known


def test_only_the_mailbox_learns_that_an_address_is_known(home: House) -> None:
    preferences = home.join("known@example.org")
    home.clock.forward(hours=25)
    home.ask("/subscribe", {"email": "known@example.org"})
    home.post()
    assert home.letters()[-1] == ("known@example.org", preferences)


def test_an_address_is_written_to_once_a_day_and_three_times_in_all_until_it_answers(home: House) -> None:
    for _ in range(6):
        for _ in range(3):
            home.ask("/subscribe", {"email": "victim@example.org"})
            home.post()
        home.clock.forward(hours=25)
    assert len(home.letters()) == 3
    assert home.ask(home.letters()[-1][1], {}).title == "Subscribed"
    leave = home.ask(home.ask(home.letters()[-1][1]).link("/p/")).link("/u/")
    home.ask(leave, {})
    home.clock.forward(hours=25)
    home.ask("/subscribe", {"email": "victim@example.org"})
    home.post()
    assert len(home.letters()) == 4, "an address that answered is counted anew"


def test_one_network_is_limited_and_told_so_and_leaving_is_not(home: House, caplog: pytest.LogCaptureFixture) -> None:
    for n in range(20):
        assert home.ask("/subscribe", {"email": f"a{n}@example.org"}).status == 200
    late = home.ask("/subscribe", {"email": "b@example.org"}, x_forwarded_for="203.0.113.9")
    assert (late.status, late.headers["retry-after"]) == (429, "180"), "nobody was named as a proxy"
    assert "name it in [web] proxies" in caplog.text
    assert "3 minutes" in late.main
    assert home.ask("/u/" + leave_token(home, 1), {}).status == 200, "leaving is never limited"
    home.post()
    assert len(home.letters()) == 20


def leave_token(home: House, person: int) -> str:
    return tokens.sign(home.doors.keys, subject=person, list_id=home.doors.store.publication, purpose="u")


def test_a_proxy_that_is_named_is_believed_about_networks(desk: Desk) -> None:
    switch_on(desk, 'proxies = ["127.0.0.1"]\n')
    with house(desk) as home:
        for n in range(21):
            answer = home.ask("/subscribe", {"email": f"a{n}@example.org"}, x_forwarded_for="198.51.100.7")
        assert answer.status == 429
        spoofed = "1.2.3.4, 198.51.100.99"
        assert home.ask("/subscribe", {"email": "b@example.org"}, x_forwarded_for=spoofed).status == 429
        assert home.ask("/subscribe", {"email": "c@example.org"}, x_forwarded_for="203.0.113.9").status == 200


def test_a_link_is_good_for_seven_days_and_then_the_address_is_forgotten(home: House) -> None:
    home.ask("/subscribe", {"email": "slow@example.org"})
    home.post()
    link = home.letters()[-1][1]
    home.clock.forward(days=7, seconds=1)
    assert home.ask(link).status == home.ask(link, {}).status == 410
    home.post()
    assert home.state("slow@example.org") is None


def test_who_asks_again_within_the_seven_days_has_seven_more(home: House) -> None:
    for _ in range(2):
        home.ask("/subscribe", {"email": "slow@example.org"})
        home.post()
        home.clock.forward(days=5)
    assert home.ask(home.letters()[-1][1], {}).title == "Subscribed"


def test_an_old_link_revives_nobody_who_left_since(home: House) -> None:
    leave = home.ask(home.join("rosa@example.org")).link("/u/")
    link = home.letters()[-1][1]
    home.clock.forward(minutes=1)
    home.ask(leave, {})
    assert home.ask(link, {}).status == 410
    assert home.state("rosa@example.org") == "unsubscribed"


def test_forged_links_and_links_for_another_purpose_do_nothing(home: House) -> None:
    preferences = home.join("rosa@example.org")
    before = home.dump()
    good = leave_token(home, 1)
    others = {"u": preferences.rpartition("/")[2], "p": good, "confirm": good, "undo": good}
    changed = (good[:-1] + ("A" if good[-1] != "A" else "B"), good.replace(".1.", ".2.", 1))
    for kind, other in others.items():
        for token in (other, *changed, "x", "%00", "%ff", "a" * 5_000, "v1.k1.1.1.u.", "%2e%2e%5cetc"):
            assert home.ask(f"/{kind}/{token}", {}).status == 404, token
        assert home.ask(f"/{kind}/..%2f..%2fetc", {}).status == 405
    assert home.dump() == before


def test_links_outlive_a_new_key(home: House) -> None:
    preferences = home.join("rosa@example.org")
    key = home.desk.home / "secret.key"
    key.write_text("k2 " + "ab" * 32 + "\n" + key.read_text("ascii"), "ascii")
    with house(home.desk) as later:
        assert later.ask(preferences).title == "Your subscription"


NO_ADDRESSES = [
    "",
    "nobody",
    "a@b",
    "a b@example.org",
    "a@example.org\r\nBcc: x@example.org",
    "<a@example.org>",
    "\u00e9@example.org",
    "a" * 300 + "@example.org",
    "a@example.org,b@example.org",
    "a@exa\u2028mple.org",
    "\ufffd@example.org",
]


def test_what_is_no_address_is_said_beside_the_field(home: House) -> None:
    for typed in NO_ADDRESSES:
        answer = home.ask("/subscribe", {"email": typed, "frequency": "daily"})
        assert answer.status == 422
        assert 'aria-invalid="true" autofocus' in answer.main
        assert 'aria-describedby="fault hint"' in answer.main
        assert 'id="fault"' in answer.main
    home.post()
    assert home.letters() == []


def test_what_no_person_fills_in_is_answered_and_forgotten(home: House) -> None:
    answer = home.ask("/subscribe", {"email": "bot@example.org", "website": "https://spam.example"})
    assert answer.title == "Look into your mailbox"
    home.post()
    assert home.letters() == []


def test_a_form_on_another_site_and_json_do_the_same(home: House) -> None:
    assert home.ask("/subscribe", {"email": "a@example.org"}, origin="https://other.example").status == 200
    done = home.ask("/subscribe", '{"email": "b@example.org", "n": 3}', content_type="application/json")
    assert (done.status, json.loads(done.body)["status"]) == (200, "asked")
    bad = home.ask("/subscribe", '{"email": "b"}', content_type="application/json")
    assert (bad.status, json.loads(bad.body)["field"]) == (422, "email")
    home.post()
    assert [to for to, _ in home.letters()] == ["a@example.org", "b@example.org"]


UNREADABLE = [
    (b"email=" + b"a" * 20_000, "application/x-www-form-urlencoded", 413),
    (b"email=%ff%fe", "application/x-www-form-urlencoded", 400),
    (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
    (b"&".join(b"a=1" for _ in range(400)), "application/x-www-form-urlencoded", 400),
    (b"[1]", "application/json", 400),
    (b"{", "application/json", 400),
    (b"[" * 15_000, "application/json", 400),
    (b"<a/>", "text/xml", 415),
]


def test_what_cannot_be_read_is_refused(home: House) -> None:
    for body, kind, status in UNREADABLE:
        assert home.ask("/subscribe", body, content_type=kind).status == status, body[:40]
    told = home.ask("/subscribe", '{"email": ', content_type="application/json")
    assert "no JSON object" in json.loads(told.body)["message"]
    assert (json.loads(told.body)["status"], told.headers["cache-control"]) == ("refused", "no-store")
    long = home.ask("/subscribe", b"{" + b" " * 20_000, content_type="application/json")
    assert (long.status, json.loads(long.body)["status"]) == (413, "refused")


def test_a_frequency_that_is_not_offered_is_refused_and_not_taken_for_another(home: House) -> None:
    for often in ("weekly", "hourly"):
        asked = json.dumps({"email": "rosa@example.org", "frequency": often})
        answer = home.ask("/subscribe", asked, content_type="application/json")
        assert (answer.status, json.loads(answer.body)["field"]) == (422, "frequency")
        assert home.ask("/subscribe", {"email": "rosa@example.org", "frequency": often}).status == 422
    home.post()
    assert home.state("rosa@example.org") is None
    preferences = home.join("rosa@example.org")
    assert home.ask(preferences, {"frequency": "hourly"}).status == 422
    assert home.ask(preferences, {"frequency": "daily"}).status == 200


def test_a_body_that_does_not_come_is_not_waited_for(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publisher.web.bodies.SECONDS", 0.05)
    connection = HTTPConnection("127.0.0.1", home.port, timeout=10)
    connection.putrequest("POST", "/subscribe")
    connection.putheader("content-length", "100")
    connection.putheader("content-type", "application/x-www-form-urlencoded")
    connection.endheaders(b"email=a")
    assert connection.getresponse().status == 408
    connection.close()


def test_the_wrong_method_is_told_the_right_ones(home: House) -> None:
    for path in ("/subscribe", "/u/x", "/p/x", "/confirm/x"):
        answer = home.ask(path, method="DELETE")
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    assert home.ask("/undo/x").headers["allow"] == "POST"


def test_every_answer_for_readers_is_private(home: House) -> None:
    preferences = home.join("rosa@example.org")
    leave = home.ask(preferences).link("/u/")
    for path in (preferences, leave, "/u/x", home.letters()[-1][1]):
        answer = home.ask(path)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-robots-tag"] == "noindex"
        assert 'name="robots" content="noindex"' in answer.body
        assert "<script" not in answer.body
        assert "rosa@" not in answer.body, "the address is masked"


def test_the_pages_speak_the_language_of_the_reader_or_of_the_visitor(home: House) -> None:
    assert home.ask("/subscribe", accept_language="es").headers["content-language"] == "en", "it has no Spanish issue"
    home.desk.article("puerto", "2026-06-25T08:30:00+02:00", lang="es", section="Puerto")
    home.desk.run("--site-only")
    spanish = home.ask("/subscribe", accept_language="fr, es-MX;q=0.8, en;q=0.1")
    assert "Direcci\u00f3n de correo" in spanish.main
    assert 'name="lang" value="es"' in spanish.main
    home.ask("/subscribe", {"email": "ana@example.org", "lang": "es"})
    home.post()
    mail = next(one for one in home.desk.mails() if one["Auto-Submitted"])
    assert mail["Subject"] == "Confirme su suscripci\u00f3n a Zendoric"
    assert mail["Content-Language"] == "es"
    welcome = home.ask(home.letters()[-1][1], {}, accept_language="en")
    assert welcome.headers["content-language"] == "es", "the reader's own counts more"
    switched = home.ask(welcome.link("/p/"), {"lang": "en"})
    assert switched.title == "Your subscription"
    assert 'href="/subscribe?lang=es"' in home.ask("/es/").body
    assert 'href="/subscribe"' in home.ask("/").body


def test_sections_are_chosen_all_some_but_never_none(home: House) -> None:
    home.desk.article("concert", "2026-06-25T08:30:00+02:00", section="Culture")
    home.desk.run("--site-only")
    preferences = home.join("rosa@example.org")
    both = {"offered": ["Culture", "Harbour"]}

    def kept() -> str | None:
        with home.doors.store.read() as tx:
            found = "SELECT sections FROM subscriber WHERE address = 'rosa@example.org'"
            return tx.connection.exec_driver_sql(found).scalar()

    assert home.ask(preferences, {**both, "section": ["Culture"]}).status == 200
    assert kept() == '["Culture"]'
    none = home.ask(preferences, both)
    assert none.status == 422
    assert 'aria-invalid="true" autofocus aria-describedby="fault"' in none.main
    assert kept() == '["Culture"]'
    home.ask(preferences, {**both, "section": ["Culture", "Harbour", "Invented"]})
    assert kept() is None, "all there are means all there will be"
    home.ask(preferences, {"format": "text"})
    assert kept() is None, "a form without sections leaves them alone"


def test_a_weekly_is_on_offer_only_where_there_is_one(home: House) -> None:
    preferences = home.join("rosa@example.org")
    assert "weekly" not in home.ask(preferences).main
    home.ask(preferences, {"frequency": "weekly"})
    home.ask("/subscribe", {"email": "new@example.org", "frequency": "weekly"})
    home.post()
    with home.doors.store.read() as tx:
        assert tx.connection.exec_driver_sql("SELECT DISTINCT frequency FROM subscriber").scalars().all() == ["daily"]


def test_a_weekly_is_chosen_at_the_form_or_later_and_the_page_warns_of_repeats(published: Path, tmp_path: Path) -> None:
    desk = Desk(shutil.copytree(published, tmp_path / "zendoric", symlinks=True))
    desk.configure('at = "09:00"', 'at = "09:00"\nweekly = "sat 10:00"')
    with house(desk) as home:
        assert "Once a week, on Saturday at 10:00" in home.ask("/subscribe").main
        home.ask("/subscribe", {"email": "rosa@example.org", "frequency": "weekly"})
        home.post()
        letter = next(one for one in desk.mails() if one["To"] == "rosa@example.org")
        assert "Once a week, on Saturday at 10:00" in " ".join(letter.get_body(("plain",)).get_content().split())
        preferences = home.ask(home.letters()[-1][1], {}).link("/p/")
        page = home.ask(preferences)
        assert 'value="weekly" checked' in page.main
        assert "may bring again" in page.main
        home.ask(preferences, {"frequency": "daily"})
        assert 'value="daily" checked' in home.ask(preferences).main


def test_choices_hold_from_the_next_digest_on(home: House) -> None:
    home.desk.article("concert", "2026-06-25T08:30:00+02:00", section="Culture")
    home.desk.run("--site-only")
    text_only, paused = home.join("text@example.org"), home.join("paused@example.org")
    home.ask(text_only, {"format": "text", "offered": ["Culture", "Harbour"], "section": ["Culture"]})
    home.ask(paused, {"frequency": "pause"})
    home.desk.article("lighthouse", "2026-06-25T11:00:00+02:00", section="Harbour")
    home.desk.run(at="2026-06-26T09:00:00+02:00")
    home.desk.article("dike", "2026-06-26T11:00:00+02:00", section="Harbour")
    home.desk.run(at="2026-06-27T09:00:00+02:00")
    got = {
        to: [one for one in home.desk.mails() if one["To"] == to and one["List-Id"]]
        for to in ("text@example.org", "paused@example.org", "anna@example.org")
    }
    (mail,) = got["text@example.org"]
    assert mail.get_content_type() == "text/plain"
    assert "Concert" in mail.get_content()
    assert "Lighthouse" not in mail.get_content()
    assert (len(got["paused@example.org"]), len(got["anna@example.org"])) == (0, 3)


def test_a_publication_below_another_site_has_its_pages_there(desk: Desk) -> None:
    desk.configure('url = "https://zendoric.example/"', 'url = "https://town.example/news/"')
    switch_on(desk)
    with house(desk) as home:
        for given in ("/news/subscribe", "/subscribe"):
            assert 'action="/news/subscribe"' in home.ask(given).main, "whether or not the proxy takes the path off"
        home.ask("/news/subscribe", {"email": "rosa@example.org"})
        home.post()
        link = home.letters()[-1][1]
        assert link.startswith("/news/confirm/")
        assert f'action="{link}"' in home.ask(link).main
        assert home.ask(link, {}).title == "Subscribed"


def test_a_connection_that_asks_for_nothing_is_closed(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publisher.web.serving.FIRST_REQUEST_WITHIN", 0.05)
    with socket.create_connection(("127.0.0.1", home.port), timeout=20) as silent:
        silent.sendall(b"GET /subscribe HTTP/1.1\r\nHost: a")
        assert silent.recv(1) == b""


def test_without_the_service_nobody_can_subscribe_and_everybody_can_leave(desk: Desk) -> None:
    desk.article("ferry")
    desk.run()
    assert "/subscribe" not in desk.page("index.html")
    with house(desk) as home:
        assert home.ask("/subscribe").status == 404
        assert home.ask(f"/u/{leave_token(home, 1)}", {}).title == "Unsubscribed"


def test_consent_is_kept_with_its_words_time_and_place(home: House) -> None:
    home.join("rosa@example.org")
    with home.doors.store.read() as tx:
        found = "SELECT evidence FROM subscriber WHERE address = 'rosa@example.org'"
        asked, confirmed = str(tx.connection.exec_driver_sql(found).scalar()).splitlines()
    where = "2026-06-25T06:00:00Z asked at https://zendoric.example/subscribe from 127.0.0.1"
    assert asked == f'{where}: "The daily email of Zendoric."'
    assert confirmed == "2026-06-25T06:00:00Z confirmed by the link in the mail, from 127.0.0.1"


def test_a_letter_that_a_server_refuses_for_now_goes_later_and_once(desk: Desk) -> None:
    switch_on(desk)
    faults = Faults(at_dot={"rosa@example.org": "451 4.7.1 later"})
    with Smtpd(faults) as server:
        relay = f'transport = "smtp"\n[[mail.relay]]\nhost = "{server.host}"\nport = {server.port}\ntls = "none"'
        desk.configure('transport = "maildir:outbox"', relay)
        with house(desk) as home:
            home.ask("/subscribe", {"email": "rosa@example.org"})
            home.post()
            faults.at_dot.clear()
            home.post()
            assert server.copies["rosa@example.org"] == 0, "not before its time"
            home.clock.forward(minutes=6)
            home.post()
            assert server.copies["rosa@example.org"] == 1
            home.clock.forward(days=1)
            home.post()
            assert server.copies["rosa@example.org"] == 1
