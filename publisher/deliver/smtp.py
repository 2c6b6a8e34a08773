"""An SMTP client (RFC 5321) that stops at 354 and asks before it goes on.

It pipelines where the server announces PIPELINING (RFC 2920), across messages too: the final dot of one and the
envelope of the next leave in one write. Without it every command waits for its reply.
"""

import asyncio
import base64
import re
import socket
import ssl

import msgspec

from publisher.config import Relay
from publisher.deliver.wire import ConnectionEndedError, Wire
from publisher.delivering import Reply, Stage
from publisher.errors import TemporaryError

GO_AHEAD = 354
CLOSING = 421


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds (RFC 5321 s. 4.5.3.2)."""

    connect: float = 30
    greeting: float = 300
    command: float = 300
    data: float = 120
    dot: float = 600
    """A short one makes doubt: the server may take its time over a mail that it then accepts."""


class RelayError(TemporaryError):
    """A relay cannot be used now."""

    def __init__(
        self, relay: str, stage: Stage, reason: str, *, reply: Reply | None = None, last: bool = False
    ) -> None:
        super().__init__(f"relay {relay}, {stage}: {reason}")
        self.relay = relay
        self.stage = stage
        self.reply = reply
        self.last = last
        """Trying again would end the same: a password, a certificate, a missing STARTTLS."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    sender: str
    recipient: str
    size: int
    """Octets of the content, for SIZE (RFC 1870)."""


class Refusal(msgspec.Struct, frozen=True):
    stage: Stage
    reply: Reply


