from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.image import Version
from promote.policy import build
from promote.policy.alphabetical import Alphabetical
from promote.policy.selection import Rejected
from promote.policy.settings import FilterSettings, PolicySettings, parse_short
from tests.policy.shelf import reasons, web


def test_nothing_cannot_be_ranked() -> None:
    settings = PolicySettings(order="alphabetical", filter=FilterSettings(match="^v(.?)", extract="{1}"))
    assert Alphabetical().rank("") == Rejected("nothing of it is left to rank")
    assert reasons(web(["v", "vb", "va"]).choose(build(settings))) == [
        ("vb", None),
        ("va", "ranks below vb"),
        ("v", "nothing of it is left to rank"),
    ]


@pytest.mark.parametrize(
    ("tags", "direction", "winner"),
    [
        (["10", "9"], "asc", "9"),
        (["Zebra", "ant"], "asc", "ant"),
        (["2024-06-07T10-00-00", "2024-06-07T09-59-59"], "asc", "2024-06-07T10-00-00"),
        (["a", "b"], "desc", "a"),
        (["a", "ab"], "asc", "ab"),
    ],
)
def test_11_2_code_points_tell(tags: list[str], direction: str, winner: str) -> None:
    policy = build(PolicySettings(order="alphabetical", direction="desc" if direction == "desc" else "asc"))
    chosen = web(tags).choose(policy).winner
    assert chosen == Version(winner)


def test_a_tie_of_extracted_texts_is_resolved_the_same_way_every_time() -> None:
    settings = PolicySettings(order="alphabetical", filter=FilterSettings(match="^([a-z])", extract="{1}"))
    assert reasons(web(["a1", "a2"]).choose(build(settings))) == [
        ("a2", None),
        ("a1", "ranks with a2, which is lexically greater"),
    ]
    assert reasons(web(["a1", "a2"]).choose(build(settings), "a1")) == [
        ("a1", None),
        ("a2", "ranks with a1, which runs now"),
    ]


@given(st.lists(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,8}", fullmatch=True), min_size=1, max_size=8))
def test_the_greatest_text_wins_and_is_never_older(tags: list[str]) -> None:
    policy = build(parse_short("alphabetical"))
    shelf = web(tags)
    assert shelf.choose(policy).winner == Version(max(tags))
    assert all(shelf.compare(policy, Version(max(tags)), Version(tag)) in (0, 1) for tag in tags)
    assert shelf.facts() == set()
