"""What stands in a pull request, before the gates again at every run (SEMANTICS 7.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from promote.api.planning import looked_at
from promote.config.load import load
from promote.image import Version
from promote.outcome import Plan
from promote.plan.intent import Auto, Intent, Promote, Rollback, Rules, Sources, Update
from promote.question import Carried, Past, Probed, Proposed, Review, Reviewed, Standing, Unknown
from tests.estate.building import Built, Files, build
from tests.plan.outside import APPS, BROKEN, HTTP, STARTING, WELL, Outside, lived_through, outside, runs
from tests.plan.planning import API, HEAD, OPEN, at_a_tip, outcome, plan

DOWN = Unknown("the server is down", 1)
CONFIG = APPS + """environments:
  test: {path: test}
  prod: {path: prod, from: test, deliver: pull-request, gates: [GATES]}
"""
BRANCH = "promote/env/prod"
AUTO = Auto(("prod",))


def built(
    folder: Path,
    gates: str,
    web: str = "1.5.0",
    api: str = "1.5.0",
    *,
    config: str = CONFIG,
    more: Files | None = None,
) -> Built:
    """Test runs these, prod 1.4.0 of each."""
    files = {**runs("test", web=web, api=api), **runs("prod", web="1.4.0", api="1.4.0"), **(more or {})}
    return at_a_tip(build(folder, config.replace("GATES", gates), files))


def stands(*apps: str, tag: str = "1.5.0", skipped: tuple[tuple[str, str], ...] = ()) -> Mapping[str, Standing]:
    items = tuple(Carried("prod", app, None, Version(tag), "test", skipped) for app in apps)
    return {BRANCH: Standing(Proposed(HEAD, items, True), OPEN)}


def left(made: Plan) -> list[str]:
    """What the pull request carries in the end, with what no gate has passed yet."""
    (proposal,) = made.proposals
    against = [(app, f"{each.gate}:{each.state}") for _, app, each in proposal.verdicts if not each.passes]
    return [
        " ".join([item.app, item.new.short, *(said for app, said in against if app == item.app)])
        for item in proposal.carried
    ]


def judged(
    folder: Path, asked: Outside, gates: str = HTTP, *, intent: Intent = AUTO, rules: Rules | None = None
) -> Plan:
    return plan(built(folder, gates), intent, asked, rules)


@pytest.mark.parametrize(
    ("probed", "told", "carried", "pushed"),
    [
        # What has failed leaves, and the others stay.
        (BROKEN, "failed", ["api 1.5.0"], True),
        (STARTING, "waiting", ["api 1.5.0", "web 1.5.0 http:waiting"], False),
        # A fact that is missing is no reason to take it back, and none to merge it.
        (DOWN, "gate 1", ["api 1.5.0", "web 1.5.0 http:unknown"], False),
        (WELL, "proposed", ["api 1.5.0", "web 1.5.0"], False),
    ],
)
def test_7_2_a_change_goes_where_a_gate_has_failed_and_stays_where_it_waits(
    tmp_path: Path, probed: Probed | Unknown, told: str, carried: list[str], pushed: bool
) -> None:
    asked = outside(heads=stands("web", "api"), probes={"web": probed, "api": WELL})
    made = judged(tmp_path, asked)
    assert sorted(outcome(made)) == ["prod api proposed", f"prod web {told}"]
    assert left(made) == carried
    assert bool(made.steps) == pushed
    assert [each.is_new for each in made.proposals] == [pushed]
    # The body says why it is not there, and of what is there it does not say that.
    missing = [(each.app, each.code) for proposal in made.proposals for each in proposal.left]
    assert missing == ([] if "web" in " ".join(carried) else [("web", told.split()[0])])


def test_7_2_the_last_one_that_goes_closes_it(tmp_path: Path) -> None:
    made = judged(tmp_path, outside(heads=stands("web"), probes={"web": BROKEN, "api": BROKEN}))
    assert [(each.head, each.apps, each.expected) for each in made.proposals] == [(BRANCH, (), HEAD)]


def test_7_2_an_older_one_stays_while_a_newer_one_waits(tmp_path: Path) -> None:
    past: dict[tuple[str, str], Past | Unknown] = {
        ("test", "web"): lived_through(("1.6.0", 1), ("1.5.0", 40)),
        ("test", "api"): lived_through(("1.4.0", 90)),
    }
    made = plan(
        built(tmp_path, "{soak: 24h}", web="1.6.0", api="1.4.0"), AUTO, outside(ran=past, heads=stands("web"))
    )
    assert outcome(made) == ["prod api already", "prod web proposed"]
    assert left(made) == ["web 1.5.0"]
    assert not made.steps


def test_7_2_a_gate_that_failed_counts_whatever_is_not_known_of_another(tmp_path: Path) -> None:
    past: dict[tuple[str, str], Past | Unknown] = {
        ("test", app): Unknown("the history cannot be read", 5) for app in ("web", "api")
    }
    gates = f"{HTTP}, {{commit_status: e2e}}"
    made = judged(tmp_path, outside(ran=past, heads=stands("web", "api"), probes={"web": BROKEN, "api": WELL}), gates)
    assert outcome(made) == ["prod api gate 5", "prod web gate 5"]
    assert left(made) == ["api 1.5.0 commit_status:unknown"]


@pytest.mark.parametrize(("skipped", "carried"), [((), []), ((("http", "hotfix"),), ["web 1.5.0"])])
def test_7_2_a_gate_that_was_skipped_when_it_was_proposed_stays_skipped(
    tmp_path: Path, skipped: tuple[tuple[str, str], ...], carried: list[str]
) -> None:
    asked = outside(heads=stands("web", skipped=skipped), probes={"web": BROKEN, "api": BROKEN})
    made = plan(built(tmp_path, HTTP, web="1.4.0", api="1.4.0"), AUTO, asked)
    assert left(made) == carried


@pytest.mark.parametrize("gates", [HTTP, "{approval: {by: [alice]}}"])
def test_6_1_skipping_a_gate_for_one_app_skips_it_for_no_other_that_stands_there(tmp_path: Path, gates: str) -> None:
    name = "http" if gates == HTTP else "approval"
    rules = Rules(skipped_gates=((name, "hotfix"),))
    asked = outside(heads=stands("api"), probes={"web": STARTING, "api": STARTING})
    made = judged(tmp_path, asked, gates, intent=Promote("prod", Sources(("test",)), ("web",)), rules=rules)
    assert left(made) == [f"api 1.5.0 {name}:waiting", "web 1.5.0"]


@pytest.mark.parametrize(
    ("reviews", "carried"),
    [
        ((), "web 1.5.0 approval:waiting"),
        ((Review("bob", approves=True, commit=HEAD),), "web 1.5.0 approval:waiting"),
        ((Review("alice", approves=False, commit=HEAD),), "web 1.5.0 approval:failed"),
        ((Review("alice", approves=True, commit=HEAD),), "web 1.5.0"),
    ],
)
def test_6_7_approval_holds_the_merge_back_and_nothing_else(
    tmp_path: Path, reviews: tuple[Review, ...], carried: str
) -> None:
    asked = outside(heads=stands("web"))
    asked.reviewed = Reviewed(HEAD, reviews)
    made = plan(built(tmp_path, "{approval: {by: [alice]}}", api="1.4.0"), AUTO, asked)
    assert outcome(made) == ["prod api already", "prod web proposed"]
    assert left(made) == [carried]
    assert not made.steps


def test_6_7_a_version_is_proposed_before_anybody_has_approved_it(tmp_path: Path) -> None:
    asked = outside()
    made = plan(built(tmp_path, "{approval: {by: [alice]}}", api="1.4.0"), AUTO, asked)
    assert outcome(made) == ["prod web 1.4.0 → 1.5.0", "prod api already"]
    assert left(made) == ["web 1.5.0 approval:waiting"]


def test_7_2_a_registry_that_is_down_takes_nothing_out_of_it(tmp_path: Path) -> None:
    made = judged(tmp_path, outside(heads=stands("api"), probes={"web": WELL, "api": WELL}, dark=(API,)))
    assert outcome(made) == ["prod web 1.4.0 → 1.5.0", "prod api registry 4"]
    assert left(made) == ["api 1.5.0", "web 1.5.0"]


@pytest.mark.parametrize("intent", [AUTO, Promote("prod", Sources(("test",)), ("web",))])
def test_7_2_where_nobody_can_tell_whether_one_of_them_is_held_it_stays_as_it_is(
    tmp_path: Path, intent: Intent
) -> None:
    dark = Unknown("the forge is down", 6)
    heads: dict[str, Standing | Unknown] = {**stands("api"), "promote/rollback/prod": dark}
    made = judged(tmp_path, outside(heads=heads, probes={"web": WELL, "api": WELL}), intent=intent)
    assert sorted(outcome(made)) == ["prod api forge 6", "prod web forge 6"]
    assert (made.proposals, made.steps) == ((), ())


def test_7_2_where_holds_cannot_be_read_it_is_said_of_what_leaves(tmp_path: Path) -> None:
    files = {".promote/holds/prod.yaml": "holds: nonsense\n"}
    one = built(tmp_path, HTTP, config=CONFIG, more=files)
    asked = outside(heads=stands("api"), probes={"web": WELL, "api": WELL})
    made = plan(one, Promote("prod", Sources(("test",)), ("web",)), asked)
    assert outcome(made) == ["prod web holds-unreadable", "prod api holds-unreadable"]


@pytest.mark.parametrize("state", ["merged", "closed"])
def test_7_2_what_is_over_is_not_judged_again(tmp_path: Path, state: Literal["merged", "closed"]) -> None:
    heads = {BRANCH: replace(stands("web")[BRANCH], request=replace(OPEN, state=state))}
    made = plan(built(tmp_path, HTTP, web="1.4.0", api="1.4.0"), AUTO, outside(heads=heads, probes={"web": BROKEN}))
    assert outcome(made) == ["prod api already", "prod web already"]


GROUPED = CONFIG.replace("gates: [GATES]", "pull_request: {group: run}, gates: [GATES]") + (
    "  stage: {path: stage}\n  live: {path: live, from: stage, deliver: pull-request, pull_request: {group: run}}\n"
)


@pytest.mark.parametrize(
    ("config", "intent"),
    [
        (CONFIG, Rollback("prod", ("api",))),
        (CONFIG, Update(("prod",), ("api",))),
        (GROUPED, Promote("live", Sources(("stage",)))),
    ],
)
def test_7_2_whatever_builds_it_anew_looks_at_where_it_comes_from(tmp_path: Path, config: str, intent: Intent) -> None:
    """A gate that asks the source would fail where the source is not looked at, and the change would leave."""
    loaded = load("promote.yaml", f"version: 1\n{config.replace('GATES', '{soak: 1h}')}".encode(), environ={})
    names, _, _ = looked_at(loaded, intent, Rules())
    assert "test" in names
    files = {**runs("test", web="1.5.0", api="1.4.0"), **runs("prod", web="1.4.0", api="1.4.0")}
    files |= {**runs("stage", web="1.5.0"), **runs("live", web="1.4.0")}
    one = at_a_tip(build(tmp_path, config.replace("GATES", "{soak: 1h}"), files, names=names))
    head = "promote/run" if config is GROUPED else BRANCH
    past: dict[tuple[str, str], Past | Unknown] = {
        ("test", "web"): lived_through(("1.5.0", 2)), ("prod", "api"): lived_through(("1.4.0", 2), ("1.3.0", 9))
    }  # fmt: skip
    made = plan(one, intent, outside(ran=past, heads={head: stands("web")[BRANCH]}))
    carried = {(item.environment, item.app) for each in made.proposals for item in each.carried}
    assert ("prod", "web") in carried
