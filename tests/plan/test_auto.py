"""`auto`: update and to for all that is kept up by itself, one hop a run, by shards as by one (SEMANTICS 6.2, 6.6)."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promote.outcome import Plan
from promote.plan.auto import is_mine
from promote.plan.intent import Auto, Promote, Rules, Sources
from promote.question import Past, Unknown
from promote.report import text
from promote.report.exit import exit_code
from tests.estate.building import Files, build, kustomization
from tests.plan.outside import APPS, BROKEN, HTTP, MORE, STARTING, WELL, Outside, lived_through, outside, runs
from tests.plan.planning import API, House, after, outcome, plan

CHAIN = APPS + """environments:
  dev: {path: dev}
  test: {path: test, from: dev}
  prod: {path: prod, from: test}
"""
ALL = Auto(("dev", "test", "prod"))


def test_6_2_a_version_goes_one_hop_a_run(tmp_path: Path) -> None:
    house = House(tmp_path, CHAIN)
    files: Files = {**runs("dev", web="1.4.0"), **runs("test", web="1.4.0"), **runs("prod", web="1.4.0")}
    told = []
    for _ in range(4):
        made = plan(house.with_(files), Auto(ALL.environments, ("web",)), outside())
        told.append([f"{each.environment} {each.new.short}" for each in made.changes])
        files = {path.decode(): after(made, path.decode()) for step in made.steps for path in [step.files[0].path]}
    assert told == [["dev 1.7.0"], ["test 1.7.0"], ["prod 1.7.0"], []]


@pytest.mark.parametrize("environments", [("dev", "test", "prod"), ("prod", "test", "dev"), ("prod",)])
def test_6_2_the_order_of_environments_changes_nothing(tmp_path: Path, environments: tuple[str, ...]) -> None:
    files = {**runs("dev", web="1.6.0"), **runs("test", web="1.5.0"), **runs("prod", web="1.4.0")}
    made = plan(build(tmp_path, CHAIN, files), Auto(environments, ("web",)), outside())
    hops = {"dev": "1.6.0 → 1.7.0", "test": "1.5.0 → 1.6.0", "prod": "1.4.0 → 1.5.0"}
    assert sorted(outcome(made)) == sorted(f"{name} web {hops[name]}" for name in environments)


def in_test(folder: Path, asked: Outside, *, config: str = CHAIN, web: str = "1.5.0") -> Plan:
    """The plan for test, where web and api are 1.4.0, from dev, where api is 1.5.0."""
    files = {**runs("dev", web=web, api="1.5.0"), **runs("test", web="1.4.0", api="1.4.0"), **runs("prod", api="1.7.0")}
    return plan(build(folder, config, files), Auto(("test", "prod")), asked)


@pytest.mark.parametrize(
    ("asked", "web", "told", "code"),
    [
        (outside(), "9.9.9", "no-such-tag", 3),
        (outside(), "1.3.0", "target-newer", 0),
        (outside(probes={"web": BROKEN, "api": WELL}), "1.5.0", "failed", 3),
        (outside(probes={"web": STARTING, "api": WELL}), "1.5.0", "waiting", 0),
        (outside(probes={"web": Unknown("no answer", 1), "api": WELL}), "1.5.0", "gate 1", 1),
    ],
)
def test_9_1_one_app_or_gate_that_fails_stops_nothing_else(
    tmp_path: Path, asked: Outside, web: str, told: str, code: int
) -> None:
    config = CHAIN.replace("from: dev", f"from: dev, gates: [{HTTP}]") if asked.probes else CHAIN
    made = in_test(tmp_path, asked, config=config, web=web)
    there = ["test api 1.4.0 → 1.5.0", "prod api target-newer", "prod web absent"]
    assert sorted(outcome(made)) == sorted([f"test web {told}", *there])
    assert exit_code(made, named=(), tell_changes=False) == code


def test_9_1_a_registry_that_is_down_stops_nothing_else(tmp_path: Path) -> None:
    files = {**runs("dev", web="1.4.0", api="1.4.0"), **runs("test", web="1.3.0", api="1.3.0")}
    made = plan(build(tmp_path, CHAIN, files), Auto(("dev", "test")), outside(dark=(API,)))
    there = ["dev web 1.4.0 → 1.7.0", "test web 1.3.0 → 1.4.0"]
    assert outcome(made) == [*there, "dev api registry 4", "test api registry 4"]
    assert exit_code(made, named=(), tell_changes=False) == 4


def test_9_1_a_history_that_cannot_be_read_stops_nothing_else(tmp_path: Path) -> None:
    past: dict[tuple[str, str], Past | Unknown] = {
        ("dev", "web"): Unknown("cut off", 5), ("dev", "api"): lived_through(("1.5.0", 30))
    }  # fmt: skip
    config = CHAIN.replace("from: dev", "from: dev, gates: [{soak: 24h}]")
    made = in_test(tmp_path, outside(ran=past), config=config)
    assert outcome(made) == ["test api 1.4.0 → 1.5.0", "prod api target-newer", "prod web absent", "test web history 5"]


@pytest.mark.parametrize(
    ("limit", "most", "expected"),
    [
        ("", 1, ["api too-many-changes", "web too-many-changes"]),
        ("limits: {changes: 1}, ", None, ["api too-many-changes", "web too-many-changes"]),
        ("limits: {changes: 2}, ", 0, ["api too-many-changes", "web too-many-changes"]),
        ("limits: {changes: 2}, ", None, ["api 1.4.0 → 1.5.0", "web 1.4.0 → 1.5.0"]),
        # What is said on the command line counts more.
        ("limits: {changes: 1}, ", 2, ["api 1.4.0 → 1.5.0", "web 1.4.0 → 1.5.0"]),
    ],
)
def test_6_6_a_plan_that_is_too_large_is_refused_whole_in_its_environment(
    tmp_path: Path, limit: str, most: int | None, expected: list[str]
) -> None:
    config = CHAIN.replace("from: dev", f"{limit}from: dev").replace('"*"', '"~1.4"', 1)
    files = {**runs("dev", web="1.5.0", api="1.5.0"), **runs("test", web="1.4.0", api="1.4.0")}
    made = plan(build(tmp_path, config, files), Auto(("test",)), outside(), Rules(most=most))
    assert sorted(outcome(made)) == [f"test {line}" for line in expected]
    assert bool(made.steps) == bool(made.changes)


@pytest.mark.parametrize(
    ("limit", "most", "said"),
    [
        ("limits: {changes: 1}, ", None, "and no more than 1 may: look at it by --dry-run --max-changes 2, and raise"),
        ("limits: {changes: 1}, ", 0, "and --max-changes allows no more than 0: look at it by --dry-run --max-changes"),
        ("", 1, "and --max-changes allows no more than 1: look at it by --dry-run --max-changes 2"),
    ],
)
def test_6_6_what_is_too_large_names_the_limit_that_it_is_for(
    tmp_path: Path, limit: str, most: int | None, said: str
) -> None:
    config = CHAIN.replace("from: dev", f"{limit}from: dev").replace('"*"', '"~1.4"', 1)
    files = {**runs("dev", web="1.5.0", api="1.5.0"), **runs("test", web="1.4.0", api="1.4.0")}
    made = plan(build(tmp_path, config, files), Auto(("test",)), outside(), Rules(most=most))
    assert len(made.refusals) == 2
    for refusal in made.refusals:
        assert said in refusal.reason
        assert ("limits" in refusal.reason) == (most is None)


def test_6_6_a_limit_counts_only_what_would_change_and_only_in_its_environment(tmp_path: Path) -> None:
    config = CHAIN.replace("from: dev", f"limits: {{changes: 1}}, from: dev, gates: [{HTTP}]")
    files = {**runs("dev", web="1.5.0", api="1.5.0"), **runs("test", web="1.4.0", api="1.4.0")}
    files |= runs("prod", web="1.3.0", api="1.3.0")
    made = plan(build(tmp_path, config, files), ALL, outside(probes={"web": WELL, "api": STARTING}))
    assert sorted(outcome(made)) == [
        "dev api 1.5.0 → 1.7.0", "dev web 1.5.0 → 1.7.0",
        "prod api 1.3.0 → 1.4.0", "prod web 1.3.0 → 1.4.0",
        "test api waiting", "test web 1.4.0 → 1.5.0",
    ]  # fmt: skip


def test_what_waits_is_told_only_to_who_asks(tmp_path: Path) -> None:
    asked = outside(probes={"web": STARTING, "api": WELL})
    config = CHAIN.replace("from: dev", f"from: dev, gates: [{HTTP}]")
    made = in_test(tmp_path, asked, config=config)
    assert text.faults(made, named=(), terse=True) == []
    assert text.faults(made, named=("web",), terse=True) == text.faults(made, named=())
    assert text.faults(made, named=())[0].startswith("test: web waiting: 1.5.0 stays out: http: starting")
    broken = in_test(tmp_path, outside(probes={"web": BROKEN, "api": WELL}), config=config)
    assert len(text.faults(broken, named=(), terse=True)) == 1


# Shards.

NAMES = st.sets(st.sampled_from([f"app{number}" for number in range(20)]), min_size=1, max_size=8)


@given(apps=st.sets(st.text(min_size=1), max_size=5), count=st.integers(1, 20))
@settings(max_examples=30)
def test_every_app_is_in_one_shard_and_stays_there(apps: set[str], count: int) -> None:
    for app in apps:
        mine = [number for number in range(count) if is_mine(app, (number, count))]
        assert len(mine) == 1
    assert [app for app in sorted(apps) if is_mine(app, (0, 1))] == sorted(apps)


@given(apps=NAMES, count=st.integers(1, 5), most=st.sampled_from([None, 1, 2, 6]), data=st.data())
@settings(deadline=None, max_examples=10)
def test_the_union_of_all_shards_is_one_run(apps: set[str], count: int, most: int | None, data: st.DataObject) -> None:
    config = "apps:\n" + "".join(f'  {app}: {{image: ghcr.io/acme/{app}, policy: {{semver: "*"}}}}\n' for app in apps)
    limit = "" if most is None else f"limits: {{changes: {most}}}, "
    config += f"environments:\n  dev: {{path: dev}}\n  test: {{path: test, {limit}from: dev}}\n"
    versions = st.sampled_from(["1.3.0", "1.4.0", "1.5.0", "1.7.0", "9.9.9"])
    files = {
        f"{name}/{app}/kustomization.yaml": kustomization(f"ghcr.io/acme/{app}", data.draw(versions))
        for name in ("dev", "test")
        for app in sorted(apps)
    }
    with TemporaryDirectory() as folder:
        built = build(Path(folder), config, files)
        asked = Outside({f"ghcr.io/acme/{app}": MORE for app in apps})
        whole = plan(built, Auto(("dev", "test")), asked)
        parts = [plan(built, Auto(("dev", "test"), shard=(number, count)), asked) for number in range(count)]
    assert sorted(line for part in parts for line in outcome(part)) == sorted(outcome(whole))
    assert {each.path: each.after for part in parts for step in part.steps for each in step.files} == {
        each.path: each.after for step in whole.steps for each in step.files
    }


def test_6_2_one_source_feeds_every_target_that_has_the_app(tmp_path: Path) -> None:
    config = APPS + "environments:\n  dev: {path: dev}\n  eu: {path: eu, from: dev}\n  us: {path: us, from: dev}\n"
    files = {**runs("dev", web="1.5.0", api="1.5.0"), **runs("eu", web="1.4.0"), **runs("us", web="1.3.0", api="1.4.0")}
    made = plan(build(tmp_path, config, files), Auto(("eu", "us")), outside())
    assert outcome(made) == ["eu web 1.4.0 → 1.5.0", "us api 1.4.0 → 1.5.0", "us web 1.3.0 → 1.5.0", "eu api absent"]
    assert exit_code(made, named=(), tell_changes=False) == 0
    asked_for = plan(build(tmp_path, config, files), Promote("eu", Sources(("dev",)), ("api",)), outside())
    assert exit_code(asked_for, named=("api",), tell_changes=False) == 3
