"""The small languages inside values: `1h30m`, `mon-fri`."""

import re
from datetime import time, timedelta

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def parse_duration(text: str) -> timedelta:
    """`30m`, `6h`, `7d`, `90s`, or several together (`1h30m`). Raises ValueError."""
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    if not re.fullmatch(r"(?:\d+[smhdw])+", text):
        raise ValueError(text)
    parts = re.findall(r"(\d+)([smhdw])", text)
    return sum((timedelta(**{units[unit]: int(number)}) for number, unit in parts), timedelta())


def parse_time(text: str) -> time:
    """`09:00`, `9:00`: local, without an offset. Raises ValueError."""
    found = time.fromisoformat(text if len(text) > 4 else "0" + text)  # noqa: PLR2004 - 9:00
    if found.tzinfo is not None:
        raise ValueError(text)
    return found


def parse_weekly(text: str) -> tuple[int, time]:
    """`sat 09:00`: 0 is Monday, and the local time. Raises ValueError."""
    day, clock = text.lower().split()
    return WEEKDAYS.index(day[:3]), parse_time(clock)


def parse_weekdays(text: str) -> frozenset[int]:
    """`mon-sun`, `mon-fri`, `mon,wed,fri`, `sat-mon`: 0 is Monday. Raises ValueError."""
    chosen: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        first, _, last = part.partition("-")
        start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        chosen.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    return frozenset(chosen)
