from __future__ import annotations

import math

import pytest

from promote.patience import Patience
from tests.clock import FakeClock


def test_without_an_end_a_remote_may_take_what_its_git_may() -> None:
    assert Patience(FakeClock()).left == math.inf


def test_what_is_left_shrinks_to_one_short_exchange_and_the_end_is_lifted() -> None:
    clock = FakeClock()
    patience = Patience(clock)
    with patience.until(10.0):
        assert patience.left == 10.0
        clock.advance(6.0)
        assert patience.left == 4.0
        clock.advance(60.0)
        assert patience.left == 3.0
    assert patience.left == math.inf


def test_an_end_within_an_end_is_no_later() -> None:
    patience = Patience(FakeClock())
    with patience.until(10.0):
        with patience.until(30.0):
            assert patience.left == 10.0
        with patience.until(5.0):
            assert patience.left == 5.0
        assert patience.left == 10.0


def test_an_end_is_lifted_where_the_run_fails() -> None:
    patience = Patience(FakeClock())
    with pytest.raises(RuntimeError), patience.until(1.0):
        raise RuntimeError
    assert patience.left == math.inf
