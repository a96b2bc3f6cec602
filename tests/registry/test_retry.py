"""How long a busy server is waited for, whatever it says about that."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from promote.errors import RegistryUnreachable
from promote.transport import Response
from promote.transport.retry import Patience, ask, retry_after
from tests.clock import FakeClock

PIECE = st.sampled_from(["Mon,", "1", "99", "Jan", ",", "-", ":", "0:0:0", "2026", "-0000", "+0100", "GMT", "9" * 20])


@given(st.text(max_size=40) | st.lists(PIECE | st.text(max_size=4), max_size=7).map(" ".join))
@example("1 Jan 10000000000000000000 0:0:0 -0000")  # no such year fits into a date: it ended the program
@example("1 Jan 2026 0:0:0 +99999999999999999999")
@example("1 Jan 0001 0:0:0 +2359")
@example("31 Dec 9999 23:59:59 -2359")
@example("1 Jan , 0:0:0 0")
@example("9" * 5000)
def test_any_text_is_a_time_to_wait_or_none(value: str) -> None:
    seconds = retry_after(value, FakeClock())
    assert seconds is None or 0 <= seconds < float("inf")


def _pauses(seed: int, *, after: str = "") -> list[float]:
    clock = FakeClock()
    random.seed(seed)
    with pytest.raises(RegistryUnreachable, match="answered 503 7 times"):
        ask(
            lambda seconds: Response(503, {"retry-after": after}, b"", "https://registry.example.com/v2/"),
            clock,
            Patience(tries=7, seconds=1000.0),
            unreachable=RegistryUnreachable,
        )
    return clock.slept


@pytest.fixture
def dice() -> Iterator[None]:
    before = random.getstate()
    yield
    random.setstate(before)


@pytest.mark.usefixtures("dice")
def test_pauses_double_up_to_ten_seconds_less_up_to_a_half_by_chance() -> None:
    longest = [0.5, 1.0, 2.0, 4.0, 8.0, 10.0]
    runs = [_pauses(seed) for seed in range(20)]
    for pauses in runs:
        assert all(most / 2 <= pause <= most for most, pause in zip(longest, pauses, strict=True))
    # Jobs that were turned away together do not come back together.
    for place, most in enumerate(longest):
        drawn = {pauses[place] for pauses in runs}
        assert len(drawn) == len(runs)
        assert max(drawn) - min(drawn) > most / 4
    assert _pauses(3) == runs[3]


@pytest.mark.usefixtures("dice")
def test_who_is_told_when_to_come_back_is_never_early_and_not_together_either() -> None:
    firsts = {_pauses(seed, after="7")[0] for seed in range(20)}
    assert len(firsts) == 20
    assert all(7 < pause <= 7.05 for pause in firsts)
