from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promote.image import Version
from promote.policy import build
from promote.policy.selection import Considered, Selection
from promote.policy.settings import FilterSettings, OrderSettings, PolicySettings
from promote.question import Absent, Answer, Known, Now, Unknown, Unreadable
from tests.clock import NOON
from tests.policy.shelf import MIGRATE, WEB, Shelf, digest, image, reasons, web

HOUR = timedelta(hours=1)
BOTH = ("linux/amd64", "linux/arm64")
ARM = PolicySettings(order="numeric", platforms=("linux/arm64",))
AGED = PolicySettings(order="numeric", min_age="2h")


@pytest.mark.parametrize(
    ("policy", "answer", "why"),
    [
        (ARM, image("9"), "lacks linux/arm64"),
        (ARM, image("9", HOUR, "linux/amd64", "windows/amd64"), "lacks linux/arm64"),
        (ARM, Absent("ghcr.io/acme/web:9: there is no such image"), "ghcr.io/acme/web:9: there is no such image"),
        (ARM, Unreadable("ghcr.io/acme/web:9: the old schema 1"), "ghcr.io/acme/web:9: the old schema 1"),
        (
            PolicySettings(order="numeric", platforms=("linux/arm64", "linux/arm/v7", "linux/amd64")),
            image("9", HOUR, "linux/amd64"),
            "lacks linux/arm64, linux/arm/v7",
        ),
        (AGED, image("9", 40 * timedelta(minutes=1)), "too young: created 40m ago, wants 2h"),
        (AGED, image("9", 2 * HOUR - timedelta(seconds=1)), "too young: created 1h59m ago, wants 2h"),
        # A clock that is a little ahead is no reason to call the date wrong; the image is young all the same.
        (AGED, image("9", -HOUR), "too young: dated 1h ahead, wants 2h"),
        (AGED, image("9", timedelta(seconds=-1)), "too young: dated 1s ahead, wants 2h"),
        (AGED, image("9", timedelta()), "too young: created 0s ago, wants 2h"),
        (AGED, image("9", timedelta(hours=-25)), "the image is dated 2026-01-06 13:00Z, which is in the future"),
        (AGED, image("9"), "the image names no date"),
        (AGED, image("9", undated="its `created` is 'yesterday'"), "its `created` is 'yesterday'"),
        (
            AGED,
            Known(digest("9"), datetime(1970, 1, 1, tzinfo=UTC)),
            "the image is dated 1970-01-01, as reproducible builds are, and that is no date",
        ),
        (AGED, Absent("gone"), "gone"),
    ],
)
def test_an_image_that_is_not_as_it_must_be_is_passed_over(policy: PolicySettings, answer: Answer, why: str) -> None:
    shelf = web({"8": image("8", 9 * HOUR, *BOTH, "linux/arm/v7"), "9": answer, "x": image("x")})
    chosen = shelf.choose(build(policy))
    assert reasons(chosen) == [("8", None), ("9", why), ("x", "'x' is not a whole number")]
    assert [one.accepted for one in chosen.considered] == [True, False, False]
    assert shelf.references() == [set(), {"9"}, {"8"}]


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        (PolicySettings(semver="*"), frozenset[str]()),
        (PolicySettings(semver="*", platforms=("linux/arm64",)), frozenset({"digest", "platforms"})),
        (PolicySettings(semver="*", min_age="1h"), frozenset({"digest", "created"})),
        (
            PolicySettings(order="alphabetical", min_age="1h", platforms=("linux/arm64",)),
            frozenset({"digest", "created", "platforms"}),
        ),
    ],
)
@pytest.mark.parametrize("immutable", [False, True])
def test_only_the_facts_that_decide_are_asked_for(
    settings: PolicySettings, asked: frozenset[str], immutable: bool
) -> None:
    shelf = web({"1.0.0": image("1.0.0", 2 * HOUR, *BOTH)})
    assert shelf.choose(build(settings, immutable=immutable)).winner == Version("1.0.0")
    assert [(set(one.what), one.immutable) for one in shelf.facts()] == ([(set(asked), immutable)] if asked else [])
    assert any(Now() in one for one in shelf.asked) == ("created" in asked)


def test_what_is_known_of_an_image_is_told_with_its_tag() -> None:
    shelf = web({"7": image("7", 9 * HOUR), "8": image("8", 3 * HOUR), "9": image("9", HOUR)})
    assert shelf.choose(build(AGED)).considered == (
        Considered("8", True, None, NOON - 3 * HOUR, digest("8")),
        # In the same round as 8: known, though it could not win any more.
        Considered("7", True, "ranks below 8", NOON - 9 * HOUR, digest("7")),
        Considered("9", False, "too young: created 1h ago, wants 2h", NOON - HOUR, digest("9")),
    )


