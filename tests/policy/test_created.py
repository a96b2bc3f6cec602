from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promote.image import Version
from promote.policy import build
from promote.policy.selection import Considered, Selection
from promote.policy.settings import FilterSettings, PolicySettings, parse_short
from promote.question import Absent, Answer, Answers, Facts, Known, Now, Question, Tags, Unknown, Unreadable, drive
from tests.clock import NOON
from tests.policy.shelf import MIGRATE, WEB, Shelf, digest, image, reasons, web

HOUR = timedelta(hours=1)
NEWEST = build(parse_short("created"))
EPOCH = Known(digest("epoch"), datetime(1970, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (image("odd"), "the image names no date"),
        (image("odd", undated="its `created` 'soon' is not a date"), "its `created` 'soon' is not a date"),
        (EPOCH, "the image is dated 1970-01-01, as reproducible builds are, and that is no date"),
        (image("odd", timedelta(hours=-25)), "the image is dated 2026-01-06 13:00Z, which is in the future"),
        (Absent("ghcr.io/acme/web:odd: no such image"), "ghcr.io/acme/web:odd: no such image"),
        (Unreadable("ghcr.io/acme/web:odd: schema 1"), "ghcr.io/acme/web:odd: schema 1"),
    ],
)
def test_an_image_without_a_usable_date_is_rejected_alone(answer: Answer, why: str) -> None:
    chosen = web({"old": image("old", 2 * HOUR), "odd": answer}).choose(NEWEST)
    assert reasons(chosen) == [("old", None), ("odd", why)]
    assert [one.accepted for one in chosen.considered] == [True, False]


def test_5_2_a_date_that_is_missing_of_any_candidate_means_no_choice() -> None:
    answers: dict[str, Answer] = {"a": image("a", HOUR), "b": Unknown("timed out", 4)}
    assert web(answers).choose(NEWEST) == Selection(None, (), Unknown("ghcr.io/acme/web:b: timed out", 4))


def test_5_2_many_missing_dates_are_told_shortly_with_the_worst_code() -> None:
    answers: dict[str, Answer] = {f"t{n}": Unknown(f"ghcr.io/acme/web:t{n}: 503", 4) for n in range(9)}
    answers["t0"] = Unknown("ghcr.io/acme/web:t0: a bug", 1)
    failure = web({**answers, "a": image("a", HOUR)}).choose(NEWEST).failure
    assert failure is not None
    assert failure.exit_code == 1
    assert failure.why.startswith("ghcr.io/acme/web:t8: 503; ghcr.io/acme/web:t7: 503")
    assert failure.why.endswith("; and 6 more of 10")


def test_5_2_a_date_that_is_missing_of_no_candidate_is_not_asked_for() -> None:
    chosen = build(PolicySettings(order="created", filter=FilterSettings(match="^main-", ignore=("*-bad",))))
    shelf = web({"main-1": image("main-1", HOUR), "pr-1": Unknown("x", 4), "main-2-bad": Unknown("x", 4)})
    assert reasons(shelf.choose(chosen)) == [
        ("main-1", None),
        ("main-2-bad", "ignored by *-bad"),
        ("pr-1", "does not match ^main-"),
    ]
    assert shelf.references() == [set(), {"main-1"}]


@pytest.mark.parametrize("answers", [{}, {"a": EPOCH}, {"a": Absent("gone")}, {"\x1b": image("x", HOUR)}])
def test_no_candidate_is_no_winner_and_no_failure(answers: dict[str, Answer]) -> None:
    chosen = web(answers).choose(NEWEST)
    assert (chosen.winner, chosen.failure) == (None, None)
    assert [one.accepted for one in chosen.considered] == [False] * len(answers)


@pytest.mark.parametrize("immutable", [False, True])
def test_one_round_asks_for_all_dates_and_the_time(immutable: bool) -> None:
    shelf = web({"a": image("a", HOUR), "b": image("b", 2 * HOUR)})
    what = frozenset({"digest", "created"})
    assert shelf.choose(build(parse_short("created"), immutable=immutable)).winner == Version("a")
    assert shelf.asked == [
        frozenset({Tags(WEB)}),
        frozenset({Now(), *(Facts(WEB, tag, frozenset({"digest", "created"}), immutable) for tag in "ab")}),
    ]
    assert {one.what for one in shelf.facts()} == {what}


