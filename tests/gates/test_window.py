"""`window`: the clock on the wall, daylight saving time included (SEMANTICS 6.7)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from promote.gates.window import Window, WindowSettings
from tests.gates.world import World, case

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("days", "hours", "timezone", "why"),
    [
        (None, None, "UTC", "a window needs days, hours, or both"),
        ("monday", None, None, "days: 'monday' is no day; there are mon, tue"),
        ("", None, None, "days: '' is no day"),
        ("mon-", None, None, "days: 'mon-' is no day"),
        ("mon-thu-fri", None, None, "is no day"),
        ("mon,,tue", None, None, "days: '' is no day"),
        ("Mon", None, None, "days: 'Mon' is no day"),
        ([], None, None, "days is empty, and so the window would never open"),
        (None, "9-17", None, "hours: '9-17' is no span of hours"),
        (None, "09:00", None, "is no span of hours"),
        (None, "09:00-16:00 ", None, "is no span of hours"),
        (None, "09:60-16:00", None, "holds no time of day"),
        (None, "24:00-02:00", None, "holds no time of day"),
        (None, "09:00-24:01", None, "holds no time of day"),
        (None, "09:00-09:00", None, "is empty; a whole day is 00:00-24:00"),
        ("mon", None, "Europe/Nowhere", "'Europe/Nowhere' is no time zone"),
        ("mon", None, "Europe", "'Europe' is no time zone"),
        ("mon", None, "", "'' is no time zone"),
        ("mon", None, "localtime", "is no time zone"),
        ("mon", None, "tzdata.zi", "is no time zone"),
        ("mon", None, "../../etc/passwd", "is no time zone"),
        ("mon", None, "/etc/localtime", "is no time zone"),
        ("mon", None, "A\x00", "is no time zone"),
    ],
)
def test_what_is_no_window_is_refused(
    days: str | list[str] | None, hours: str | None, timezone: str | None, why: str
) -> None:
    said = (UNSET if each is None else each for each in (days, hours, timezone))
    with pytest.raises(ValueError, match=re.escape(why)):
        WindowSettings(*said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("days", "meant"),
    [
        ("mon-thu", "mon tue wed thu"),
        ("mon,wed, fri", "mon wed fri"),
        ("sat-mon", "sat sun mon"),
        ("wed-wed", "wed"),
        (["tue", "weekend"], "tue sat sun"),
        ("weekdays", "mon tue wed thu fri"),
        ("daily", "mon tue wed thu fri sat sun"),
    ],
)
def test_days_are_what_they_read_as(days: str | list[str], meant: str) -> None:
    assert WindowSettings(days=days).compile("UTC").days == {DAYS.index(day) for day in meant.split()}


def at(text: str, timezone: str = "Europe/Amsterdam", fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone), fold=fold).astimezone(UTC)


WORK = WindowSettings(days="mon-thu", hours="09:00-16:00")
NIGHT = WindowSettings(days="sat", hours="22:00-02:30")
GAP = WindowSettings(days="sun", hours="02:15-02:45")


@pytest.mark.parametrize(
    ("window", "now", "until"),
    [
        # Half-open: the last instant that is open, and the first that is not.
        (WORK, at("2026-01-05 08:59:59.999999"), at("2026-01-05 09:00")),
        (WORK, at("2026-01-05 09:00"), None),
        (WORK, at("2026-01-05 15:59:59.999999"), None),
        (WORK, at("2026-01-05 16:00"), at("2026-01-06 09:00")),
        (WORK, at("2026-01-08 16:00"), at("2026-01-12 09:00")),
        # The clock is moved between now and then.
        (WORK, at("2026-03-28 12:00"), at("2026-03-30 09:00")),
        (WORK, at("2026-10-24 12:00"), at("2026-10-26 09:00")),
        # A night belongs to the day on which it begins.
        (NIGHT, at("2026-01-11 02:29"), None),
        (NIGHT, at("2026-01-11 02:30"), at("2026-01-17 22:00")),
        (NIGHT, at("2026-01-10 01:00"), at("2026-01-10 22:00")),
        # 02:00 to 03:00 comes twice that night, and so does what is open of it.
        (NIGHT, at("2026-10-25 02:29", fold=0), None),
        (NIGHT, at("2026-10-25 02:30", fold=0), at("2026-10-25 02:00", fold=1)),
        (NIGHT, at("2026-10-25 02:29", fold=1), None),
        (NIGHT, at("2026-10-25 02:30", fold=1), at("2026-10-31 22:00")),
        # That night there is no 02:15 to 02:45.
        (GAP, at("2026-03-29 01:59"), at("2026-04-05 02:15")),
        (WindowSettings(days="sun", hours="02:15-03:15"), at("2026-03-29 01:59"), at("2026-03-29 03:00")),
        (WindowSettings(hours="09:00-24:00"), at("2026-01-05 23:59"), None),
        (WindowSettings(hours="09:00-24:00"), at("2026-01-06 00:00"), at("2026-01-06 09:00")),
        (WindowSettings(days="mon"), at("2026-01-05 00:00"), None),
        (WindowSettings(days="mon"), at("2026-01-06 00:00"), at("2026-01-12 00:00")),
        # The day that an island left out.
        (WindowSettings(days="fri", timezone="Pacific/Apia"), at("2011-12-29 23:59", "Pacific/Apia"),
         at("2012-01-06 00:00", "Pacific/Apia")),
        (WindowSettings(days="mon", timezone="Asia/Tokyo"), at("2026-01-04 14:00", "UTC"),
         at("2026-01-04 15:00", "UTC")),
    ],
)  # fmt: skip
def test_6_7_a_window_is_open_by_the_clock_on_the_wall(
    window: WindowSettings, now: datetime, until: datetime | None
) -> None:
    verdict = World(now=now).judge(Window((window.compile("Europe/Amsterdam"),)), case())
    assert (verdict.state, verdict.until) == ("passed" if until is None else "waiting", until)


def test_6_7_of_several_windows_one_must_be_open() -> None:
    gate = Window(tuple(each.compile("UTC") for each in (WORK, WindowSettings(days="fri"))))
    assert World(now=at("2026-01-09 12:00", "UTC")).judge(gate, case()).passes
    verdict = World(now=at("2026-01-08 17:00", "UTC")).judge(gate, case())
    assert verdict.until == at("2026-01-09 00:00", "UTC")
    assert verdict.why == "it is closed; open: mon-thu 09:00-16:00 UTC or fri 00:00-24:00 UTC"


# A week before a change of the clock in that year; of 30 minutes on Lord Howe, at midnight in Cairo and Havana.
CHANGES = [
    ("Europe/Amsterdam", "2026-03-29 01:00"),
    ("Europe/Amsterdam", "2026-10-25 01:00"),
    ("America/New_York", "2026-03-08 07:00"),
    ("America/Havana", "2026-11-01 05:00"),
    ("Africa/Cairo", "2026-04-23 22:00"),
    ("Australia/Lord_Howe", "2026-04-04 15:00"),
    ("Australia/Lord_Howe", "2026-10-03 15:30"),
    ("Pacific/Apia", "2011-12-30 10:00"),
    ("Asia/Kolkata", "2026-06-01 00:00"),
]


def is_open(days: set[int], start: int, end: int, local: datetime) -> bool:
    """By minutes of the day, as somebody with a clock and a calendar would say."""
    minute = local.hour * 60 + local.minute
    if start < end:
        return local.weekday() in days and start <= minute < end
    return (local.weekday() in days and minute >= start) or ((local.weekday() - 1) % 7 in days and minute < end)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(CHANGES),
    st.integers(-3 * 1_440, 600),
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(0, 95),
    st.integers(1, 95),
)
@example(CHANGES[0], -60, {6}, 9, 2)
@example(CHANGES[1], -60, {5}, 88, 18)
def test_6_7_until_is_the_first_open_minute(
    change: tuple[str, str], off: int, days: set[int], start: int, length: int
) -> None:
    zone = ZoneInfo(change[0])
    now = datetime.fromisoformat(change[1]).replace(tzinfo=UTC) + off * MINUTE
    start, end = start * 15, (start + length) * 15 % 1_440
    hours = f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"
    window = WindowSettings(days=[DAYS[day] for day in days], hours=hours)
    expected = now
    while not is_open(days, start, end, expected.astimezone(zone)):
        expected += MINUTE
    assert window.compile(change[0]).next_open(now) == expected
