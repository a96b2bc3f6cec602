from __future__ import annotations

from datetime import timedelta

import pytest

from promote.image import Version
from promote.policy import build
from promote.policy.selection import Considered, Selection
from promote.policy.settings import OrderSettings, PolicySettings, parse_short
from promote.question import Absent, Facts, Tags, Unknown, Unreadable
from tests.clock import NOON
from tests.policy.shelf import MIGRATE, WEB, Shelf, digest, image, reasons, web

HOUR = timedelta(hours=1)
STABLE = build(parse_short("digest:stable"))


def test_a_tag_that_names_no_image_is_no_candidate() -> None:
    why = "ghcr.io/acme/web:stable: schema 1"
    chosen = web({"stable": Unreadable(why)}).choose(STABLE)
    assert chosen == Selection(None, (Considered("stable", False, why),), listed=False)


def test_a_tag_that_is_gone_is_a_failure_as_it_is_the_one_thing_asked_for() -> None:
    assert web({"stable": Absent("404")}).choose(STABLE).failure == Unknown("ghcr.io/acme/web:stable: 404", 4)


def test_5_2_a_digest_that_cannot_be_had_means_no_choice() -> None:
    shelf = web({"stable": Unknown("timed out", 4)})
    assert shelf.choose(STABLE) == Selection(None, (), Unknown("ghcr.io/acme/web:stable: timed out", 4))


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (PolicySettings(order=OrderSettings(digest="stable"), platforms=("linux/arm64",)), "lacks linux/arm64"),
        (
            PolicySettings(order=OrderSettings(digest="stable"), min_age="2h"),
            "too young: created 1h ago, wants 2h",
        ),
    ],
)
def test_an_image_that_is_not_as_it_must_be_is_not_followed(settings: PolicySettings, why: str) -> None:
    chosen = web({"stable": image("stable", HOUR, "linux/amd64")}).choose(build(settings))
    assert (chosen.winner, reasons(chosen)) == (None, [("stable", why)])
    assert chosen.considered[0].digest == digest("stable")


@pytest.mark.parametrize("current", [None, "stable", "1.4.0"])
def test_the_tag_wins_with_its_digest_and_no_list_is_asked_for(current: str | None) -> None:
    shelf = web({"stable": image("stable", HOUR), "1.4.0": image("1.4.0", HOUR)})
    assert shelf.choose(STABLE, current) == Selection(
        Version("stable", digest("stable")),
        (Considered("stable", True, None, NOON - HOUR, digest("stable")),),
        judged=((WEB, digest("stable")),),
        listed=False,
    )
    assert shelf.asked == [frozenset({Facts(WEB, "stable", frozenset({"digest"}))})]


def test_a_tag_that_moves_is_asked_for_anew_though_others_do_not_move() -> None:
    shelf = web({"stable": image("stable", HOUR)})
    shelf.choose(build(parse_short("digest:stable"), immutable=True))
    assert [one.immutable for one in shelf.facts()] == [False]


def test_several_images_have_no_digest_in_common() -> None:
    shelf = Shelf({WEB: {"stable": image("a", HOUR)}, MIGRATE: {"stable": image("b", HOUR)}})
    assert shelf.choose(STABLE).winner == Version("stable")
    lacking = Shelf({WEB: {"stable": image("a", HOUR)}, MIGRATE: {"stable": Absent("gone")}})
    assert lacking.choose(STABLE).failure == Unknown("ghcr.io/acme/web-migrate:stable: gone", 4)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (Version("stable", digest("a")), Version("stable", digest("b")), None),
        (Version("stable", digest("a")), Version("stable"), None),
        (Version("1.4.0"), Version("1.5.0"), None),
        (Version(None), Version(None), None),
        (Version("stable", digest("a")), Version("stable", digest("a")), 0),
    ],
)
def test_4_1_digests_have_no_order(a: Version, b: Version, expected: int | None) -> None:
    shelf = web({})
    assert shelf.compare(STABLE, a, b) == shelf.compare(STABLE, b, a) == expected
    assert all(Tags(WEB) not in asked for asked in shelf.asked)
