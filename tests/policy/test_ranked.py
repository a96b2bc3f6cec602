from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promote.image import Repository, Version
from promote.policy import Policy, build
from promote.policy.selection import Considered, Selection
from promote.policy.settings import FilterSettings, OrderSettings, PolicySettings, parse_short
from promote.question import Absent, Answer, Answers, Question, Tags, Unknown, drive

WEB = Repository("ghcr.io", "acme/web")
MIGRATE = Repository("ghcr.io", "acme/web-migrate")
HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def run(policy: Policy, answers: dict[Repository, Answer], current: str | None = None) -> Selection:
    asked: list[frozenset[Question]] = []

    def gather(questions: frozenset[Question]) -> Answers:
        asked.append(questions)
        return {question: answers[question.repository] for question in questions if isinstance(question, Tags)}

    selection = drive(policy.choose(tuple(answers), None if current is None else Version(current)), gather)
    assert asked == [frozenset(Tags(repository) for repository in answers)]
    return selection


def compared(policy: Policy, a: Version, b: Version) -> int | None:
    sign = drive(policy.compare((WEB,), a, b), lambda questions: dict[Question, Answer]() if not questions else {})
    assert not isinstance(sign, Unknown)
    return sign


def choose(policy: str | PolicySettings, tags: Sequence[str], current: str | None = None) -> Selection:
    return run(build(parse_short(policy) if isinstance(policy, str) else policy), {WEB: tuple(tags)}, current)


def reasons(selection: Selection) -> list[tuple[str, str | None]]:
    return [(one.tag, one.reason) for one in selection.considered]


def winner(selection: Selection) -> str | None:
    return None if selection.winner is None else selection.winner.tag


@pytest.mark.parametrize(
    ("answers", "failure"),
    [
        ({WEB: Unknown("timed out", 4)}, Unknown("ghcr.io/acme/web: timed out", 4)),
        ({WEB: Unknown("ghcr.io/acme/web: 429", 4)}, Unknown("ghcr.io/acme/web: 429", 4)),
        ({WEB: Absent("no such repository")}, Unknown("ghcr.io/acme/web: no such repository", 4)),
        ({WEB: ("1.4.0",), MIGRATE: Absent("gone")}, Unknown("ghcr.io/acme/web-migrate: gone", 4)),
        (
            {WEB: Unknown("timed out", 4), MIGRATE: Unknown("a bug", 1)},
            Unknown("ghcr.io/acme/web: timed out; ghcr.io/acme/web-migrate: a bug", 1),
        ),
    ],
)
def test_5_2_a_list_that_cannot_be_had_means_no_choice(answers: dict[Repository, Answer], failure: Unknown) -> None:
    assert run(build(parse_short("semver:*")), answers) == Selection(None, (), failure)


@pytest.mark.parametrize("tags", [[], ["latest"], ["2.0.0"], ["1.5.0-rc.1"], [f"sha256-{HEX}.sig"], ["\x1b[2J"]])
def test_no_candidate_is_no_winner_and_no_failure(tags: list[str]) -> None:
    selection = choose("semver:^1.4", tags, "1.4.0")
    assert (selection.winner, selection.failure) == (None, None)
    assert [one.accepted for one in selection.considered] == [False] * len(tags)


def test_no_repository_is_a_bug() -> None:
    with pytest.raises(ValueError, match="no repository"):
        next(build(parse_short("numeric")).choose((), None))


def test_every_tag_is_said_once_with_why_not() -> None:
    tags = ["1.4.0", "1.10.0", "2.0.0", "1.11.0-rc.1", "latest", f"sha256-{HEX}.sig", "1.4\n", "1.4.0", "1.9.3"]
    assert choose("semver:^1.4", tags).considered == (
        Considered("1.10.0", True, None),
        Considered("1.9.3", True, "ranks below 1.10.0"),
        Considered("1.4.0", True, "ranks below 1.10.0"),
        Considered("1.11.0-rc.1", False, "a prerelease, which ^1.4 does not admit"),
        Considered("1.4\\n", False, "not a valid tag"),
        Considered("2.0.0", False, "outside ^1.4"),
        Considered("latest", False, "'latest' is not a semantic version"),
        Considered(f"sha256-{HEX}.sig", False, "a signature, attestation or other attachment of an image"),
    )


