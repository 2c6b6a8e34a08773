"""Migrations: a store that is older than the program is copied, then brought up to date; a newer one is refused."""

from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from publisher.errors import StoreLostError, TemporaryError
from publisher.store.schema import metadata

HEAD = "0018"
"""The newest migration; a test holds it against the folder."""
VERSION = "alembic_version"
"""Alembic's own table: which migration a store has."""


def bring_up_to_date(engine: Engine, url: str, home: Path) -> None:
    """Idempotent, and safe in several processes at once: the first one migrates, the others wait and find it done."""
    if _version(engine) == HEAD:
        return
    with _one_at_a_time(home):
        version = _version(engine)
        if version == HEAD:
            return
        _refuse_newer(version)
        if version is not None:
            _keep_a_copy(url, home, version)
        _migrate(engine)


def _version(engine: Engine) -> str | None:
    with engine.connect().execution_options(reads_only=True) as connection:
        if not inspect(connection).has_table(VERSION):
            return None
        return connection.execute(text(f"SELECT version_num FROM {VERSION}")).scalar()  # noqa: S608


def _refuse_newer(version: str | None) -> None:
    if version is not None and version > HEAD:
        raise StoreLostError(
            f"The store was written by a newer `publisher` (its schema is {version}, this program knows {HEAD}). "
            "Nothing was changed; install the newer version again."
        )


def _keep_a_copy(url: str, home: Path, version: str) -> None:
    from publisher.store.driver import copy_file, sqlite_file

    file = sqlite_file(url, home)
    if file is not None:  # a PostgreSQL server has its own backups; the migration itself is one transaction there
        copy_file(file, file.with_name(f"{file.name}.before-{version}"))


def _migrate(engine: Engine) -> None:
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # other hosts may be at it too
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('publisher/upgrade', 0))"))
        if inspect(connection).has_table(VERSION):
            upgrade(connection)
        else:
            make(connection)


def make(connection: Connection) -> None:
    """The tables of a new store, at once: as the migrations make them one by one."""
    metadata.create_all(connection)
    column = "version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)"
    connection.execute(text(f"CREATE TABLE {VERSION} ({column})"))
    connection.execute(text(f"INSERT INTO {VERSION} VALUES (:head)"), {"head": HEAD})  # noqa: S608


def upgrade(connection: Connection) -> None:
    """Run the migrations that a store lacks; all of them where there is nothing yet."""
    from alembic import command
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    settings.attributes["connection"] = connection
    command.upgrade(settings, HEAD)


def _one_at_a_time(home: Path) -> "closing[_Held]":
    return closing(_Held(home / ".upgrade.lock"))


class _Held:
    """Waits for, then holds, a lock on a file."""

    def __init__(self, path: Path) -> None:
        import fcntl

        try:
            self._file = path.open("a")
        except OSError as error:
            from publisher.store.wording import whose

            raise TemporaryError(f"{path} cannot be written: {error.strerror}.{whose(path)}") from error
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def close(self) -> None:
        self._file.close()
