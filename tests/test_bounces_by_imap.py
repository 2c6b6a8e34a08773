"""The mailbox of [bounces], read by IMAP."""

from pathlib import Path
from smtpd import certificate

import pytest

import bounced
import test_bounces as list_tests
from desk import Desk
from imapd import Box, serving
from publisher.config import Mailbox
from publisher.deliver.imap import from_mailbox
from publisher.errors import ConfigurationError, TemporaryError


def mailbox_of(box: Box, **other: object) -> Mailbox:
    values: dict[str, object] = {"tls": "none", "folder": "INBOX", "move_to": None, "password": "secret"} | other
    return Mailbox(host="127.0.0.1", port=box.port, user="back", **values)  # type: ignore[arg-type]


def configure(desk: Desk, box: Box, more: str = "") -> None:
    keys = f'imap = "127.0.0.1:{box.port}"\nuser = "back"\npassword = "secret"\ntls = "none"\n{more}'
    desk.configure("[mail]", f"[bounces]\n{keys}\n\n[mail]")


def test_each_message_is_marked_once_its_effect_is_stored(desk: Desk) -> None:
    raw = [bounced.report(to=list_tests.path_of(desk)), b"From: a@example.org\nSubject: hello\n\nHello\n"]
    with serving(Box(dict(enumerate(raw, 1)))) as box:
        configure(desk, box)
        done = desk.publisher("bounces", "imap")
        assert done.returncode == 0, done.stderr
        assert "2 messages read" in done.stderr
        assert box.seen == {1, 2}
        assert "0 messages read" in desk.publisher("bounces", "imap").stderr
    assert list_tests.states(desk)["anna@example.org"] == "bounced"


@pytest.mark.parametrize("can_move", [True, False])
def test_a_message_is_moved_with_or_without_the_servers_help(desk: Desk, *, can_move: bool) -> None:
    with serving(Box({7: b"Subject: x\n\n"}, can_move=can_move)) as box:
        configure(desk, box, 'move_to = "Done"')
        assert desk.publisher("bounces", "imap").returncode == 0
        assert (box.messages, len(box.folders["Done"])) == ({}, 1)


def test_a_message_that_could_not_be_marked_is_read_again_and_counts_once(desk: Desk) -> None:
    raw = bounced.report(to=list_tests.path_of(desk), status="5.2.2", diagnostic="smtp; 552 mailbox full")
    with serving(Box({1: raw}, drop_at="STORE")) as box:
        configure(desk, box)
        done = desk.publisher("bounces", "imap")
        assert done.returncode == 75
        assert "does not answer" in done.stderr
        box.drop_at = None
        assert "1 message read before" in desk.publisher("bounces", "imap").stderr
        assert box.seen == {1}


def test_a_wrong_password_or_folder_is_a_matter_of_configuration() -> None:
    with serving(Box({})) as box:
        with pytest.raises(ConfigurationError, match="refuses back"):
            list(from_mailbox(mailbox_of(box, password="wrong")))
        with pytest.raises(ConfigurationError, match="no folder"):
            list(from_mailbox(mailbox_of(box, folder="Elsewhere")))


def test_a_server_that_is_away_is_tried_again_later() -> None:
    with serving(Box({})) as box:
        away = mailbox_of(box)
    with pytest.raises(TemporaryError, match="does not answer"):
        list(from_mailbox(away))


def test_a_certificate_is_checked(tmp_path: Path) -> None:
    tls, trusting = certificate(tmp_path)
    with serving(Box({1: b"Subject: x\n\n"}), tls=tls) as box:
        here = Mailbox(
            host="localhost",
            port=box.port,
            user="back",
            password="secret",
            tls="implicit",
            folder="INBOX",
            move_to=None,
        )
        with pytest.raises(TemporaryError, match="certificate"):
            list(from_mailbox(here))
        assert [one.raw for one in from_mailbox(here, context=trusting)] == [b"Subject: x\n\n"]


def test_after_its_time_no_further_message_is_begun() -> None:
    with serving(Box({1: b"Subject: x\n\n", 2: b"Subject: y\n\n"})) as box:
        assert list(from_mailbox(mailbox_of(box), within=-1)) == []
        assert not any("FETCH" in command for command in box.commands)


def test_a_run_reads_the_mailbox_before_it_counts_its_readers(desk: Desk) -> None:
    desk.article("one")
    with serving(Box({1: bounced.report(to=list_tests.path_of(desk, digest="2026-06-24"))})) as box:
        configure(desk, box)
        assert desk.run()["audience"] == 1
        assert box.seen == {1}
    desk.article("two", "2026-06-26T08:00:00+02:00")
    told = desk.run(at="2026-06-26T09:00:00+02:00")
    assert told["audience"] == 1, "a mailbox that is away holds nothing up"
