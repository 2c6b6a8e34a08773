"""`publication.toml` as text -> a frozen `Publication`."""

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from publisher.config import relays
from publisher.config.bouncing import bounces
from publisher.config.durations import parse_duration, parse_time, parse_weekdays, parse_weekly
from publisher.config.faults import EXAMPLES, explain, line_of
from publisher.config.overrides import dates_as_text, override, set_aside
from publisher.config.redirects import redirects
from publisher.config.schema import DigestKeys, DkimKeys, PublicationKeys, UpstreamKeys
from publisher.config.theming import theme
from publisher.config.values import DigestPlan, Dkim, Mail, Publication, Upstream, Weekly
from publisher.errors import ConfigurationError


def parse(text: str, *, overrides: Mapping[str, str] | None = None, file: str = "publication.toml") -> Publication:
    """Read the configuration. `overrides` are `PUBLISHER_*` variables; those that name no key are ignored.

    Raises `ConfigurationError`, whose sentence has the file, the line, the key and what would be right.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file}: not valid TOML: {error}") from error
    raw = dates_as_text(raw)
    not_yet = set_aside(raw)
    override(raw, overrides or {})
    try:
        settings = msgspec.convert(raw, PublicationKeys, strict=True)
    except msgspec.ValidationError as error:
        raise ConfigurationError(explain(str(error), text, raw, file)) from error
    return _Reader(text, file).publication(settings, not_yet)


_MAILBOX = re.compile(r"""(?:"(?:[^"\\\r\n]|\\.)*"\s*|[^\r\n<>"]*)<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+""")


def _phrase(name: str) -> str:
    """A name before an address, in quotes where it has what would mean something there (RFC 5322 s. 3.2.3)."""
    if not re.search(r'[()<>\[\]:;@\\,."]', name):
        return name
    quoted = re.sub(r'(["\\])', r"\\\1", name)
    return f'"{quoted}"'


def _mail_domain(given: PublicationKeys) -> str:
    """That of the url; the authority's where the url has a number for a host."""
    host = urlsplit(given.url).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return host or "localhost"
    return given.authority.rpartition("@")[2]