def test_prereleases_come_in_only_where_they_are_asked_for() -> None:
    tags = ["1.4.0", "1.5.0-rc.1"]
    assert winner(choose("semver:^1.4", tags)) == "1.4.0"
    assert winner(choose("semver:^1.4-0", tags)) == "1.5.0-rc.1"
    assert winner(choose(PolicySettings(semver="^1.4", prereleases=True), tags)) == "1.5.0-rc.1"
    assert winner(choose(PolicySettings(order=OrderSettings("^1.4"), prereleases=True), tags)) == "1.5.0-rc.1"


@pytest.mark.parametrize(
    ("policy", "tags", "current", "expected"),
    [
        ("numeric", ["7", "007", "6"], None, [("7", None), ("007", "ranks with 7, which is lexically greater")]),
        ("numeric", ["7", "007", "6"], "007", [("007", None), ("7", "ranks with 007, which runs now")]),
        # What runs, and is not among the best, decides nothing.
        ("numeric", ["7", "007", "6"], "6", [("7", None), ("007", "ranks with 7, which is lexically greater")]),
        ("semver:*", ["1.4", "v1.4.0", "1.3"], "1.4", [("1.4", None), ("v1.4.0", "ranks with 1.4, which runs now")]),
    ],
)
def test_ties_never_flap(policy: str, tags: list[str], current: str | None, expected: list[tuple[str, str]]) -> None:
    for order in (tags, tags[::-1]):
        assert reasons(choose(policy, order, current))[:2] == expected


def test_11_2_direction_turns_the_order() -> None:
    least = PolicySettings(order="numeric", direction="desc")
    assert reasons(choose(least, ["10", "9", "09"])) == [
        ("9", None),
        ("09", "ranks with 9, which is lexically greater"),
        ("10", "ranks below 9"),
    ]
    assert compared(build(least), Version("9"), Version("10")) == 1
    assert compared(build(parse_short("numeric")), Version("9"), Version("10")) == -1


def test_only_tags_that_all_repositories_have_are_candidates() -> None:
    selection = run(build(parse_short("semver:*")), {WEB: ("1.4.0", "1.5.0", "x"), MIGRATE: ("1.4.0", "1.6.0")})
    assert reasons(selection) == [
        ("1.4.0", None),
        ("1.5.0", "missing in ghcr.io/acme/web-migrate"),
        ("1.6.0", "missing in ghcr.io/acme/web"),
        ("x", "'x' is not a semantic version"),
    ]


def test_the_same_repository_twice_is_asked_once() -> None:
    asking = build(parse_short("numeric")).choose((WEB, Repository("ghcr.io", "acme/web", "as/written")), None)
    assert next(asking) == frozenset({Tags(WEB)})


MAIN = PolicySettings(
    filter=FilterSettings(match=r"^main-(?P<n>\d+)-[0-9a-f]{7}$", extract="{n}", ignore=("*-bad*",)), order="numeric"
)


def test_a_filter_says_what_is_ranked() -> None:
    selection = choose(MAIN, ["main-9-0a1b2c3", "main-10-0a1b2c3", "dev-99-0a1b2c3", "main-11-bad0000"])
    assert reasons(selection) == [
        ("main-10-0a1b2c3", None),
        ("main-9-0a1b2c3", "ranks below main-10-0a1b2c3"),
        ("dev-99-0a1b2c3", r"does not match ^main-(?P<n>\d+)-[0-9a-f]{7}$"),
        ("main-11-bad0000", "ignored by *-bad*"),
    ]


@pytest.mark.parametrize(
    ("policy", "a", "b", "expected"),
    [
        (parse_short("semver:^1.4"), Version("latest"), Version("1.4.0"), None),
        (parse_short("semver:^1.4"), Version("1.4.0"), Version("1.4.0 "), None),
        (parse_short("semver:^1.4"), Version(None, f"sha256:{HEX}"), Version("1.4.0"), None),
        (parse_short("numeric"), Version("7"), Version("1.4"), None),
        (MAIN, Version("main-9-0a1b2c3"), Version("main-9"), None),
        # Outside the range, a prerelease, ignored: no candidates, but they have a rank.
        (parse_short("semver:^1.4"), Version("2.0.0"), Version("1.9.0"), 1),
        (parse_short("semver:^1.4"), Version("1.5.0-rc.1"), Version("1.5.0"), -1),
        (MAIN, Version("main-11-bad0000"), Version("main-10-0a1b2c3"), 1),
        (parse_short("semver:^1.4"), Version("v1.4"), Version("1.4.0"), 0),
        (parse_short("semver:^1.4"), Version("1.4.0", f"sha256:{HEX}"), Version("1.4.0"), 0),
    ],
)
def test_4_1_two_versions_are_ranked_by_the_policy_or_unordered(
    policy: PolicySettings, a: Version, b: Version, expected: int | None
) -> None:
    assert compared(build(policy), a, b) == expected
    assert compared(build(policy), b, a) == (None if expected is None else -expected)


