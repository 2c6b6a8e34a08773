"""What may be set, checked, in the types that the rooms below use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from publisher.config.theme import SHIPPED, Theme
from publisher.model import Frequency

Tls = Literal["required", "implicit", "opportunistic", "none"]


class Upstream(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    section: str | None = None
    title: str | None = None
    lang: str | None = None


class Redirect(msgspec.Struct, frozen=True, kw_only=True):
    """An address that the site used to have, and where what was there is now."""

    old: str
    """A site path, percent-decoded."""
    new: str
    """A site path, percent-decoded, or a URL elsewhere. Never the `old` of another one: chains were followed."""


class Weekly(msgspec.Struct, frozen=True, kw_only=True):
    """When the digest of the week goes out, to those who chose it."""

    weekday: int
    """0 is Monday."""
    at: time
    """Local time in the publication's zone."""


class DigestPlan(msgspec.Struct, frozen=True, kw_only=True):
    """When the digest goes out and what goes into it."""

    at: time
    """Local time in the publication's zone."""
    weekdays: frozenset[int]
    """0 is Monday."""
    skip: frozenset[date]
    start: datetime | None
    """What was published before is archive and never mailed; None: nothing is archive."""
    late: timedelta
    catch_up: timedelta
    hold_over: int
    if_left_out: Literal["hold", "send"]
    hold_for: timedelta
    approve: bool
    spread: timedelta = timedelta()
    """The sending takes so long, so that it can be stopped."""
    weekly: Weekly | None = None

    def of(self, frequency: Frequency) -> "DigestPlan | None":
        """The plan by which digests of this frequency are due; None: there are none."""
        if frequency == "daily":
            return self
        if self.weekly is None:
            return None
        return replace(self, at=self.weekly.at, weekdays=frozenset({self.weekly.weekday}), weekly=None)


@dataclass(frozen=True, slots=True, kw_only=True)  # a Struct would show its password
class Relay:
    name: str
    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)
    tls: Tls
    per_hour: int | None = None
    """At most so many mails in any hour."""
    idempotency_header: str | None = None
    """A header that names the message, by which this relay knows one that it has taken already."""


class Dkim(msgspec.Struct, frozen=True, kw_only=True):
    """A key that we sign with; its public half is in DNS at `SELECTOR._domainkey.DOMAIN`."""

    domain: str
    selector: str
    key_file: str
    """Relative to the publication."""


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    sender: str
    """The From header's value as written: `Name <address>`."""
    reply_to: str | None
    maildir: str | None
    """The folder, relative to the publication; None: the relays send."""
    relays: tuple[Relay, ...]
    connections: int
    dkim: tuple[Dkim, ...] = ()
    """Empty where nobody signs, or where the relay does."""
    relay_signs: bool = False
    per_hour: int | None = None
    """By all relays together."""
    domain_limits: Mapping[str, int] = msgspec.field(default_factory=dict)
    """Recipients' domain, in lower case -> mails in any hour; `*`: each domain that is not named."""

    @property
    def domain(self) -> str:
        """Of the From address: what a signature has to be aligned with (DMARC, RFC 7489 s. 3.1)."""
        return self.sender.rpartition("@")[2].rstrip("> ").lower()


class Alerts(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to tell what needs a person, besides cron's mail."""

    to: tuple[str, ...] = ()
    url: str | None = None
    """A dead-man's switch: asked for at the end of a run that needs nobody."""
    relay: Relay | None = None
    """Of its own; None: the publication's relays."""

    @property
    def wanted(self) -> bool:
        return bool(self.to or self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Where mail that came back is read by IMAP."""

    host: str
    port: int
    user: str
    password: str | None = field(repr=False)
    tls: Literal["implicit", "required", "none"]
    folder: str
    move_to: str | None
    """Where a message goes once its effect is stored; None: it is marked as seen."""


class Bounces(msgspec.Struct, frozen=True, kw_only=True):
    return_path: str | None = None
    """A mailbox that takes `NAME+anything`, or a domain that takes everything; None: the domain of the From address."""
    limit: float = 5.0
    """The score of soft bounces that ends a subscription."""
    half_life: timedelta = timedelta(days=14)
    mailbox: Mailbox | None = None

    @property
    def address(self) -> str | None:
        """Of the mailbox that reads what comes back, without anything added to its name."""
        if self.return_path is None or "@" not in self.return_path:
            return None
        local, _, domain = self.return_path.rpartition("@")
        return f"{local.rstrip('+=-')}@{domain}"


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """All that may be set, checked, in the types that the rooms below use."""

    name: str
    url: str
    """Ends in `/`."""
    authority: str
    zone: ZoneInfo
    language: str
    first_language: str
    """What `language` was when the first feed was released."""
    postal_address: str | None
    description: str | None
    permalink: str
    sections: tuple[str, ...]
    """In the order in which they lead a day that nobody arranged; the others come after them."""
    keep_releases: int
    redirects: tuple[Redirect, ...] = ()
    theme: Theme = SHIPPED
    sources_since: datetime | None
    upstreams: tuple[Upstream, ...]
    digest: DigestPlan
    mail: Mail
    alerts: Alerts
    bounces: Bounces = Bounces()
    service: bool
    proxies: tuple[str, ...]
    """Addresses and networks of the proxies before `serve`: what they say of a visitor's address is believed."""
    store_url: str
    not_yet: tuple[str, ...] = ()
    """Keys that were accepted and have no effect in this version, as `section.key`."""

    def recorded(self, lang: str) -> str:
        """The language under which what never changes is known: the ids of feeds, the order of their archives.

        That of `language` is `first_language`, and the other way round, so that no two are known under one; applied
        twice it gives back what it was given.
        """
        return {self.language: self.first_language, self.first_language: self.language}.get(lang, lang)

    def absolute(self, path: str) -> str:
        """The public URL of a site path."""
        return self.url + path.removeprefix("/")
