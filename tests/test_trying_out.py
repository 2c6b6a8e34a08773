"""`publisher dkim` and `publisher send --test`: what comes before the first real digest."""

import re
from pathlib import Path
from smtpd import Faults, Smtpd

import dkim as verifier

from desk import EIGHT, SLOT, TOML, Desk
from publisher.delivering import Claim
from publisher.model import Subscriber
from publisher.render import dkim
from publisher.running.composing import letters
from publisher.store import subscribers
from publisher.subscribing import tokens
from publisher.wiring import open_doors, settings, signing_keys

KEY = """
[[mail.dkim]]
domain = "zendoric.example"
selector = "s2026"
key_file = "dkim.pem"
"""


def record(printed: str) -> bytes:
    return "".join(re.findall(r'"([^"]*)"', printed)).encode()


def later(one: Subscriber) -> Claim:
    """The claim of a fourth attempt."""
    return Claim(
        subscriber=one.id, address=one.address, variant="en", revision=1, fence=9, attempts=3, confirmed=one.confirmed
    )


def files(home: Path) -> list[Path]:
    return sorted(path for box in ("new", "cur") for path in (home / "outbox" / box).glob("*"))


def test_dkim_makes_a_key_that_only_its_owner_reads_and_prints_the_record(desk: Desk):
    done = desk.publisher("dkim")
    assert done.returncode == 0
    assert (desk.home / "dkim.pem").stat().st_mode & 0o777 == 0o600
    key = dkim.load_key((desk.home / "dkim.pem").read_bytes())
    assert done.stdout.startswith("s2026._domainkey.zendoric.example. IN TXT ( ")
    assert record(done.stdout) == dkim.txt_value(key).encode()
    assert 'selector = "s2026"' in done.stderr


def test_dkim_writes_over_nothing_and_shows_what_is_there(desk: Desk):
    first = desk.publisher("dkim")
    before = (desk.home / "dkim.pem").read_bytes()
    again = desk.publisher("dkim")
    assert again.returncode == 2
    assert "not written over" in again.stderr
    assert (desk.home / "dkim.pem").read_bytes() == before
    assert desk.publisher("dkim", "--show").stdout == first.stdout


def test_a_rotated_secret_signs_anew_and_honours_the_old_links(desk: Desk):
    before = signing_keys(desk.home)
    link = tokens.sign(before, subject=7, list_id=1, purpose="u")
    done = desk.publisher("secret", "--rotate")
    after = signing_keys(desk.home)
    assert done.stdout == f"{after.signing} signs\n{before.signing} is honoured\n"
    assert after.signing != before.signing
    assert tokens.verify(after, link, list_id=1, purpose="u") == 7
    assert tokens.sign(after, subject=7, list_id=1, purpose="u").startswith(f"v1.{after.signing}.")
    assert (desk.home / "secret.key").stat().st_mode & 0o777 == 0o600
    assert not list(desk.home.glob(".secret.key.*"))


def test_dkim_makes_the_second_key_beside_the_first_as_configured(desk: Desk):
    more = KEY.replace("s2026", "e2026").replace("dkim.pem", "small.pem")
    (desk.home / "publication.toml").write_text(TOML + KEY + more, "utf-8")
    assert desk.publisher("dkim").stdout.startswith("s2026._domainkey")
    done = desk.publisher("dkim", "--selector", "e2026", "--ed25519")
    assert "k=ed25519" in done.stdout
    assert (desk.home / "small.pem").exists()
    assert done.stderr.count("[[mail.dkim]]") == 0


def test_every_mail_of_a_run_bears_the_signature(desk: Desk):
    printed = desk.publisher("dkim").stdout
    (desk.home / "publication.toml").write_text(TOML + KEY, "utf-8")
    desk.article("first")
    desk.run()
    assert len(files(desk.home)) == 2
    for path in files(desk.home):
        assert verifier.verify(path.read_bytes(), dnsfunc=lambda *_, **__: record(printed))


def test_the_same_revision_and_keys_give_the_same_bytes_whenever_they_are_sent(desk: Desk):
    desk.publisher("dkim")
    (desk.home / "publication.toml").write_text(TOML + KEY, "utf-8")
    desk.article("first")
    desk.run()
    before = [path.read_bytes() for path in files(desk.home)]
    opened = open_doors(settings(desk.home, {}), tell=lambda _: None)
    make = letters(opened, "2026-06-25", opened.store.publication)
    with opened.store.read() as tx:
        made = [make(later(one)) for one in subscribers.everyone(tx)]
    opened.store.close()
    assert len(made) == 2
    assert all(any(raw.endswith(one.content) for raw in before) for one in made)


