"""What is known of one person, and how it is forgotten everywhere."""

from collections.abc import Iterator
from email import message_from_binary_file
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from publisher.errors import UsageError
from publisher.running.doors import Doors
from publisher.store import persons
from publisher.store.driver import sqlite_file
from publisher.store.persons import Person
from publisher.store.transaction import Transaction
from publisher.subscribing.addresses import clean, key
from publisher.subscribing.suppression import hashed, hashes

PLACES = {
    "subscriber": "the list: address, state, consent, choices",
    "signup": "forms that nobody has looked at yet",
    "letter": "a confirmation mail that waits",
    "returned": "bounces and complaints",
    "delivery": "digests still owed, which are suppressed; who got what stays as a number",
    "attempt": "the ledger: replies of servers that named the address",
    "run": "reports of runs that named the address",
    "suppression": "a keyed hash, so that no import brings the address back; a new double opt-in lifts it",
}


def everything(doors: Doors, address: str) -> dict[str, Any]:
    """All that is kept about one person, by place."""
    with doors.store.read() as tx:
        found: dict[str, Any] = dict(persons.everything(tx, _person(doors, tx, address)))
    files = [str(path) for path in _mails(doors, key(clean(address) or address))]
    return found | ({"mails in the Maildir": files} if files else {})


def erase(doors: Doors, address: str) -> Iterator[str]:
    """Forget a person; a sentence for each place. Idempotent."""
    with doors.store.begin() as tx:
        person = _person(doors, tx, address)
        kept = persons.numbers(tx, person)
        done = persons.erase(tx, person, address_hash=hashed(doors.keys, person.key), now=doors.now())
    doors.store.settle_file()
    for name, number in done.items():
        yield f"{number} in {PLACES.get(name, name)}"
    if kept:
        yield f"{kept} rows of the ledger stay as a number that is nobody's now, so that the sums of past digests hold"
    mails = list(_mails(doors, person.key))
    for path in mails:
        path.unlink(missing_ok=True)
    if mails:
        yield f"{len(mails)} mails in the Maildir"
    if not done and not mails:
        yield "Nothing was kept about this address."
    yield from _beyond(doors)


def _person(doors: Doors, tx: Transaction, address: str) -> Person:
    cleaned = clean(address)
    if cleaned is None:
        raise UsageError(f"{address} is no mail address.")
    return persons.look_up(tx, cleaned, key(cleaned), hashes(doors.keys, key(cleaned)))


def _mails(doors: Doors, address_key: str) -> Iterator[Path]:
    """Mails to this address that were written instead of sent."""
    maildir = doors.publication.mail.maildir
    folder = doors.site / maildir if maildir else None
    if folder is None or not folder.is_dir():
        return
    for path in sorted(one for box in ("new", "cur", "tmp") for one in (folder / box).glob("*")):
        with path.open("rb") as file:
            to = parseaddr(str(message_from_binary_file(file)["To"]))[1]
        if key(to) == address_key:
            yield path


def _beyond(doors: Doors) -> Iterator[str]:
    """What this program does not reach into."""
    file = sqlite_file(doors.publication.store_url, doors.home)
    copies = sorted(file.parent.glob(f"{file.name}.*")) if file else []
    copies = [one for one in copies if not one.name.endswith(("-wal", "-shm"))]
    if copies:
        yield f"Not touched, and yours to delete: {', '.join(str(one) for one in copies)}"
    yield "Backups keep what they had when they were made; mail servers and readers' mailboxes keep what was sent."
