"""A piece is retracted while its digest is going out: those not yet reached get it without the piece."""

from collections.abc import Iterator
from smtpd import Faults, Smtpd

import pytest

from desk import EIGHT, Desk
from publisher.running.revising import revise
from publisher.store import digests, revisions
from publisher.wiring import open_doors, settings

LATER = "2026-06-25T09:10:00+02:00"
DIGEST = "2026-06-25"


@pytest.fixture
def server(desk: Desk) -> Iterator[Smtpd]:
    """A relay that puts Ben off."""
    with Smtpd(Faults(refuse={"ben@example.net": "451 4.7.1 later"})) as found:
        relay = f'\n[[mail.relay]]\nhost = "127.0.0.1"\nport = {found.port}\ntls = "none"'
        desk.configure('transport = "maildir:outbox"', f'transport = "smtp"{relay}')
        yield found


def retract(desk: Desk, name: str, title: str) -> None:
    desk.article(name, EIGHT, title=title, retracted={"at": LATER, "reason": "wrong"})


def test_who_was_not_reached_gets_the_digest_without_the_piece_and_verify_says_who_had_which(desk: Desk, server: Smtpd):
    desk.article("bridge", EIGHT, title="The bridge is safe")
    desk.article("market", EIGHT, title="The market opens")
    assert desk.run()["deferred"] == 1
    server.faults.refuse.clear()
    retract(desk, "bridge", "The bridge is safe")
    told = desk.run(at=LATER)
    assert (told["accepted"], told["deferred"]) == (2, 0)
    (_, _, first), (_, recipient, second) = server.taken
    assert recipient == "ben@example.net"
    assert b"The bridge is safe" in first
    assert b"The bridge is safe" not in second
    assert b"The market opens" in second
    verify = desk.publisher("verify", DIGEST, at=LATER).stdout
    assert "1 had revision 1" in verify
    assert "1 had revision 2, without “The bridge is safe”" in verify
    assert desk.publisher("verify", DIGEST, "--revision", "1").stdout == "anna@example.org\n"
    assert desk.publisher("verify", DIGEST, "--revision", "2").stdout == "ben@example.net\n"


def test_a_digest_whose_only_story_it_was_goes_to_nobody_else(desk: Desk, server: Smtpd):
    desk.article("bridge", EIGHT, title="The bridge is safe")
    assert desk.run()["deferred"] == 1
    server.faults.refuse.clear()
    retract(desk, "bridge", "The bridge is safe")
    told = desk.run(at=LATER)
    assert (told["accepted"], told["expired"]) == (1, 1)
    assert any("had no other story: it is not sent to the 1 that remain" in line for line in told["urgent"])
    assert len(server.taken) == 1
    assert "its only story, “The bridge is safe”, was retracted" in desk.publisher("verify", DIGEST, at=LATER).stdout
    assert desk.publisher("resume", DIGEST, at=LATER).returncode == 2
    desk.run(at=LATER)
    assert len(server.taken) == 1


def test_a_retraction_counts_once_and_only_in_digests_that_are_going_out(desk: Desk, server: Smtpd):
    desk.article("bridge", EIGHT, title="The bridge is safe")
    desk.article("market", EIGHT, title="The market opens")
    desk.run()
    retract(desk, "bridge", "The bridge is safe")
    server.faults.refuse["ben@example.net"] = "451 4.7.1 later still"
    desk.run(at=LATER)
    desk.run(at=LATER)
    doors = open_doors(settings(desk.home, {}), tell=lambda _: None)
    with doors.store.begin() as tx:
        assert list(revisions.reasons(tx, DIGEST)) == [2]
        assert digests.owing(tx)[0].revision == 2
        assert revise(doors, tx, "nothing", doors.now()) == []
    doors.store.close()


def test_a_piece_is_withdrawn_in_every_language_that_it_is_told_in(desk: Desk, server: Smtpd):
    desk.subscribe("carla@example.org", lang="es")
    server.faults.refuse["carla@example.org"] = "451 4.7.1 later"
    desk.article("bridge", EIGHT, title="The bridge is safe")
    desk.article("puente", EIGHT, title="El puente es seguro", lang="es", translation_of="bridge")
    desk.article("market", EIGHT, title="The market opens")
    assert desk.run()["deferred"] == 2
    server.faults.refuse.clear()
    retract(desk, "bridge", "The bridge is safe")
    assert desk.run(at=LATER)["accepted"] == 3
    spanish = next(content for _, recipient, content in server.taken if recipient == "carla@example.org")
    assert b"puente" not in spanish
    assert b"bridge" not in spanish
    assert b"The market opens" in spanish


def test_a_copy_that_is_in_doubt_is_sent_again_in_the_newer_revision_and_it_says_so(desk: Desk, server: Smtpd):
    server.faults.drop_after_dot.add("anna@example.org")
    desk.article("bridge", EIGHT, title="The bridge is safe")
    desk.article("market", EIGHT, title="The market opens")
    assert desk.run()["in_doubt"] == 1
    server.faults.refuse.clear()
    retract(desk, "bridge", "The bridge is safe")
    desk.run(at=LATER)
    unknown = desk.publisher("resolve", DIGEST, "--resend", "--address", "ben@example.net", at=LATER)
    assert unknown.returncode == 2
    assert "Not in doubt about 2026-06-25: ben@example.net; nothing was changed." in unknown.stderr
    told = desk.publisher("resolve", DIGEST, "--resend", "--address", "Anna@example.org", at=LATER).stderr
    assert "revision 2, without “The bridge is safe”" in told
    assert desk.run(at=LATER)["accepted"] == 2
    assert [b"bridge" in content for _, recipient, content in server.taken if recipient == "anna@example.org"] == [
        True,
        False,
    ]
