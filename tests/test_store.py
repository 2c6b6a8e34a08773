"""The store opens, migrates, locks, and says in a sentence what is wrong with it."""

import contextlib
import resource
import sqlite3
import stat
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.dialects import sqlite

from conftest import NOON
from newsroom import story
from publisher.errors import StoreLostError, TemporaryError
from publisher.model import Body, Edition
from publisher.store import Store, articles, editions, open_store, prepared, subscribers, upgrades
from publisher.store.schema import Instant, edition, metadata
from publisher.store.schema.columns import sqlite_text
from publisher.store.wording import whose
from publisher.store.writing import insert_new


def test_a_store_is_made_once_and_found_again(store: Store) -> None:
    with store.begin() as tx:
        assert tx.connection.execute(text("SELECT count(*) FROM publication")).scalar() == 1


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    def fail_half_way() -> None:
        with store.begin() as tx:
            tx.connection.execute(text("DELETE FROM publication"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    with store.read() as tx:
        assert tx.connection.execute(text("SELECT count(*) FROM publication")).scalar() == 1


def test_what_is_there_is_not_inserted_again_and_the_count_says_so(store: Store) -> None:
    day = {"publication": store.publication, "day": date(2026, 6, 25), "slot": NOON, "state": "held", "since": NOON}
    with store.begin() as tx:
        assert insert_new(tx, edition, [day]) == 1
        assert insert_new(tx, edition, [day | {"state": "closed"}]) == 0
        assert [one.state for one in editions.held(tx)] == ["held"]


def test_articles_are_read_by_their_ids_however_these_are_spelt(store: Store) -> None:
    stories = [story(slug, NOON) for slug in ("plain", "o'clock", 'a "b" \\ c', "año", "灯台")]
    texts = {one.id: Body(markup="markdown", text=f"{one.slug}\n") for one in stories}
    with store.begin() as tx:
        articles.save(tx, [articles.shelved(one, texts[one.id], "seen") for one in stories])
        wanted = [one.id for one in stories[1:]]
        assert articles.read(tx, [*wanted, "tag:nobody"]) == {one.id: one for one in stories[1:]}
        assert articles.bodies(tx, wanted) == {one: texts[one] for one in wanted}
        assert articles.read(tx, []) == {} == articles.bodies(tx, ())


def test_an_edition_closes_once(store: Store) -> None:
    closing = Edition(day=date(2026, 6, 25), slot=NOON, articles=("a", "b"))
    with store.begin() as tx:
        assert editions.close(tx, closing, left_out=["c"], now=NOON)
    with store.begin() as tx:
        assert not editions.close(tx, closing, left_out=[], now=NOON)
        assert editions.taken_ids(tx) == {"a", "b", "c"}
        assert editions.mailed(tx) == {"a": NOON, "b": NOON}


def test_a_held_edition_is_approved_once_and_then_closes(store: Store) -> None:
    day = date(2026, 6, 25)
    with store.begin() as tx:
        editions.record(tx, editions.Decision(day=day, slot=NOON, state="held", since=NOON, reason="why"))
        assert editions.approve(tx, day, NOON)
        assert not editions.approve(tx, date(2026, 6, 26), NOON)
        assert editions.close(tx, Edition(day=day, slot=NOON, articles=("a",)), left_out=[], now=NOON)
        assert editions.decided_days(tx) == {day}


def test_nobody_who_left_is_revived(store: Store) -> None:
    with store.begin() as tx:
        added = {"evidence": "test", "lang": None, "now": NOON}
        assert subscribers.add_confirmed(tx, "a@example.org", "a@example.org", **added)
        assert not subscribers.add_confirmed(tx, "A@example.org", "a@example.org", **added)
        assert subscribers.move(tx, "a@example.org", to="unsubscribed", allowed_from=["confirmed"], now=NOON)
        assert not subscribers.add_confirmed(tx, "a@example.org", "a@example.org", **added)
        assert subscribers.counts(tx) == {"unsubscribed": 1}


def test_only_one_holds_the_lock(store: Store) -> None:
    with store.exclusive("run") as first, store.exclusive("run") as second:
        assert first
        assert not second
    with store.exclusive("run") as again, store.exclusive("other") as other:
        assert again
        assert other


def test_a_newer_store_is_refused(store: Store, tmp_path: Path) -> None:
    with store.begin() as tx:
        tx.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    url = str(store.engine.url.render_as_string(hide_password=False)).replace("sqlite:///", "sqlite:")
    with pytest.raises(StoreLostError, match="newer `publisher`"):
        open_store(url, tmp_path, "zendoric.example", now=NOON)


def test_a_store_is_copied_before_it_is_brought_up_to_date_for_its_owner_alone(tmp_path: Path) -> None:
    store = open_store("sqlite:publisher.db", tmp_path, "zendoric.example", now=NOON)
    with store.begin() as tx:
        tx.connection.execute(text("UPDATE alembic_version SET version_num = '0017'"))
    store.close()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, limits[1]))  # as on a disk that is almost full
    try:
        with pytest.raises(TemporaryError, match="could not be copied"):
            open_store("sqlite:publisher.db", tmp_path, "zendoric.example", now=NOON)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.glob("publisher.db.before-*"))
    open_store("sqlite:publisher.db", tmp_path, "zendoric.example", now=NOON).close()
    copy = tmp_path / "publisher.db.before-0017"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("0017",)]


