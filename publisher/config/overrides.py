"""`PUBLISHER_<SECTION>_<KEY>` variables laid over the file's keys, and keys that wait for a later version set aside."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from typing import Any, get_type_hints

import msgspec

from publisher.config.schema import LATER, PublicationKeys

RELAY = re.compile(r"mail_relay_(\w+?)_(host|port|user|password|tls|per_hour|idempotency_header)")
RELAY_NUMBERS = {"port", "per_hour"}


def dates_as_text(value: Any) -> Any:
    """TOML's own dates and times as ISO 8601, so that `start = 2026-06-01` and `start = "2026-06-01"` are the same."""
    if isinstance(value, dict):
        return {key: dates_as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [dates_as_text(inner) for inner in value]
    return value.isoformat() if isinstance(value, date | time) else value


def set_aside(raw: dict[str, Any]) -> tuple[str, ...]:
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


def override(raw: dict[str, Any], overrides: Mapping[str, str]) -> None:
    """Lay the variables over the file's keys; one that names no key is passed over."""
    for variable, value in overrides.items():
        words = variable.removeprefix("PUBLISHER_").lower()
        if not variable.startswith("PUBLISHER_"):
            continue
        relay = RELAY.fullmatch(words)
        if relay:
            for table in _tables(raw, "mail.relay"):
                if str(table.get("name", "main")).lower() == relay[1]:
                    table[relay[2]] = int(value) if relay[2] in RELAY_NUMBERS and value.isdigit() else value
            continue
        _override_key(raw, words, value)


def unknown_overrides(variables: Iterable[str]) -> list[str]:
    """Those of the `PUBLISHER_*` variables that name no key, of this version or a later one."""
    top = get_type_hints(PublicationKeys)
    known = {*top, *LATER.get("", ())}
    for section, schema in top.items():
        if isinstance(schema, type) and issubclass(schema, msgspec.Struct):
            known |= {f"{section}_{key}" for key in _leaves(schema)}
            known |= {f"{section}_{key}" for key in LATER.get(section, ())}
    names = ((variable, variable.removeprefix("PUBLISHER_").lower()) for variable in variables)
    return [variable for variable, words in names if words not in known and not RELAY.fullmatch(words)]


def _override_key(raw: dict[str, Any], words: str, value: str) -> None:
    top = get_type_hints(PublicationKeys)
    if words in top and not (isinstance(top[words], type) and issubclass(top[words], msgspec.Struct)):
        raw[words] = value
        return
    section, _, key = words.partition("_")
    schema = top.get(section)
    if not (isinstance(schema, type) and issubclass(schema, msgspec.Struct)):
        return
    leaf = _leaves(schema).get(key)
    if leaf is None:
        return
    *path, last = leaf[0]
    table = raw.setdefault(section, {})
    for name in path:
        table = table.setdefault(name, {}) if isinstance(table, dict) else table
    if isinstance(table, dict):
        table[last] = _as_type(value, leaf[1])


def _leaves(schema: type[msgspec.Struct]) -> dict[str, tuple[list[str], Any]]:
    """As a variable says it -> the key's path in its section, and its type: `light_bg` -> ([light, bg], str)."""
    found: dict[str, tuple[list[str], Any]] = {}
    for field in msgspec.structs.fields(schema):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            for key, (path, kind) in _leaves(field.type).items():
                found[f"{field.encode_name}_{key}"] = ([field.encode_name, *path], kind)
        else:
            found[field.encode_name] = ([field.encode_name], field.type)
    return found


def _as_type(value: str, kind: Any) -> Any:
    if kind is bool and value.lower() in {"true", "1", "yes", "on", "false", "0", "no", "off"}:
        return value.lower() in {"true", "1", "yes", "on"}
    if kind in {int, int | None} and re.fullmatch(r"-?\d+", value):
        return int(value)
    if "list" in str(kind):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value
