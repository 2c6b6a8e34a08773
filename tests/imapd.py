"""An IMAP server with one mailbox, for tests: what RFC 3501 asks of the commands that a reader of bounces gives."""

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Box:
    """The mailbox, and what was asked of it."""

    messages: dict[int, bytes]
    password: str = "secret"
    can_move: bool = True
    drop_at: str | None = None
    """The connection ends when this is asked for."""
    seen: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)
    folders: dict[str, list[bytes]] = field(default_factory=lambda: {"Done": []})
    commands: list[str] = field(default_factory=list)
    port: int = 0


class _Session(socketserver.StreamRequestHandler):
    box: Box

    def handle(self) -> None:
        self._say("* OK ready")
        for raw in self.rfile:
            tag, _, rest = raw.decode().strip().partition(" ")
            self.box.commands.append(re.sub(r"(?i)^(login \S+) .*", r"\1 ***", rest))
            if self.box.drop_at and self.box.drop_at in rest:
                return
            name, _, arguments = rest.removeprefix("UID ").partition(" ")
            answer = getattr(self, f"do_{name.lower()}")(arguments)
            self._say(f"{tag} {answer or 'OK done'}")
            if name == "LOGOUT":
                return

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def do_capability(self, _: str) -> None:
        self._say(f"* CAPABILITY IMAP4rev1{' MOVE' if self.box.can_move else ''}")

    def do_login(self, arguments: str) -> str | None:
        return None if self.box.password in arguments else "NO [AUTHENTICATIONFAILED] wrong password"

    def do_select(self, arguments: str) -> str | None:
        if arguments.strip('"') != "INBOX":
            return "NO no such mailbox"
        self._say(f"* {len(self.box.messages)} EXISTS")
        return None

    def do_search(self, _: str) -> None:
        unseen = sorted(self.box.messages.keys() - self.box.seen - self.box.deleted)
        self._say(f"* SEARCH {' '.join(map(str, unseen))}".rstrip())

    def do_fetch(self, arguments: str) -> None:
        uid = int(arguments.split(maxsplit=1)[0])
        assert "BODY.PEEK[]" in arguments, "a fetch must not mark a message as seen"
        raw = self.box.messages[uid]
        self.wfile.write(f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(raw)}}}\r\n".encode() + raw + b")\r\n")

    def do_store(self, arguments: str) -> None:
        uid = int(arguments.split(maxsplit=1)[0])
        self.box.seen.add(uid)
        if "Deleted" in arguments:
            self.box.deleted.add(uid)

    def do_copy(self, arguments: str) -> str | None:
        uid, folder = arguments.split(" ", 1)
        return self._put(int(uid), folder)

    def do_move(self, arguments: str) -> str | None:
        uid, folder = arguments.split(" ", 1)
        refused = self._put(int(uid), folder)
        if not refused:
            del self.box.messages[int(uid)]
        return refused

    def _put(self, uid: int, folder: str) -> str | None:
        if folder.strip('"') not in self.box.folders:
            return "NO [TRYCREATE] no such mailbox"
        self.box.folders[folder.strip('"')].append(self.box.messages[uid])
        return None

    def do_expunge(self, _: str) -> None:
        for uid in self.box.deleted:
            self.box.messages.pop(uid, None)

    def do_logout(self, _: str) -> None:
        self._say("* BYE")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    tls: ssl.SSLContext | None = None

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        return (self.tls.wrap_socket(connection, server_side=True) if self.tls else connection), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the tests."""


@contextmanager
def serving(box: Box, *, tls: ssl.SSLContext | None = None) -> Iterator[Box]:
    session = type("Session", (_Session,), {"box": box})
    with _Server(("127.0.0.1", 0), session) as server:
        server.tls = tls
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
