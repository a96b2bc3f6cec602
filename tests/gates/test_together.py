"""When gates that wait pass together (SEMANTICS 6.7): the moment at which all of them pass, not the last of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.gates.freeze import Freeze, FreezeSettings, Frost
from promote.gates.gate import Gate
from promote.gates.soak import Soak
from promote.gates.together import waiting_together
from promote.gates.window import Window, WindowSettings
from promote.question import abreast, drive
from promote.verdict import Verdict
from tests.clock import NOON
from tests.gates.world import World, case, hours, past, ran


def window(hours: str, days: str = "daily") -> Gate:
    return Window((WindowSettings(days=days, hours=hours).compile("UTC"),))


def freeze(start: str, end: str) -> Gate:
    return Freeze((FreezeSettings(from_=start, until=end).compile("UTC"),))


def soak(hours: int) -> Gate:
    return Soak(timedelta(hours=hours))


def told(gates: Sequence[Gate], live: float = 2, now: datetime = NOON) -> list[Verdict]:
    """What the gates say together of a version that has been live in test for so many hours."""
    world, asked = World({"test": past(ran("1.5", live), ran("1.4", 90))}, now=now), dict(enumerate(gates))
    on = case(None, "test")
    first = drive(abreast({number: gate.judge(on) for number, gate in asked.items()}), world.gather)
    return drive(waiting_together(gates, on, [*first.values()]), world.gather)


# Noon of Monday, 2026-01-05.
@pytest.mark.parametrize(
    ("gates", "until"),
    [
        # One alone, and what waits for nothing else, is as it was.
        ([soak(24)], [(0, "2026-01-06T10:00")]),
        ([soak(1), window("09:00-16:00")], []),
        ([soak(24), window("09:00-16:00")], [(0, "2026-01-06T10:00")]),
        # When it has soaked, the window is closed again: open or closed now.
        ([soak(24), window("14:00-16:00")], [(0, "2026-01-06T10:00"), (1, "2026-01-06T14:00")]),
        ([soak(8), window("09:00-16:00")], [(0, "2026-01-05T18:00"), (1, "2026-01-06T09:00")]),
        ([soak(90), window("09:00-16:00", "mon-thu")], [(0, "2026-01-09T04:00"), (1, "2026-01-12T09:00")]),
        # And on the day on which it opens next, all is frozen.
        (
            [soak(8), window("09:00-16:00"), freeze("2026-01-06", "2026-01-08T12:30")],
            [(0, "2026-01-05T18:00"), (2, "2026-01-08T12:30")],
        ),
        ([window("09:00-11:00"), freeze("2026-01-06", "2026-01-08T12:00")], [(0, "2026-01-09T09:00")]),
    ],
)
def test_6_7_the_wait_ends_when_all_pass(gates: list[Gate], until: list[tuple[int, str]]) -> None:
    found = told(gates)
    expected = {number: datetime.fromisoformat(f"{moment}+00:00") for number, moment in until}
    assert {number: each.until for number, each in enumerate(found) if not each.passes} == expected


def test_6_7_a_gate_that_passes_now_says_why_it_will_not() -> None:
    assert [each.why for each in told([soak(8), window("09:00-16:00")])] == [
        "live in test for 2h of 8h",
        "once the others pass, it is closed; open: daily 09:00-16:00 UTC",
    ]


@pytest.mark.parametrize(
    "gates",
    [
        [window("09:00-11:00", "mon"), window("09:00-11:00", "tue")],
        [soak(24), window("09:00-11:00", "mon"), window("09:00-11:00", "tue")],
    ],
)
def test_6_7_what_never_passes_together_has_no_end(gates: list[Gate]) -> None:
    found = told(gates)
    assert {each.state for each in found} == {"waiting"}
    assert {each.until for each in found} == {None}


def test_6_7_the_end_of_all_dates_is_counted_no_further() -> None:
    frost = Frost(NOON, datetime(9999, 12, 31, 23, tzinfo=UTC), "9999-12-31T23:00")
    found = told([Freeze((frost,)), window("23:30-23:40", "mon")])
    assert max(each.until for each in found if each.until is not None).year == 9999


_HOUR = st.integers(0, 23)


@given(
    st.integers(1, 200), _HOUR, _HOUR, st.sampled_from(["daily", "mon", "sat-tue", "wed,fri"]), st.integers(0, 20),
    st.integers(1, 10), st.integers(0, 400),
)  # fmt: skip
def test_6_7_at_that_time_all_pass_and_at_no_hour_before(
    soaking: int, opens: int, closes: int, days: str, frozen: int, lasts: int, later: int
) -> None:
    closes += opens == closes
    first = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=frozen)
    gates = [
        soak(soaking),
        window(f"{opens:02}:00-{closes:02}:00", days),
        freeze(f"{first:%Y-%m-%d}", f"{first + timedelta(days=lasts):%Y-%m-%d}"),
    ]
    now = NOON + hours(later)
    end = max((each.until for each in told(gates, now=now) if each.until is not None), default=now)

    def passes(moment: datetime) -> bool:
        world = World({"test": past(ran("1.5", 2), ran("1.4", 90))}, now=moment)
        return all(world.judge(gate, case(None, "test")).passes for gate in gates)

    assert passes(end)
    hour = now
    while hour < end:
        assert not passes(hour)
        hour += timedelta(hours=1)
