"""What mail that came back does to the list, from wherever it is read."""

import io
import json
import mailbox
import sys
from collections.abc import Callable
from smtpd import Faults, Smtpd
from types import SimpleNamespace
from typing import Any

import pytest

import bounced
from desk import SLOT, Desk
from publisher.render import message
from publisher.subscribing import tokens

DAY = "2026-06-25"


def keys(desk: Desk) -> tokens.Keys:
    return tokens.parse_keys((desk.home / "secret.key").read_text("ascii"))


def path_of(desk: Desk, number: int = 1, digest: str = DAY, box: str | None = None) -> str:
    held = keys(desk)
    secret = held.secrets[held.signing]
    return message.return_path("daily@zendoric.example", digest, number, secret, authority="zendoric.example", box=box)


def link(desk: Desk, number: int = 1) -> str:
    return tokens.sign(keys(desk), subject=number, list_id=1, purpose="u")


def read(desk: Desk, *raw: bytes, at: str = SLOT, exit_code: int = 0) -> list[dict[str, Any]]:
    """`publisher bounces` on a folder with these messages."""
    folder = desk.home / "returned"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for number, one in enumerate(raw):
        (folder / f"{number}.eml").write_bytes(one)
    done = desk.publisher("bounces", str(folder), "--json", at=at)
    assert done.returncode == exit_code, done.stderr
    return list(json.loads(done.stdout))


def states(desk: Desk) -> dict[str, str]:
    found = json.loads(desk.publisher("subscribers", "list", "--json").stdout)
    return {one["address"]: one["state"] for one in found}


def test_a_mailbox_that_is_not_there_gets_nothing_more(desk: Desk) -> None:
    desk.article("one")
    assert desk.run()["written"] == 2
    (taken,) = read(desk, bounced.report(to=path_of(desk)))
    assert (taken["class"], taken["effect"], taken["digest"]) == ("hard", "bounced", DAY)
    assert states(desk) == {"anna@example.org": "bounced", "ben@example.net": "confirmed"}
    desk.article("two", "2026-06-26T08:00:00+02:00")
    desk.run(at="2026-06-26T09:00:00+02:00")
    assert desk.recipients() == ["anna@example.org", "ben@example.net", "ben@example.net"]


def test_the_same_message_counts_once_whatever_its_line_ends(desk: Desk) -> None:
    raw = bounced.report(to=path_of(desk), status="5.2.2", diagnostic="smtp; 552 5.2.2 mailbox full")
    first, second = read(desk, raw, raw.replace(b"\n", b"\r\n"))
    assert (first["effect"], first["score"], second["effect"]) == ("counted", 1.0, "known")


def full(desk: Desk, day: int, **other: Any) -> dict[str, Any]:
    digest = f"2026-07-{day:02}"
    to = path_of(desk, digest=other.pop("digest", digest))
    raw = bounced.report(to=to, status="5.2.2", diagnostic=f"smtp; 552 mailbox full, on day {day}")
    return read(desk, raw, at=f"{digest}T10:00:00+02:00")[0]


def test_soft_bounces_add_up_over_the_days_until_they_end_the_subscription(desk: Desk) -> None:
    effects = [full(desk, day)["effect"] for day in range(1, 8)]
    assert effects == ["counted"] * 5 + ["bounced", "nothing"]
    assert states(desk)["anna@example.org"] == "bounced"


def test_soft_bounces_are_forgotten_in_time(desk: Desk) -> None:
    assert full(desk, 1)["score"] == 1.0
    assert full(desk, 15)["score"] == 1.5
    assert full(desk, 29)["score"] == 1.75


def test_a_digest_counts_once_however_many_servers_speak_of_it(desk: Desk) -> None:
    full(desk, 1)
    assert full(desk, 2, digest="2026-07-01")["score"] == 1.0


def test_the_limit_is_the_operators(desk: Desk) -> None:
    desk.configure("[mail]", '[bounces]\nlimit = 1\nhalf_life = "1d"\n\n[mail]')
    assert full(desk, 1)["effect"] == "bounced"


@pytest.mark.parametrize(
    ("kind", "diagnostic", "action"),
    [
        ("policy", "smtp; 554 5.7.1 message looks like spam", "failed"),
        ("soft", "smtp; 450 4.4.1 connection timed out", "delayed"),
    ],
)
def test_nobody_is_blamed_for_a_policy_or_a_delay(desk: Desk, kind: str, diagnostic: str, action: str) -> None:
    raw = bounced.report(to=path_of(desk), status="5.7.1", diagnostic=diagnostic, action=action)
    (taken,) = read(desk, raw)
    assert (taken["class"], taken["effect"]) == (kind, "noted")
    assert full(desk, 1)["score"] == 1.0


