from __future__ import annotations

import contextlib
import re
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promote.policy import build
from promote.policy.calver import Calver, Key
from promote.policy.calver_format import MAX_LENGTH, TOKENS, parse_format
from promote.policy.selection import Rejected
from promote.policy.settings import OrderSettings, PolicySettings, parse_short
from tests.policy.shelf import reasons, web


def key(written: str, text: str) -> Key:
    rank = Calver(parse_format(written)).rank(text)
    assert not isinstance(rank, Rejected), rank
    return rank


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "counts nothing; write it with tokens such as YYYY.0M.MICRO"),
        ("-", "counts nothing"),
        ("latest", "counts nothing"),
        ("MODIFIER", "counts nothing"),
        ("YYYY.PATCH", "has PATCH, which is no token; there are YYYY, YY, 0Y"),
        ("YYYY.PATCH", "did you mean MICRO?"),
        ("YYYY.MONTH", "did you mean 0M?"),
        ("YYYY.MINR", "did you mean MINOR?"),
        ("YYYY.MM.HH", "has HH, which is no token"),
        ("yyyy.mm", "counts nothing"),
        ("YYYY/0M", "has '/'; beside tokens it may hold"),
        ("YYYY 0M", "has ' '; beside tokens"),
        ("YYYY.MM+1", "has '+'; beside tokens"),
        ("YYYY.MM\n", "has '\\n'; beside tokens"),
        ("YYYY.MM.MM", "says the month twice, by MM and by MM; keep one of them"),
        ("YYYY.MM.0M", "says the month twice, by MM and by 0M"),
        ("YYYY.YY", "says the year twice, by YYYY and by YY"),
        ("MAJOR.MAJOR", "says the major twice"),
        ("YYYY.MM.WW", "has MM and WW; a year is counted by months or by weeks, keep one"),
        ("MM.DD", "has MM without a year, and so no order in time; add YYYY"),
        ("WW.MICRO", "has WW without a year"),
        ("YYYY.DD", "has DD without a month, and so no order in time; add 0M"),
        ("YYYY.WW.DD", "has DD without a month"),
        ("YYYYMICRO", "has MICRO directly beside YYYY: nothing tells where it ends; put '.' between them"),
        ("MAJORMINOR", "has MAJOR directly beside MINOR"),
        ("MICROYYYY", "has MICRO directly beside YYYY"),
        ("YYYY1.MM", "has the digit 1 directly beside YYYY; put '.' between them"),
        ("7YYYY", "has the digit 7 directly beside YYYY"),
        ("YYYY-MODIFIER.MICRO", "has something after MODIFIER, which reads to the end of the tag"),
        ("YYYY-MODIFIER-x", "has something after MODIFIER"),
        ("Y" * (MAX_LENGTH + 1), "characters is too long"),
    ],
)
def test_a_wrong_format_is_refused_by_the_name_of_its_token(written: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        parse_format(written)
    with pytest.raises(ValueError, match=re.escape(why)):
        OrderSettings(calver=written)


@pytest.mark.parametrize(
    ("written", "text", "why"),
    [
        ("YYYY.0M.MICRO", "latest", "'latest' does not read as YYYY.0M.MICRO"),
        ("YYYY.0M.MICRO", "2024.6.1", "does not read as"),
        ("YYYY.0M.MICRO", "2024.06", "does not read as"),
        ("YYYY.0M.MICRO", "2024.06.1-rc.1", "does not read as"),
        ("YYYY.0M.MICRO", "2024.06.1\n", "does not read as"),
        ("YYYY.0M.MICRO", "٢٠٢٤.06.1", "does not read as"),
        ("YYYY.0M.MICRO", "0024.06.1", "does not read as"),
        ("YYYY.0M.MICRO", "vv2024.06.1", "does not read as"),
        ("vYYYY.0M", "2024.06", "does not read as"),
        ("YYYYMMDD", "202467", "does not read as"),
        ("YYYY.0M.0D", "2024.02.30", "'2024.02.30' is no date of the calendar: there is no 2024-02-30"),
        ("YYYY.0M.0D", "2023.02.29", "there is no 2023-02-29"),
        ("YYYYMMDD", "20241301", "there is no month 13"),
        ("YYYY.MM", "2024.0", "there is no month 0"),
        ("YYYY.WW", "2024.54", "there is no week 54"),
        ("YYYY.0W", "2024.00", "there is no week 0"),
        ("YY.MM.DD", "24.6.31", "there is no 2024-06-31"),
        ("YYYY.0M-MODIFIER", "2024.06-", "does not read as"),
        ("YYYY.0M-MODIFIER", "2024.06-rc..1", "does not read as"),
        ("YYYY.0MMODIFIER", "2024.061rc", "does not read as"),
    ],
)
def test_what_does_not_read_as_the_format_is_rejected(written: str, text: str, why: str) -> None:
    rank = Calver(parse_format(written)).rank(text)
    assert isinstance(rank, Rejected)
    assert why in rank.why


@pytest.mark.parametrize(
    ("written", "ascending"),
    [
        ("YYYY.0M.MICRO", ["2023.12.7", "v2024.01.0", "2024.06.9", "2024.06.10"]),
        # Unpadded tokens read padded numbers too.
        ("YYYY.MM.DD", ["2024.6.7", "2024.06.08", "2024.10.1"]),
        ("YYYYMMDD", ["20231231", "20240607", "20241001"]),
        ("YYYY0M0D.MICRO", ["20240607.2", "20240607.10"]),
        ("YY.WW", ["6.53", "16.1", "24.09", "24.52", "106.1"]),
        ("0Y.0M", ["06.12", "16.01", "106.01"]),
        # The calendar's numbers count among themselves as time does, wherever they stand.
        ("DD.MM.YYYY", ["31.12.2023", "1.2.2024", "02.1.2025"]),
        ("MAJOR.YYYY.MM", ["1.2025.6", "2.2024.1", "2.2024.12"]),
        ("DD-MICRO-MM-YYYY", ["31-1-12-2023", "1-1-1-2024", "1-9-2-2024"]),
        ("MAJOR.MINOR.MICRO", ["1.9.9", "1.10.0", "2.0.0"]),
        ("release-YYYY.0M", ["release-2023.12", "release-2024.01"]),
        ("YYYY.0M-MODIFIER", ["2024.06-alpha", "2024.06-rc.2", "2024.06-rc.10", "2024.06", "2024.07-dev"]),
        ("YYYY.0MMODIFIER", ["2024.06b1", "2024.06rc1", "2024.06"]),
        ("YYYY.MINOR.MODIFIER", ["2024.1.1", "2024.1.dev", "2024.1", "2024.2"]),
        # Beyond what a double can tell apart.
        ("YYYY.MICRO", ["2024.9007199254740992", "2024.9007199254740993", f"2024.{'9' * 300}"]),
    ],
)
def test_versions_are_ranked(written: str, ascending: list[str]) -> None:
    keys = [key(written, text) for text in ascending]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("written", "texts"),
    [
        ("YYYY.MM.DD", ["2024.6.7", "v2024.06.07"]),
        ("YYYY.MICRO", ["2024.7", "2024.007"]),
        ("YYYY.0M-MODIFIER", ["2024.06-rc.1", "2024.06-rc.01"]),
    ],
)
def test_padding_says_nothing(written: str, texts: list[str]) -> None:
    assert len({key(written, text) for text in texts}) == 1


