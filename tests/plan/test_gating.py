"""Versions before the gates of an environment: what each verdict comes to, for one app and for all (6.1, 6.7, 9.1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.outcome import Plan
from promote.plan.intent import Promote, Rollback, Rules, Sources, Update
from promote.question import Past, Probe, Probed, Unknown
from promote.report.exit import exit_code
from tests.estate.building import build, kustomization
from tests.plan.outside import (
    APPS,
    BROKEN,
    HELD,
    HTTP,
    STARTING,
    WELL,
    Outside,
    Stretches,
    lived_through,
    outside,
    reasons,
    runs,
)
from tests.plan.planning import WEB, outcome, plan, wanted

OFFICE = "{window: {hours: 14:00-16:00}}"
FROZEN = "{freeze: {from: 2026-01-01, until: 2026-01-10, reason: inventory}}"
TO = Promote("prod", Sources(("test",)))


def lane(*gates: str, more: str = "") -> str:
    asked = ", ".join(gates)
    return f"{APPS}environments:\n  test: {{path: test}}\n  prod: {{path: prod, from: test, gates: [{asked}]{more}}}\n"


def to_prod(
    folder: Path, config: str, *, rules: Rules | None = None, named: tuple[str, ...] = (), **probes: Probed | Unknown
) -> tuple[Plan, Outside]:
    """The plan that carries web and api from test, where they are 1.5.0, to prod, where they are 1.4.0."""
    files = {**runs("test", web="1.5.0", api="1.5.0"), **runs("prod", web="1.4.0", api="1.4.0")}
    past: dict[tuple[str, str], Past | Unknown] = {("test", app): lived_through(("1.5.0", 2)) for app in ("web", "api")}
    asked = outside(ran=past, probes={"web": WELL, "api": WELL, **probes})
    return plan(build(folder, config, files), Promote("prod", TO.sources, named), asked, rules), asked


@pytest.mark.parametrize(
    ("probed", "told", "code", "named"),
    [
        (BROKEN, "failed", 3, 3),
        (STARTING, "waiting", 0, 3),
        (Unknown("the server is down", 1), "gate 1", 1, 1),
        (Unknown("the remote is down", 5), "gate 5", 5, 5),
        (Unknown("the forge is down", 6), "gate 6", 6, 6),
        (WELL, "1.4.0 → 1.5.0", 0, 0),
    ],
)
def test_9_1_only_a_gate_that_says_yes_lets_in_and_holds_no_other_app_back(
    tmp_path: Path, probed: Probed | Unknown, told: str, code: int, named: int
) -> None:
    made, _ = to_prod(tmp_path, lane(HTTP), api=probed)
    assert sorted(outcome(made)) == sorted([f"prod api {told}", "prod web 1.4.0 → 1.5.0"])
    assert exit_code(made, named=(), tell_changes=False) == code
    assert exit_code(made, named=("api",), tell_changes=False) == named


@pytest.mark.parametrize(
    ("gates", "probed", "told", "until"),
    [
        # A fact that is missing tells more than a gate that failed, and that more than one that waits.
        ((OFFICE, HTTP), Unknown("the forge is down", 6), "gate 6", None),
        ((OFFICE, HTTP), BROKEN, "failed", None),
        # Nobody knows when the one that is starting is over.
        ((OFFICE, HTTP), STARTING, "waiting", None),
        # At 10:00, when it has soaked, the window is closed.
        ((OFFICE, "{soak: 24h}"), WELL, "waiting", "2026-01-06T14:00:00+00:00"),
        ((OFFICE,), WELL, "waiting", "2026-01-05T14:00:00+00:00"),
    ],
)
def test_9_1_what_several_gates_say_is_one_outcome_with_all_reasons(
    tmp_path: Path, gates: tuple[str, ...], probed: Probed | Unknown, told: str, until: str | None
) -> None:
    made, _ = to_prod(tmp_path, lane(*gates), web=probed, api=probed)
    assert outcome(made) == [f"prod {app} {told}" for app in ("api", "web")]
    assert "window: it is closed" in reasons(made)
    assert len(gates) == 1 or reasons(made).count("; ") >= len(gates) - 1
    assert {each.until for each in made.refusals} <= {until}


def test_9_2_of_several_missing_facts_the_exit_code_is_the_worst(tmp_path: Path) -> None:
    config = lane(HTTP, "{soak: 1h}")
    files = {**runs("test", web="1.5.0"), **runs("prod", web="1.4.0")}
    dark = Unknown("the history cannot be read", 5)
    asked = outside(ran={("test", "web"): dark}, probes={"web": Unknown("the forge is down", 6)})
    made = plan(build(tmp_path, config, files), Promote("prod", TO.sources, ("web",)), asked)
    assert outcome(made) == ["prod web gate 5"]


def test_all_gates_of_all_apps_are_asked_in_one_batch(tmp_path: Path) -> None:
    _, asked = to_prod(tmp_path, lane(HTTP, HTTP.replace("example", "example2"), OFFICE))
    assert [sum(isinstance(each, Probe) for each in round_) for round_ in asked.rounds if len(round_) > 2][-1:] == [4]


@pytest.mark.parametrize(
    ("gates", "skips", "told"),
    [
        # One that stands elsewhere in the table is asked all the same.
        ((HTTP, FROZEN), ("freeze",), "failed"),
        ((HTTP, FROZEN), ("http",), "waiting"),
        ((HTTP, FROZEN), ("http", "freeze"), "1.4.0 → 1.5.0"),
        ((HTTP,), ("http",), "1.4.0 → 1.5.0"),
    ],
)
def test_6_1_a_gate_that_is_skipped_is_not_asked_and_the_commit_says_so(
    tmp_path: Path, gates: tuple[str, ...], skips: tuple[str, ...], told: str
) -> None:
    rules = Rules(skipped_gates=tuple((name, "hotfix") for name in skips))
    made, asked = to_prod(tmp_path, lane(*gates), rules=rules, named=("web",), web=BROKEN)
    assert outcome(made) == [f"prod web {told}"]
    assert any(isinstance(each, Probe) for each in asked.asked) == ("http" not in skips)
    assert [step.carried[0].skipped_gates for step in made.steps] == [rules.skipped_gates] * len(made.changes)


def test_6_1_a_gate_that_is_not_there_is_not_recorded_as_skipped(tmp_path: Path) -> None:
    made, _ = to_prod(tmp_path, lane(HTTP), rules=Rules(skipped_gates=(("freeze", "hotfix"),)), named=("web",))
    assert [step.carried[0].skipped_gates for step in made.steps] == [()]


@pytest.mark.parametrize(
    ("gate", "told"),
    [
        ("{min_age: 3650d}", "waiting"),
        (OFFICE, "waiting"),
        (FROZEN, "waiting"),
        (HTTP, "failed"),
        ("{freeze: {from: 2026-01-06, until: 2026-01-10}}", "1.4.0 → 1.5.0"),
        # Half open: what ends at noon has ended then, what begins at noon has begun.
        ("{freeze: {from: 2026-01-05T10:00:00Z, until: 2026-01-05T12:00:00Z}}", "1.4.0 → 1.5.0"),
        ("{freeze: {from: 2026-01-05T12:00:00Z, until: 2026-01-05T13:00:00Z}}", "waiting"),
    ],
)
def test_6_1_update_and_set_into_an_environment_with_gates_pass_them_too(
    tmp_path: Path, gate: str, told: str
) -> None:
    config = f"{APPS}environments: {{prod: {{path: prod, gates: [{gate}]}}}}".replace('"*"', '"~1.5"')
    built = build(tmp_path, config, runs("prod", web="1.4.0"))
    for intent in (Update(("prod",), ("web",)), wanted("prod", web="1.5.0")):
        assert outcome(plan(built, intent, outside(probes={"web": BROKEN}))) == [f"prod web {told}"]


def test_6_1_one_app_that_a_gate_keeps_out_keeps_all_of_set_out(tmp_path: Path) -> None:
    files = {**runs("test", web="1.5.0", api="1.5.0"), **runs("prod", web="1.4.0", api="1.4.0")}
    asked = outside(probes={"web": WELL, "api": BROKEN})
    made = plan(build(tmp_path, lane(HTTP), files), wanted("prod", web="1.5.0", api="1.5.0"), asked)
    assert outcome(made) == ["prod web not-alone", "prod api failed"]
    assert made.steps == ()


# What `set` takes for eligible is what `to` would carry.

ALL = f"{APPS}environments:\n  eu: {{path: eu}}\n  us: {{path: us}}\n  prod: {{path: prod, from: {{all: [eu, us]}}}}\n"
SOAKED_ALL = ALL.replace("us]}", "us]}, gates: [{soak: 24h}]")
DARK = Unknown("the history cannot be read", 5)


@pytest.mark.parametrize(
    ("config", "eu", "us", "told"),
    [
        (ALL, [("1.5.0", 30)], [("1.4.0", 30)], "not-in-source"),
        (ALL, [("1.5.0", 30)], None, "history 5"),
        (SOAKED_ALL, [("1.5.0", 30)], [("1.5.0", 2)], "waiting"),
        (SOAKED_ALL, [("1.6.0", 2), ("1.5.0", 20)], [("1.5.0", 30)], "failed"),
        (ALL, [("1.5.0", 30)], [("1.5.0", 2)], "1.4.0 → 1.5.0"),
        (ALL, [("1.6.0", 2), ("1.5.0", 30)], [("1.5.0", 30)], "1.4.0 → 1.5.0"),
        (SOAKED_ALL, [("1.6.0", 2), ("1.5.0", 30)], [("1.5.0", 30)], "1.4.0 → 1.5.0"),
        (SOAKED_ALL, [("1.6.0", 2), ("1.5.0", 30)], [("1.7.0", 1), ("1.5.0", 30)], "1.4.0 → 1.5.0"),
    ],
)
def test_6_1_set_of_what_all_sources_have_had(
    tmp_path: Path, config: str, eu: Stretches, us: Stretches | None, told: str
) -> None:
    files = {**runs("eu", web=eu[0][0]), **runs("us", web=us[0][0] if us else "1.6.0"), **runs("prod", web="1.4.0")}
    past: dict[tuple[str, str], Past | Unknown] = {
        ("eu", "web"): lived_through(*eu),
        ("us", "web"): lived_through(*us) if us else DARK,
    }
    made = plan(build(tmp_path, config, files), wanted("prod", web="1.5.0"), outside(ran=past))
    assert outcome(made) == [f"prod web {told}"]


@pytest.mark.parametrize(
    ("history", "told"),
    [
        (DARK, "history 5"),
        (lived_through(("1.6.0", 1)), "not-in-source"),
        (lived_through(("1.6.0", 1), ("1.5.0", 20)), "failed"),
        (lived_through(("1.6.0", 1), ("1.5.0", 40)), "1.4.0 → 1.5.0"),
    ],
)
def test_6_1_set_of_what_completed_its_soak(tmp_path: Path, history: Past | Unknown, told: str) -> None:
    files = {**runs("test", web="1.6.0"), **runs("prod", web="1.4.0")}
    built = build(tmp_path, lane("{soak: 24h}"), files)
    made = plan(built, wanted("prod", web="1.5.0"), outside(ran={("test", "web"): history}))
    assert outcome(made) == [f"prod web {told}"]


def test_6_1_set_does_not_bring_in_what_the_source_holds_back(tmp_path: Path) -> None:
    files = {**runs("test", web="1.5.0"), **runs("prod", web="1.4.0")}
    files |= {path % "test": text for path, text in HELD.items()}
    assert outcome(plan(build(tmp_path, lane(), files), wanted("prod", web="1.5.0"), outside())) == ["prod web held"]


def test_8_1_a_rollback_passes_no_gate(tmp_path: Path) -> None:
    files = {**runs("test", web="1.5.0"), **runs("prod", web="1.5.0")}
    asked = outside(ran={("prod", "web"): lived_through(("1.5.0", 1), ("1.4.0", 30))}, probes={"web": BROKEN})
    made = plan(build(tmp_path, lane(HTTP, FROZEN, "{soak: 24h}"), files), Rollback("prod", ("web",)), asked)
    assert outcome(made) == ["prod web 1.5.0 → 1.4.0"]
    assert not any(isinstance(each, Probe) for each in asked.asked)


def test_a_git_revision_that_moves_along_is_no_image_to_ask_about(tmp_path: Path) -> None:
    """With `refs` the image was asked about once more without its digest, and so no `signature` was ever found."""
    digest = "sha256:" + "a" * 64
    config = lane(HTTP).replace(f"image: {WEB},", f"image: {WEB}, refs: [github.com/acme/web],")
    files = {
        **runs("test", web=f"1.5.0@{digest}"),
        "prod/web/kustomization.yaml": kustomization(
            WEB, "1.4.0", digest=digest, resources=["https://github.com/acme/web//deploy?ref=1.4.0"]
        ),
    }
    asked = outside(ran={("test", "web"): lived_through((f"1.5.0@{digest}", 2))}, probes={"web": WELL})
    made = plan(build(tmp_path, config, files), TO, asked, Rules(verify_tag=False))
    assert [change.site.format for change in made.changes] == ["revision", "kustomize"]
    (probe,) = {each for batch in asked.rounds for each in batch if isinstance(each, Probe)}
    assert [(str(repository), version.digest) for repository, version in probe.images] == [(WEB, digest)]
