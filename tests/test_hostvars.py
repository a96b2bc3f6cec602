from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.hostvars import part, unique_part


@pytest.mark.parametrize("host", ["1", "git.example.com.8443", "a.1:2", "999", "a_b.example.com"])
def test_what_would_be_another_host_has_no_name(host: str) -> None:
    assert unique_part(host) is None


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("git.example.com", "GIT_EXAMPLE_COM"),
        ("git-1.example.com", "GIT__1_EXAMPLE_COM"),
        ("localhost:3000", "LOCALHOST_3000"),
        ("127.0.0.1:3000", "127_0_0_1_3000"),
    ],
)
def test_named(host: str, named: str) -> None:
    assert unique_part(host) == named


def test_without_a_list_of_hosts_a_dash_is_like_a_dot() -> None:
    assert part("a-b.c") == "A_B_C"


_LABEL = st.from_regex(re.compile(r"[a-z0-9]([a-z0-9-]{0,3}[a-z0-9])?\Z"), fullmatch=False)
_HOST = st.builds(
    lambda labels, port: ".".join(labels) + (f":{port}" if port else ""),
    st.lists(_LABEL, min_size=1, max_size=4),
    st.integers(0, 99),
)


@given(_HOST, _HOST)
def test_no_two_hosts_have_one_name(one: str, other: str) -> None:
    named = unique_part(one)
    assert one == other or named is None or named != unique_part(other)
