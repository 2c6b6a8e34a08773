"""The keys of `publication.toml` with their types and defaults, as written; `reading` makes `Publication` of them."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from publisher.config.values import Tls

LATER: Mapping[str, frozenset[str]] = {
    "digest": frozenset({"editors", "editors_before"}),
    "mail.relay": frozenset({"weight", "profile"}),
    "upstream": frozenset({"opml"}),
}
"""Keys whose names are settled and which this version accepts without acting on them; each use is reported."""


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class SiteKeys(Strict, frozen=True):
    permalink: str = "/{year}/{month}/{day}/{slug}/"
    keep_releases: int = 5
    sections: tuple[str, ...] = ()


class RedirectKeys(Strict, frozen=True):
    old: str = msgspec.field(name="from")
    to: str


class PaletteKeys(Strict, frozen=True):
    bg: str | None = None
    ink: str | None = None
    mute: str | None = None
    link: str | None = None
    ok: str | None = None
    warn: str | None = None
    rule: str | None = None
    soft: str | None = None


class ThemeKeys(Strict, frozen=True):
    serif: str | None = None
    sans: str | None = None
    logo: str | None = None
    logo_dark: str | None = None
    logo_alt: str | None = None
    favicon: str | None = None
    social_image: str | None = None
    light: PaletteKeys = PaletteKeys()
    dark: PaletteKeys = PaletteKeys()


class SourcesKeys(Strict, frozen=True):
    since: str | None = None


class UpstreamKeys(Strict, frozen=True):
    url: str
    section: str | None = None
    title: str | None = None
    lang: str | None = None


class DigestKeys(Strict, frozen=True):
    at: str = "09:00"
    days: str = "mon-sun"
    weekly: str | None = None
    skip: list[str] = []
    start: str | None = None
    late: str = "7d"
    catch_up: str = "6h"
    hold_over: int = 25
    if_left_out: Literal["hold", "send"] = "hold"
    hold_for: str = "30m"
    approve: bool = False
    spread: str = "0s"


class RelayKeys(Strict, frozen=True):
    host: str
    name: str = "main"
    port: int | None = None
    user: str | None = None
    password: str | None = None
    tls: Tls | None = None
    per_hour: int | None = None
    idempotency_header: str | None = None


class LimitKeys(Strict, frozen=True):
    domain: str
    per_hour: int


class DkimKeys(Strict, frozen=True):
    sign: Literal["self", "relay"] = "self"
    domain: str | None = None
    selector: str | None = None
    key_file: str = "dkim.pem"


class MailKeys(Strict, frozen=True):
    sender: str | None = msgspec.field(name="from", default=None)
    reply_to: str | None = None
    transport: str = "maildir:outbox"
    relay: list[RelayKeys] = []
    dkim: list[DkimKeys] = []
    limit: list[LimitKeys] = []
    per_hour: int | None = None
    connections: int = 32


class AlertsKeys(Strict, frozen=True):
    to: list[str] = []
    url: str | None = None
    host: str | None = None
    port: int | None = None
    user: str | None = None
    password: str | None = None
    tls: Tls | None = None


class BouncesKeys(Strict, frozen=True):
    return_path: str | None = None
    limit: float = 5.0
    half_life: str = "14d"
    imap: str | None = None
    user: str | None = None
    password: str | None = None
    tls: Literal["implicit", "required", "none"] = "implicit"
    folder: str = "INBOX"
    move_to: str | None = None


class WebKeys(Strict, frozen=True):
    service: bool = False
    proxies: list[str] = []


class StoreKeys(Strict, frozen=True):
    url: str = "sqlite:publisher.db"


class PublicationKeys(Strict, frozen=True):
    name: str
    url: str
    authority: str
    timezone: str
    language: str = "en"
    first_language: str | None = None
    postal_address: str | None = None
    description: str | None = None
    site: SiteKeys = SiteKeys()
    redirect: list[RedirectKeys] = []
    theme: ThemeKeys = ThemeKeys()
    sources: SourcesKeys = SourcesKeys()
    upstream: list[UpstreamKeys] = []
    digest: DigestKeys = DigestKeys()
    mail: MailKeys = MailKeys()
    alerts: AlertsKeys = AlertsKeys()
    bounces: BouncesKeys = BouncesKeys()
    web: WebKeys = WebKeys()
    store: StoreKeys = StoreKeys()
