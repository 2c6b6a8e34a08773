"""The SMTP client against a real server that misbehaves: one connection, one dialogue."""

import asyncio
from collections.abc import Awaitable, Callable
from smtpd import Faults, Smtpd, certificate
from typing import Any

import pytest

from publisher.config import Relay
from publisher.deliver.smtp import Connection, Envelope, RelayError, Timeouts, connect
from publisher.deliver.wire import ConnectionEndedError

CONTENT = b"Subject: x\r\n\r\nhello\r\n"


def relay(server: Smtpd, **other: Any) -> Relay:
    plain: dict[str, Any] = {"name": "main", "host": server.host, "user": None, "password": None, "tls": "none"}
    return Relay(port=server.port, **(plain | other))


def envelope(recipient: str = "a@example.org") -> Envelope:
    return Envelope(sender="s@zendoric.example", recipient=recipient, size=len(CONTENT))


def talk(server: Smtpd, dialogue: Callable[[Connection], Awaitable[Any]], *, context: Any = None, **other: Any) -> Any:
    async def whole() -> Any:
        timeouts = Timeouts(connect=5, greeting=5, command=5, data=5, dot=other.pop("dot", 5))
        connection = await connect(relay(server, **other), timeouts, context=context)
        try:
            return await dialogue(connection)
        finally:
            await connection.quit()
            connection.abort()

    return asyncio.run(whole())


async def send(connection: Connection, recipient: str = "a@example.org", content: bytes = CONTENT) -> Any:
    connection.offer(envelope(recipient))
    refusal = await connection.answer()
    if refusal is not None:
        return refusal
    connection.send(content)
    return await connection.verdict()


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_message_goes_through_and_the_next_one_after_a_refusal_too(*, pipelining: bool):
    async def dialogue(connection: Connection) -> list[Any]:
        return [await send(connection, who) for who in ("a@x", "b@x", "c@x")]

    with Smtpd(Faults(pipelining=pipelining, refuse={"b@x": "550 5.1.1 no such user"})) as server:
        first, refusal, last = talk(server, dialogue)
    assert (first.code, refusal.stage, refusal.reply.enhanced, last.code) == (250, "RCPT", "5.1.1", 250)
    assert server.copies == {"a@x": 1, "c@x": 1}
    assert server.connections == 1


def test_dots_are_stuffed_and_a_missing_last_line_end_is_added():
    content = b"\r\n.\r\n..\r\n.a\r\nno end"
    with Smtpd() as server:
        talk(server, lambda connection: send(connection, content=content))
    assert server.taken[0][2] == content + b"\r\n"


def test_with_pipelining_the_dot_and_the_next_envelope_leave_together():
    async def dialogue(connection: Connection) -> list[int]:
        connection.offer(envelope("a@x"))
        assert await connection.answer() is None
        connection.send(CONTENT, envelope("b@x"))
        first = await connection.verdict()
        assert await connection.answer() is None
        connection.send(CONTENT)
        return [first.code, (await connection.verdict()).code]

    with Smtpd() as server:
        assert talk(server, dialogue) == [250, 250]
    assert server.copies == {"a@x": 1, "b@x": 1}


def test_354_after_a_refused_recipient_gets_a_lone_dot():
    async def dialogue(connection: Connection) -> list[Any]:
        return [await send(connection, who) for who in ("b@x", "a@x")]

    with Smtpd(Faults(data_whatever=True, refuse={"b@x": "550 5.1.1 no"})) as server:
        refusal, reply = talk(server, dialogue)
    assert (refusal.stage, reply.code, server.lone_dots) == ("RCPT", 250, 1)
    assert server.copies == {"a@x": 1}


def test_a_connection_that_is_closed_at_354_sent_nothing():
    async def dialogue(connection: Connection) -> None:
        connection.offer(envelope())
        assert await connection.answer() is None
        connection.abort()

    with Smtpd() as server:
        talk(server, dialogue)
    assert not server.taken


def test_a_lost_connection_and_a_late_reply_are_told_apart_from_a_refusal():
    with Smtpd(Faults(drop_after_dot={"a@example.org"})) as server:
        with pytest.raises(ConnectionEndedError, match="no reply to the final dot"):
            talk(server, send)
        server.faults.delay = 5
        with pytest.raises(ConnectionEndedError, match=r"nothing came for 0\.1 seconds after the final dot"):
            talk(server, send, dot=0.1)


