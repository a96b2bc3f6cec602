from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.duration import MAX_DAYS, parse_duration, show_duration


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "'' is no duration; write one in days"),
        ("h", "is no duration"),
        ("90", "'90' has no unit; write 90s, 90m, 90h or 90d"),
        ("1.5h", "is no duration"),
        ("-2h", "is no duration"),
        ("2 h", "is no duration"),
        ("2H", "is no duration"),
        ("2h\n", "is no duration"),
        ("12h1d", "is no duration"),
        ("1h1h", "is no duration"),
        ("1w", "is no duration"),
        ("٣h", "is no duration"),
        (f"{MAX_DAYS}d1s", "longer than 36500 days"),
        ("9" * 10_000, "has no unit"),
        ("9" * 10_000 + "h", "is no duration"),
    ],
)
def test_what_is_no_duration(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        parse_duration(text)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0s", 0), ("90s", 90), ("30m", 1_800), ("2h", 7_200), ("7d", 604_800), ("1d12h", 129_600), ("1d2h3m4s", 93_784)],
)
def test_durations_are_read(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("span", "parts", "text"),
    [
        (timedelta(), 4, "0s"),
        (timedelta(seconds=-5), 4, "0s"),
        (timedelta(milliseconds=900), 4, "0s"),
        (timedelta(minutes=90), 4, "1h30m"),
        # Cut off, never rounded up: what is too young must not look old enough.
        (timedelta(hours=1, minutes=59, seconds=59), 2, "1h59m"),
        (timedelta(days=40, seconds=1), 2, "40d1s"),
    ],
)
def test_durations_are_shown(span: timedelta, parts: int, text: str) -> None:
    assert show_duration(span, parts=parts) == text


@given(st.integers(min_value=0, max_value=MAX_DAYS * 86_400))
def test_what_is_shown_is_read_as_the_same(seconds: int) -> None:
    span = timedelta(seconds=seconds)
    assert parse_duration(show_duration(span)) == span


@given(st.text(alphabet="0123456789dhms.- ", max_size=20))
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert parse_duration(text) >= timedelta()