def test_what_we_did_not_sign_changes_nobody_and_is_named(desk: Desk) -> None:
    forged = path_of(desk)
    forged = forged.replace(forged[10], "a" if forged[10] != "a" else "b", 1)
    folder = desk.raw("returned/x.eml", bounced.report(to=forged).decode()).parent
    done = desk.publisher("bounces", str(folder))
    assert done.returncode == 0
    assert "not ours" in done.stderr
    assert "anna@example.org" in done.stderr
    assert set(states(desk).values()) == {"confirmed"}


@pytest.mark.parametrize("header", ["Delivered-To", "X-Original-To", "Envelope-To"])
def test_the_return_path_is_found_where_servers_put_it(desk: Desk, header: str) -> None:
    raw = f"{header}: {path_of(desk)}\n".encode() + bounced.report(to="undisclosed")
    assert read(desk, raw)[0]["effect"] == "bounced"


@pytest.mark.parametrize("box", ["bounces.zendoric.example", "back@zendoric.example", "back-@zendoric.example"])
def test_bounces_may_go_to_a_domain_or_a_mailbox_of_their_own(desk: Desk, box: str) -> None:
    desk.configure("[mail]", f'[bounces]\nreturn_path = "{box}"\n\n[mail]')
    address = path_of(desk, box=box)
    assert address.endswith(box.rpartition("@")[2])
    assert read(desk, bounced.report(to=address))[0]["effect"] == "bounced"


def test_a_return_path_that_a_server_on_the_way_rewrote_is_still_ours(desk: Desk) -> None:
    local, _, domain = path_of(desk).partition("@")
    raw = bounced.report(to=f"SRS0=Ab1=XY={domain}={local}@forwarder.example")
    assert read(desk, raw)[0]["effect"] == "bounced"


def test_the_returned_mails_own_return_path_will_do(desk: Desk) -> None:
    raw = bounced.report(to="daily@zendoric.example", original=f"Return-Path: <{path_of(desk)}>\nSubject: x\n")
    assert read(desk, raw)[0]["effect"] == "bounced"


Mail = Callable[[Desk], bytes]


@pytest.mark.parametrize(
    "make",
    [
        lambda desk: bounced.complaint(extra=f"Original-Mail-From: <{path_of(desk)}>\n"),
        lambda desk: bounced.complaint(original=f"Return-Path: <{path_of(desk)}>\nSubject: x\n"),
        lambda desk: bounced.complaint(original=f"List-Unsubscribe: <https://x.example/u/{link(desk)}>\nSubject: x\n"),
    ],
)
def test_a_complaint_is_believed_by_any_signature_of_the_mail_that_it_is_about(desk: Desk, make: Mail) -> None:
    assert read(desk, make(desk))[0]["effect"] == "complained"
    assert states(desk)["anna@example.org"] == "complained"


def test_a_report_that_our_signature_failed_ends_nobodys_subscription(desk: Desk) -> None:
    raw = bounced.complaint(kind="auth-failure", extra=f"Original-Mail-From: <{path_of(desk)}>\n")
    assert read(desk, raw)[0]["effect"] == "noted"
    assert states(desk)["anna@example.org"] == "confirmed"


def test_a_mail_that_asks_to_leave_is_honoured_by_its_link(desk: Desk) -> None:
    head = "From: anna@example.org\nTo: daily@zendoric.example\nSubject: unsubscribe"
    (taken,) = read(desk, f"{head} {link(desk)}\n\n".encode())
    assert taken["effect"] == "unsubscribed"
    (taken,) = read(desk, f"{head} v1.k1.2.1.u.AAAAAAAAAAAAAAAAAAAAAA\n\n".encode())
    assert taken["effect"] == "not signed"
    assert states(desk) == {"anna@example.org": "unsubscribed", "ben@example.net": "confirmed"}


def test_an_automatic_reply_to_the_return_path_changes_nothing(desk: Desk) -> None:
    raw = f"From: anna@example.org\nTo: {path_of(desk)}\nAuto-Submitted: auto-replied\nSubject: away\n\nUser unknown\n"
    assert read(desk, raw.encode())[0]["effect"] == "nothing"
    assert states(desk)["anna@example.org"] == "confirmed"


