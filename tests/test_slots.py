"""When a digest is due, against clocks that are put forward and back, and days that never were."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.config import DigestPlan
from publisher.editing import slots

MADRID = ZoneInfo("Europe/Madrid")
DAY = timedelta(days=1)


def plan(at: str = "09:00", weekdays: str = "0123456", skip: tuple[str, ...] = (), catch_up: int = 6) -> DigestPlan:
    return DigestPlan(
        at=time.fromisoformat(at),
        weekdays=frozenset(int(day) for day in weekdays),
        skip=frozenset(date.fromisoformat(day) for day in skip),
        start=None,
        late=timedelta(days=7),
        catch_up=timedelta(hours=catch_up),
        hold_over=25,
        if_left_out="hold",
        hold_for=timedelta(minutes=30),
        approve=False,
    )


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("zone", "at", "day", "expected"),
    [
        # Spring 2026: Madrid 02:00 -> 03:00 on March 29, New York on March 8.
        ("Europe/Madrid", "09:00", "2026-03-29", "2026-03-29T09:00+02:00"),
        ("Europe/Madrid", "00:30", "2026-03-29", "2026-03-29T00:30+01:00"),
        ("Europe/Madrid", "00:30", "2026-03-30", "2026-03-30T00:30+02:00"),
        ("Europe/Madrid", "02:30", "2026-03-29", "2026-03-29T03:00+02:00"),
        ("Europe/Madrid", "02:00", "2026-03-29", "2026-03-29T03:00+02:00"),
        ("Europe/Madrid", "03:00", "2026-03-29", "2026-03-29T03:00+02:00"),
        ("America/New_York", "09:00", "2026-03-08", "2026-03-08T09:00-04:00"),
        ("America/New_York", "00:30", "2026-03-08", "2026-03-08T00:30-05:00"),
        ("America/New_York", "00:30", "2026-03-09", "2026-03-09T00:30-04:00"),
        ("America/New_York", "02:30", "2026-03-08", "2026-03-08T03:00-04:00"),
        # Autumn 2026: Madrid 03:00 -> 02:00 on October 25, New York 02:00 -> 01:00 on November 1.
        ("Europe/Madrid", "09:00", "2026-10-25", "2026-10-25T09:00+01:00"),
        ("Europe/Madrid", "00:30", "2026-10-25", "2026-10-25T00:30+02:00"),
        ("Europe/Madrid", "02:30", "2026-10-25", "2026-10-25T02:30+02:00"),
        ("Europe/Madrid", "03:00", "2026-10-25", "2026-10-25T03:00+01:00"),
        ("America/New_York", "09:00", "2026-11-01", "2026-11-01T09:00-05:00"),
        ("America/New_York", "00:30", "2026-11-01", "2026-11-01T00:30-04:00"),
        ("America/New_York", "01:30", "2026-11-01", "2026-11-01T01:30-04:00"),
        ("America/New_York", "02:30", "2026-11-01", "2026-11-01T02:30-05:00"),
        # Half an hour; Ramadan; an offset of 45 minutes; changes at and across midnight.
        ("Australia/Lord_Howe", "02:15", "2026-10-04", "2026-10-04T02:30+11:00"),
        ("Australia/Lord_Howe", "01:45", "2026-04-05", "2026-04-05T01:45+11:00"),
        ("Africa/Casablanca", "02:30", "2026-02-15", "2026-02-15T02:30+01:00"),
        ("Africa/Casablanca", "02:30", "2026-03-22", "2026-03-22T03:00+01:00"),
        ("Asia/Kathmandu", "09:00", "2026-06-25", "2026-06-25T09:00+05:45"),
        ("America/Sao_Paulo", "00:30", "2018-11-04", "2018-11-04T01:00-02:00"),
        ("America/Toronto", "23:45", "1919-03-30", "1919-03-31T00:30-04:00"),
        ("Pacific/Apia", "09:00", "2011-12-29", "2011-12-29T09:00-10:00"),
        ("Pacific/Apia", "09:00", "2011-12-31", "2011-12-31T09:00+14:00"),
    ],
)
def test_a_slot_is_the_first_instant_at_which_clocks_show_it_or_later(
    zone: str, at: str, day: str, expected: str
) -> None:
    assert slots.slot_on(date.fromisoformat(day), plan(at), ZoneInfo(zone)) == instant(expected)


def test_a_day_that_a_zone_never_had_has_no_slot() -> None:
    apia = ZoneInfo("Pacific/Apia")
    assert slots.slot_on(date(2011, 12, 30), plan(), apia) is None
    after = slots.next_slot(instant("2011-12-29T09:00-10:00"), plan(), apia)
    assert after is not None
    assert after.day == date(2011, 12, 31)


def test_slots_are_in_utc_so_that_they_compare_by_time() -> None:
    assert slots.at(date(2026, 6, 25), plan(), MADRID).tzinfo is UTC


def test_days_and_skip_are_obeyed_and_the_next_slot_knows_them() -> None:
    weekdays = plan(weekdays="01234", skip=("2026-12-25", "2026-12-28"))
    assert slots.slot_on(date(2026, 12, 25), weekdays, MADRID) is None
    assert slots.slot_on(date(2026, 12, 26), weekdays, MADRID) is None
    following = slots.next_slot(instant("2026-12-24T09:00+01:00"), weekdays, MADRID)
    assert following == slots.Slot(day=date(2026, 12, 29), at=instant("2026-12-29T09:00+01:00"))
    before = slots.last_slot(instant("2026-12-29T08:59+01:00"), weekdays, MADRID)
    assert before == slots.Slot(day=date(2026, 12, 24), at=instant("2026-12-24T09:00+01:00"))


def test_a_slot_has_come_at_its_very_instant_and_the_next_is_later() -> None:
    at = instant("2026-06-25T09:00+02:00")
    last, following = slots.last_slot(at, plan(), MADRID), slots.next_slot(at, plan(), MADRID)
    assert last is not None
    assert following is not None
    assert (last.at, following.at) == (at, at + DAY)


def test_a_plan_without_days_ends_the_search() -> None:
    assert slots.next_slot(instant("2026-06-25T09:00Z"), plan(weekdays=""), MADRID) is None
    assert slots.last_slot(instant("2026-06-25T09:00Z"), plan(weekdays=""), MADRID) is None
    assert slots.missed(instant("2026-06-25T09:00Z"), plan(weekdays=""), MADRID, decided=()).due is None


def test_a_year_of_skipped_days_is_passed_over() -> None:
    year = tuple((date(2026, 1, 1) + n * DAY).isoformat() for n in range(365))
    following = slots.next_slot(instant("2026-01-01T00:00Z"), plan(weekdays="0", skip=year), MADRID)
    assert following is not None
    assert following.day == date(2027, 1, 4)


ZONES = st.sampled_from(
    [
        "Europe/Madrid",
        "America/New_York",
        "Africa/Casablanca",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Asia/Kathmandu",
        "America/Sao_Paulo",
        "America/Goose_Bay",
        "America/Havana",
        "America/Scoresbysund",
        "Asia/Gaza",
        "Africa/Cairo",
        "Antarctica/Troll",
        "Asia/Pyongyang",
        "UTC",
    ]
).map(ZoneInfo)
TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 45, 59]))


def changes(zone: ZoneInfo) -> list[date]:
    """Days around which the zone's offset changes."""
    days = [date(2009, 1, 1) + n * DAY for n in range(365 * 20)]
    noons = [datetime(day.year, day.month, day.day, 12, tzinfo=UTC) for day in days]
    return [one.date() for one in noons if one.astimezone(zone).utcoffset() != (one + DAY).astimezone(zone).utcoffset()]


