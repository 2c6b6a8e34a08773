"""What a name server can say."""

from collections.abc import Callable
from typing import Literal

import msgspec

Kind = Literal["TXT", "A", "AAAA", "MX", "PTR"]


class Records(msgspec.Struct, frozen=True):
    """At least one, as text: a TXT record's strings joined, an MX as its host."""

    values: tuple[str, ...]


class Nothing(msgspec.Struct, frozen=True):
    """The name servers say that there is no such record."""


class Silence(msgspec.Struct, frozen=True):
    """Nobody answered, or with a failure: nothing is known."""

    reason: str


Answer = Records | Nothing | Silence
Ask = Callable[[Kind, str], Answer]
"""(kind, name) -> answer; for PTR the name is an IP address."""


def values(answer: Answer) -> tuple[str, ...]:
    return answer.values if isinstance(answer, Records) else ()


def told(answer: Answer) -> str:
    """For a person."""
    if isinstance(answer, Silence):
        return f"no answer: {answer.reason}"
    return " | ".join(values(answer)) or "no record"
