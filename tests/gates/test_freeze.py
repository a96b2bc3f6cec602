"""`freeze`: from one moment until just before another (SEMANTICS 6.7)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from promote.gates.freeze import Freeze, FreezeSettings
from promote.gates.zone import instant_of
from tests.gates.world import World, case

UNTIL = "until is {}, which is not after {}, so that nothing is frozen"


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        ("18.12.2026", "2027-01-04", "from: '18.12.2026' is no date or time; write one such as 2026-12-18"),
        ("2026-12-18", "2027-02-30", "until: '2027-02-30' is no date or time"),
        ("2026-12-18T25:00", "2027-01-04", "from: '2026-12-18T25:00' is no date or time"),
        ("20261218", "2027-01-04", "from: '20261218' is no date or time"),
        ("2026-W51-5", "2027-01-04", "is no date or time"),
        # It was said to be no date.
        ("2026-12-18", "9999-12-31T00:01", "until: '9999-12-31T00:01' is too far ahead; the last moment"),
        ("9999-12-31T23:59-23:59", "9999-12-31", "from: '9999-12-31T23:59-23:59' is too far ahead"),
        ("2026-12-18", "10000-01-01", "is no date or time"),
        ("0999-12-31", "2027-01-04", "is no date or time"),
        ("", "2027-01-04", "from: '' is no date or time"),
        ("2026-12-18", "2026-12-18", UNTIL.format("2026-12-18", "2026-12-18")),
        ("2026-12-18", "2026-12-17", UNTIL.format("2026-12-17", "2026-12-18")),
        ("2026-12-18T17:00Z", "2027-01-04", "from and until are two kinds of time"),
    ],
)
def test_what_is_no_freeze_is_refused(first: str, last: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        FreezeSettings(from_=first, until=last)


@pytest.mark.parametrize("zone", ["UTC", "Etc/GMT+12", "Pacific/Kiritimati", "America/New_York"])
@pytest.mark.parametrize("until", ["9999-12-31", "9999-12-31T00:00-23:59", "9999-12-31T00:00+23:59"])
def test_a_freeze_may_last_for_ever(zone: str, until: str) -> None:
    first = "2026-12-18" if len(until) == 10 else "2026-12-18T00:00Z"
    gate = Freeze((FreezeSettings(from_=first, until=until).compile(zone),))
    verdict = World(now=datetime(2027, 1, 1, tzinfo=UTC)).judge(gate, case())
    assert (verdict.state, verdict.why) == ("waiting", f"frozen until {until}")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Amsterdam")).astimezone(UTC)


YEAR_END = FreezeSettings(from_="2026-12-18", until="2027-01-04", reason="year end")
EVENING = FreezeSettings(from_="2026-12-17T17:00", until="2026-12-18 08:30")
ABROAD = FreezeSettings(from_="2026-11-27T00:00-05:00", until="2026-11-28T00:00:30-05:00")


@pytest.mark.parametrize(
    ("freezes", "now", "until", "why"),
    [
        ([YEAR_END], "2026-12-18 00:00", "2027-01-04 00:00", "frozen until 2027-01-04: year end"),
        ([YEAR_END], "2027-01-03 23:59:59.999999", "2027-01-04 00:00", "frozen until 2027-01-04: year end"),
        ([EVENING], "2026-12-17 17:00", "2026-12-18 08:30", "frozen until 2026-12-18 08:30"),
        # Of what comes later nothing is said.
        ([ABROAD, YEAR_END], "2026-11-28 06:00:29", "2026-11-28 06:00:30", "frozen until 2026-11-28T00:00:30-05:00"),
        # One begins before the other ends.
        ([YEAR_END, EVENING], "2026-12-17 17:00", "2027-01-04 00:00", "frozen until 2027-01-04: year end"),
        ([YEAR_END], "2026-12-17 23:59:59.999999", None, "nothing is frozen now"),
        ([YEAR_END], "2027-01-04 00:00", None, "nothing is frozen now"),
        ([EVENING, ABROAD], "2026-12-18 08:30", None, "nothing is frozen now"),
    ],
)
def test_6_7_a_freeze_is_half_open(freezes: list[FreezeSettings], now: str, until: str | None, why: str) -> None:
    gate = Freeze(tuple(each.compile("Europe/Amsterdam") for each in freezes))
    verdict = World(now=at(now)).judge(gate, case())
    assert verdict.state == ("passed" if until is None else "waiting")
    assert (verdict.until, verdict.why) == (None if until is None else at(until), why)


@pytest.mark.parametrize(
    ("zone", "local", "instant"),
    [
        ("Europe/Amsterdam", "2026-07-01 00:00", "2026-06-30 22:00"),
        # Left out: the moment at which the clock is moved past it.
        ("Europe/Amsterdam", "2026-03-29 02:30", "2026-03-29 01:00"),
        ("Africa/Cairo", "2026-04-24 00:00", "2026-04-23 22:00"),
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-30 10:00"),
        # Twice: the first time.
        ("Europe/Amsterdam", "2026-10-25 02:30", "2026-10-25 00:30"),
        ("America/Havana", "2026-11-01 00:00", "2026-11-01 04:00"),
    ],
)
def test_a_day_begins_when_a_clock_first_says_so(zone: str, local: str, instant: str) -> None:
    expected = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert instant_of(datetime.fromisoformat(local), ZoneInfo(zone)) == expected
