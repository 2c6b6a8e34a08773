"""What is kept about a person is shown, and forgotten when asked."""

import io
import json
import re
from datetime import datetime

import pytest
from sqlalchemy import Text

from desk import SLOT, Desk
from publisher.store import Store, persons
from publisher.store.schema import attempt, letter, metadata, run, signup, subscriber
from publisher.subscribing.suppression import hashed, hashes
from publisher.subscribing.tokens import parse_keys

KEYS = parse_keys("k1 " + "ab" * 32)
NOW = datetime.fromisoformat("2026-06-25T12:00:00+00:00")
ANNA = "Anna@example.org"


def test_every_table_that_speaks_of_a_person_has_its_place():
    speaking = {
        table
        for table in metadata.sorted_tables
        if {"subscriber", "address_key", "address_hash"} & set(table.c.keys()) or table is signup
    }
    assert speaking | {subscriber} == set(persons.PLACES)


def fill(store: Store) -> None:
    """A person in every place, and another beside."""
    with store.begin() as tx:
        add = tx.connection.execute
        for number, address in ((7, ANNA), (8, "ben@example.org")):
            this = {"publication": tx.publication}
            add(
                subscriber.insert().values(
                    **this,
                    id=number,
                    address=address,
                    address_key=address.lower(),
                    state="confirmed",
                    created=NOW,
                    evidence="form",
                )
            )
            add(signup.insert().values(**this, address=address, asked=NOW, frequency="daily", evidence="form"))
            add(letter.insert().values(**this, subscriber=number, kind="confirm", asked=NOW, due=NOW))
            said = f"550 5.1.1 <{address.upper()}>: no such user"
            add(
                attempt.insert().values(
                    **this, digest="2026-06-25", subscriber=number, n=1, at=NOW, outcome="refused", reply=said
                )
            )
            add(run.insert().values(**this, started=NOW, report=json.dumps({"urgent": [f"in doubt: {address}"]})))


def person(store: Store) -> persons.Person:
    with store.read() as tx:
        return persons.look_up(tx, ANNA, ANNA.lower(), hashes(KEYS, ANNA.lower()))


def texts(store: Store) -> str:
    """All texts of the store."""
    found = []
    with store.read() as tx:
        for table in metadata.sorted_tables:
            for column in table.c:
                if isinstance(column.type, Text):
                    found += tx.connection.execute(column.table.select().with_only_columns(column)).scalars()
    return "\n".join(text for text in found if text).lower()


def test_all_that_is_kept_is_shown_and_nothing_is_left_of_it_after(store: Store):
    fill(store)
    with store.read() as tx:
        shown = persons.everything(tx, person(store))
    assert set(shown) == {"subscriber", "signup", "letter", "attempt", "named in"}
    with store.begin() as tx:
        done = persons.erase(tx, person(store), address_hash=hashed(KEYS, ANNA.lower()), now=NOW)
    assert done == {"subscriber": 1, "signup": 1, "letter": 1, "attempt": 1, "run": 1, "suppression": 1}
    assert ANNA.lower() not in texts(store)
    assert texts(store).count("ben@example.org") == 5
    assert "550 5.1.1 <[erased]>: no such user" in texts(store)
    with store.read() as tx:
        assert set(persons.everything(tx, person(store))) == {"suppression"}
    with store.begin() as tx:
        assert not persons.erase(tx, person(store), address_hash=hashed(KEYS, ANNA.lower()), now=NOW)


def test_whoever_answers_no_has_erased_nobody(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    done = desk.publisher("subscribers", "erase", "anna@example.org")
    assert done.returncode == 0
    assert done.stderr.endswith("Nothing was erased.\n")
    assert "anna@example.org" in desk.publisher("subscribers", "list").stdout


def test_an_erased_reader_is_in_no_file_and_the_sums_hold(desk: Desk):
    desk.article("one", "2026-06-25T08:00:00+02:00")
    desk.run()
    assert json.loads(desk.publisher("subscribers", "show", "anna@example.org", "--json").stdout)["delivery"]
    done = desk.publisher("subscribers", "erase", "anna@example.org", "--yes")
    assert done.returncode == 0
    assert "1 mails in the Maildir" in done.stderr
    assert "2 rows of the ledger stay as a number" in done.stderr
    for path in desk.home.rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert b"anna@example.org" not in path.read_bytes().lower(), path
    verified = json.loads(desk.publisher("verify", "--json").stdout)
    assert (verified["audience"], verified["written"], verified["adds_up"]) == (2, 2, True)
    assert desk.publisher("subscribers", "show", "anna@example.org").returncode == 0  # the hash
    (desk.home / "l.csv").write_text("email\nanna@example.org\n")
    desk.publisher("subscribers", "import", str(desk.home / "l.csv"))
    assert "anna" not in desk.publisher("subscribers", "list").stdout
    assert desk.publisher("subscribers", "erase", "anna@example.org", "--yes", at=SLOT).returncode == 0


def test_what_is_known_is_told_in_short_lines_and_to_the_second(desk: Desk) -> None:
    desk.subscribe("a-rather-long-name-for-a-mailbox@example.org")
    listed, shown = (desk.publisher("subscribers", *one).stdout for one in (["list"], ["show", "anna@example.org"]))
    assert not re.search(r":\d\d\.\d", listed + shown)
    assert max(map(len, shown.splitlines())) <= 100
    assert "  address: anna@example.org" in shown.splitlines()
