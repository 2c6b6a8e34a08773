"""Delivery into a Maildir: for trying out, for rehearsals, for programs that take mail from there. Nothing is sent."""

import hashlib
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from publisher.deliver.making import make
from publisher.deliver.port import Compose, Letter, Outbox, Progress, Report, Result
from publisher.delivering import Claim, Event, Outcome, Verdict
from publisher.errors import TemporaryError

CHUNK = 50
"""Small, so that a stop or an unsubscribe is heeded soon."""


def write_to_maildir(
    outbox: Outbox,
    compose: Compose,
    folder: Path,
    *,
    stop: threading.Event | None = None,
    report: Report | None = None,
) -> Result:
    """Write what is due as files in `folder/new`. The outbox is one that asks consent and makes no mark.

    A file's name comes from the Message-ID, so a second attempt after a crash finds the file and writes none.
    Raises `TemporaryError` when the folder cannot be written; what was not written is given back.
    """
    counts = dict.fromkeys((Event.WRITTEN, Event.PUT_OFF, Event.REFUSED, Event.UNMAKEABLE), 0)
    box = _Maildir(folder)
    while not (stop and stop.is_set()):
        claims = outbox.claim(CHUNK)
        if not claims:
            return Result(progress=_progress(counts), ended="the digest was stopped" if outbox.stopped() else None)
        permitted = outbox.record(claims, ())
        outcomes = _write(outbox, compose, box, [one for one in claims if one.subscriber in permitted])
        outbox.record((), outcomes)
        for one in outcomes:
            counts[one.event] += 1
        if report:
            report(_progress(counts))
    return Result(progress=_progress(counts), ended="it was told to stop; the rest goes on with the next run")


def _write(outbox: Outbox, compose: Compose, box: "_Maildir", claims: Sequence[Claim]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    try:
        for claim in claims:
            made = make(compose, claim)
            if isinstance(made, Letter):
                name = box.put(made)
                made = Outcome(claim=claim, event=Event.WRITTEN, verdict=Verdict.WRITTEN, relay="maildir", reply=name)
            outcomes.append(made)
        box.sync()
    except OSError as error:
        outbox.give_back(claims)
        raise TemporaryError(f"{box.folder} cannot be written: {error.strerror or error}.") from error
    return outcomes


def _progress(counts: dict[Event, int]) -> Progress:
    rejected = counts[Event.REFUSED] + counts[Event.UNMAKEABLE]
    return Progress(accepted=counts[Event.WRITTEN], deferred=counts[Event.PUT_OFF], rejected=rejected)


class _Maildir:
    """`tmp`, `new` and `cur`; made where they are missing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            for part in ("tmp", "new", "cur"):
                (folder / part).mkdir(parents=True, exist_ok=True)
            # A mail program moves what it has shown from new/ to cur/ and adds flags after a colon.
            self._seen = {name.partition(":")[0] for name in (path.name for path in (folder / "cur").iterdir())}
        except OSError as error:
            raise TemporaryError(f"{folder} cannot be used as a Maildir: {error.strerror or error}.") from error

    def put(self, letter: Letter) -> str:
        """Write one mail, complete on the disk before it has its name in `new`. Returns the name."""
        name = hashlib.sha256(letter.message_id.encode()).hexdigest()[:32] + ".publisher"
        if name in self._seen or (self.folder / "new" / name).exists():
            return name
        draft = self.folder / "tmp" / f"{name}.{os.getpid()}"
        with draft.open("wb") as file:
            file.write(f"Return-Path: <{letter.sender}>\r\nDelivered-To: {letter.recipient}\r\n".encode())
            file.write(letter.content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, self.folder / "new" / name)
        except FileExistsError:
            pass  # another process was quicker with the same bytes
        finally:
            draft.unlink()
        return name

    def sync(self) -> None:
        """Make the names durable; before the ledger says `written`."""
        handle = os.open(self.folder / "new", os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
