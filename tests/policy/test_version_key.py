from __future__ import annotations

import pytest
import semver
from hypothesis import given, settings
from hypothesis import strategies as st

from promote.policy.version_key import MAX_LENGTH, MAX_NUMBER, floor, is_prerelease, just_above, parse_key, release


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v",
        "latest",
        "V1.2.3",
        "vv1.2.3",
        "1.2.3.4",
        "1.",
        ".1",
        "1..2",
        "-1.2.3",
        "1.2.3-",
        "1.2.3-rc..1",
        "1.2.3-01",
        "1.2.3_build",
        "1.2.3\n",
        " 1.2.3",
        "١.2.3",
        "main-1.2.3",
        str(MAX_NUMBER + 1),
        # Forty digits: a commit that happens to have no letter.
        "1234567890" * 4,
        "1.2.3-" + "a" * MAX_LENGTH,
    ],
)
def test_what_is_no_version(text: str) -> None:
    assert parse_key(text) is None


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("v1.2.3", "1.2.3"),
        ("1", "1.0.0"),
        ("v1.2", "1.2.0"),
        ("1.2-rc.1", "1.2.0-rc.1"),
        ("2024.06.07", "2024.6.7"),
        ("00.010.0", "0.10.0"),
        ("007-rc.1", "7.0.0-rc.1"),
        ("1.2.3+build.5", "1.2.3"),
        (f"{MAX_NUMBER}", f"{MAX_NUMBER}.0.0"),
    ],
)
def test_partial_and_padded_versions_rank_with_full_ones(text: str, full: str) -> None:
    assert parse_key(text) is not None
    assert parse_key(text) == parse_key(full)


def test_prereleases_are_ordered_as_in_semver_2_section_11() -> None:
    ascending = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11"]
    ascending += ["1.0.0-rc.1", "1.0.0", "1.0.1-0", "1.0.1"]
    keys = [parse_key(text) for text in ascending]
    known = [key for key in keys if key is not None]
    assert len(known) == len(keys)
    assert sorted(known) == known
    assert [is_prerelease(key) for key in known] == [True] * 7 + [False, True, False]


PARTS = st.one_of(
    st.integers(min_value=0, max_value=120).map(str),
    st.sampled_from(["alpha", "beta", "rc", "a-b", "-", "0a", "x1", "A"]),
)
BEFORE = st.lists(PARTS, max_size=3).map(lambda parts: f"-{'.'.join(parts)}" if parts else "")
NUMBERS = st.integers(min_value=0, max_value=3)
VERSIONS = st.builds("{}.{}.{}{}".format, NUMBERS, NUMBERS, NUMBERS, BEFORE)


@settings(deadline=None)
@given(VERSIONS, VERSIONS)
def test_the_keys_agree_with_the_library(a: str, b: str) -> None:
    left, right = parse_key(a), parse_key(b)
    assert left is not None
    assert right is not None
    assert (left > right) - (left < right) == semver.Version.parse(a).compare(b)


@settings(deadline=None)
@given(VERSIONS, VERSIONS)
def test_nothing_lies_between_a_version_and_its_bounds(a: str, b: str) -> None:
    left, right = parse_key(a), parse_key(b)
    assert left is not None
    assert right is not None
    assert (right > left) == (right >= just_above(left))
    assert floor(*left[:3]) < left <= release(*left[:3])
    assert (floor(*left[:3]) <= right <= release(*left[:3])) == (left[:3] == right[:3])


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_a_version_or_none(text: str) -> None:
    parse_key(text)
