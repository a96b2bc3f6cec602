"""How a run ends: one table (SEMANTICS 9.1, 9.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import worst
from promote.image import Repository, Version
from promote.outcome import Change, Failure, Plan, Refusal, Skip
from promote.question import HoldChange
from promote.report.exit import exit_code
from promote.sites.site import Site

SITE = Site("web", Repository("x", "web"), "manifest", (), 0, None, None, None)
CHANGE = Change("dev", "web", SITE, None, Version("1"), "why")
HELD = HoldChange("dev", "web", Version("1"), "held")


def skip(code: str, app: str = "web", environment: str = "dev") -> Skip:
    return Skip(environment, app, code, "why")


def refusal(code: str, app: str = "web") -> Refusal:
    return Refusal("dev", app, code, "why")


def failure(exit_code: int) -> Failure:
    return Failure("dev", "web", "code", exit_code, "why")


@given(st.sets(st.sampled_from([1, 3, 4, 5, 6]), min_size=1))
def test_9_2_of_several_faults_the_code_is_the_first_of_1_5_6_4_3(codes: set[int]) -> None:
    first = next(code for code in (1, 5, 6, 4, 3) if code in codes)
    assert worst(codes) == first
    refused = (refusal("downgrade"),) if 3 in codes else ()
    plan = Plan(refusals=refused, failures=tuple(failure(code) for code in codes - {3}))
    assert exit_code(plan, named=(), tell_changes=True) == first


@pytest.mark.parametrize(
    ("plan", "named", "code"),
    [
        (Plan(), (), 0),
        (Plan(changes=(CHANGE,)), (), 0),
        (Plan(holds=(HELD,)), ("web",), 0),
        (Plan(skips=(skip("already"), skip("overtaken"))), ("web",), 0),
        (Plan(skips=(skip("absent"), skip("no-policy"), skip("source-moved"))), (), 0),
        (Plan(skips=(skip("absent"),)), ("web",), 3),
        (Plan(skips=(skip("absent"),)), ("api",), 0),
        (Plan(skips=(skip("no-policy"),)), ("web",), 3),
        (Plan(skips=(skip("source-moved"),)), ("web",), 3),
        # It is in one of the environments: that it is not in all is no fault.
        (Plan(changes=(CHANGE,), skips=(skip("absent", environment="test"),)), ("web",), 0),
        (Plan(skips=(skip("already"), skip("absent", environment="test"))), ("web",), 0),
        (Plan(skips=(skip("absent"), skip("absent", environment="test"))), ("web",), 3),
        (Plan(refusals=(refusal("waiting"), refusal("held"))), (), 0),
        (Plan(refusals=(refusal("waiting"),)), ("web",), 3),
        (Plan(refusals=(refusal("held"),)), ("web",), 3),
        (Plan(changes=(CHANGE,), refusals=(refusal("downgrade", "api"),)), (), 3),
        (Plan(failures=(failure(4),)), (), 4),
        (Plan(failures=(failure(4),), refusals=(refusal("downgrade"),)), (), 4),
        (Plan(failures=(failure(4), failure(6))), (), 6),
        (Plan(failures=(failure(4), failure(5), failure(6))), (), 5),
        (Plan(failures=(failure(5), failure(1))), (), 1),
    ],
)
def test_9_1_and_9_2_exit_codes(plan: Plan, named: tuple[str, ...], code: int) -> None:
    assert exit_code(plan, named=named, tell_changes=False) == code
    # A fault stands above the news that something changed.
    assert exit_code(plan, named=named, tell_changes=True) == (
        10 if code == 0 and (plan.changes or plan.holds) else code
    )
