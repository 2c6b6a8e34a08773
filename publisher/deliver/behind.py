"""Mails whose envelopes left with the final dot of another, and wait behind the reply to that dot."""

from collections.abc import Callable

from publisher.deliver.smtp import Connection
from publisher.deliver.stock import Item

LONGEST = 20.0
"""Seconds that a mail waits so; then another connection may take it. The reply may take ten minutes."""


class Behind:
    def __init__(self) -> None:
        self._items: dict[Connection, Item] = {}

    def put(self, connection: Connection, item: Item) -> None:
        self._items[connection] = item

    def take(self, connection: Connection) -> Item | None:
        """Once the reply has come. None: there is none, or it waited too long and is elsewhere by now."""
        return self._items.pop(connection, None)

    def overdue(self, now: float, begun: Callable[[Connection], float]) -> list[Item]:
        """Those that waited long enough: nothing of them but the envelope has left. They are not here any more.

        `begun`: when a connection began with the mail that it is at.
        """
        late = [connection for connection in self._items if now - begun(connection) > LONGEST]
        return [self._items.pop(connection) for connection in late]
