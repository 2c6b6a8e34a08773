"""Each article's entry is serialised once, kept, and joined into every feed that shows it."""

from collections.abc import Callable, Iterable

import msgspec

MADE = 2_000
"""New entries that are kept of one run, of a few KB each."""


class Kept(msgspec.Struct):
    """Entries that another run serialised, and those that this one did: name -> (fingerprint, entry)."""

    before: dict[str, tuple[str, bytes]] = msgspec.field(default_factory=dict)
    made: dict[str, tuple[str, bytes]] = msgspec.field(default_factory=dict)
    closed: bool = False
    """Nothing new is held: what another process makes would not come back."""

    def entry(self, name: str, fingerprint: str, make: Callable[[], bytes]) -> bytes:
        standing = self.before.get(name) or self.made.get(name)
        if standing and standing[0] == fingerprint:
            return standing[1]
        made = make()
        if not self.closed and len(self.made) < MADE:
            self.made[name] = fingerprint, made
        return made


def entry_names(articles: Iterable[str]) -> list[str]:
    """What `Kept` calls the entries of these articles."""
    return [f"entry {form} {one}" for one in articles for form in ("atom", "rss", "json")]
