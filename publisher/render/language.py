"""The interface's words, dates, times and numbers in one language and the publication's zone.

Words come from gettext catalogues, handed in as text; dates from the CLDR through Babel. What was formatted once is
kept, because a site says the same dates thousands of times.
"""

import datetime as dt
import gettext
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal
from unicodedata import bidirectional
from zoneinfo import ZoneInfo

import msgspec
from markupsafe import Markup

from publisher.errors import ConfigurationError

if TYPE_CHECKING:
    from babel import Locale


def _english_plural(n: int) -> int:
    return int(n != 1)


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """One gettext catalogue: the English message -> its form, or its plural forms."""

    forms: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    choose: Callable[[int], int] = _english_plural
    """Which form a number takes."""


ENGLISH = Words()


_NAME = re.compile(r"\{(\w+)\}")
_NAMES = re.compile(r"(?:[^{}]|\{\{|\}\}|\{\w+\})*")


@lru_cache(maxsize=1_000)
def _with_names(message: str) -> str:
    """The same. Raises `ValueError` where more than names stands in its braces: with `{x.__class__}` a template would
    read what its sandbox keeps from it.
    """
    if not _NAMES.fullmatch(message):
        raise ValueError(f"in `{message}` something else than a name stands in braces; write `{{name}}`")
    return message


class Wording(dict[str, str]):
    """`_` in templates: `_("words", name="value")`. Words without values are looked up once."""

    def __init__(self, text: Callable[..., str]) -> None:
        super().__init__()
        self._text = text

    def __call__(self, message: str, **values: object) -> str:
        return self._text(message, **values)

    def __missing__(self, message: str) -> str:
        found = self[message] = self._text(message)
        return found


