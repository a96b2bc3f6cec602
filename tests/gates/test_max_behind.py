"""`max_behind`: how many versions the policy ranks above."""

from __future__ import annotations

import pytest

from promote.gates.max_behind import MaxBehind
from promote.image import Version
from promote.policy import build
from promote.policy.settings import OrderSettings, PolicySettings
from promote.question import Answer, Tags, Unknown, drive
from promote.verdict import Verdict
from tests.gates.world import WEB, A, case, hours
from tests.policy.shelf import Shelf, image

SEMVER = PolicySettings(semver="*")
RC = "2.0.0-rc.1"


def judged(most: int, version: Version, policy: PolicySettings | None, *tags: str, **more: Answer) -> Verdict:
    shelf = Shelf({WEB: {tag: image(tag, hours(place + 1)) for place, tag in enumerate(tags)} | more})
    on = case(version, images=((WEB, version),), chooser=None if policy is None else build(policy))
    return drive(MaxBehind(most).judge(on), shelf.gather)


@pytest.mark.parametrize(
    ("most", "version", "policy", "state"),
    [
        (3, Version("1.0.0"), None, "failed"),
        (1, Version("1.0.0"), SEMVER, "failed"),
        (2, Version("1.0.0"), SEMVER, "failed"),
        # It cannot be ranked, and more than one are there.
        (1, Version("latest"), SEMVER, "failed"),
        (1, Version(None, A), SEMVER, "failed"),
        (2, Version("0.9.0"), PolicySettings(semver=">=1"), "failed"),
        (3, Version("1.0.0"), SEMVER, "passed"),
        (1, Version("1.2.0"), SEMVER, "passed"),
        (1, Version("1.3.0"), SEMVER, "passed"),
        # Newer than all that the policy admits, and not admitted itself.
        (1, Version(RC), SEMVER, "passed"),
        (1, Version("1.0.0"), PolicySettings(semver="~1.0"), "passed"),
        (1, Version("1.2.0"), PolicySettings(order="created"), "failed"),
        (2, Version("1.2.0"), PolicySettings(order="created"), "passed"),
        (1, Version("1.2.0"), PolicySettings(order=OrderSettings(digest="1.3.0")), "passed"),
    ],
)
def test_more_newer_versions_than_allowed_have_failed(
    most: int, version: Version, policy: PolicySettings | None, state: str
) -> None:
    assert judged(most, version, policy, "1.3.0", RC, "1.2.0", "1.1.0", "1.0.0", "latest").state == state


def test_versions_of_one_rank_are_not_newer() -> None:
    numeric = PolicySettings(order="numeric")
    assert judged(1, Version("7"), numeric, "8", "007", "07", "7").state == "passed"


def test_9_1_what_the_registry_does_not_say_never_passes() -> None:
    def lost(questions: frozenset[object]) -> dict[object, Answer]:
        assert questions == {Tags(WEB)}
        return dict.fromkeys(questions, Unknown("no answer", 4))

    on = case(images=((WEB, Version("1.5")),), chooser=build(SEMVER))
    verdict = drive(MaxBehind(1).judge(on), lost)  # type: ignore[arg-type]
    assert (verdict.state, verdict.exit_code) == ("unknown", 4)


def test_9_1_a_date_that_is_not_known_never_passes() -> None:
    created = PolicySettings(order="created")
    verdict = judged(1, Version("1.0.0"), created, "1.1.0", "1.0.0", **{"1.2.0": Unknown("no answer", 4)})
    assert (verdict.state, verdict.exit_code) == ("unknown", 4)
