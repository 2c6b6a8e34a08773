"""One thing that mail services look at, what it should be and what it is."""

from typing import Literal

import msgspec

Verdict = Literal["good", "weak", "bad", "unknown"]
"""weak: mail goes out and counts against you somewhere; bad: mail is refused or filed as spam; unknown: nobody
answered, or it cannot be seen from here."""


def silent() -> tuple[Verdict, str]:
    """Nobody answered: nothing is known, and nothing is wrong."""
    return "unknown", "Nobody answered: ask again later."


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    subject: str
    """SPF, DKIM, DMARC, PTR, MX, TLS, one-click."""
    where: str
    """The name in DNS, the host or the URL."""
    verdict: Verdict
    expected: str
    found: str
    advice: str = ""
    """What to do, as sentences; empty when all is well."""