def test_prereleases_come_in_only_where_they_are_asked_for() -> None:
    tags = ["2024.06", "2024.07-rc.1", "2024.07-rc.2"]
    order = OrderSettings(calver="YYYY.0M-MODIFIER")
    assert reasons(web(tags).choose(build(PolicySettings(order=order)))) == [
        ("2024.06", None),
        ("2024.07-rc.1", "a prerelease, which only `prereleases: true` admits"),
        ("2024.07-rc.2", "a prerelease, which only `prereleases: true` admits"),
    ]
    assert reasons(web([*tags, "2024.07"]).choose(build(PolicySettings(order=order, prereleases=True)))) == [
        ("2024.07", None),
        ("2024.07-rc.2", "ranks below 2024.07"),
        ("2024.07-rc.1", "ranks below 2024.07"),
        ("2024.06", "ranks below 2024.07"),
    ]


def test_11_2_direction_turns_the_order() -> None:
    least = PolicySettings(order=OrderSettings(calver="YYYY.0M"), direction="desc")
    assert reasons(web(["2024.06", "2024.07"]).choose(build(least)))[0] == ("2024.06", None)


def test_every_token_is_read() -> None:
    for token in TOKENS:
        more = {"MM": "YYYY.", "0M": "YYYY.", "WW": "YYYY.", "0W": "YYYY.", "DD": "YYYY.0M.", "0D": "YYYY.0M."}
        assert token in parse_format(f"{more.get(token, '')}{token}" if token != "MODIFIER" else "YYYY-MODIFIER").names


DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31))
FORMATS = {
    "YYYY.MM.DD": "{0.year}.{0.month}.{0.day}",
    "YYYY.0M.0D": "{0:%Y.%m.%d}",
    "YYYYMMDD": "{0:%Y%m%d}",
    "YYMMDD": "{0:%y%m%d}",
    "DD.MM.YY": "{0:%d.%m.%y}",
    "0D-0M-YYYY": "{0:%d-%m-%Y}",
}


@settings(deadline=None)
@given(st.sampled_from(sorted(FORMATS)), DAYS, DAYS)
def test_a_format_with_a_day_is_chronological(written: str, a: date, b: date) -> None:
    one, other = (key(written, FORMATS[written].format(day)) for day in (a, b))
    assert (one < other, one == other) == (a < b, a == b)


@settings(deadline=None)
@given(st.integers(min_value=-400, max_value=400), st.integers(min_value=0, max_value=99))
def test_only_days_that_there_are_are_read(shift: int, odd: int) -> None:
    day = date(2024, 2, 29) + timedelta(days=shift)
    text = f"{day:%Y-%m}-{odd:02}"
    rank = Calver(parse_format("YYYY-0M-0D")).rank(text)
    known: date | None = None
    with contextlib.suppress(ValueError):
        known = date.fromisoformat(text)
    assert isinstance(rank, Rejected) == (known is None)
    assert known is None or rank == (known.year, known.month, known.day)


PIECES = st.lists(st.sampled_from([*TOKENS, ".", "-", "v", "x", "1", "HH", "+"]), max_size=7).map("".join)


@settings(deadline=None)
@given(PIECES, st.text(alphabet="0123456789.-vrc", max_size=20))
def test_any_text_is_a_format_or_a_value_error(written: str, text: str) -> None:
    with contextlib.suppress(ValueError):
        Calver(parse_format(written)).rank(text)


def test_the_short_form_is_the_same_policy() -> None:
    assert reasons(web(["2024.6.1", "2023.12.3"]).choose(build(parse_short("calver:YYYY.MM.MICRO")))) == [
        ("2024.6.1", None),
        ("2023.12.3", "ranks below 2024.6.1"),
    ]
