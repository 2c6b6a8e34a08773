"""The same made-up publication for every program that is measured: ten articles a day, 640 words each, six sections."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property

PER_DAY = 10
WORDS = 640
FIRST = datetime(2023, 1, 2, 6, 0, tzinfo=timezone(timedelta(hours=1)))
SECTIONS = ("World", "Harbour", "Culture", "Science", "Business", "Sport")
TAGS = ("council", "ferry", "law", "money", "weather", "school", "tram", "water", "health", "book", "film", "strike")
AUTHORS = ("Ana Soto", "Ben Ito", "Chloe Roux", "Diego Paz")
LEXICON = [
    "harbour",
    "council",
    "ferry",
    "river",
    "market",
    "school",
    "teacher",
    "doctor",
    "budget",
    "minister",
    "bridge",
    "letter",
    "winter",
    "summer",
    "morning",
    "evening",
    "report",
    "vote",
    "tram",
    "strike",
    "water",
    "storm",
    "price",
    "wage",
    "house",
    "street",
    "garden",
    "paper",
    "archive",
    "museum",
    "film",
    "song",
    "court",
    "judge",
    "law",
    "company",
    "engine",
    "island",
    "village",
    "town",
    "city",
    "border",
    "ship",
    "captain",
    "crew",
    "port",
    "customs",
    "tax",
    "bank",
    "loan",
    "debt",
    "interest",
    "growth",
    "the",
    "a",
    "of",
    "to",
    "and",
    "in",
    "that",
    "it",
    "was",
    "for",
    "on",
    "with",
    "as",
    "at",
    "by",
    "from",
    "this",
    "had",
    "not",
    "are",
    "but",
    "they",
    "which",
    "one",
    "all",
    "were",
    "when",
    "there",
    "said",
    "took",
    "made",
    "found",
    "asked",
    "told",
    "wrote",
    "read",
    "paid",
    "built",
    "closed",
    "opened",
    "moved",
    "began",
    "ended",
    "showed",
    "kept",
    "left",
    "held",
    "sold",
    "old",
    "new",
    "large",
    "small",
    "late",
    "early",
    "public",
    "private",
    "local",
    "final",
    "second",
    "third",
    "whole",
    "narrow",
    "broad",
    "quiet",
    "empty",
    "full",
    "open",
]


@dataclass(frozen=True)
class Piece:
    """One article, by its number: the same for the same number."""

    number: int

    @cached_property
    def _dice(self) -> random.Random:
        return random.Random(self.number)

    @property
    def day(self) -> str:
        return f"{self.at:%Y-%m-%d}"

    @property
    def at(self) -> datetime:
        return FIRST + timedelta(days=self.number // PER_DAY, minutes=47 * (self.number % PER_DAY))

    @property
    def date(self) -> str:
        return self.at.isoformat()

    @property
    def slug(self) -> str:
        return f"piece-{self.number}"

    @property
    def section(self) -> str:
        return SECTIONS[self.number % len(SECTIONS)]

    @property
    def tags(self) -> list[str]:
        return [TAGS[self.number % len(TAGS)], TAGS[(self.number * 5 + 3) % len(TAGS)]][: 1 + self.number % 2]

    @property
    def author(self) -> str:
        return AUTHORS[self.number % len(AUTHORS)]

    @cached_property
    def title(self) -> str:
        return self._sentence(7).rstrip(".") + f" ({self.number})"

    @cached_property
    def lede(self) -> str:
        return self._sentence(24)

    @cached_property
    def text(self) -> str:
        """Markdown: eight paragraphs, a heading, a list, a quotation, some emphasis and links."""
        parts = [self._paragraph() for _ in range(8)]
        parts.insert(3, "## " + self._sentence(4).rstrip("."))
        parts.insert(5, "\n".join(f"- {self._sentence(6)}" for _ in range(4)))
        parts.insert(7, "> " + self._sentence(18))
        return "\n\n".join(parts) + "\n"

    def _paragraph(self) -> str:
        sentences = [self._sentence(self._dice.randint(9, 16)) for _ in range(6)]
        sentences[2] = f"*{sentences[2]}*"
        sentences[4] = f"{sentences[4][:-1]}, as [the record](https://records.example/{self.number}) has it."
        return " ".join(sentences)

    def _sentence(self, words: int) -> str:
        return " ".join(self._dice.choices(LEXICON, k=words)).capitalize() + "."