def test_dates_and_digests_are_told() -> None:
    assert web({"a": image("a", HOUR), "b": image("b", 2 * HOUR)}).choose(NEWEST).considered == (
        Considered("a", True, None, NOON - HOUR, digest("a")),
        Considered("b", True, "ranks below a", NOON - 2 * HOUR, digest("b")),
    )


def test_11_2_direction_takes_the_oldest() -> None:
    policy = build(PolicySettings(order="created", direction="desc"))
    shelf = web({"a": image("a", HOUR), "b": image("b", 2 * HOUR)})
    assert shelf.choose(policy).winner == Version("b")
    assert shelf.compare(policy, Version("a"), Version("b")) == -1


def test_images_of_one_date_are_told_apart_the_same_way_every_time() -> None:
    shelf = web({tag: image(tag, HOUR) for tag in "abc"})
    assert reasons(shelf.choose(NEWEST)) == [
        ("c", None),
        ("b", "ranks with c, which is lexically greater"),
        ("a", "ranks with c, which is lexically greater"),
    ]
    assert reasons(shelf.choose(NEWEST, "b"))[0] == ("b", None)


def test_a_version_of_several_images_has_the_date_of_the_youngest() -> None:
    shelf = Shelf(
        {
            WEB: {"a": image("a", 9 * HOUR), "b": image("b", 2 * HOUR), "c": image("c", HOUR)},
            MIGRATE: {"a": image("a", HOUR), "b": image("b", 3 * HOUR), "d": image("d", HOUR)},
        }
    )
    assert shelf.choose(NEWEST).considered == (
        Considered("a", True, None, NOON - HOUR, None),
        Considered("b", True, "ranks below a", NOON - 2 * HOUR, None),
        Considered("c", False, "missing in ghcr.io/acme/web-migrate"),
        Considered("d", False, "missing in ghcr.io/acme/web"),
    )
    undated = Shelf({WEB: {"a": image("a", HOUR)}, MIGRATE: {"a": EPOCH}})
    assert reasons(undated.choose(NEWEST))[0][1] == (
        "acme/web-migrate: the image is dated 1970-01-01, as reproducible builds are, and that is no date"
    )


def test_platforms_are_asked_for_from_the_newest_down_by_digest() -> None:
    policy = build(PolicySettings(order="created", platforms=("linux/arm64",), min_age="2h"))
    answers: dict[str, Answer] = {str(n): image(str(n), n * HOUR) for n in range(9)}
    shelf = web({**answers, "3": image("3", 3 * HOUR, "linux/arm64"), "x": EPOCH})
    chosen = shelf.choose(policy)
    assert reasons(chosen)[:2] == [("3", None), ("5", "ranks below 3")]
    assert dict(reasons(chosen))["2"] == dict(reasons(chosen))["4"] == "lacks linux/arm64"
    assert dict(reasons(chosen))["1"] == "too young: created 1h ago, wants 2h"
    # 3 and 4 are one round; by the digest that the date was read of, since the tag may have moved.
    assert shelf.references()[2:] == [{digest("2")}, {digest("3"), digest("4")}]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (Version(None), Version("b"), None),
        (Version("gone"), Version("b"), None),
        (Version("epoch"), Version("b"), None),
        (Version("a"), Version("b"), 1),
        # What runs need not be a candidate.
        (Version("ignored"), Version("b"), 1),
        # The digest is what runs; its tag may mean another image by now.
        (Version("b", digest("a")), Version("b"), 1),
        (Version(None, digest("a")), Version("a"), 0),
    ],
)
def test_4_1_two_versions_are_ranked_by_their_dates_or_unordered(a: Version, b: Version, expected: int | None) -> None:
    policy = build(PolicySettings(order="created", filter=FilterSettings(ignore=("ignored",))))
    answers: dict[str, Answer] = {"a": image("a", HOUR), "b": image("b", 2 * HOUR), "ignored": image("i", HOUR)}
    shelf = web({**answers, "epoch": EPOCH})
    assert shelf.compare(policy, a, b) == expected
    assert shelf.compare(policy, b, a) == (None if expected is None else -expected)
    assert all(Tags(WEB) not in asked for asked in shelf.asked)


