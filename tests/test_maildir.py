"""Delivery into a Maildir: each mail once, whatever happens in between."""

from pathlib import Path

from deliver_child import compose
from mailing import DIGEST, NOON, audience, sums, unsubscribe
from publisher.deliver import Result, write_to_maildir
from publisher.delivering import Sums
from publisher.store import Store, outbox
from publisher.store.sending import DigestOutbox


def write(store: Store, folder: Path) -> Result:
    box = DigestOutbox(store, DIGEST, now=lambda: NOON, durable=False)
    try:
        return write_to_maildir(box, compose, folder)
    finally:
        box.close()


def test_a_maildir_gets_one_file_each_and_they_count_as_written_never_as_accepted(store: Store, tmp_path: Path):
    audience(store, [f"r{n}" for n in range(120)])
    folder = tmp_path / "outbox"
    assert write(store, folder).progress.accepted == 120
    assert write(store, folder).progress.accepted == 0
    assert sums(store) == Sums(audience=120, written=120)
    assert len(list((folder / "new").iterdir())) == 120
    assert not list((folder / "tmp").iterdir())


def test_a_file_that_a_crash_left_or_a_reader_has_moved_is_not_written_again(store: Store, tmp_path: Path):
    audience(store, ["a", "b"])
    folder = tmp_path / "outbox"
    write(store, folder)
    moved, stays = sorted((folder / "new").iterdir())
    moved.rename(folder / "cur" / f"{moved.name}:2,S")
    with store.begin() as tx:
        tx.connection.exec_driver_sql("UPDATE delivery SET state = 'sending'")
        assert outbox.recover(tx, DIGEST, now=NOON) == 0
    assert write(store, folder).progress.accepted == 2
    assert list((folder / "new").iterdir()) == [stays]


def test_a_maildir_heeds_consent_too(store: Store, tmp_path: Path):
    audience(store, ["a", "b"])
    unsubscribe(store, "a")
    write(store, tmp_path / "outbox")
    assert sums(store) == Sums(audience=2, written=1, suppressed=1)
