"""`publication.toml` as text -> a frozen `Publication`.

A wrong key is named with its path, its line and what would be right.

Every key can be overridden by `PUBLISHER_<SECTION>_<KEY>` in the environment or in `publisher.env`; reading those
files is `wiring`'s part, this room gets their text.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, get_args, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from publisher.errors import ConfigurationError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LATER: Mapping[str, frozenset[str]] = {
    "": frozenset({"theme", "bounces", "alerts", "redirect"}),
    "digest": frozenset({"weekly", "spread", "editors", "editors_before"}),
    "mail": frozenset({"dkim"}),
    "mail.relay": frozenset({"weight", "per_hour", "profile"}),
    "upstream": frozenset({"opml"}),
}
"""Keys whose names are settled and which this version accepts without acting on them; each use is reported."""

Tls = Literal["required", "implicit", "opportunistic", "none"]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class _Site(_Strict, frozen=True):
    permalink: str = "/{year}/{month}/{day}/{slug}/"
    keep_releases: int = 5


class _Sources(_Strict, frozen=True):
    since: str | None = None


class _Upstream(_Strict, frozen=True):
    url: str
    section: str | None = None
    title: str | None = None
    lang: str | None = None


class _Digest(_Strict, frozen=True):
    at: str = "09:00"
    days: str = "mon-sun"
    skip: list[str] = []
    start: str | None = None
    late: str = "7d"
    catch_up: str = "6h"
    hold_over: int = 25
    if_left_out: Literal["hold", "send"] = "hold"
    hold_for: str | None = None
    approve: bool = False


class _Relay(_Strict, frozen=True):
    host: str
    name: str = "main"
    port: int | None = None
    user: str | None = None
    password: str | None = None
    tls: Tls | None = None


class _Mail(_Strict, frozen=True):
    sender: str | None = msgspec.field(name="from", default=None)
    reply_to: str | None = None
    transport: str = "maildir:outbox"
    relay: list[_Relay] = []
    connections: int = 8


class _Web(_Strict, frozen=True):
    service: bool = False


class _Store(_Strict, frozen=True):
    url: str = "sqlite:publisher.db"


class _Publication(_Strict, frozen=True):
    name: str
    url: str
    authority: str
    timezone: str
    language: str = "en"
    postal_address: str | None = None
    description: str | None = None
    site: _Site = _Site()
    sources: _Sources = _Sources()
    upstream: list[_Upstream] = []
    digest: _Digest = _Digest()
    mail: _Mail = _Mail()
    web: _Web = _Web()
    store: _Store = _Store()


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    url: str
    section: str | None = None
    title: str | None = None
    lang: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPlan:
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
    hold_for: timedelta | None
    approve: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    name: str
    host: str
    port: int
    user: str | None
    password: str | None = dataclass_field(repr=False)
    tls: Tls


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    sender: str
    """The From header's value as written: `Name <address>`."""
    reply_to: str | None
    maildir: str | None
    """The folder, relative to the publication; None: the relays send."""
    relays: tuple[Relay, ...]
    connections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """All that may be set, checked, in the types that the rooms below use."""

    name: str
    url: str
    """Ends in `/`."""
    authority: str
    zone: ZoneInfo
    language: str
    postal_address: str | None
    description: str | None
    permalink: str
    keep_releases: int
    sources_since: datetime | None
    upstreams: tuple[Upstream, ...]
    digest: DigestPlan
    mail: Mail
    service: bool
    store_url: str
    not_yet: tuple[str, ...] = ()
    """Keys that were accepted and have no effect in this version, as `section.key`."""

    def absolute(self, path: str) -> str:
        """The public URL of a site path."""
        return self.url + path.removeprefix("/")


def parse(text: str, *, overrides: Mapping[str, str] | None = None, file: str = "publication.toml") -> Publication:
    """Read the configuration. `overrides` are `PUBLISHER_*` variables; those that name no key are ignored.

    Raises `ConfigurationError`, whose sentence has the file, the line, the key and what would be right.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file}: not valid TOML: {error}") from error
    raw = _dates_as_text(raw)
    not_yet = _set_aside(raw)
    _override(raw, overrides or {})
    try:
        settings = msgspec.convert(raw, _Publication, strict=True)
    except msgspec.ValidationError as error:
        raise ConfigurationError(_explain(str(error), text, raw, file)) from error
    return _Reader(text, file).publication(settings, not_yet)


def parse_duration(text: str) -> timedelta:
    """`30m`, `6h`, `7d`, `90s`, or several together (`1h30m`). Raises ValueError."""
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    if not re.fullmatch(r"(?:\d+[smhdw])+", text):
        raise ValueError(text)
    parts = re.findall(r"(\d+)([smhdw])", text)
    return sum((timedelta(**{units[unit]: int(number)}) for number, unit in parts), timedelta())


def parse_weekdays(text: str) -> frozenset[int]:
    """`mon-sun`, `mon-fri`, `mon,wed,fri`, `sat-mon`: 0 is Monday. Raises ValueError."""
    chosen: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        first, _, last = part.partition("-")
        start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        chosen.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    return frozenset(chosen)


def _dates_as_text(value: Any) -> Any:
    """TOML's own dates and times as ISO 8601, so that `start = 2026-06-01` and `start = "2026-06-01"` are the same."""
    if isinstance(value, dict):
        return {key: _dates_as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_dates_as_text(inner) for inner in value]
    return value.isoformat() if isinstance(value, date | time) else value