class _Reader:
    """Turns the strict schema's strings into times, zones and durations; knows the text, to name lines."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file

    def _error(self, key: str, reason: str) -> ConfigurationError:
        return ConfigurationError(f"{self._file}:{line_of(self._text, key.split('.'))}: `{key}`: {reason}")

    def publication(self, given: PublicationKeys, not_yet: tuple[str, ...]) -> Publication:
        zone = self._zone(given.timezone)
        return Publication(
            name=self._filled("name", given.name),
            url=self._url("url", given.url),
            authority=self._authority(given.authority),
            zone=zone,
            language=self._language("language", given.language),
            first_language=self._language("first_language", given.first_language or given.language),
            postal_address=given.postal_address,
            description=given.description,
            permalink=self._permalink(given.site.permalink),
            sections=given.site.sections,
            keep_releases=self._at_least("site.keep_releases", given.site.keep_releases, 2),
            redirects=redirects(given.redirect, self._error),
            theme=theme(given.theme, self._error),
            sources_since=self._instant("sources.since", given.sources.since, zone),
            upstreams=tuple(self._upstream(one) for one in given.upstream),
            digest=self._digest(given.digest, zone),
            mail=self._mail(given),
            alerts=relays.alerts(given.alerts, self._error),
            bounces=bounces(given.bounces, self._error),
            service=given.web.service,
            proxies=tuple(self._network(one) for one in given.web.proxies),
            store_url=self._store_url(given.store.url),
            not_yet=not_yet,
        )

    def _filled(self, key: str, value: str) -> str:
        cleaned = " ".join(value.split())
        if not cleaned:
            raise self._error(key, f"it is empty; {EXAMPLES.get(key, 'it has to be given')}")
        return cleaned

    def _at_least(self, key: str, value: int, least: int) -> int:
        if value < least:
            raise self._error(key, f"{value} is too small; at least {least}")
        return value

    def _zone(self, name: str) -> ZoneInfo:
        try:
            return ZoneInfo(name)
        except (OSError, ValueError, KeyError) as error:
            raise self._error("timezone", f'no time zone is called {name!r}; for example "Europe/Madrid"') from error

    def _language(self, key: str, tag: str) -> str:
        if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag):
            raise self._error(key, f'{tag!r} is no language tag (BCP 47); for example "en" or "pt-BR"')
        return tag

    def _url(self, key: str, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
            raise self._error(key, f'{value!r} is no web address; for example "https://zendoric.example/"')
        return value if value.endswith("/") else value + "/"

    def _authority(self, value: str) -> str:
        if not re.fullmatch(r"[a-z0-9.-]+(?:@[a-z0-9.-]+)?|[A-Za-z0-9._-]+@[a-z0-9.-]+", value):
            raise self._error("authority", f'{value!r} is no domain in lower case (RFC 4151); as in "zendoric.example"')
        return value

    def _permalink(self, value: str) -> str:
        fields = set(re.findall(r"\{(\w*)\}", value))
        unknown = fields - {"year", "month", "day", "slug", "section"}
        if unknown or "slug" not in fields or not value.startswith("/") or not value.endswith("/"):
            reason = "it begins and ends with `/`, has {slug}, and may have {year}, {month}, {day} and {section}"
            raise self._error("site.permalink", reason)
        return value

    def _instant(self, key: str, value: str | None, zone: ZoneInfo) -> datetime | None:
        if value is None:
            return None
        try:
            at = datetime.fromisoformat(value)
        except ValueError as error:
            raise self._error(key, f"{value!r} is no date; for example 2026-06-01") from error
        return at if at.tzinfo else at.replace(tzinfo=zone)

    def _duration(self, key: str, value: str) -> timedelta:
        try:
            return parse_duration(value)
        except ValueError as error:
            raise self._error(key, f'{value!r} is no duration; for example "30m", "6h" or "7d"') from error

    def _upstream(self, one: UpstreamKeys) -> Upstream:
        if urlsplit(one.url).scheme not in {"http", "https"}:
            raise self._error("upstream.url", f'{one.url!r} is no web address; for example "https://example.org/feed"')
        return Upstream(url=one.url, section=one.section, title=one.title, lang=one.lang)

    def _digest(self, given: DigestKeys, zone: ZoneInfo) -> DigestPlan:
        try:
            at = parse_time(given.at)
        except ValueError as error:
            reason = f'{given.at!r} is no time of day; local, without an offset, for example "09:00"'
            raise self._error("digest.at", reason) from error
        try:
            weekdays = parse_weekdays(given.days)
        except ValueError as error:
            raise self._error("digest.days", f'{given.days!r}; for example "mon-sun" or "mon,wed,fri"') from error
        try:
            skip = frozenset(date.fromisoformat(day) for day in given.skip)
        except ValueError as error:
            raise self._error("digest.skip", f'{given.skip!r}; for example ["2026-12-25"]') from error
        return DigestPlan(
            at=at,
            weekdays=weekdays,
            skip=skip,
            start=self._instant("digest.start", given.start, zone),
            late=self._duration("digest.late", given.late),
            catch_up=self._duration("digest.catch_up", given.catch_up),
            hold_over=self._at_least("digest.hold_over", given.hold_over, 1),
            if_left_out=given.if_left_out,
            hold_for=self._duration("digest.hold_for", given.hold_for),
            approve=given.approve,
            spread=self._duration("digest.spread", given.spread),
            weekly=self._weekly(given.weekly),
        )

    def _weekly(self, given: str | None) -> Weekly | None:
        if given is None:
            return None
        try:
            weekday, at = parse_weekly(given)
        except ValueError as error:
            raise self._error("digest.weekly", f'{given!r}; a day and a local time, such as "sat 09:00"') from error
        return Weekly(weekday=weekday, at=at)

    def _mail(self, given: PublicationKeys) -> Mail:
        kind, _, folder = given.mail.transport.partition(":")
        if kind not in {"maildir", "smtp"} or (kind == "maildir" and not folder) or (kind == "smtp" and folder):
            raise self._error("mail.transport", f'{given.mail.transport!r}; it is "smtp" or "maildir:FOLDER"')
        if kind == "smtp" and not given.mail.relay:
            raise self._error("mail.transport", '"smtp" needs a [[mail.relay]] with a host')
        sender = given.mail.sender or f"{_phrase(given.name)} <daily@{_mail_domain(given)}>"
        for key, value in (("mail.from", sender), ("mail.reply_to", given.mail.reply_to)):
            if value is not None and not _MAILBOX.fullmatch(value):
                raise self._error(key, f'{value!r} is no mailbox; for example "Zendoric <daily@zendoric.example>"')
        return Mail(
            sender=sender,
            reply_to=given.mail.reply_to,
            maildir=folder if kind == "maildir" else None,
            relays=relays.relays(given.mail.relay, self._error),
            connections=self._at_least("mail.connections", given.mail.connections, 1),
            dkim=tuple(self._dkim(one, sender) for one in given.mail.dkim if one.sign == "self"),
            relay_signs=any(one.sign == "relay" for one in given.mail.dkim),
            per_hour=relays.per_hour("mail.per_hour", given.mail.per_hour, self._error),
            domain_limits=relays.domain_limits(given.mail.limit, self._error),
        )

    def _dkim(self, given: DkimKeys, sender: str) -> Dkim:
        domain = (given.domain or sender.rpartition("@")[2].rstrip("> ")).lower()
        for key, value in (("domain", domain), ("selector", given.selector or "")):
            if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", value):
                example = {"domain": "zendoric.example", "selector": "s2026"}[key]
                raise self._error(f"mail.dkim.{key}", f'{value!r} is no name in DNS; for example "{example}"')
        return Dkim(domain=domain, selector=given.selector or "", key_file=given.key_file)

    def _network(self, value: str) -> str:
        try:
            return str(ip_network(value)) if "/" in value else str(ip_address(value))
        except ValueError as error:
            reason = f'{value!r} is no address or network; for example "127.0.0.1" or "10.0.0.0/8"'
            raise self._error("web.proxies", reason) from error

    def _store_url(self, value: str) -> str:
        if not re.match(r"sqlite:.|postgres(ql)?(\+psycopg)?://.", value):
            raise self._error("store.url", f'{value!r}; it is "sqlite:FILE" or "postgresql://..."')
        return value