def test_what_is_no_reply_is_shown_to_a_person():
    shown = r"something that is no reply: 'HTTP/1\.1 400 \\x1b\[31mBad'"
    with Smtpd(Faults(greeting="HTTP/1.1 400 \x1b[31mBad")) as server, pytest.raises(RelayError, match=shown):
        talk(server, send)


@pytest.mark.parametrize("greeting", ["220", "220-one\r\n220 two", "220 ok"])
def test_greetings_of_several_lines_are_read(greeting: str):
    with Smtpd(Faults(greeting=greeting)) as server:
        assert talk(server, send).code == 250


@pytest.mark.parametrize(
    ("greeting", "last"), [("554 5.7.1 go away", True), ("421 busy", False), ("HTTP/1.1 400", False)]
)
def test_a_relay_that_does_not_want_us_is_named_with_its_words(*, greeting: str, last: bool):
    with Smtpd(Faults(greeting=greeting)) as server, pytest.raises(RelayError, match="relay main, greeting") as caught:
        talk(server, send)
    assert caught.value.last is last


def test_a_server_that_does_not_know_ehlo_gets_helo():
    with Smtpd(Faults(extended=False)) as server:
        assert talk(server, send).code == 250
        assert [line.partition(" ")[0] for line in server.commands[:3]] == ["EHLO", "HELO", "MAIL"]
        with pytest.raises(RelayError, match="it does not offer encryption"):
            talk(server, send, tls="required")
    assert len(server.taken) == 1


def test_a_relay_that_is_not_there_is_named_with_host_and_port():
    with Smtpd() as server:
        pass
    with pytest.raises(RelayError, match=rf"relay main, connect: 127\.0\.0\.1 port {server.port}"):
        talk(server, send)


def test_ipv6():
    try:
        with Smtpd(host="::1") as server:
            assert talk(server, send).code == 250
    except (OSError, AssertionError) as error:
        pytest.skip(f"no IPv6 here: {error}")


def test_starttls_checks_the_certificate_where_it_is_required(tmp_path):
    tls, trusting = certificate(tmp_path)
    with Smtpd(tls=tls) as server:
        assert talk(server, send, tls="required", context=trusting).code == 250
        with pytest.raises(RelayError, match="no encrypted connection") as caught:
            talk(server, send, tls="required")
        assert caught.value.last
        assert talk(server, send, tls="opportunistic").code == 250
    assert server.encrypted == 2


def test_required_encryption_that_is_not_offered_ends_it_before_any_mail():
    with Smtpd() as server, pytest.raises(RelayError, match="it does not offer encryption"):
        talk(server, send, tls="required")
    assert not [line for line in server.commands if line.startswith(("MAIL", "AUTH"))]


def test_what_came_in_the_clear_before_the_handshake_is_forgotten(tmp_path):
    tls, trusting = certificate(tmp_path)
    injected = b"250-injected\r\n250 AUTH PLAIN\r\n"
    with Smtpd(Faults(inject_after_starttls=injected), tls=tls) as server:
        assert talk(server, send, tls="required", context=trusting).code == 250


@pytest.mark.parametrize("mechanisms", ["PLAIN LOGIN", "LOGIN"])
def test_a_password_is_sent_over_tls(tmp_path, mechanisms: str):
    tls, trusting = certificate(tmp_path)
    who = {"tls": "required", "context": trusting, "user": "u"}
    with Smtpd(Faults(password="secret", mechanisms=mechanisms), tls=tls) as server:
        assert talk(server, send, password="secret", **who).code == 250
        with pytest.raises(RelayError, match=r"AUTH: 535 5\.7\.8 wrong password") as caught:
            talk(server, send, password="other", **who)
    assert caught.value.last
    assert caught.value.reply.code == 535


def test_a_password_is_never_sent_in_the_clear():
    with Smtpd(Faults(password="secret")) as server, pytest.raises(RelayError, match="not encrypted"):
        talk(server, send, user="u", password="secret", tls="opportunistic")
    assert not [line for line in server.commands if line.startswith("AUTH")]


def test_an_address_that_needs_smtputf8_goes_only_to_a_server_that_has_it():
    async def dialogue(connection: Connection) -> Any:
        return connection.takes(envelope("ñ@example.org")) and await send(connection, "ñ@example.org")

    with Smtpd() as server:
        assert talk(server, dialogue) is False
    with Smtpd(Faults(smtputf8=True)) as server:
        assert talk(server, dialogue).code == 250
    assert any(line.endswith("SMTPUTF8") for line in server.commands)
