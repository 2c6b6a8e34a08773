"""What every room of the store is handed."""

import msgspec
from sqlalchemy import Connection


class Transaction(msgspec.Struct, frozen=True):
    """One transaction of one publication: all that is done in it happens, or none of it."""

    connection: Connection
    publication: int

    @property
    def is_postgresql(self) -> bool:
        return self.connection.dialect.name == "postgresql"