def test_somebody_who_was_erased_stays_so(desk: Desk) -> None:
    full(desk, 1)
    assert "bounces and complaints" in desk.publisher("subscribers", "erase", "anna@example.org", "--yes").stderr
    assert full(desk, 2)["effect"] == "gone"


# Where it is read from --------------------------------------------------------------------------------------------


def test_a_maildir_is_marked_as_seen_after_the_effect_is_stored(desk: Desk) -> None:
    box = mailbox.Maildir(desk.home / "back")
    box.add(bounced.report(to=path_of(desk)))
    first = desk.publisher("bounces", str(desk.home / "back"))
    assert "1 message read" in first.stderr
    assert "no longer gets mail (no such mailbox; 5.1.1 550 5.1.1" in first.stderr
    (seen,) = (desk.home / "back" / "cur").iterdir()
    assert seen.name.endswith(":2,S")
    assert "0 messages read" in desk.publisher("bounces", str(desk.home / "back")).stderr


def test_an_mbox_is_read_message_by_message(desk: Desk) -> None:
    box = mailbox.mbox(desk.home / "back.mbox")
    box.add(bounced.report(to=path_of(desk, 1)))
    box.add(bounced.report(to=path_of(desk, 2)))
    box.close()
    taken = json.loads(desk.publisher("bounces", str(desk.home / "back.mbox"), "--json").stdout)
    assert [one["effect"] for one in taken] == ["bounced", "bounced"]


def test_a_pipe_gives_one_message_and_says_where_it_went(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = bounced.report(to="undisclosed")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    monkeypatch.setenv("ORIGINAL_RECIPIENT", path_of(desk))
    assert desk.publisher("bounces", "-").returncode == 0
    assert states(desk)["anna@example.org"] == "bounced"


def test_a_source_that_is_not_there_is_a_matter_of_usage(desk: Desk) -> None:
    done = desk.publisher("bounces", str(desk.home / "nowhere"))
    assert done.returncode == 2
    assert "does not exist" in done.stderr
    assert "names no mailbox" in desk.publisher("bounces", "imap").stderr


# At send time -----------------------------------------------------------------------------------------------------


def by_smtp(desk: Desk, server: Smtpd) -> None:
    desk.configure('transport = "maildir:outbox"', 'transport = "smtp"\nconnections = 1')
    with (desk.home / "publication.toml").open("a") as file:
        file.write(f'\n[[mail.relay]]\nhost = "127.0.0.1"\nport = {server.port}\ntls = "none"\n')


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        ("550 5.1.1 no such user", "bounced"),
        ("550 blocked using bl.example", "confirmed"),
        ("552 5.2.2 mailbox full", "confirmed"),
        ("550 5.7.1 go away", "confirmed"),
    ],
)
def test_a_refusal_at_send_time_counts_like_a_bounce(desk: Desk, reply: str, state: str) -> None:
    with Smtpd(Faults(refuse={"anna@example.org": reply})) as server:
        by_smtp(desk, server)
        desk.article("one")
        report = desk.run()
    assert (report["accepted"], report["rejected"]) == (1, 1)
    assert states(desk) == {"anna@example.org": state, "ben@example.net": "confirmed"}


def test_a_full_mailbox_at_send_time_and_its_bounce_count_once_for_a_digest(desk: Desk) -> None:
    with Smtpd(Faults(refuse={"anna@example.org": "552 5.2.2 mailbox full"})) as server:
        by_smtp(desk, server)
        desk.article("one")
        desk.run()
        desk.run()
    raw = bounced.report(to=path_of(desk), status="5.2.2", diagnostic="smtp; 552 5.2.2 mailbox full")
    assert read(desk, raw)[0]["score"] == 1.0


# What may be set --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ('return_path = "not an address"', "bounces.return_path"),
        ('return_path = "a-very-long-name@zendoric.example"', "longer than 11"),
        ('half_life = "soon"', "bounces.half_life"),
        ("limit = 0", "bounces.limit"),
        ('imap = "imap.example.net"', "PUBLISHER_BOUNCES_PASSWORD"),
        ('imap = "imap.example.net"\nuser = "x"\ntls = "none"', "only sent over TLS"),
    ],
)
def test_a_wrong_key_is_named(desk: Desk, keys: str, words: str) -> None:
    desk.configure("[mail]", f"[bounces]\n{keys}\n\n[mail]")
    done = desk.publisher("bounces", "imap")
    assert done.returncode == 78
    assert words in done.stderr
