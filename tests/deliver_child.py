"""A process that delivers, to be killed at any moment: `python deliver_child.py URL HOME PORT CONNECTIONS`."""

import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from publisher.config import Relay
from publisher.deliver import Letter, Settings, deliver
from publisher.delivering import Claim
from publisher.store import open_store
from publisher.store.outbox import recover
from publisher.store.sending import DigestOutbox

DIGEST = "2026-06-25"
BODY = b"Subject: the day\r\n\r\n" + b"words and more words\r\n" * 100


def compose(claim: Claim) -> Letter:
    identity = f"<{DIGEST}.{claim.subscriber}@zendoric.example>"
    content = f"Message-ID: {identity}\r\nTo: {claim.address}\r\n".encode() + BODY
    return Letter(sender="daily@zendoric.example", recipient=claim.address, content=content, message_id=identity)


def main(url: str, home: str, port: str, connections: str) -> int:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    def now() -> datetime:
        return datetime.now(UTC)

    store = open_store(url, Path(home), "zendoric.example", now=now())
    relay = Relay(name="main", host="127.0.0.1", port=int(port), user=None, password=None, tls="none")
    with store.exclusive("run") as held:
        if not held:
            return 75
        with store.begin() as tx:
            recover(tx, DIGEST, now=now())
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        outbox = DigestOutbox(store, DIGEST, now=now)
        deliver(outbox, compose, [relay], connections=int(connections), stop=stop, settings=Settings(chunk=50))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