def test_4_1_a_digest_is_none_of_several_images() -> None:
    shelf = Shelf({WEB: {"a": image("a", HOUR)}, MIGRATE: {"a": image("a", HOUR), "b": image("b", HOUR)}})
    assert shelf.compare(NEWEST, Version(None, digest("a")), Version("a")) is None
    assert shelf.compare(NEWEST, Version("a", digest("b")), Version("a")) == 0
    assert shelf.compare(NEWEST, Version("a"), Version("b")) is None


IMAGES = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.one_of(
        st.integers(min_value=-30, max_value=4).map(lambda hours: image(str(hours), hours * HOUR)),
        st.sampled_from([EPOCH, Absent("gone"), image("undated")]),
    ),
    max_size=8,
)


@settings(deadline=None)
@given(IMAGES, st.sampled_from(["asc", "desc"]), st.one_of(st.none(), st.sampled_from("abc")), st.randoms())
def test_choose_and_compare_agree_whatever_the_order_of_the_list(
    answers: dict[str, Answer], direction: str, current: str | None, random: Random
) -> None:
    policy = build(PolicySettings(order="created", direction="asc" if direction == "asc" else "desc"))
    chosen = web(answers).choose(policy, current)
    shuffled = dict(random.sample(list(answers.items()), len(answers)))
    assert web(shuffled).choose(policy, current) == chosen
    accepted = [Version(one.tag) for one in chosen.considered if one.accepted]
    assert accepted[:1] == ([] if chosen.winner is None else [chosen.winner])
    for better in accepted:
        for other in accepted[accepted.index(better) :]:
            sign = web(answers).compare(policy, better, other)
            assert sign in (0, 1)
            assert web(answers).compare(policy, other, better) == -(sign or 0)


def test_5_2_a_date_that_cannot_be_had_leaves_two_versions_open() -> None:
    failure = Unknown("timed out", 4)
    shelf = web({"a": image("a", HOUR), "epoch": EPOCH, "unknown": failure})
    told = Unknown("ghcr.io/acme/web:unknown: timed out", 4)
    assert shelf.compare(build(PolicySettings(order="created")), Version("unknown"), Version("a")) == told
    assert shelf.compare(build(PolicySettings(order="created")), Version("a"), Version("unknown")) == told
    # One that has no date has no order, whatever the other's is.
    assert shelf.compare(build(PolicySettings(order="created")), Version("epoch"), Version("unknown")) is None


def test_5_2_an_image_that_is_gone_after_its_date_was_read_is_no_leave_for_an_older_one() -> None:
    settings = PolicySettings(order="created", platforms=("linux/amd64",))
    new, old = image("new", HOUR, "linux/amd64"), image("old", 2 * HOUR, "linux/amd64")
    shelf = web({"new": new, "old": old})

    def moved(questions: frozenset[Question]) -> Answers:
        answers = dict(shelf.gather(questions))
        gone = [each for each in questions if isinstance(each, Facts) and each.reference == new.digest]
        return answers | {each: Absent("MANIFEST_UNKNOWN") for each in gone}

    chosen = drive(build(settings).choose((WEB,), None), moved)
    assert chosen.winner is None
    assert chosen.failure == Unknown("MANIFEST_UNKNOWN; its tag has moved while it was looked at: run again", 4)


def test_a_registry_that_has_stopped_answering_is_not_asked_for_thousands() -> None:
    shelf = web({f"t{number:04d}": Unknown("it answered 503", 4) for number in range(5_000)})
    chosen = shelf.choose(build(PolicySettings(order="created")))
    assert chosen.failure is not None
    assert chosen.failure.why.endswith("; and 13 more of 5000")
    assert [len(each) for each in shelf.references()[1:]] == [16]


def test_all_dates_are_asked_for_in_few_rounds() -> None:
    shelf = web({f"t{number:04d}": image(f"t{number:04d}", number * HOUR) for number in range(2_000)})
    assert shelf.choose(build(PolicySettings(order="created"))).winner == Version("t0000")
    assert [len(each) for each in shelf.references()[1:]] == [16, 128, 1024, 832]
