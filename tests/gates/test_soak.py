"""`soak`: how long a version was live in its source (SEMANTICS 6.4, 6.5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.gates.soak import Soak
from promote.image import Version
from promote.question import Past, Ran, Unknown
from tests.clock import NOON
from tests.gates.world import MIGRATE, OTHER, WEB, A, B, C, World, case, hours, past, ran

DAY = Soak(hours(24))
TAG, OLD = Version("1.5"), Version("1.4")
ENDS = "history ends at commit c0ffee: the clone is shallow"


@pytest.mark.parametrize(
    ("said", "version", "why"),
    [
        (past(), TAG, "test never ran web 1.5"),
        (past(ran("1.4", 90)), TAG, "test never ran web 1.5"),
        (past(ran("1.4", 90), ends=ENDS), TAG, f"test never ran web 1.5 as far as can be seen: {ENDS}"),
        (past(ran("1.6", 2), ran("1.5", 4), ran("1.4", 90)), TAG, "test ran it for only 2h of 1d"),
        # The clock of who brought the next one in was ahead: that made it long enough.
        (past(ran("1.6", -48), ran("1.5", 4), ran("1.4", 90)), TAG, "test ran it for only 4h of 1d"),
        # That of who brought it in stood at 1970, or its successor's did.
        (past(ran("1.6", 2), ran("1.5", 500_000), ran("1.4", 6)), TAG, "test ran it for only 4h of 1d"),
        (past(ran("1.6", 500_000), ran("1.5", 50), ran("1.4", 90)), TAG, "test ran it for only 0s of 1d"),
        # What broke it was not another version.
        (past(ran("absent", 2), ran("1.5", 4)), TAG, "test ran it for only 2h of 1d"),
        (past(ran("mixed", 1), ran("1.5", 24.5)), TAG, "test ran it for only 23h30m of 1d"),
        (past(ran("unreadable", 1), ran("1.5", 24.5)), TAG, "test ran it for only 23h30m of 1d"),
        # Two short times are no long one.
        (
            past(ran("1.6", 2), ran("1.5", 20), ran("1.4", 30), ran("1.5", 50)),
            TAG,
            "test ran it for only 20h of 1d",
        ),
        (past(ran("1.5", None), ends=ENDS), TAG, f"since when it was live in test cannot be seen: {ENDS}"),
        (
            past(ran("1.6", 2), ran("1.5", None), ends=ENDS),
            TAG,
            f"since when it was live in test cannot be seen: {ENDS}",
        ),
        # The tag is the same, and the image is not.
        (
            past(ran(Version("1.5", B), 2), ran(Version("1.5", A), 90)),
            Version("1.5", C),
            "test never ran web 1.5@cccccccccccc",
        ),
    ],
)
def test_6_5_what_did_not_run_long_enough_has_failed(said: Past, version: Version, why: str) -> None:
    verdict = World({"test": said}).judge(DAY, case(version, "test"))
    assert (verdict.state, verdict.why, verdict.until) == ("failed", why, None)


def test_6_5_a_history_that_cannot_be_read_never_passes() -> None:
    verdict = World({"test": Unknown("the remote does not answer", 5)}).judge(DAY, case(TAG, "test"))
    assert (verdict.state, verdict.why, verdict.exit_code) == ("unknown", "the remote does not answer", 5)


def test_9_1_a_version_from_nowhere_has_failed() -> None:
    assert World().judge(DAY, case(TAG)).state == "failed"


@pytest.mark.parametrize(
    ("said", "version", "since"),
    [
        (past(ran("1.5", 23.99), ran("1.4", 90)), TAG, 23.99),
        # The committer's clock was ahead.
        (past(ran("1.5", -1), ran("1.4", 90)), TAG, -1),
        # A digest that changed under the same tag begins anew.
        (past(ran(Version("1.5", B), 2), ran(Version("1.5", A), 90)), Version("1.5", B), 2),
        (past(ran("1.5", 3), ran("1.4", 10), ran("1.5", 20)), TAG, 3),
        (past(ran("1.5", 500_000), ran("1.4", 3)), TAG, 3),
        (past(ran("1.5", 3), ran("1.4", -10), ran("1.5", 20)), TAG, 3),
    ],
)
def test_6_5_what_runs_still_is_waited_for(said: Past, version: Version, since: float) -> None:
    verdict = World({"test": said}).judge(DAY, case(version, "test"))
    assert (verdict.state, verdict.until) == ("waiting", NOON - hours(since) + hours(24))
    assert verdict.why.startswith("live in test for ")


def test_a_commit_of_the_year_9999_is_waited_for_without_saying_until_when() -> None:
    """It ended the run as a fault of promote's own (OverflowError)."""
    verdict = World({"test": past(ran("1.5", -69_800_000))}).judge(Soak(hours(36_500 * 24)), case(TAG, "test"))
    assert (verdict.state, verdict.why, verdict.until) == ("waiting", "live in test for 0s of 36500d", None)