def _set_aside(raw: dict[str, Any]) -> tuple[str, ...]:
    """Take out the keys of `LATER`, so that the strict schema does not refuse them, and say which they were."""
    found: list[str] = []
    for section, keys in LATER.items():
        for table in _tables(raw, section):
            for key in sorted(keys & table.keys()):
                del table[key]
                found.append(f"{section}.{key}".lstrip("."))
    upstreams = raw.get("upstream")
    if isinstance(upstreams, list):
        raw["upstream"] = [entry for entry in upstreams if entry]
    return tuple(dict.fromkeys(found))


def _tables(raw: dict[str, Any], section: str) -> Sequence[dict[str, Any]]:
    found: list[Any] = [raw]
    for name in filter(None, section.split(".")):
        inner = [table.get(name) for table in found if isinstance(table, dict)]
        found = [one for entry in inner for one in (entry if isinstance(entry, list) else [entry])]
    return [table for table in found if isinstance(table, dict)]


def _override(raw: dict[str, Any], overrides: Mapping[str, str]) -> None:
    for variable, value in overrides.items():
        words = variable.removeprefix("PUBLISHER_").lower()
        if not variable.startswith("PUBLISHER_"):
            continue
        relay = re.fullmatch(r"mail_relay_(\w+?)_(host|port|user|password|tls)", words)
        if relay:
            for table in _tables(raw, "mail.relay"):
                if str(table.get("name", "main")).lower() == relay[1]:
                    table[relay[2]] = int(value) if relay[2] == "port" and value.isdigit() else value
            continue
        _override_key(raw, words, value)


def _override_key(raw: dict[str, Any], words: str, value: str) -> None:
    top = get_type_hints(_Publication)
    if words in top and not (isinstance(top[words], type) and issubclass(top[words], msgspec.Struct)):
        raw[words] = value
        return
    section, _, key = words.partition("_")
    schema = top.get(section)
    if not (isinstance(schema, type) and issubclass(schema, msgspec.Struct)):
        return
    named = {("from" if field.name == "sender" else field.name): field.type for field in msgspec.structs.fields(schema)}
    if key in named and not isinstance(raw.setdefault(section, {}), list):
        raw[section][key] = _as_type(value, named[key])


def _as_type(value: str, kind: Any) -> Any:
    if kind is bool and value.lower() in {"true", "1", "yes", "on", "false", "0", "no", "off"}:
        return value.lower() in {"true", "1", "yes", "on"}
    if kind is int and re.fullmatch(r"-?\d+", value):
        return int(value)
    if "list" in str(kind):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _explain(message: str, text: str, raw: dict[str, Any], file: str) -> str:
    """Msgspec's message, with the line it is about and, for a wrong name, the nearest right one."""
    words, _, where = message.partition(" - at ")
    path = [part for part in re.findall(r"[a-z_]+|\[\d+\]", where.strip("`$")) if not part.startswith("[")]
    unknown = re.search(r"unknown field `([^`]+)`", words)
    if unknown:
        known = _known_keys(path)
        close = difflib.get_close_matches(unknown[1], known, 1)
        dotted = ".".join([*path, unknown[1]])
        hint = f"did you mean `{close[0]}`?" if close else f"known here: {', '.join(sorted(known))}"
        return f"{file}:{line_of(text, [*path, unknown[1]])}: unknown key `{dotted}`; {hint}"
    missing = re.search(r"missing required field `([^`]+)`", words)
    if missing:
        dotted = ".".join([*path, missing[1]])
        return f"{file}:{line_of(text, path)}: `{dotted}` is missing; {EXAMPLES.get(dotted, 'it has to be given')}"
    value: Any = raw
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    shown = f" (it is {value!r})" if isinstance(value, str | int | float | bool) else ""
    return f"{file}:{line_of(text, path)}: `{'.'.join(path)}`: {words.lower()}{shown}"


EXAMPLES: Mapping[str, str] = {
    "name": 'for example: name = "Zendoric"',
    "url": 'for example: url = "https://zendoric.example/"',
    "authority": 'for example: authority = "zendoric.example"; it is part of every article\'s id and never changes',
    "timezone": 'for example: timezone = "Europe/Madrid"',
    "mail.relay.host": 'for example: host = "smtp.example.net"',
    "upstream.url": 'for example: url = "https://example.org/feed.xml"',
}