class Language(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One language as readers see it. Calendar days and times of day are the zone's."""

    tag: str
    """BCP 47."""
    zone: ZoneInfo
    catalogue: Words = ENGLISH

    @cached_property
    def _kept(self) -> dict[Any, str]:
        return {}

    @cached_property
    def wording(self) -> Wording:
        """What templates are given."""
        return Wording(self.text)

    @cached_property
    def locale(self) -> "Locale":
        """The nearest that the CLDR knows: `pt-BR`, else `pt`, else English."""
        from babel import Locale, UnknownLocaleError

        for tag in _from_narrow_to_wide(self.tag):
            try:
                return Locale.parse(tag, sep="-")
            except (UnknownLocaleError, ValueError):
                continue
        return Locale("en")

    @cached_property
    def speaks(self) -> str:
        """The language of its words: English where it has no catalogue. English of any country is its own."""
        own = self.catalogue is not ENGLISH or self.tag.partition("-")[0].lower() == "en"
        return self.tag if own else "en"

    def marked(self, lang: str) -> Markup:
        """` lang="en"`, an attribute, where its pages mix two languages (WCAG 3.1.2); else nothing."""
        return Markup(' lang="{}"').format(lang) if self.speaks != self.tag else Markup()

    @cached_property
    def voice(self) -> "Language":
        """Says the dates and names that stand within its sentences: where those are English, in English."""
        return self if self.speaks == self.tag else Language(tag=self.speaks, zone=self.zone)

    @cached_property
    def dir(self) -> str:
        """`rtl` or `ltr`."""
        return "rtl" if self.locale.character_order == "right-to-left" else "ltr"

    def text(self, message: str, **values: object) -> str:
        """The message in this language, its `{names}` filled; the English itself where the catalogue lacks it."""
        found = self.catalogue.forms.get(message, (message,))[0]
        return _with_names(found).format_map(self._apart(values)) if values else found

    def plural(self, one: str, many: str, n: int, **values: object) -> str:
        """The form that `n` takes; `{n}` in it becomes the number."""
        if not values:
            return self._keep((one, n), lambda: self._plural(one, many, n, {}))
        return self._plural(one, many, n, values)

    def _plural(self, one: str, many: str, n: int, values: Mapping[str, object]) -> str:
        forms = self.catalogue.forms.get(one)
        found = forms[self.catalogue.choose(n)] if forms else (one if n == 1 else many)
        return _with_names(found).format_map({"n": self.number(n), **self._apart(values)})

    def _apart(self, values: Mapping[str, object]) -> Mapping[str, object]:
        """In an English sentence a date or a name that runs to the left is set apart (UAX 9 s. 2.4.2), so that it stays
        in one piece: `25 ביוני 2026` would be torn.
        """
        if self.catalogue is not ENGLISH or self.dir == "ltr":
            return values
        return {key: f"\u2068{one}\u2069" if isinstance(one, str) else one for key, one in values.items()}

    def set_apart(self, name: str) -> str:
        """A name with letters that run the other way, in one piece within a line of this language (UAX 9 s. 2.4.2):
        else `نص · 1 min` would show the number on its far side.
        """
        if name.isascii() and self.dir == "ltr":
            return name
        others = {"L"} if self.dir == "rtl" else {"R", "AL"}
        return f"\u2068{name}\u2069" if any(bidirectional(sign) in others for sign in name) else name

    def number(self, n: int) -> str:
        """`712`, `10,000`."""

        def decimal() -> str:
            from babel.numbers import format_decimal

            return str(format_decimal(n, locale=self.locale))

        return str(n) if 0 <= n < 1_000 else self._keep(("number", n), decimal)  # noqa: PLR2004

    def local(self, at: dt.datetime) -> dt.datetime:
        return at.astimezone(self.zone)

    def iso(self, at: dt.datetime) -> str:
        """`2026-06-25T09:00:00+02:00`, for `<time datetime>`: RFC 3339 with the zone's offset."""
        return at.astimezone(self.zone).isoformat(timespec="seconds")

    def date(self, day: dt.date) -> str:
        """`June 25, 2026`. A `datetime` counts for its day in the zone."""
        return self._pattern("date", _day(day, self.zone), "long")

    def weekday_date(self, day: dt.date) -> str:
        """`Thursday, June 25, 2026`, as it begins a line."""
        return self._pattern("weekday_date", _day(day, self.zone), "full")

    def day_month(self, day: dt.date) -> str:
        """`June 25`."""
        return self._skeleton("MMMMd", _day(day, self.zone))

    def month(self, day: dt.date) -> str:
        """`June 2026`, as it begins a line."""
        return self._skeleton("yMMMM", dt.date(day.year, day.month, 1))

    def clock(self, at: dt.datetime) -> str:
        """`09:00`, by 24 hours, as the language writes it."""
        local = at.astimezone(self.zone)

        def time() -> str:
            from babel.dates import format_time

            return str(format_time(local.time(), format=self._clock_pattern, locale=self.locale))

        return self._keep((local.hour, local.minute), time)

    @cached_property
    def _clock_pattern(self) -> str:
        found = self.locale.datetime_skeletons.get("Hm")
        return found.pattern if found else "HH:mm"

    def moment(self, at: dt.datetime) -> str:
        """`June 25, 2026 · 09:00`."""
        return f"{self.date(at)} · {self.clock(at)}"

    def near_moment(self, at: dt.datetime, *, to: dt.datetime) -> str:
        """`June 25, 08:41`; with the year where it is another than that of `to`."""
        same_year = self.local(at).year == self.local(to).year
        return f"{self.day_month(at) if same_year else self.date(at)}, {self.clock(at)}"

    @cached_property
    def weekdays(self) -> Sequence[tuple[str, str]]:
        """(`Mon`, `Monday`) and so on: Monday first (ISO 8601), as they begin a line."""
        return list(zip(self._weekdays("abbreviated"), self._weekdays("wide"), strict=True))

    @cached_property
    def weekday_initials(self) -> Sequence[str]:
        """`Mo`, `Tu` and so on, for the head of a calendar."""
        return self._weekdays("short")

    def _weekdays(self, width: Literal["short", "abbreviated", "wide"]) -> list[str]:
        from babel.dates import get_day_names

        names = get_day_names(width, locale=self.locale)
        return [_capital(names[n]) for n in range(7)]

    def place(self) -> str:
        """`Madrid time`: where the clock of this site stands; empty for UTC, which is a place nowhere."""
        key = self.zone.key or ""
        if "/" not in key or key.startswith("Etc/"):
            return ""

        def city() -> str:
            from babel.dates import get_timezone_location

            name = str(get_timezone_location(self.zone, locale=self.voice.locale, return_city=True))
            return self.text("{city} time", city=name)

        return self._keep("place", city)

    def zone_name(self, at: dt.datetime) -> str:
        """`Madrid time (CEST, UTC+2)`: as it holds at that moment."""
        local = self.local(at)
        offset, short = local.utcoffset() or dt.timedelta(), local.tzname() or ""
        return self._keep(("zone", offset, short), lambda: self._zone_name(offset, short))

    def _zone_name(self, offset: dt.timedelta, short: str) -> str:
        hours, minutes = divmod(abs(offset) // dt.timedelta(minutes=1), 60)
        sign = "\u2212" if offset < dt.timedelta() else "+"
        utc = "UTC" if not offset else f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")
        names = ", ".join(dict.fromkeys([short, utc] if short.isalpha() else [utc]))
        return f"{self.place()} ({names})" if self.place() else names

    def join(self, names: Sequence[str]) -> str:
        """`A, B and C`."""
        from babel.lists import format_list

        return str(format_list(list(names), locale=self.locale)) if names else ""

    def _pattern(self, kind: str, day: dt.date, pattern: str) -> str:
        def formatted() -> str:
            from babel.dates import format_date

            found = str(format_date(day, format=pattern, locale=self.locale))
            return found if kind == "date" else _capital(found)

        return self._keep((kind, day), formatted)

    def _skeleton(self, skeleton: str, day: dt.date) -> str:
        def formatted() -> str:
            from babel.dates import format_skeleton

            found = str(format_skeleton(skeleton, day, locale=self.locale))
            return _capital(found) if skeleton == "yMMMM" else found

        return self._keep((skeleton, day), formatted)

    def _keep(self, key: object, make: Callable[[], str]) -> str:
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = make()
        return found


def load(texts: Mapping[str, str], tags: Iterable[str], zone: ZoneInfo) -> dict[str, Language]:
    """A `Language` for each tag. `texts` are .po files by language tag.

    `pt-BR` takes the words of `pt-BR`, else of `pt`; a language without a catalogue says the English words with its own
    dates. Raises `ConfigurationError` for a catalogue that is not gettext.
    """
    read: dict[str, Words] = {}
    by_tag = {tag.casefold().replace("_", "-"): tag for tag in texts}
    found: dict[str, Language] = {}
    for tag in tags:
        name = next((by_tag[one] for one in _from_narrow_to_wide(tag.casefold()) if one in by_tag), None)
        if name is not None and name not in read:
            read[name] = parse(texts[name], name)
        found[tag] = Language(tag=tag, zone=zone, catalogue=read[name] if name else ENGLISH)
    return found


def parse(text: str, name: str) -> Words:
    """A .po file. Messages that are untranslated or marked fuzzy are left to English."""
    if _is_untranslated(text):
        return ENGLISH
    from babel.messages.pofile import PoFileError, read_po

    try:
        catalogue = read_po(BytesIO(text.encode()), abort_invalid=True)
        choose = gettext.c2py(catalogue.plural_expr)
    except (PoFileError, ValueError) as error:
        raise ConfigurationError(f"{name}.po is no gettext catalogue: {error}") from error
    forms: dict[str, tuple[str, ...]] = {}
    for message in catalogue:
        ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
        given = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        if ids[0] and given and all(given) and not message.fuzzy:
            forms[ids[0]] = given
            _same_names(ids, given, f"{name}.po")
    return Words(forms=forms, choose=choose)


def _same_names(ids: Sequence[str], forms: Iterable[str], file: str) -> None:
    """Only the names that the English has stand in braces: else a page would end in the middle of a sentence."""
    names = set(_NAME.findall(" ".join(ids))) | ({"n"} if len(ids) > 1 else set())
    for form in forms if names else ():
        if not _NAMES.fullmatch(form) or not names.issuperset(_NAME.findall(form)):
            may = ", ".join(f"{{{one}}}" for one in sorted(names))
            raise ConfigurationError(f"{file}: in the words for `{ids[0]}`, `{form}`, only {may} may stand in braces")


def _is_untranslated(text: str) -> bool:
    """A catalogue that says nothing, as the English one that is shipped: to read it takes a hundredth of a second."""
    line = r"#.*|msgid(?:_plural)? \"[^\"\\]*\"|msgstr(?:\[\d\])? \"\"|"
    head = r"msgid \"\"\nmsgstr \"\"\n(?:\"[^\"]*\"\n)*"
    return re.fullmatch(rf"(?:#.*\n)*{head}(?:(?:{line})\n)*", text) is not None


def _from_narrow_to_wide(tag: str) -> Iterable[str]:
    parts = tag.split("-")
    return ("-".join(parts[:end]) for end in range(len(parts), 0, -1))


def _day(day: dt.date, zone: ZoneInfo) -> dt.date:
    return day.astimezone(zone).date() if isinstance(day, dt.datetime) else day


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
