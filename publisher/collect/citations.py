"""The `sources`, `corrections` and `retracted` keys. A faulty source costs itself, not the article."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from publisher.collect.dates import EXAMPLE, moment
from publisher.collect.dialects import ADDRESSES, YES, Fields
from publisher.collect.plain_text import headline, one_line
from publisher.collect.slugs import language_tag
from publisher.model import Access, Correction, Retraction, Role, Source, Verification

Warn = Callable[[int | None, str], None]
_CHOICES = {"role": get_args(Role), "access": get_args(Access), "verification": get_args(Verification)}
_KEYS = frozenset(
    """
    key id title name publisher url link role access verification seen accessed archived dead_since note lang language
    """.split()  # noqa: SIM905 - words are read more easily than a list of literals
)


_USUAL = re.compile(r"https?://[A-Za-z0-9.-]+(?:[/?][A-Za-z0-9/._~:@!$&'()*+,;=?%-]*)?")
"""Addresses that nothing can be wrong with."""


def web_address(value: Any) -> str | None:
    """An absolute http or https URL without a password, or None."""
    if not isinstance(value, str):
        return None
    if _USUAL.fullmatch(value) and not value.endswith("%20"):
        return value
    text = re.sub(r"\A(?:\s|%20)+|(?:\s|%20)+\Z", "", value)
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    whole = parts.scheme in {"http", "https"} and parts.hostname and not parts.password
    return text if whole and not any(letter.isspace() or letter in '<>"{}|\\^`' for letter in text) else None


def sources(fields: Fields, zone: ZoneInfo, warn: Warn) -> Iterator[Source]:
    """In the order they are written; each that cannot be used is told to `warn` with its line."""
    value = fields.matter.values.get("sources")
    if isinstance(value, str):
        value = value.split() if fields.matter.headers else [value]
    known: set[str] = set()
    for place, item in enumerate(value if isinstance(value, list) else [value] if value else []):
        line = fields.line("sources", place) or fields.line("sources")
        try:
            source = _source(item, zone, partial(warn, line))
        except ValueError as error:
            warn(line, f"source {place + 1} is left out: {error}")
            continue
        if source.key in known:
            warn(line, f"two sources have the key `{source.key}`; `[@{source.key}]` cites the first")
            source = replace(source, key=None)
        known |= {source.key} if source.key else set()
        yield source


def _source(item: Any, zone: ZoneInfo, warn: Callable[[str], None]) -> Source:
    if isinstance(item, str):
        item = {"url": item}
    if not isinstance(item, dict):
        raise ValueError("it is neither a URL nor a mapping with `title` and `url`")  # noqa: TRY004 - one kind of fault
    for key in sorted(item.keys() - _KEYS):
        warn(f"a source has no key `{key}`; known are {', '.join(sorted(_KEYS))}")
    given = {key: text for key, value in item.items() if isinstance(value, str) and (text := one_line(value))}
    url = given.get("url") or given.get("link")
    address = web_address(url)
    if url and not address:
        raise ValueError(f"{url[:200]!r} is no web address; it begins with https:// or http://")
    title = headline(given.get("title") or given.get("name") or "") or given.get("publisher") or url
    if not title:
        raise ValueError("it has neither `title` nor `url`")
    archived = given.get("archived")
    if archived and not web_address(archived):
        warn(f"`archived` is no web address: {archived!r}")
        archived = None
    dead_since = _instant(given.get("dead_since"), "dead_since", zone, warn)
    return Source(
        title=title,
        url=address,
        key=given.get("key") or given.get("id"),
        publisher=_worded(given, "publisher"),
        role=_choice(given, "role"),
        access=_choice(given, "access") or ("dead" if dead_since else "unknown"),
        verification=_choice(given, "verification") or "unverified",
        seen=_instant(given.get("seen") or given.get("accessed"), "seen", zone, warn),
        dead_since=dead_since,
        archived=archived,
        note=_worded(given, "note"),
        lang=language_tag(given.get("lang") or given.get("language") or ""),
    )


def _worded(given: dict[str, str], key: str) -> str | None:
    return headline(given[key]) or None if key in given else None


def _choice(given: dict[str, str], key: str) -> Any:
    written = given.get(key)
    value = written.lower().replace(" ", "-").replace("_", "-") if written else None
    if value is not None and value not in _CHOICES[key]:
        raise ValueError(f"`{key}: {written}` is unknown; it is one of {', '.join(_CHOICES[key])}")
    return value


def _instant(text: str | None, key: str, zone: ZoneInfo, warn: Callable[[str], None]) -> datetime | None:
    if not text:
        return None
    try:
        return moment(text, zone).at
    except ValueError as error:
        warn(f"`{key}`: {text!r} {error}")
        return None


def reported_work(fields: Fields, title: str, site: str) -> Iterator[Source]:
    """The work on another host that the whole article reports or was copied from (`url`, `link`, `canonical` ...)."""
    origin = fields.matter.values.get("source")
    named = origin if isinstance(origin, dict) else {"name": origin}
    publisher = headline(str(named.get("name") or named.get("title") or "")) or None
    given = [fields.matter.values.get(key) for key in ADDRESSES]
    urls = [url for value in given for url in [web_address(value)] if url and not url.startswith(site)]
    home = web_address(named.get("url"))
    if not urls and home:
        yield Source(title=publisher or home, url=home, publisher=publisher)
    for url in dict.fromkeys(urls):
        yield Source(title=title, url=url, publisher=publisher if publisher != web_address(publisher) else None)


def corrections(fields: Fields, zone: ZoneInfo, warn: Warn) -> Iterator[Correction]:
    """Oldest first."""
    value = fields.matter.values.get("corrections")
    found: list[Correction] = []
    for place, item in enumerate(value if isinstance(value, list) else [value] if value else []):
        line = fields.line("corrections", place) or fields.line("corrections")
        given = item if isinstance(item, dict) else {"text": item}
        at, text = str(given.get("at") or given.get("date") or ""), one_line(str(given.get("text") or ""))
        kind = one_line(str(given.get("type") or given.get("kind") or "correction")).lower()
        if kind not in {"correction", "update"}:
            warn(line, f"`type: {kind}` is unknown; it is correction or update")
        try:
            found.append(replace(_correction(at, text, zone), kind="update" if kind == "update" else "correction"))
        except ValueError as error:
            warn(line, f"correction {place + 1} is left out: {error}")
    yield from sorted(found, key=lambda one: one.at)


def _correction(at: str, text: str, zone: ZoneInfo) -> Correction:
    if not text:
        raise ValueError("it has no `text`")
    if not at:
        raise ValueError(f"it has no `at`, such as {EXAMPLE}")
    try:
        return Correction(at=moment(at, zone).at, text=headline(text))
    except ValueError as error:
        raise ValueError(f"`at: {at}` {error}") from error


def retraction(fields: Fields, otherwise: datetime, zone: ZoneInfo, warn: Warn) -> Retraction | None:
    """Whoever wrote `retracted` meant it: a date that cannot be read is `otherwise`, with a warning.

    In one line it is the time, `takedown:` if it is one, and the reason.
    """
    value = fields.matter.values.get("retracted")
    if value is None or fields.truth("retracted") is False:
        return None
    given = value if isinstance(value, dict) else _in_one_line(None if fields.truth("retracted") else str(value), zone)
    line = fields.line("retracted")
    at = _instant(str(given.get("at") or ""), "retracted.at", zone, lambda reason: warn(line, reason))
    if at is None and not given.get("at"):
        warn(line, f"`retracted` has no `at`; write it as {{at: {EXAMPLE}, reason: ...}}")
    takedown = str(given.get("takedown") or "").lower() in YES
    return Retraction(at=at or otherwise, reason=headline(str(given.get("reason") or "")), takedown=takedown)


def _in_one_line(text: str | None, zone: ZoneInfo) -> dict[str, str | None]:
    if text is None:
        return {}
    at, _, rest = text.strip().partition(" ")
    try:
        moment(at, zone)
    except ValueError:
        return {"reason": text}
    bare = rest.strip()
    takedown = "true" if bare.startswith("takedown:") else None
    return {"at": at, "reason": bare.removeprefix("takedown:").strip(), "takedown": takedown}
