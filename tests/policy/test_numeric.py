from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promote.policy.numeric import MAX_DIGITS, Numeric
from promote.policy.selection import Rejected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "'' is not a whole number"),
        ("-5", "'-5' is not a whole number"),
        ("1e3", "'1e3' is not a whole number"),
        ("0x10", "'0x10' is not a whole number"),
        ("1_000", "'1_000' is not a whole number"),
        ("1\n", r"'1\n' is not a whole number"),
        ("٣", "'٣' is not a whole number"),
        # 1.10 is below 1.9 as a number and above it as a version.
        ("1.10", "'1.10' is not a whole number; the order semver ranks such"),
        ("1" * (MAX_DIGITS + 1), "a number of more than 1000 digits"),
    ],
)
def test_what_is_no_number(text: str, why: str) -> None:
    assert Numeric().rank(text) == Rejected(why)


def test_leading_zeros_say_nothing() -> None:
    assert Numeric().rank("007") == Numeric().rank("7")
    assert Numeric().rank("000") == Numeric().rank("0")


def test_numbers_beyond_a_double_are_told_apart() -> None:
    # Flux, image-reflector-controller: float64 takes these two for one.
    one, other = Numeric().rank("9007199254740992"), Numeric().rank("9007199254740993")
    assert not isinstance(one, Rejected)
    assert not isinstance(other, Rejected)
    assert one < other


DIGITS = st.text(alphabet="0123456789", min_size=1, max_size=500)


@settings(deadline=None)
@given(DIGITS, DIGITS)
def test_exact_at_five_hundred_digits(a: str, b: str) -> None:
    one, other = Numeric().rank(a), Numeric().rank(b)
    assert not isinstance(one, Rejected)
    assert not isinstance(other, Rejected)
    assert (one > other) - (one < other) == (int(a) > int(b)) - (int(a) < int(b))


@settings(deadline=None)
@given(DIGITS.filter(lambda text: set(text[-1:]) <= set("012345678")))
def test_a_number_is_below_its_successor_of_the_same_length(text: str) -> None:
    one, other = Numeric().rank(text), Numeric().rank(str(int(text) + 1))
    assert not isinstance(one, Rejected)
    assert not isinstance(other, Rejected)
    assert one < other
