"""What a run did, for people and for machines."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec.structs import asdict

from publisher.delivering import State
from publisher.model import Problem

Tell = Callable[[str], None]
"""Says one line to whoever watches: a stage that is done, or what a person should know."""


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """A digest that a run made."""

    digest: str
    stories: int
    audience: int


class Report(msgspec.Struct, kw_only=True):
    """Grows while a run goes on; `as_json` is what `run --json` prints."""

    date: date
    at: datetime
    articles: int = 0
    """Articles that the site shows."""
    read: int = 0
    """Articles that were new or changed at this run."""
    left_out: list[Problem] = msgspec.field(default_factory=list)
    """Ours, and unusable: exit 65."""
    warnings: list[Problem] = msgspec.field(default_factory=list)
    """Used, but not as written; or an upstream that is away for less than three days."""
    held: str | None = None
    """Why nothing is mailed until a person has acted."""
    digest: str | None = None
    """The digest that this run closed or went on with; of two, the daily one."""
    closed: list[Closed] = msgspec.field(default_factory=list)
    """Every digest that this run closed."""
    stories: int = 0
    """Articles in it."""
    audience: int = 0
    states: Mapping[str, int] = msgspec.field(default_factory=lambda: dict.fromkeys((state.key for state in State), 0))
    """Delivery state -> how many, for `digest`."""
    digests: Mapping[str, Mapping[str, int]] = msgspec.field(default_factory=dict)
    """Every digest that this run closed or worked at -> its audience and its states."""
    release: int | None = None
    """The release that this run made; None: the site was up to date."""
    files_written: int = 0
    files_removed: int = 0
    forgotten: int | None = None
    """Older releases that went for a takedown."""
    skipped: list[str] = msgspec.field(default_factory=list)
    """One line for each slot that gets no digest any more."""
    notes: list[str] = msgspec.field(default_factory=list)
    """One line each: what the editor may want to know."""
    urgent: list[str] = msgspec.field(default_factory=list)
    """One line each: what needs a person. `--quiet` says only these."""
    said_before: frozenset[str] = frozenset()
    """What an earlier run of the same day said already: cron's mail does not say it again."""
    busy: bool = False
    """Another run was at work, and this one did nothing."""
    again_later: bool = False
    """Deliveries are deferred, or a relay is away: exit 75 is not failure, the next run goes on."""
    seconds: float = 0.0

    def problem(self, found: Problem) -> None:
        """To what was left out, or to what was used as well as it could be."""
        (self.left_out if found.left_out else self.warnings).append(found)

    def note_closed(self, made: Closed) -> None:
        self.closed.append(made)
        if self.digest is None:
            self.digest, self.stories, self.audience = made.digest, made.stories, made.audience

    def say(self, line: str) -> None:
        """Something that needs a person, once in a report."""
        if line not in self.urgent:
            self.urgent.append(line)

    @property
    def exit_code(self) -> int:
        """65: something of ours was left out; 75: a relay is away; else 0: a hold or a deferred mail is no failure."""
        if self.left_out:
            return 65
        return 75 if self.again_later else 0

    def as_json(self) -> dict[str, Any]:
        return {
            "date": self.date.isoformat(),
            "articles": self.articles,
            "read": self.read,
            "left_out": [str(problem) for problem in self.left_out],
            "warnings": [str(problem) for problem in self.warnings],
            "held": self.held,
            "digest": self.digest,
            "stories": self.stories,
            "audience": self.audience,
            "closed": [asdict(one) for one in self.closed],
            **self.states,
            "digests": {name: dict(sums) for name, sums in self.digests.items()},
            "release": self.release,
            "files_written": self.files_written,
            "files_removed": self.files_removed,
            "notes": self.notes,
            "urgent": self.urgent,
            "seconds": round(self.seconds, 3),
        }