class Connection:
    """One connection that is greeted, encrypted and authenticated as the relay asks."""

    def __init__(self, relay: Relay, wire: Wire, timeouts: Timeouts) -> None:
        self.relay = relay
        self.accepted = 0
        """How many messages the server took on this connection."""
        self._wire = wire
        self._timeouts = timeouts
        self._extensions: dict[str, str] = {}
        self._offered: Envelope | None = None
        self._unfinished = False
        self._resetting = False

    @property
    def is_open(self) -> bool:
        return self._wire.lost is None

    @property
    def pipelines(self) -> bool:
        return "PIPELINING" in self._extensions

    def offer(self, envelope: Envelope) -> None:
        """Begin a transaction; where the server pipelines, MAIL, RCPT and DATA leave now."""
        self._offered = envelope
        if self.pipelines:
            self._wire.write(self._opening(envelope))

    def _opening(self, envelope: Envelope) -> bytes:
        self._resetting, self._unfinished = self._unfinished, False
        commands = [self._mail(envelope), f"RCPT TO:<{envelope.recipient}>", "DATA", ""]
        return "\r\n".join(["RSET", *commands] if self._resetting else commands).encode()

    def _mail(self, envelope: Envelope) -> str:
        size = f" SIZE={envelope.size}" if "SIZE" in self._extensions else ""
        smtputf8 = "" if (envelope.sender + envelope.recipient).isascii() else " SMTPUTF8"
        return f"MAIL FROM:<{envelope.sender}>{size}{smtputf8}"

    def takes(self, envelope: Envelope) -> bool:
        """False: the address needs SMTPUTF8 (RFC 6531), which this server does not have."""
        return "SMTPUTF8" in self._extensions or (envelope.sender + envelope.recipient).isascii()

    async def answer(self) -> Refusal | None:
        """None: the server said 354 to the offered envelope and waits for the content. Else who said no, and how.

        After a refusal the connection can be used for the next envelope, unless it is no longer open.
        """
        refusal = await (self._read_answers() if self.pipelines else self._ask_each())
        if refusal and _ends_it(refusal.reply, awaited=(4, 5)):
            self._wire.abort()
            self._wire.lost = str(refusal.reply)
        return refusal

    async def _read_answers(self) -> Refusal | None:
        """RFC 2920 s. 3.1: the replies to RSET, MAIL, RCPT and DATA, which left together."""
        first: Refusal | None = None
        if self._resetting:
            await self._reply(Stage.MAIL)
        for stage in (Stage.MAIL, Stage.RCPT, Stage.DATA):
            reply = self._wire.ready() or await self._reply(stage)
            good = reply.code == GO_AHEAD if stage is Stage.DATA else reply.code // 100 == 2  # noqa: PLR2004 - 2yz
            if first is None and not good:
                first = Refusal(stage, reply)
            if reply.code == CLOSING:
                return first
        if first is not None:
            await self._leave(data_accepted=reply.code == GO_AHEAD)
        return first

    async def _leave(self, *, data_accepted: bool) -> None:
        """End a refused transaction. A server that says 354 without a recipient gets a lone dot (RFC 2920 s. 3.1)."""
        if data_accepted:
            self._wire.write(b".\r\n")
            await self._reply(Stage.DOT)
        self._unfinished = not data_accepted

    async def _ask_each(self) -> Refusal | None:
        envelope = self._offered
        assert envelope is not None
        if self._unfinished:
            await self._command("RSET", Stage.MAIL)
            self._unfinished = False
        for stage, command, good in (
            (Stage.MAIL, self._mail(envelope), 2),
            (Stage.RCPT, f"RCPT TO:<{envelope.recipient}>", 2),
            (Stage.DATA, "DATA", 3),
        ):
            reply = await self._command(command, stage)
            if reply.code // 100 != good:
                self._unfinished = stage is not Stage.MAIL
                return Refusal(stage, reply)
        return None

    def send(self, content: bytes, following: Envelope | None = None, *, dotless: bool = False) -> None:
        """The content and the final dot. Only after 354, and only with the mark.

        `following` is offered in the same write, where the server pipelines. `dotless`: no line begins with a dot.
        """
        if not dotless and (content.startswith(b".") or b"\r\n." in content):
            content = re.sub(rb"(?m)^\.", b"..", content)  # RFC 5321 s. 4.5.2
        end = b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n"
        self._offered = following
        if following is not None:
            end += self._opening(following)
        self._wire.write(content, end)

    async def verdict(self) -> Reply:
        """The reply to the final dot."""
        reply = await self._wire.reply(Stage.DOT, self._timeouts.dot)
        self.accepted += reply.code // 100 == 2  # noqa: PLR2004 - 2yz
        if _ends_it(reply, awaited=(2, 4, 5)):
            self._wire.abort()
            self._wire.lost = str(reply)
        return reply

    async def quit(self) -> None:
        """Say goodbye and close; a server that does not answer is not waited for."""
        if self.is_open:
            self._wire.write(b"QUIT\r\n")
        self._wire.close()

    def abort(self) -> None:
        self._wire.abort()

    async def _command(self, line: str, stage: Stage) -> Reply:
        self._wire.write(line.encode() + b"\r\n")
        return await self._reply(stage)

    async def _reply(self, stage: Stage) -> Reply:
        return await self._wire.reply(stage, self._timeouts.data if stage is Stage.DATA else self._timeouts.command)

    # The opening of the dialogue -------------------------------------------------------------------------------

    async def _open(self, context: ssl.SSLContext | None) -> None:
        greeting = await self._wire.reply(Stage.GREETING, self._timeouts.greeting)
        self._expect(greeting, 2, Stage.GREETING)
        await self._ehlo()
        encrypted = self.relay.tls == "implicit"
        if not encrypted and context is not None:
            encrypted = await self._start_tls(context)
        if self.relay.user:
            await self._authenticate(self.relay.user, self.relay.password or "", encrypted=encrypted)

    async def _ehlo(self) -> None:
        """A server that does not know EHLO gets HELO, and offers nothing then (RFC 5321 s. 3.2)."""
        own_name = _own_name(self._wire.own_address)
        self._extensions = {}
        reply = await self._command(f"EHLO {own_name}", Stage.EHLO)
        if reply.code // 100 == 5:  # noqa: PLR2004 - 5yz
            self._expect(await self._command(f"HELO {own_name}", Stage.EHLO), 2, Stage.EHLO)
            return
        self._expect(reply, 2, Stage.EHLO)
        lines = [line.partition(" ") for line in reply.text.split("\n")[1:]]
        self._extensions = {name.upper(): parameters for name, _, parameters in lines}

    async def _start_tls(self, context: ssl.SSLContext) -> bool:
        required = self.relay.tls == "required"
        if "STARTTLS" not in self._extensions:
            if required:
                raise self._error(
                    Stage.STARTTLS, 'it does not offer encryption; tls = "implicit" and port 465?', last=True
                )
            return False
        reply = await self._command("STARTTLS", Stage.STARTTLS)
        if reply.code // 100 != 2:  # noqa: PLR2004 - 2yz
            if required:
                raise self._error(Stage.STARTTLS, str(reply), reply=reply)
            return False
        try:
            await self._wire.start_tls(context, self.relay.host)
        except ssl.SSLError as error:
            raise self._error(Stage.STARTTLS, f"no encrypted connection: {error}", last=True) from error
        await self._ehlo()
        return True

    async def _authenticate(self, user: str, password: str, *, encrypted: bool) -> None:
        if not encrypted:
            raise self._error(Stage.AUTH, "the password is not sent over a connection that is not encrypted", last=True)
        offered = self._extensions.get("AUTH", "").upper().split()
        if "PLAIN" in offered:
            reply = await self._command(f"AUTH PLAIN {_base64(chr(0) + user + chr(0) + password)}", Stage.AUTH)
        elif "LOGIN" in offered:
            reply = await self._command("AUTH LOGIN", Stage.AUTH)
            for word in (user, password):
                if reply.code == 334:  # noqa: PLR2004 - RFC 4954 s. 4
                    reply = await self._command(_base64(word), Stage.AUTH)
        else:
            raise self._error(Stage.AUTH, f"it offers {offered or 'no AUTH'}; PLAIN or LOGIN is needed", last=True)
        self._expect(reply, 2, Stage.AUTH)

    def _expect(self, reply: Reply, kind: int, stage: Stage) -> None:
        if reply.code // 100 != kind:
            raise self._error(stage, str(reply), reply=reply, last=reply.code // 100 == 5)  # noqa: PLR2004 - 5yz

    def _error(self, stage: Stage, reason: str, *, reply: Reply | None = None, last: bool = False) -> RelayError:
        return RelayError(self.relay.name, stage, reason, reply=reply, last=last)


async def connect(relay: Relay, timeouts: Timeouts, *, context: ssl.SSLContext | None = None) -> Connection:
    """Connect (IPv6 or IPv4, whichever answers first), greet, encrypt and authenticate. Raises `RelayError`.

    `context` replaces the one that `relay.tls` calls for.
    """
    context = context or tls_context(relay)
    implicit = relay.tls == "implicit"
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeouts.connect):
            _, wire = await loop.create_connection(
                Wire,
                relay.host,
                relay.port,
                ssl=context if implicit else None,
                server_hostname=relay.host if implicit else None,
                happy_eyeballs_delay=0.25,
            )
    except TimeoutError as error:
        raise RelayError(relay.name, Stage.CONNECT, f"no answer within {timeouts.connect:g} seconds") from error
    except ssl.SSLError as error:
        raise RelayError(relay.name, Stage.CONNECT, f"no encrypted connection: {error}", last=True) from error
    except OSError as error:
        raise RelayError(
            relay.name, Stage.CONNECT, f"{relay.host} port {relay.port}: {error.strerror or error}"
        ) from error
    connection = Connection(relay, wire, timeouts)
    try:
        await connection._open(context)  # noqa: SLF001 - its own factory
    except (ConnectionEndedError, OSError) as error:
        connection.abort()
        stage = getattr(error, "stage", Stage.STARTTLS)
        raise RelayError(relay.name, stage, getattr(error, "reason", str(error))) from error
    except BaseException:
        connection.abort()
        raise
    return connection


def tls_context(relay: Relay) -> ssl.SSLContext | None:
    """`required` and `implicit` check the certificate, `opportunistic` does not (RFC 7435); None for `none`."""
    if relay.tls == "none":
        return None
    context = ssl.create_default_context()
    if relay.tls == "opportunistic":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _ends_it(reply: Reply, *, awaited: tuple[int, ...]) -> bool:
    """421; and a reply of no kind that is awaited: nobody could say to which command the next one belongs."""
    return reply.code == CLOSING or reply.code // 100 not in awaited


def _own_name(address: str) -> str:
    """RFC 5321 s. 4.1.4: a host's full name, or an address literal where it has none."""
    name = socket.gethostname()
    if re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", name):
        return name
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