@pytest.mark.parametrize(
    ("said", "version"),
    [
        (past(ran("1.5", 24), ran("1.4", 90)), TAG),
        # It completed its soak, and newer ones have come since.
        (past(ran("1.7", 1), ran("1.6", 2), ran("1.5", 26), ran("1.4", 90)), TAG),
        (past(ran("1.5", 2), ran("1.4", 3), ran("1.5", 90)), TAG),
        # What was seen is enough, whatever was before it.
        (past(ran("1.6", 2), ran("1.5", 90), ran("1.5", None), ends=ENDS), TAG),
        # Only one side names a digest.
        (past(ran(Version("1.5", A), 24)), TAG),
        (past(ran("1.5", 24)), Version("1.5", A)),
        (past(ran(Version("1.5", A), 24)), Version(None, A)),
        (past(ran(Version(None, A), 24)), Version("1.5", A)),
    ],
)
def test_6_4_what_completed_its_soak_passes_for_ever(said: Past, version: Version) -> None:
    assert World({"test": said}).judge(DAY, case(version, "test")).state == "passed"


@pytest.mark.parametrize(
    ("there", "here", "state"),
    [
        ({WEB: A, MIGRATE: B}, {WEB: A, MIGRATE: C}, "failed"),
        ({WEB: A, MIGRATE: None}, {WEB: B, MIGRATE: C}, "failed"),
        # A mirror has its own names.
        ({WEB: A}, {MIGRATE: B}, "failed"),
        ({WEB: A}, {MIGRATE: B, OTHER: None}, "failed"),
        ({MIGRATE: B, OTHER: None}, {WEB: A}, "failed"),
        ({WEB: A}, {MIGRATE: A}, "passed"),
        ({WEB: A, MIGRATE: B}, {WEB: A, MIGRATE: B}, "passed"),
        ({WEB: A, MIGRATE: None}, {WEB: A, MIGRATE: B}, "passed"),
        ({WEB: None, MIGRATE: None}, {WEB: A, MIGRATE: B}, "passed"),
    ],
)
def test_6_5_of_several_images_each_digest_counts(there: dict, here: dict, state: str) -> None:  # type: ignore[type-arg]
    images, wanted = ({image: Version("1.5", digest) for image, digest in each.items()} for each in (there, here))
    world = World({"test": past(ran("1.5", 90, images))})
    assert world.judge(DAY, case(TAG, "test", images=tuple(wanted.items()))).state == state


def test_all_sources_must_have_run_it() -> None:
    long, short, none = past(ran("1.5", 90)), past(ran("1.5", 2)), past(ran("1.4", 90))
    lost = Unknown("lost", 5)
    for eu, us, state in (
        (long, long, "passed"),
        (long, short, "waiting"),
        (none, short, "failed"),
        (none, lost, "failed"),
        (short, lost, "unknown"),
    ):
        world = World({"eu": eu, "us": us})
        assert world.judge(DAY, case(TAG, "eu", "us")).state == state
        assert len([each for each in world.asked[0] if isinstance(each, Ran)]) == 2


def test_no_more_of_the_history_is_asked_for_than_it_takes() -> None:
    world = World({"test": past(*(ran(f"1.{30 - place}", place + 1) for place in range(30)))})
    assert world.judge(Soak(hours(0.5)), case(Version("1.20"), "test")).state == "passed"
    assert world.leasts() == [4, 8, 16]


@given(st.lists(st.integers(1, 48), min_size=1, max_size=9), st.integers(0, 9), st.integers(1, 60))
def test_6_4_what_passed_once_passes_whatever_comes_after(ages: list[int], more: int, least: int) -> None:
    begins = [sum(ages[: place + 1]) for place in range(len(ages))]
    stretches = [ran(f"1.{5 if place % 3 == 1 else 100 + place}", begin) for place, begin in enumerate(begins)]
    soak = Soak(hours(least))
    before = World({"test": past(*stretches)}).judge(soak, case(TAG, "test"))
    ago = [ran(f"2.{place}", -place - 1) for place in reversed(range(more))]
    after = World({"test": past(*ago, *stretches)}, now=NOON + hours(more + 1)).judge(soak, case(TAG, "test"))
    if before.passes:
        assert after.passes