def _known_keys(path: Sequence[str]) -> list[str]:
    schema: Any = _Publication
    for part in path:
        hints = {("from" if name == "sender" else name): hint for name, hint in get_type_hints(schema).items()}
        schema = hints.get(part)
        schema = next(iter(get_args(schema)), schema)
    if not (isinstance(schema, type) and issubclass(schema, msgspec.Struct)):
        return []
    return [field.encode_name for field in msgspec.structs.fields(schema)]


def line_of(text: str, path: Sequence[str]) -> int:
    """The line, from 1, on which a key or table stands in TOML text; the table's line, or 1, when it is not found."""
    table: list[str] = []
    best = 1
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?", line)
        if header:
            table = [part.strip().strip('"') for part in header[1].split(".")]
            best = number if list(path[: len(table)]) == table else best
            if list(path) == table:
                return number
        key = re.match(r'\s*"?([A-Za-z0-9_-]+)"?\s*(?:\.|=)', line)
        if key and [*table, key[1]] == list(path):
            return number
    return best


class _Reader:
    """Turns the strict schema's strings into times, zones and durations; knows the text, to name lines."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file

    def _error(self, key: str, reason: str) -> ConfigurationError:
        return ConfigurationError(f"{self._file}:{line_of(self._text, key.split('.'))}: `{key}`: {reason}")

    def publication(self, given: _Publication, not_yet: tuple[str, ...]) -> Publication:
        zone = self._zone(given.timezone)
        return Publication(
            name=self._filled("name", given.name),
            url=self._url("url", given.url),
            authority=self._authority(given.authority),
            zone=zone,
            language=self._language(given.language),
            postal_address=given.postal_address,
            description=given.description,
            permalink=self._permalink(given.site.permalink),
            keep_releases=self._at_least("site.keep_releases", given.site.keep_releases, 2),
            sources_since=self._instant("sources.since", given.sources.since, zone),
            upstreams=tuple(self._upstream(one) for one in given.upstream),
            digest=self._digest(given.digest, zone),
            mail=self._mail(given),
            service=given.web.service,
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

    def _language(self, tag: str) -> str:
        if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag):
            raise self._error("language", f'{tag!r} is no language tag (BCP 47); for example "en" or "pt-BR"')
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

    def _upstream(self, one: _Upstream) -> Upstream:
        if urlsplit(one.url).scheme not in {"http", "https"}:
            raise self._error("upstream.url", f'{one.url!r} is no web address; for example "https://example.org/feed"')
        return Upstream(url=one.url, section=one.section, title=one.title, lang=one.lang)

    def _digest(self, given: _Digest, zone: ZoneInfo) -> DigestPlan:
        try:
            at = time.fromisoformat(given.at if len(given.at) > 4 else "0" + given.at)  # noqa: PLR2004 - 9:00
        except ValueError as error:
            raise self._error("digest.at", f'{given.at!r} is no time of day; for example "09:00"') from error
        if at.tzinfo is not None:
            raise self._error("digest.at", 'it is local time in `timezone` and has no offset; for example "09:00"')
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
            hold_for=self._duration("digest.hold_for", given.hold_for) if given.hold_for else None,
            approve=given.approve,
        )

    def _mail(self, given: _Publication) -> Mail:
        kind, _, folder = given.mail.transport.partition(":")
        if kind not in {"maildir", "smtp"} or (kind == "maildir" and not folder) or (kind == "smtp" and folder):
            raise self._error("mail.transport", f'{given.mail.transport!r}; it is "smtp" or "maildir:FOLDER"')
        if kind == "smtp" and not given.mail.relay:
            raise self._error("mail.transport", '"smtp" needs a [[mail.relay]] with a host')
        domain = urlsplit(given.url).hostname or "localhost"
        sender = given.mail.sender or f"{given.name} <daily@{domain}>"
        for key, value in (("mail.from", sender), ("mail.reply_to", given.mail.reply_to)):
            if value is not None and not re.fullmatch(r"[^\r\n<>]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+", value):
                raise self._error(key, f'{value!r} is no mailbox; for example "Zendoric <daily@zendoric.example>"')
        return Mail(
            sender=sender,
            reply_to=given.mail.reply_to,
            maildir=folder if kind == "maildir" else None,
            relays=tuple(self._relay(relay) for relay in given.mail.relay),
            connections=self._at_least("mail.connections", given.mail.connections, 1),
        )

    def _relay(self, given: _Relay) -> Relay:
        tls: Tls = given.tls or ("required" if given.user else "opportunistic")
        if given.user and tls in {"none", "opportunistic"}:
            raise self._error("mail.relay.tls", 'a password is only sent over TLS; "required" or "implicit"')
        port = given.port or {"implicit": 465, "required": 587}.get(tls, 25)
        return Relay(name=given.name, host=given.host, port=port, user=given.user, password=given.password, tls=tls)

    def _store_url(self, value: str) -> str:
        if not re.match(r"sqlite:.|postgres(ql)?(\+psycopg)?://.", value):
            raise self._error("store.url", f'{value!r}; it is "sqlite:FILE" or "postgresql://..."')
        return value