@pytest.mark.parametrize("order", ["semver", "numeric", "calver", "alphabetical"])
def test_both_conditions_go_with_every_order(order: str) -> None:
    by: dict[str, PolicySettings] = {
        "semver": PolicySettings(semver="*", platforms=("linux/arm64",), min_age="2h"),
        "numeric": PolicySettings(order="numeric", platforms=("linux/arm64",), min_age="2h"),
        "calver": PolicySettings(order=OrderSettings(calver="YYYY"), platforms=("linux/arm64",), min_age="2h"),
        "alphabetical": PolicySettings(order="alphabetical", platforms=("linux/arm64",), min_age="2h"),
    }
    shelf = web(
        {
            "2024": image("2024", 9 * HOUR, *BOTH),
            "2025": image("2025", 8 * HOUR, "linux/amd64"),
            "2026": image("2026", HOUR, *BOTH),
        }
    )
    assert reasons(shelf.choose(build(by[order]))) == [
        ("2024", None),
        ("2026", "too young: created 1h ago, wants 2h"),
        ("2025", "lacks linux/arm64"),
    ]


def test_5_2_a_fact_that_is_missing_of_a_better_candidate_means_no_choice() -> None:
    shelf = web({"8": image("8", 9 * HOUR, *BOTH), "9": Unknown("timed out", 4)})
    assert shelf.choose(build(ARM)) == Selection(None, (), Unknown("ghcr.io/acme/web:9: timed out", 4))


def test_5_2_a_fact_that_is_missing_below_the_winner_is_no_failure() -> None:
    answers: dict[str, Answer] = {"9": image("9", HOUR), "8": image("8", 9 * HOUR, *BOTH), "7": Unknown("timed out", 4)}
    assert reasons(web(answers).choose(build(ARM))) == [
        ("8", None),
        ("7", "ranks below 8"),
        ("9", "lacks linux/arm64"),
    ]


def test_5_2_candidates_that_cannot_win_are_not_asked_for() -> None:
    shelf = web({str(n): image(str(n), HOUR, *(BOTH if n == 10 else ())) for n in range(1, 101)})
    assert shelf.choose(build(ARM)).winner == Version("10")
    sizes = [len(one) for one in shelf.references()]
    assert sizes == [0, 1, 2, 4, 8, 16, 16, 16, 16, 16]
    assert set[str]().union(*shelf.references()) == {str(n) for n in range(6, 101)}


def test_what_runs_is_asked_first_among_its_equals() -> None:
    shelf = web({"7": image("7", HOUR, *BOTH), "07": image("07", HOUR, *BOTH), "007": image("007", HOUR, *BOTH)})
    assert reasons(shelf.choose(build(ARM), "07")) == [
        ("07", None),
        ("7", "ranks with 07, which runs now"),
        ("007", "ranks with 07, which runs now"),
    ]
    assert shelf.references() == [set(), {"07"}]


def test_of_equals_the_first_that_passes_wins() -> None:
    shelf = web({"7": image("7"), "07": image("07", HOUR, *BOTH), "007": image("007", HOUR, *BOTH)})
    assert reasons(shelf.choose(build(ARM), "7")) == [
        ("07", None),
        ("007", "ranks with 07, which is lexically greater"),
        ("7", "lacks linux/arm64"),
    ]


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        (image("9", HOUR, *BOTH), image("9", HOUR), "acme/web-migrate: lacks linux/arm64"),
        (image("9"), image("9"), "acme/web: lacks linux/arm64; acme/web-migrate: lacks linux/arm64"),
        # The one that is known to be wrong keeps the version out: the other need not be known.
        (image("9"), Unknown("timed out", 4), "acme/web: lacks linux/arm64"),
        (image("9", HOUR, *BOTH), image("9", HOUR, *BOTH), None),
        (
            image("9", HOUR, *BOTH),
            Unknown("timed out", 4),
            Unknown("ghcr.io/acme/web-migrate:9: timed out", 4),
        ),
    ],
)
def test_every_image_of_an_app_must_meet_the_conditions(
    here: Answer, there: Answer, expected: str | Unknown | None
) -> None:
    shelf = Shelf({WEB: {"9": here}, MIGRATE: {"9": there}})
    chosen = shelf.choose(build(ARM))
    if isinstance(expected, Unknown):
        assert chosen.failure == expected
    else:
        assert reasons(chosen) == [("9", expected)]
        assert chosen.considered[0].digest is None
    assert {one.repository for one in shelf.facts()} == {WEB, MIGRATE}