NUMBERS = st.integers(min_value=0, max_value=3)
TAGS = st.one_of(
    st.builds(
        "{}{}.{}.{}{}".format, st.sampled_from(["", "v"]), NUMBERS, NUMBERS, NUMBERS, st.sampled_from(["", "-rc.1"])
    ),
    st.builds("{}.{}".format, NUMBERS, NUMBERS),
    st.integers(min_value=0, max_value=30).map("{:02}".format),
    st.integers(min_value=0, max_value=30).map(str),
    st.sampled_from(["latest", "", "1.0\n", f"sha256-{HEX}", "main-1", "0.0.0-"]),
    st.text(max_size=8),
)
SETTINGS = st.sampled_from(
    [
        parse_short("semver:*"),
        parse_short("semver:>=1.1-0 <3"),
        parse_short("numeric"),
        PolicySettings(order="numeric", direction="desc"),
        PolicySettings(semver="^1 || ^2", direction="desc", prereleases=True, filter=FilterSettings(ignore=("v2*",))),
    ]
)
LISTS = st.lists(TAGS, max_size=12)
CURRENT = st.one_of(st.none(), TAGS)


@settings(deadline=None)
@given(SETTINGS, LISTS, CURRENT, st.randoms(use_true_random=False))
def test_the_order_of_the_list_says_nothing(
    policy: PolicySettings, tags: list[str], current: str | None, random: Random
) -> None:
    shuffled = list(tags)
    random.shuffle(shuffled)
    assert choose(policy, shuffled, current) == choose(policy, tags, current)


@settings(deadline=None)
@given(SETTINGS, LISTS, CURRENT)
def test_choose_and_compare_agree(policy: PolicySettings, tags: list[str], current: str | None) -> None:
    selection = choose(policy, tags, current)
    accepted = [Version(one.tag) for one in selection.considered if one.accepted]
    assert accepted[:1] == ([] if selection.winner is None else [selection.winner])
    for better, worse in pairwise(accepted):
        assert compared(build(policy), better, worse) in (0, 1)
    assert [one for one in selection.considered if one.reason is None] == list(
        selection.considered[: len(accepted[:1])]
    )
    assert len(selection.considered) == len(set(tags))


@settings(deadline=None)
@given(SETTINGS, TAGS, TAGS, TAGS)
def test_the_order_is_total_on_what_has_a_rank(policy: PolicySettings, a: str, b: str, c: str) -> None:
    compare = partial(compared, build(policy))
    one, two, three = Version(a), Version(b), Version(c)
    forth, back = compare(one, two), compare(two, one)
    assert (forth is None) == (back is None)
    if forth is not None and back is not None:
        assert forth == -back
        onward, across = compare(two, three), compare(one, three)
        if onward is not None and across is not None and forth <= 0 and onward <= 0:
            assert across == min(forth, onward)


@settings(deadline=None)
@given(SETTINGS, LISTS, CURRENT, TAGS)
def test_a_rejected_tag_never_changes_the_winner(
    policy: PolicySettings, tags: list[str], current: str | None, odd: str
) -> None:
    more = choose(policy, [*tags, odd], current)
    if odd in tags or any(one.accepted for one in choose(policy, [odd]).considered):
        return
    assert more.winner == choose(policy, tags, current).winner


@settings(deadline=None)
@given(SETTINGS, LISTS, CURRENT)
def test_what_won_wins_again_when_it_runs(policy: PolicySettings, tags: list[str], current: str | None) -> None:
    first = choose(policy, tags, current)
    if first.winner is not None:
        assert choose(policy, tags, first.winner.tag).winner == first.winner


@settings(deadline=None)
@given(SETTINGS, st.text(max_size=300))
def test_one_odd_tag_fails_no_policy(policy: PolicySettings, odd: str) -> None:
    selection = choose(policy, [odd, "1.2.0", "12"])
    assert selection.winner is not None
    assert selection.failure is None


@pytest.mark.parametrize("policy", ["semver:^1.4", "numeric"])
def test_a_hundred_thousand_tags_take_no_more_than_two_seconds(policy: str) -> None:
    tags = [f"v1.{n // 300}.{n % 300}" for n in range(50_000)] + [str(n * 7919) for n in range(50_000)]
    compared(build(parse_short("semver:*")), Version("1"), Version("2"))
    start = time.process_time()
    assert choose(policy, tags).winner is not None
    assert time.process_time() - start < 2