CHANGES = {zone: changes(ZoneInfo(zone)) or [date(2020, 2, 28)] for zone in ["UTC"]}


def walked(zone: ZoneInfo, at: time, first: date) -> dict[date, datetime]:
    """Minute by minute over six days: for each date, the first minute that shows its time or later."""
    minute = datetime(first.year, first.month, first.day, tzinfo=UTC) - 2 * DAY
    shown = [(minute + n * timedelta(minutes=1)) for n in range(6 * 1440)]
    walls = [(one.astimezone(zone).replace(tzinfo=None, fold=0), one) for one in shown]
    dates = sorted({wall.date() for wall, _ in walls})[1:-1]
    return {day: next(one for wall, one in walls if wall >= datetime.combine(day, at)) for day in dates}


@settings(max_examples=25, deadline=None)
@given(zone=ZONES, at=TIMES, pick=st.integers(0, 10_000), shift=st.integers(-1, 1))
def test_slots_agree_with_a_walk_minute_by_minute(zone: ZoneInfo, at: time, pick: int, shift: int) -> None:
    days = CHANGES.setdefault(zone.key, changes(zone) or [date(2020, 2, 28)])
    expected = walked(zone, at, days[pick % len(days)] + shift * DAY)
    first, last = min(expected), max(expected)
    daily = plan(at.isoformat())
    found = {first + n * DAY: slots.slot_on(first + n * DAY, daily, zone) for n in range((last - first).days + 1)}
    assert {day: slot for day, slot in found.items() if slot is not None} == expected
    # Going from slot to slot in either direction visits each once.
    ahead = slots.next_slot(expected[first] - timedelta(minutes=1), daily, zone)
    for day in sorted(expected):
        assert ahead == slots.Slot(day=day, at=expected[day])
        assert slots.last_slot(expected[day], daily, zone) == ahead
        assert slots.last_slot(expected[day] + timedelta(minutes=30), daily, zone) == ahead
        ahead = slots.next_slot(ahead.at, daily, zone)


