# ruff: noqa: A005 - the library's `smtpd` is gone since Python 3.12
"""A real SMTP server for the tests, which counts what it took and misbehaves where one line of the script says so.

    with Smtpd(Faults(refuse={"b@example.org": "550 5.1.1 no such user"})) as server:
        ... server.port, server.taken

It runs in a thread with an event loop of its own.
"""

import asyncio
import base64
import re
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from types import TracebackType
from typing import Self


@dataclass
class Faults:
    refuse: dict[str, str] = field(default_factory=dict)
    """Recipient -> the reply to its RCPT."""
    at_mail: str | None = None
    """The reply to every MAIL."""
    at_dot: dict[str, str] = field(default_factory=dict)
    """Recipient -> the reply to its final dot."""
    drop_before_dot: set[str] = field(default_factory=set)
    """Recipients for whom the connection ends after 354, once each."""
    drop_after_dot: set[str] = field(default_factory=set)
    """Recipients whose mail is taken, but the connection ends before the 250, once each."""
    drop_at_rcpt: set[str] = field(default_factory=set)
    """Recipients at whose RCPT the connection always ends."""
    twice: bool = False
    """Every reply to a dot comes two times."""
    close_after: int | None = None
    """421 to MAIL after so many messages on one connection."""
    data_whatever: bool = False
    """354 to DATA even without a recipient."""
    greeting: str = "220 test ESMTP"
    extended: bool = True
    """It knows EHLO, not HELO alone."""
    most_open: int | None = None
    """421 to the greeting of further connections."""
    pipelining: bool = True
    smtputf8: bool = False
    delay: float = 0
    """Seconds before each reply to a dot."""
    slow: dict[str, float] = field(default_factory=dict)
    """Domain -> seconds before each reply to a RCPT there."""
    tarpit: bool = False
    """It never greets."""
    inject_after_starttls: bytes = b""
    """Sent in the clear together with the 220 to STARTTLS."""
    password: str | None = None
    """AUTH is required, with this password."""
    mechanisms: str = "PLAIN LOGIN"


class Smtpd:
    def __init__(
        self, faults: Faults | None = None, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.faults = faults or Faults()
        self.tls = tls
        self.host = host
        self.port = 0
        self.taken: list[tuple[str, str, bytes]] = []
        """(sender, recipient, content) of each message to whose dot the server said 250, or meant to."""
        self.commands: list[str] = []
        self.connections = 0
        self.open = 0
        self.encrypted = 0
        self.lone_dots = 0
        self.on_354: Callable[[str], None] | None = None
        """Called with the recipient before each 354 is sent."""

    @property
    def copies(self) -> Counter[str]:
        return Counter(recipient for _, recipient, _ in self.taken)

    def __enter__(self) -> Self:
        started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(started)), daemon=True)
        self._thread.start()
        assert started.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    async def _serve(self, started: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._accept, self.host, 0, limit=2**20)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self._end.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self.open += 1
        try:
            await _Session(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError):
            pass
        finally:
            self.open -= 1
            self._tasks.discard(task)
            writer.transport.abort()


class _DropError(ConnectionError):
    pass