def test_a_key_that_is_missing_stops_everything_and_says_what_to_type(desk: Desk):
    (desk.home / "publication.toml").write_text(TOML + KEY, "utf-8")
    for command in ("run", "check"):
        done = desk.publisher(command)
        assert done.returncode == 78
        assert "`publisher dkim` makes one" in done.stderr


def test_where_the_relay_signs_no_key_is_needed(desk: Desk):
    (desk.home / "publication.toml").write_text(TOML + '[[mail.dkim]]\nsign = "relay"\n', "utf-8")
    desk.article("first")
    desk.run()
    assert all("DKIM-Signature" not in mail for mail in desk.mails())


def test_send_without_test_is_refused(desk: Desk):
    done = desk.publisher("send")
    assert done.returncode == 2
    assert "the digest goes out by `publisher run`" in done.stderr


def test_a_test_shows_what_would_go_and_nothing_is_remembered(desk: Desk):
    desk.article("first", published="2026-06-25T08:50:00+02:00")
    done = desk.publisher("send", "--test", "me@example.org", at=EIGHT)
    assert done.returncode == 0, done.stderr
    (mail,) = desk.mails()
    assert mail["To"] == "me@example.org"
    assert mail["Subject"].startswith("[test] ")
    assert "First" in mail["Subject"]
    for path in files(desk.home):
        path.unlink()
    report = desk.run(at=SLOT)
    assert (report["digest"], report["audience"], report["written"]) == ("2026-06-25", 2, 2)
    assert desk.recipients() == ["anna@example.org", "ben@example.net"]


def test_a_test_shows_what_went_under_a_message_id_of_its_own(desk: Desk):
    desk.article("first")
    desk.run()
    (desk.home / "articles" / "first.md").unlink()
    done = desk.publisher("send", "--test", "me@example.org", "--date", "2026-06-25", at="2026-06-27T12:00:00+02:00")
    assert done.returncode == 0, done.stderr
    by_name = {str(mail["To"]): mail for mail in desk.mails()}
    test, real = by_name["me@example.org"], by_name["anna@example.org"]
    assert test["Subject"] == f"[test] {real['Subject']}"
    assert len({str(mail["Message-ID"]) for mail in desk.mails()}) == 3
    assert test["Date"] == real["Date"]
    assert desk.publisher("verify", "--json").stdout.count('"audience": 2') == 1


def test_what_holds_a_digest_does_not_hold_a_test(desk: Desk):
    desk.raw("days/2026-06-25.md", "---\nhold: true\n---\n")
    desk.article("first")
    assert desk.publisher("send", "--test", "me@example.org").returncode == 0
    assert desk.recipients() == ["me@example.org"]


def test_an_empty_day_and_a_bad_address_are_told(desk: Desk):
    done = desk.publisher("send", "--test", "me@example.org")
    assert (done.returncode, "nothing to send for 2026-06-25" in done.stderr) == (0, True)
    done = desk.publisher("send", "--test", "nobody")
    assert (done.returncode, "nobody is no mail address" in done.stderr) == (2, True)


def by_smtp(desk: Desk, server: Smtpd) -> None:
    relay = f'[[mail.relay]]\nhost = "127.0.0.1"\nport = {server.port}\ntls = "none"\n'
    desk.configure('transport = "maildir:outbox"\n', f'transport = "smtp"\n{relay}')


def test_a_test_goes_by_the_relay_signed(desk: Desk):
    printed = desk.publisher("dkim").stdout
    (desk.home / "publication.toml").write_text(TOML + KEY, "utf-8")
    desk.article("first")
    with Smtpd() as server:
        by_smtp(desk, server)
        done = desk.publisher("send", "--test", "me@example.org")
        assert done.returncode == 0, done.stderr
        assert "main took the mail to me@example.org: 250" in done.stderr
        ((_, _, content),) = server.taken
    assert verifier.verify(content, dnsfunc=lambda *_, **__: record(printed))


def test_the_relays_refusal_is_told_in_its_own_words(desk: Desk):
    desk.article("first")
    with Smtpd(Faults(refuse={"me@example.org": "550 5.1.1 no such person"})) as server:
        by_smtp(desk, server)
        done = desk.publisher("send", "--test", "me@example.org")
    assert done.returncode == 1
    assert "5.1.1 no such person" in done.stderr
