"""Dates as people and other programs write them -> instants.

Understood: RFC 3339 and its looser relatives (`2012-02-19 1:44:51 -0400`), RFC 5322 s. 3.3, a date alone, the names of
zones that mean one offset only.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import msgspec

EXAMPLE = "2026-06-25T09:00:00+02:00 or 2026-06-25"
FIRST_YEAR, LAST_YEAR = 1970, 2999

OFFSETS = {
    **dict.fromkeys(("Z", "UT", "UTC", "GMT", "WET"), 0.0),
    **dict.fromkeys(("BST", "CET", "MEZ", "WEST"), 1.0),
    **dict.fromkeys(("CEST", "MESZ", "EET", "SAST"), 2.0),
    **dict.fromkeys(("EEST", "MSK"), 3.0),
    **dict.fromkeys(("HKT", "SGT", "AWST"), 8.0),
    **dict.fromkeys(("JST", "KST"), 9.0),
    "ACST": 9.5,
    "AEST": 10.0,
    "ACDT": 10.5,
    "AEDT": 11.0,
    "NZST": 12.0,
    "NZDT": 13.0,
    "EDT": -4.0,
    **dict.fromkeys(("EST", "CDT"), -5.0),
    **dict.fromkeys(("CST", "MDT"), -6.0),
    **dict.fromkeys(("MST", "PDT"), -7.0),
    **dict.fromkeys(("PST", "AKDT"), -8.0),
    "AKST": -9.0,
    "HST": -10.0,
}
"""Hours east of Greenwich. EST to PDT are as in RFC 5322 s. 4.3; IST means three things and is not here."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = (
    r"(?:[T,]?\s*(?:at\s+)?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[ap]m)?)"
)
_ZONE = r"(?P<zone>Z|(?:UTC|GMT)?\s*[+\u2212-]\d{1,2}(?::?\d{2})?|[A-Z]{2,5}|[A-Z]\w+(?:/\w+)+)"
_NAMED = r"\s*(?:\([^()]*\)|\[[^\]]*\])?"
_MONTH = r"(?P<name>jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_FORMS = tuple(
    rf"{form}(?:{_TIME}\s*{_ZONE}?{_NAMED})?"
    for form in (
        r"(?P<year>\d{4})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})",
        rf"(?:[a-z]{{3,9}}\.?,?\s+)?(?P<day>\d{{1,2}})[\s-]{_MONTH}[\s-](?P<year>\d{{4}})",
        rf"(?:[a-z]{{3,9}}\.?,?\s+)?{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})",
    )
)
"""Patterns without regard to case, compiled where a date is not as usual."""
_USUAL = re.compile(r"\d{4}-\d\d-\d\d(?:[T ](?:[01]\d|2[0-3]):\d\d(?::\d\d)?(?:Z|[+-]\d\d:[0-5]\d)?)?", re.ASCII)
"""Of RFC 3339 and ISO 8601, what the standard library reads as it is meant here."""
_COMPACT = r"(\d{4})(\d\d)(\d\d)(?:[T ]?(\d\d):?(\d\d)(?::?(\d\d))?(Z|[+-]\d\d:?\d\d)?)?"


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    """In UTC."""
    has_time: bool
    """False: the text was a date alone, and `at` is the first instant of that day in the zone that was given."""
    written: date
    """The calendar day as it was written, in whatever zone the writer meant."""


def moment(text: str, zone: ZoneInfo) -> Moment:
    """Read a date. Without an offset it is local time in `zone`: a time in the gap of the spring change is moved on by
    the gap, a doubled one is the first of the two.

    Raises ValueError; its message ends a sentence that began with the value.
    """
    return (_usual(text, zone) if _USUAL.fullmatch(text) else None) or _unusual(text, zone)


def _usual(text: str, zone: ZoneInfo) -> Moment | None:
    """None for a date or a time that there is not."""
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not FIRST_YEAR <= local.year <= LAST_YEAR:
        return None
    at = local.replace(tzinfo=zone) if local.tzinfo is None else local
    return Moment(at=at.astimezone(UTC), has_time=":" in text, written=local.date())