class _Session:
    def __init__(self, server: Smtpd, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self.faults, self.reader, self.writer = server, server.faults, reader, writer
        self.sender: str | None = None
        self.recipient: str | None = None
        self.messages = 0
        self.encrypted = False
        self.known = server.faults.password is None

    def say(self, line: str) -> None:
        self.writer.write(line.encode() + b"\r\n")

    async def run(self) -> None:
        if self.faults.tarpit:
            await self.reader.read()
            return
        if self.faults.most_open is not None and self.server.open > self.faults.most_open:
            self.say("421 4.7.0 too many connections")
            await self.writer.drain()
            return
        self.say(self.faults.greeting)
        while line := await self.reader.readline():
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            self.server.commands.append(text)
            verb, _, rest = text.partition(" ")
            step = getattr(self, f"do_{verb.lower()}", None)
            if step is None:
                self.say("500 5.5.2 what?")
            else:
                await step(rest)
            await self.writer.drain()

    async def do_helo(self, rest: str) -> None:
        self.say("250 test")

    async def do_ehlo(self, rest: str) -> None:
        if not self.faults.extended:
            self.say("502 5.5.1 not implemented")
            return
        lines = ["test greets you", "SIZE 10000000"]
        lines += ["PIPELINING"] if self.faults.pipelining else []
        lines += ["SMTPUTF8"] if self.faults.smtputf8 else []
        lines += ["STARTTLS"] if self.server.tls and not self.encrypted else []
        lines += [f"AUTH {self.faults.mechanisms}"] if self.faults.password else []
        for line in lines[:-1]:
            self.say(f"250-{line}")
        self.say(f"250 {lines[-1]}")

    async def do_starttls(self, rest: str) -> None:
        assert self.server.tls is not None
        self.writer.write(b"220 go ahead\r\n" + self.faults.inject_after_starttls)
        await self.writer.drain()
        await self.writer.start_tls(self.server.tls)
        self.encrypted = True
        self.server.encrypted += 1

    async def do_auth(self, rest: str) -> None:
        mechanism, _, initial = rest.partition(" ")
        if mechanism == "PLAIN":
            password = base64.b64decode(initial).decode().split("\0")[2]
        else:
            self.say("334 VXNlcm5hbWU6")
            await self.reader.readline()
            self.say("334 UGFzc3dvcmQ6")
            password = base64.b64decode(await self.reader.readline()).decode()
        self.known = password == self.faults.password
        self.say("235 2.7.0 welcome" if self.known else "535 5.7.8 wrong password")

    async def do_mail(self, rest: str) -> None:
        if self.sender is not None:
            self.say("503 5.5.1 nested MAIL")
        elif not self.known:
            self.say("530 5.7.0 authentication required")
        elif self.faults.close_after is not None and self.messages >= self.faults.close_after:
            self.say("421 4.7.0 enough for one connection")
            await self.writer.drain()
            raise _DropError
        elif self.faults.at_mail:
            self.say(self.faults.at_mail)
        else:
            self.sender = rest[rest.index("<") + 1 : rest.index(">")]
            self.say("250 2.1.0 ok")

    async def do_rcpt(self, rest: str) -> None:
        recipient = rest[rest.index("<") + 1 : rest.index(">")]
        if recipient in self.faults.drop_at_rcpt:
            raise _DropError
        reply = self.faults.refuse.get(recipient)
        await asyncio.sleep(self.faults.slow.get(recipient.rpartition("@")[2], 0))
        if self.sender is None:
            self.say("503 5.5.1 MAIL first")
        elif reply:
            self.say(reply)
            if reply.startswith("421"):
                await self.writer.drain()
                raise _DropError
        else:
            self.recipient = recipient
            self.say("250 2.1.5 ok")

    async def do_data(self, rest: str) -> None:
        if self.recipient is None and not self.faults.data_whatever:
            self.say("503 5.5.1 RCPT first")
            return
        recipient = self.recipient
        if self.server.on_354 and recipient:
            self.server.on_354(recipient)
        self.say("354 go on")
        await self.writer.drain()
        if recipient in self.faults.drop_before_dot:
            self.faults.drop_before_dot.discard(recipient)
            raise _DropError
        content = await self._content()
        if recipient is None:
            self.server.lone_dots += content == b""
            self.say("554 5.5.1 no valid recipients")
        else:
            await self._take(recipient, content)
        self.sender = self.recipient = None

    async def _content(self) -> bytes:
        lines: list[bytes] = []
        while (line := await self.reader.readline()) != b".\r\n":
            if not line:
                raise _DropError
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    async def _take(self, recipient: str, content: bytes) -> None:
        reply = self.faults.at_dot.get(recipient, "250 2.0.0 ok")
        if self.faults.delay:
            await asyncio.sleep(self.faults.delay)
        if reply.startswith("250"):
            self.messages += 1
            self.server.taken.append((self.sender or "", recipient, content))
        if recipient in self.faults.drop_after_dot:
            self.faults.drop_after_dot.discard(recipient)
            raise _DropError
        self.say(f"{reply}\r\n{reply}" if self.faults.twice else reply)
        if reply.startswith("421"):
            await self.writer.drain()
            raise _DropError

    async def do_rset(self, rest: str) -> None:
        self.sender = self.recipient = None
        self.say("250 2.0.0 ok")

    async def do_quit(self, rest: str) -> None:
        self.say("221 2.0.0 bye")
        await self.writer.drain()
        raise _DropError


def message_ids(server: Smtpd) -> Counter[str]:
    return Counter(str(message_from_bytes(content)["Message-ID"]) for _, _, content in server.taken)


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A self-signed certificate for localhost: the server's context, and a client's that trusts it."""
    import datetime as dt
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    today = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    file.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(pem))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))


def header(content: bytes, name: str) -> str:
    found = re.search(rf"(?im)^{name}: (.*)$", content.decode())
    return found[1].strip() if found else ""
