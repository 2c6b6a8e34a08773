"""`[theme]` as written -> a `Theme`. Text that could not be read is refused at load."""

import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from msgspec.structs import fields

from publisher.config.contrast import contrast, nearest
from publisher.config.schema import PaletteKeys, ThemeKeys
from publisher.config.theme import DARK, EMBLEMS, LIGHT, SANS, SERIF, Palette, Theme
from publisher.errors import ConfigurationError

Refusal = Callable[[str, str], ConfigurationError]
"""Makes the error of a key from a reason."""
TEXTS: Mapping[str, float] = {"ink": 7, "mute": 4.5, "link": 4.5, "ok": 4.5, "warn": 4.5}
"""Least contrast of each text on both grounds."""
GROUNDS = ("bg", "soft")


def theme(given: ThemeKeys, refuse: Refusal) -> Theme:
    """Raises what `refuse` makes for a colour that is none, a text that cannot be read, a font stack that is no CSS."""
    emblems = {name: _file(name, getattr(given, name), refuse) for name in EMBLEMS}
    found = Theme(
        light=_palette("light", given.light, LIGHT, refuse),
        dark=_palette("dark", given.dark, DARK, refuse),
        serif=_stack("serif", given.serif, SERIF, refuse),
        sans=_stack("sans", given.sans, SANS, refuse),
        logo_alt=given.logo_alt,
        **emblems,
    )
    for scheme, palette in (("light", found.light), ("dark", found.dark)):
        _refuse_faint_text(scheme, palette, refuse)
    return found


def _palette(scheme: str, given: PaletteKeys, default: Palette, refuse: Refusal) -> Palette:
    found: dict[str, str] = {}
    for one in fields(Palette):
        value = getattr(given, one.name)
        found[one.name] = (
            getattr(default, one.name) if value is None else _colour(f"{scheme}.{one.name}", value, refuse)
        )
    return Palette(**found)


def _colour(key: str, value: str, refuse: Refusal) -> str:
    digits = value.removeprefix("#").lower()
    if value[:1] != "#" or not re.fullmatch(r"[0-9a-f]{3}|[0-9a-f]{6}", digits):
        raise refuse(f"theme.{key}", f'{value!r} is no colour; for example "#0a5a44"')
    return "#" + (digits if len(digits) == len("rrggbb") else "".join(one * 2 for one in digits))


def _refuse_faint_text(scheme: str, palette: Palette, refuse: Refusal) -> None:
    grounds = [getattr(palette, ground) for ground in GROUNDS]
    for name, least in TEXTS.items():
        text = getattr(palette, name)
        ground = min(GROUNDS, key=lambda one: contrast(text, getattr(palette, one)))
        found = contrast(text, getattr(palette, ground))
        if found >= least:
            continue
        better = nearest(text, grounds, least)
        advice = f"the nearest colour that passes is {better}"
        if better is None:
            advice = f"no colour passes on bg {palette.bg} and soft {palette.soft}; change those"
        raise refuse(
            f"theme.{scheme}.{name}",
            f"{name} {text} on {ground} {getattr(palette, ground)} has a contrast of {int(found * 100) / 100:g}, "
            f"and it takes {least:g} to be read; {advice}",
        )


def _stack(key: str, value: str | None, default: str, refuse: Refusal) -> str:
    if value is None:
        return default
    stack = value.replace("'", '"').strip()
    if not re.fullmatch(r'(?:[\w .-]+|"[\w .-]+")(?:\s*,\s*(?:[\w .-]+|"[\w .-]+"))*', stack):
        raise refuse(f"theme.{key}", f"{value!r} is no list of fonts; for example 'Charter, \"Sitka Text\", serif'")
    return stack


def _file(key: str, value: str | None, refuse: Refusal) -> str | None:
    if value is None:
        return None
    path = value.removeprefix("/").removeprefix("static/")
    if not path or {"..", "."} & set(PurePosixPath(path).parts) or not path.isprintable():
        raise refuse(f"theme.{key}", f'{value!r} is no file in static/; for example "static/logo.svg"')
    return path