def _unusual(text: str, zone: ZoneInfo) -> Moment:
    written = " ".join(text.split())
    found = next(filter(None, (re.fullmatch(form, written, re.IGNORECASE) for form in _FORMS)), None)
    if found is None:
        expanded = _expand(written)
        found = re.fullmatch(_FORMS[0], expanded, re.IGNORECASE) if expanded else None
    if found is None:
        raise ValueError(f"is no date that can be read; write it as {EXAMPLE}")
    part = found.groupdict()
    day = _day(part)
    if part["hour"] is None:
        return Moment(at=_in(datetime.combine(day, time()), zone), has_time=False, written=day)
    return Moment(at=_in(datetime.combine(day, _clock(part)), _offset(part["zone"], zone)), has_time=True, written=day)


def day_in_name(stem: str) -> tuple[date, str] | None:
    """The date that a file's or folder's name begins with, and the rest: `2026-06-25-slug`, `20260625-slug`."""
    found = re.match(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[-_. ]+|$)|(\d{4})(\d\d)(\d\d)(?:[-_. ]+|$)", stem)
    if found is None:
        return None
    day = _calendar_day(*(int(part) for part in found.groups() if part is not None))
    return (day, stem[found.end() :]) if day else None


def day_in_folders(folders: tuple[str, ...]) -> date | None:
    """The date that folders spell, the innermost first: `2026/06/25` or `2026-06-25`."""
    for end in range(len(folders), 0, -1):
        named = day_in_name(folders[end - 1])
        if named:
            return named[0]
        last = folders[max(0, end - 3) : end]
        if len(last) == len("ymd") and re.fullmatch(r"\d{4}/\d{1,2}/\d{1,2}", "/".join(last)):
            return _calendar_day(*(int(part) for part in last))
    return None


def first_instant(day: date, zone: ZoneInfo) -> datetime:
    """Midnight in `zone`, or the first instant after it where the clocks are put forward at midnight; in UTC."""
    return _in(datetime.combine(day, time()), zone)


def _in(local: datetime, zone: timezone | ZoneInfo) -> datetime:
    """PEP 495: `fold=0` takes the offset before the change, as `moment` promises."""
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _calendar_day(year: int, month: int, day: int) -> date | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if FIRST_YEAR <= year <= LAST_YEAR else None


def _day(part: dict[str, str | None]) -> date:
    year, number = int(part["year"] or 0), int(part["day"] or 0)
    name = part.get("name")
    month = _MONTHS.index(name[:3].lower()) + 1 if name else int(part["month"] or 0)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"is before 1970 or after {LAST_YEAR}; write a date such as {EXAMPLE}")
    found = _calendar_day(year, month, number)
    if found is None:
        raise ValueError(f"is a day that no calendar has; write it as year-month-day, such as {EXAMPLE}")
    return found


def _clock(part: dict[str, str | None]) -> time:
    hour, minute, second = (int(part[name] or 0) for name in ("hour", "minute", "second"))
    if part["half"]:
        hour = hour % 12 + (12 if part["half"].lower() == "pm" else 0)
    try:
        return time(hour, minute, min(second, 59) if second == 60 else second)  # noqa: PLR2004 - a leap second
    except ValueError as error:
        raise ValueError(f"has a time of day that no clock shows; write it as {EXAMPLE}") from error


def _offset(name: str | None, zone: ZoneInfo) -> timezone | ZoneInfo:
    if not name:
        return zone
    digits = re.fullmatch(r"(?:UTC|GMT)?\s*([+\u2212-])(\d{1,2}):?(\d{2})?", name, re.IGNORECASE)
    if digits:
        span = timedelta(hours=int(digits[2]), minutes=int(digits[3] or 0))
        if span >= timedelta(hours=24):
            raise ValueError(f"has an offset of a day or more; write it as {EXAMPLE}")
        return timezone(span if digits[1] == "+" else -span)
    if name.upper() in OFFSETS:
        return timezone(timedelta(hours=OFFSETS[name.upper()]))
    try:
        return ZoneInfo(name) if "/" in name else _unknown(name)
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(f"ends in {name}, which is no one offset; write the offset: {EXAMPLE}") from error


def _unknown(name: str) -> ZoneInfo:
    raise KeyError(name)


def _expand(text: str) -> str | None:
    found = re.fullmatch(_COMPACT, text)
    if found is None:
        return None
    year, month, day, hour, minute, second, offset = found.groups()
    clock = f"T{hour}:{minute}:{second or '00'}{offset or ''}" if hour else ""
    return f"{year}-{month}-{day}{clock}"
