"""`publication.toml` as text -> a frozen `Publication`. A wrong key is named with its line and what would be right.

Every key can be overridden by `PUBLISHER_<SECTION>_<KEY>` in the environment or in `publisher.env`; reading those
files is `wiring`'s part, this room gets their text.
"""

from publisher.config.durations import parse_duration, parse_weekdays
from publisher.config.faults import line_of
from publisher.config.overrides import unknown_overrides
from publisher.config.reading import parse
from publisher.config.schema import LATER, PublicationKeys
from publisher.config.theme import Palette, Theme
from publisher.config.values import (
    Alerts,
    Bounces,
    DigestPlan,
    Dkim,
    Mail,
    Mailbox,
    Publication,
    Redirect,
    Relay,
    Tls,
    Upstream,
    Weekly,
)

__all__ = [
    "LATER",
    "Alerts",
    "Bounces",
    "DigestPlan",
    "Dkim",
    "Mail",
    "Mailbox",
    "Palette",
    "Publication",
    "PublicationKeys",
    "Redirect",
    "Relay",
    "Theme",
    "Tls",
    "Upstream",
    "Weekly",
    "line_of",
    "parse",
    "parse_duration",
    "parse_weekdays",
    "unknown_overrides",
]
