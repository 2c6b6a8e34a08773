"""Each article's entry is serialised once, kept, and joined into every feed that shows it."""

from collections.abc import Callable, Container, Iterable

import msgspec

MADE = 2_000
"""New entries that are kept of one run, of a few KB each."""


class Kept(msgspec.Struct):
    """Entries that another run serialised, and those that this one did: name -> (fingerprint, entry)."""

    before: dict[str, tuple[str, bytes]] = msgspec.field(default_factory=dict)
    made: dict[str, tuple[str, bytes]] = msgspec.field(default_factory=dict)
    wanted: Container[str] | None = None
    """Names of those that are worth to be kept; None: all, up to `MADE` of them."""

    def entry(self, name: str, fingerprint: str, make: Callable[[], bytes]) -> bytes:
        standing = self.before.get(name) or self.made.get(name)
        if standing and standing[0] == fingerprint:
            return standing[1]
        made = make()
        if len(self.made) < MADE and (self.wanted is None or name in self.wanted):
            self.made[name] = fingerprint, made
        return made

    def handed_over(self) -> dict[str, tuple[str, bytes]]:
        """What was made since this was asked last."""
        made, self.made = self.made, {}
        self.before.update(made)
        return made


def entry_names(articles: Iterable[str]) -> list[str]:
    """What `Kept` calls the entries of these articles."""
    return [f"entry {form} {one}" for one in articles for form in ("atom", "rss", "json")]
