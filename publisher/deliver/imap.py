"""Mail that came back, read from a mailbox by IMAP (RFC 3501, RFC 9051).

Four commands are needed, and they are the standard library's: find what is not seen, fetch it without marking it
(BODY.PEEK), and when its effect is stored, mark it or move it (RFC 6851).
"""

import imaplib
import re
import ssl
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

from publisher.config import Mailbox
from publisher.deliver.returns import LARGEST, Arrived
from publisher.errors import ConfigurationError, TemporaryError

PATIENCE = 30.0
"""Seconds for one answer of the server."""


def from_mailbox(
    box: Mailbox, *, within: float | None = None, context: ssl.SSLContext | None = None
) -> Generator[Arrived]:
    """What nobody has seen, the oldest first, each fetched when its turn comes.

    After `within` seconds no further message is begun; `context` is for a certificate that the system does not trust.
    Raises `TemporaryError` where the server is away or the line breaks, `ConfigurationError` where it refuses the
    password or knows no such folder.
    """
    deadline = None if within is None else time.monotonic() + within
    with _told_in_a_sentence(box), _opened(box, context or ssl.create_default_context()) as server:
        for uid in _unseen(server):
            if deadline is not None and time.monotonic() > deadline:
                return
            raw = _fetch(server, uid)
            if raw is not None:
                yield Arrived(name=f"message {uid} of {box.folder}", raw=raw, done=_marking(server, uid, box))


@contextmanager
def _told_in_a_sentence(box: Mailbox) -> Generator[None]:
    try:
        yield
    except (OSError, imaplib.IMAP4.abort) as error:
        raise TemporaryError(f"{box.host} does not answer by IMAP: {error}. It is tried again next time.") from error
    except imaplib.IMAP4.error as error:
        raise TemporaryError(f"{box.host} refuses by IMAP: {_words(error)}. It is tried again next time.") from error


@contextmanager
def _opened(box: Mailbox, context: ssl.SSLContext) -> Generator[imaplib.IMAP4]:
    if box.tls == "implicit":
        server: imaplib.IMAP4 = imaplib.IMAP4_SSL(box.host, box.port, ssl_context=context, timeout=PATIENCE)
    else:
        server = imaplib.IMAP4(box.host, box.port, timeout=PATIENCE)
    try:
        if box.tls == "required":
            server.starttls(context)
        _log_in(server, box)
        _select(server, box)
        yield server
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            server.logout()
        with suppress(OSError):  # a logout that found the line broken has left its end open
            server.shutdown()


def _log_in(server: imaplib.IMAP4, box: Mailbox) -> None:
    if box.password is None:
        raise ConfigurationError("[bounces] imap has no password: PUBLISHER_BOUNCES_PASSWORD in publisher.env")
    try:
        server.login(box.user, box.password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise ConfigurationError(f"{box.host} refuses {box.user}: {_words(error)}. Look at [bounces].") from error


def _select(server: imaplib.IMAP4, box: Mailbox) -> None:
    status, answer = server.select(_quoted(box.folder))
    if status != "OK":
        raise ConfigurationError(f"{box.host} has no folder {box.folder}: {_words(answer)}. Look at [bounces] folder.")


def _unseen(server: imaplib.IMAP4) -> list[str]:
    status, answer = server.uid("SEARCH", "UNSEEN", "UNDELETED")
    if status != "OK":
        raise TemporaryError(f"The mailbox cannot be searched: {_words(answer)}. It is tried again next time.")
    return [uid.decode() for uid in (answer[0] or b"").split()]


def _fetch(server: imaplib.IMAP4, uid: str) -> bytes | None:
    """None: somebody else took it meanwhile."""
    status, answer = server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST}>)")
    if status != "OK":
        return None
    return next((one[1] for one in answer if isinstance(one, tuple) and len(one) > 1), None)


def _marking(server: imaplib.IMAP4, uid: str, box: Mailbox) -> Callable[[], None]:
    def done() -> None:
        with _told_in_a_sentence(box):
            if box.move_to is None:
                server.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)")
            else:
                _move(server, uid, box.move_to)

    return done


def _move(server: imaplib.IMAP4, uid: str, folder: str) -> None:
    if "MOVE" in server.capabilities:
        _must(server.uid("MOVE", uid, _quoted(folder)), folder)
        return
    _must(server.uid("COPY", uid, _quoted(folder)), folder)
    server.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen \Deleted)")
    server.expunge()


def _must(answer: tuple[str, list[bytes]], folder: str) -> None:
    if answer[0] != "OK":
        raise ConfigurationError(f"Nothing can be moved to {folder}: {_words(answer[1])}. Look at [bounces] move_to.")


def _quoted(folder: str) -> str:
    """RFC 3501 s. 4.3; letters beyond ASCII in modified UTF-7 (s. 5.1.3)."""
    coded = re.sub("&|[^\x20-\x7e]+", lambda found: _utf7(found[0]), folder)
    return '"' + coded.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _utf7(text: str) -> str:
    if text == "&":
        return "&-"
    from base64 import b64encode

    return "&" + b64encode(text.encode("utf-16-be")).rstrip(b"=").replace(b"/", b",").decode() + "-"


def _words(answer: object) -> str:
    """What the server said, in one line without its brackets."""
    first = answer[0] if isinstance(answer, list) and answer else answer
    text = first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)
    return " ".join(text.removeprefix("b'").removesuffix("'").split())[:200]
