"""What is remembered: articles, editions, subscribers, outbox, ledger.

One implementation on SQLAlchemy Core for SQLite (the default) and PostgreSQL (by a URL), one set of migrations. The
rooms inside are functions on a `Transaction`; each says what it promises where it stands.
"""

from publisher.store.engine import Store, open_store
from publisher.store.transaction import Transaction

__all__ = ["Store", "Transaction", "open_store"]