def test_a_damaged_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "publisher.db"
    file.write_bytes(b"this is no database, whatever its name says" * 200)
    with pytest.raises(StoreLostError, match="publisher restore"):
        open_store("sqlite:publisher.db", tmp_path, "zendoric.example", now=NOON)
    assert file.read_bytes().startswith(b"this is no database")


@pytest.mark.parametrize("name", ["publisher.db", "publisher.db-shm", "publisher.db-wal", ""])
def test_whatever_of_the_store_is_read_only_is_named(tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for end in ("", "-shm", "-wal", ".before-0001"):
        (home / f"publisher.db{end}").touch()
    (home / "publisher.db.before-0001").chmod(0o400)
    (home / name).chmod(0o500)
    assert whose(home / "publisher.db") == f" {home / name} is read-only; type: chmod u+w {home / name}"


def test_a_locked_store_is_tried_again_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publisher.store.driver.BUSY_SECONDS", 0.1)
    store = open_store("sqlite:publisher.db", tmp_path, "zendoric.example", now=NOON)
    other = sqlite3.connect(tmp_path / "publisher.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TemporaryError, match="Try again"), store.begin():
        pass
    other.close()


def described(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    """All tables, columns, keys and indexes that there are."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"))
        return {"tables": [(name, "".join(sql.split())) for name, sql in rows]}
    wanted = {
        "columns": "SELECT table_name, column_name, data_type, is_nullable, column_default "
        "FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2",
        "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
        "keys": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
    }
    return {name: [tuple(row) for row in connection.execute(text(query))] for name, query in wanted.items()}


def test_the_migrations_make_exactly_the_tables_of_a_new_store(store: Store) -> None:
    with store.engine.connect() as connection:
        fresh = described(connection)
        connection.rollback()
        for table in reversed(metadata.sorted_tables):
            connection.execute(text(f"DROP TABLE {table.name}"))
        connection.execute(text(f"DROP TABLE {upgrades.VERSION}"))
        upgrades.upgrade(connection)
        climbed = described(connection)
        connection.rollback()
    assert climbed == fresh
    assert all(climbed.values())


def test_rows_that_are_found_by_their_key_alone_lie_in_its_order(tmp_path: Path) -> None:
    store = open_store("sqlite:publisher.db", tmp_path, "zendoric.example", now=NOON)
    with store.engine.connect() as connection:
        made = dict(described(connection)["tables"])
    store.close()
    for name in ("delivery", "attempt", "document", "letter"):
        assert str(made[name]).endswith("WITHOUTROWID")


def test_the_newest_migration_is_the_one_that_the_program_asks_for() -> None:
    folder = Path(upgrades.__file__).parent / "migrations" / "versions"
    assert max(path.name[:4] for path in folder.glob("[0-9]*.py")) == upgrades.HEAD


OPENING = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from publisher.store.engine import open_store

started, begun = os.pipe()
for _ in range(20):
    if os.fork() == 0:
        os.close(begun)
        os.read(started, 1)  # nothing comes; all go on when the other end is closed
        store = open_store("sqlite:publisher.db", Path(sys.argv[1]), "z.example", now=datetime(2026, 1, 1, tzinfo=UTC))
        os.write(1, f"{store.publication} ".encode())
        os._exit(0)
os.close(begun)
for _ in range(20):
    os.wait()
"""


def test_twenty_processes_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    opened = subprocess.run([sys.executable, "-c", OPENING, str(tmp_path)], check=False, capture_output=True, text=True)
    assert (opened.returncode, opened.stdout, opened.stderr) == (0, "1 " * 20, "")


@given(st.datetimes(timezones=st.timezones()) | st.none())
def test_an_instant_is_written_as_by_sqlalchemy(at: datetime | None) -> None:
    dialect = sqlite.dialect()
    written = Instant().dialect_impl(dialect).bind_processor(dialect)
    try:
        expected = written(at)
    except OverflowError:  # in UTC it is of a year that there is not
        with pytest.raises(OverflowError):
            sqlite_text(at)
    else:
        assert sqlite_text(at) == expected


def test_however_many_times_are_written_down_nothing_of_them_is_held(store: Store) -> None:
    with store.begin() as tx:
        kept = prepared.instant(tx, NOON)
        held = prepared._keeper.cache_info().currsize
        assert {prepared.instant(tx, NOON) for _ in range(10)} == {kept}
    assert prepared._keeper.cache_info().currsize == held <= (prepared._keeper.cache_info().maxsize or 0)