def missed(now: str, decided: tuple[int, ...], *, since: str | None = None, **more: int) -> slots.Missed:
    days = {date(2026, 6, day) for day in decided}
    start = instant(since) if since else None
    return slots.missed(instant(now), plan(**more), MADRID, decided=days, since=start)


def test_the_slot_that_has_just_come_is_due() -> None:
    found = missed("2026-06-25T09:00+02:00", (24,))
    assert found == slots.Missed(
        due=slots.Slot(day=date(2026, 6, 25), at=instant("2026-06-25T09:00+02:00")), skipped=()
    )


def test_a_decided_slot_is_not_due_again_not_even_when_its_time_is_moved() -> None:
    assert missed("2026-06-25T09:05+02:00", (25,)) == slots.Missed(due=None, skipped=())
    later = slots.missed(instant("2026-06-25T18:05+02:00"), plan("18:00"), MADRID, decided={date(2026, 6, 25)})
    assert later == slots.Missed(due=None, skipped=())


def test_nothing_is_due_before_the_slot() -> None:
    assert missed("2026-06-25T08:59+02:00", (24,)) == slots.Missed(due=None, skipped=())


def test_a_missed_slot_is_caught_up_within_catch_up_inclusive() -> None:
    assert missed("2026-06-25T15:00+02:00", (24,)).due is not None


def test_a_slot_missed_by_more_is_skipped_with_the_reason() -> None:
    found = missed("2026-06-25T16:12+02:00", (24,))
    assert found.due is None
    assert [one.day.day for one in found.skipped] == [25]
    assert found.skipped[0].reason == "nothing ran until 7 h 12 min after it, and `catch_up` is 6 h"


def test_older_slots_are_skipped_oldest_first_back_to_the_newest_that_was_decided() -> None:
    found = missed("2026-06-25T10:00+02:00", (20, 22))
    assert found.due is not None
    assert [one.day.day for one in found.skipped] == [23, 24]
    assert "2026-06-25" in found.skipped[0].reason


def test_with_a_long_catch_up_only_the_newest_is_due() -> None:
    found = missed("2026-06-25T10:00+02:00", (22,), catch_up=72)
    assert found.due is not None
    assert found.due.day.day == 25
    assert [one.day.day for one in found.skipped] == [23, 24]


def test_slots_before_the_beginning_are_not_missed() -> None:
    assert missed("2026-06-25T10:00+02:00", (), since="2026-06-25T09:30+02:00") == slots.Missed(due=None, skipped=())
    found = missed("2026-06-25T10:00+02:00", (), since="2026-06-24T09:00+02:00")
    assert [one.day.day for one in found.skipped] == [24]


def test_years_of_absence_are_recorded_for_a_month_only() -> None:
    found = slots.missed(instant("2036-06-25T10:00+02:00"), plan(), MADRID, decided={date(2026, 6, 25)})
    assert len(found.skipped) == slots.LOOK_BACK


def test_a_run_in_each_minute_of_the_doubled_hour_finds_the_slot_once() -> None:
    decided = {date(2026, 10, 24)}
    made = []
    for minute in range(0, 300, 5):
        now = instant("2026-10-24T22:00Z") + timedelta(minutes=minute)
        found = slots.missed(now, plan("02:30"), MADRID, decided=decided)
        if found.due:
            made.append(now)
            decided.add(found.due.day)
    assert made == [instant("2026-10-25T02:30+02:00")]
