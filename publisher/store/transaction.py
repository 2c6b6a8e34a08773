"""What every room of the store is handed."""

from dataclasses import dataclass

from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction of one publication: all that is done in it happens, or none of it."""

    connection: Connection
    publication: int

    @property
    def is_postgresql(self) -> bool:
        return self.connection.dialect.name == "postgresql"
