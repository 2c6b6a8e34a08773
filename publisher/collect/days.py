"""Day files: the editor's hand on one day, `days/2026-06-25.md`."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from publisher.collect.article_file import decoded
from publisher.collect.dialects import NO, YES
from publisher.collect.front_matter import Fault, FrontMatter, split
from publisher.collect.plain_text import one_line
from publisher.model import DayFile, Problem

FOLDER = "days"
KEYS = frozenset({"subject", "preheader", "lead", "order", "leave_out", "hold"})


def days(root: Path) -> tuple[Mapping[date, DayFile], tuple[Problem, ...]]:
    """All day files, by day. One that cannot be read is a problem with its `day`, so that the day can be held.

    A missing folder is no problem.
    """
    found: dict[date, DayFile] = {}
    problems: list[Problem] = []
    folder = root / FOLDER
    try:
        names = sorted(place.name for place in folder.iterdir()) if folder.exists() else []
    except OSError as error:
        return {}, (Problem(path=FOLDER, reason=f"the folder cannot be read: {(error.strerror or '').lower()}"),)
    for name in names:
        if name.startswith(".") or not name.lower().endswith((".md", ".markdown")):
            continue
        day_file = _day_file(f"{FOLDER}/{name}", folder / name, problems)
        if day_file:
            found[day_file.day] = day_file
    return found, tuple(problems)


def _day_file(path: str, place: Path, problems: list[Problem]) -> DayFile | None:
    try:
        day = date.fromisoformat(place.stem if re.fullmatch(r"\d{4}-\d\d-\d\d", place.stem) else "")
    except ValueError:
        problems.append(Problem(path=path, reason="its name is no day; a day file is called 2026-06-25.md"))
        return None
    try:
        matter = split(decoded(place.read_bytes()))
    except UnicodeDecodeError:
        problems.append(Problem(path=path, reason="it is not UTF-8; save the file as UTF-8", day=day))
        return None
    except OSError as error:
        problems.append(Problem(path=path, reason=f"it cannot be read: {(error.strerror or '').lower()}", day=day))
        return None
    if isinstance(matter, Fault):
        problems.append(Problem(path=path, line=matter.line, reason=matter.reason, day=day))
        return None
    problems += _doubts(path, day, matter)
    return _from(day, matter)


def _from(day: date, matter: FrontMatter) -> DayFile:
    values = matter.values
    return DayFile(
        day=day,
        subject=_text(values.get("subject")),
        preheader=_text(values.get("preheader")),
        lead=_text(values.get("lead")),
        order=_texts(values.get("order")),
        leave_out=_texts(values.get("leave_out")),
        # A word that is neither yes nor no holds: a mail that waits can still be sent.
        hold=values.get("hold") is not None and _word(values["hold"]) not in NO,
        note=matter.body.strip(),
        lines=dict(_lines(matter)),
    )


def _lines(matter: FrontMatter) -> Iterator[tuple[tuple[str, str], int]]:
    """Where each article is named; of names in one line, that line."""
    for key in ("lead", "order", "leave_out"):
        first = matter.lines.get((key,))
        if first:
            yield (key, ""), first
            for place, name in enumerate(_texts(matter.values.get(key))):
                yield (key, name), matter.lines.get((key, place), first)


def _doubts(path: str, day: date, matter: FrontMatter) -> list[Problem]:
    found = []
    for key in sorted(matter.values.keys() - KEYS):
        reason = f"a day file has no key `{key}`; known are {', '.join(sorted(KEYS))}"
        found.append(Problem(path=path, line=matter.lines.get((key,)), reason=reason, left_out=False, day=day))
    for key in ("subject", "preheader", "lead"):
        if isinstance(matter.values.get(key), list | dict):
            reason = f"`{key}` is a list; it is one line of text"
            found.append(Problem(path=path, line=matter.lines.get((key,)), reason=reason, left_out=False, day=day))
    hold = matter.values.get("hold")
    if hold is not None and _word(hold) not in YES | NO:
        reason = f"`hold: {_word(hold)}` is neither true nor false; the day is held"
        found.append(Problem(path=path, line=matter.lines.get(("hold",)), reason=reason, left_out=False, day=day))
    return found


def _word(value: Any) -> str:
    return one_line(str(value)).lower()


def _text(value: Any) -> str | None:
    return one_line(value) or None if isinstance(value, str) else None


def _texts(value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list) else re.split(r"[,\s]+", value) if isinstance(value, str) else []
    return tuple(text for item in items for text in [_text(item)] if text)
