"""When mail comes, in a language's words."""

from datetime import date, datetime, time

from publisher.config import DigestPlan
from publisher.render.language import Language

EVERY_DAY = 7
NOUNS_IN_CAPITALS = {"en", "de"}


def clock(language: Language, at: time) -> str:
    """A local time of day, as the language writes it."""
    return language.voice.clock(datetime.combine(date(2000, 1, 1), at, language.zone))


def daily(language: Language, plan: DigestPlan) -> str:
    """`Every day at 09:00`, `Monday and Friday at 09:00`."""
    hour = clock(language, plan.at)
    if len(plan.weekdays) == EVERY_DAY:
        return language.text("Every day at {time}", time=hour)
    days = language.voice.join([_within(language, day) for day in sorted(plan.weekdays)])
    said = language.text("{days} at {time}", days=days, time=hour)
    return said[:1].upper() + said[1:]


def weekly(language: Language, plan: DigestPlan) -> str:
    """`Once a week, on Saturday at 09:00`; empty where there is no weekly."""
    week = plan.weekly
    if week is None:
        return ""
    day = _within(language, week.weekday)
    return language.text("Once a week, on {day} at {time}", day=day, time=clock(language, week.at))


def hour(language: Language, plan: DigestPlan) -> str:
    """`09:00 Madrid time`."""
    return f"{clock(language, plan.at)}, {language.place() or 'UTC'}"


def _within(language: Language, day: int) -> str:
    """A day's name as it stands within a sentence."""
    name = language.voice.weekdays[day][1]
    return name if language.voice.locale.language in NOUNS_IN_CAPITALS else name[:1].lower() + name[1:]