def test_the_date_of_several_images_is_that_of_the_youngest() -> None:
    shelf = Shelf({WEB: {"9": image("9", 9 * HOUR)}, MIGRATE: {"9": image("9", 3 * HOUR)}})
    assert shelf.choose(build(AGED)).considered == (Considered("9", True, None, NOON - 3 * HOUR, None),)
    young = Shelf({WEB: {"9": image("9", 9 * HOUR)}, MIGRATE: {"9": image("9", HOUR)}})
    assert reasons(young.choose(build(AGED))) == [("9", "acme/web-migrate: too young: created 1h ago, wants 2h")]


def test_4_1_conditions_have_no_part_in_the_order() -> None:
    shelf = web({"8": image("8"), "9": Unknown("timed out", 4)})
    assert shelf.compare(build(ARM), Version("9"), Version("8")) == 1
    assert shelf.facts() == set()


TAGS = st.sampled_from(["1", "01", "2", "3", "03", "4", "5", "x", "6"])
ANSWERS = st.one_of(
    st.builds(
        lambda hours, platforms: Known("sha256:" + "0" * 64, NOON - hours * HOUR, tuple(platforms)),
        st.integers(min_value=-30, max_value=5),
        st.sets(st.sampled_from(BOTH)),
    ),
    st.just(Known("sha256:" + "0" * 64)),
    st.sampled_from([Absent("gone"), Unreadable("broken"), Unknown("timed out", 4)]),
)
SHELVES = st.dictionaries(TAGS, ANSWERS, max_size=9)
POLICIES = st.sampled_from(
    [
        PolicySettings(order="numeric", platforms=("linux/arm64",), min_age="2h"),
        PolicySettings(order="numeric", min_age="1h", direction="desc"),
        PolicySettings(semver=">=2", platforms=("linux/arm64",)),
        PolicySettings(order="alphabetical", platforms=BOTH, filter=FilterSettings(ignore=("0*",))),
    ]
)


@settings(deadline=None)
@given(POLICIES, SHELVES, st.one_of(st.none(), TAGS))
def test_5_2_the_winner_is_the_best_that_passes_and_nothing_worse_was_needed(
    chosen: PolicySettings, answers: dict[str, Answer], current: str | None
) -> None:
    policy = build(chosen)
    shelf = web(answers)
    selection = shelf.choose(policy, current)
    # The same policy without its conditions says how they are ranked; alone, each candidate is judged by itself.
    bare = build(msgspec.structs.replace(chosen, platforms=(), min_age=msgspec.UNSET))
    ranked = [one.tag for one in web(answers).choose(bare, current).considered if one.accepted]
    alone = {tag: web({tag: answers[tag]}).choose(policy) for tag in ranked}
    open_ = [tag for tag in ranked if alone[tag].winner is not None or alone[tag].failure is not None]
    if not open_:
        assert (selection.winner, selection.failure) == (None, None)
    elif alone[open_[0]].failure is not None:
        assert (selection.winner, selection.failure) == (None, alone[open_[0]].failure)
    else:
        assert selection.winner == Version(open_[0])
    needed = len(ranked) if not open_ else ranked.index(open_[0]) + 1
    asked = set[str]().union(*shelf.references())
    assert set(ranked[:needed]) <= asked <= set(ranked[: 2 * needed])
    assert selection.failure is not None or {one.tag for one in selection.considered} == set(answers)


@settings(deadline=None)
@given(POLICIES, SHELVES, st.one_of(st.none(), TAGS), st.randoms(use_true_random=False))
def test_ties_and_rounds_do_not_depend_on_the_order_of_the_list(
    chosen: PolicySettings, answers: dict[str, Answer], current: str | None, random: Random
) -> None:
    policy = build(chosen)
    shuffled = dict(random.sample(list(answers.items()), len(answers)))
    assert web(shuffled).choose(policy, current) == web(answers).choose(policy, current)


def test_5_2_the_digests_that_were_judged_are_told_image_by_image() -> None:
    images = {
        WEB: {"1.0.0": image("web", HOUR, "linux/amd64")},
        MIGRATE: {"1.0.0": image("migrate", HOUR, "linux/amd64")},
    }
    settings = PolicySettings(semver="*", platforms=("linux/amd64",))
    assert Shelf(images).choose(build(settings)).judged == ((WEB, digest("web")), (MIGRATE, digest("migrate")))
    # Nothing was looked at: nothing is promised of it.
    assert Shelf(images).choose(build(PolicySettings(semver="*"))).judged == ()
