"""Which version `to` carries: of one source or of several, now or before, by what gates and holds say (6.2, 6.4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.outcome import Plan
from promote.plan.intent import Promote, Sources
from promote.question import Past, Probe, Probed, Ran, Unknown
from tests.estate.building import build
from tests.gates.world import past
from tests.gates.world import ran as lived
from tests.plan.outside import APPS, HELD, Outside, Stretches, lived_through, outside, reasons, runs
from tests.plan.pasts import image, ran, version
from tests.plan.planning import WEB, outcome, plan, sha

Lived = Stretches | str | None
DARK = Unknown("the history cannot be read", 5)
D4, D5 = sha("4"), sha("5")
OLD = version(f"1.5.0@{D4}")


# One source, a soak of 24 hours.

SOAK = APPS + """
environments:
  test: {path: test}
  prod: {path: prod, from: test, gates: [{soak: 24h}]}
"""
LIVE = SOAK.replace("{soak: 24h}", '{soak: 24h}, {http: {url: "https://example.com/{app}"}}')


def soaked(
    folder: Path,
    history: Past | Unknown,
    *,
    runs_there: str,
    runs_here: str = "1.4.0",
    holds: str = "",
    config: str = SOAK,
) -> tuple[Plan, Outside]:
    files = {**runs("test", web=runs_there), **runs("prod", web=runs_here)}
    files |= {path % holds: text for path, text in HELD.items() if holds}
    asked = outside(ran={("test", "web"): history}, probes={"web": Probed("passed", "it is well")})
    return plan(build(folder, config, files), Promote("prod", Sources(("test",))), asked), asked


@pytest.mark.parametrize(
    ("history", "told"),
    [
        # Nothing that ran before has completed it either.
        ([("1.6.0", 1)], "waiting"),
        ([("1.6.0", 1), ("1.5.0", 24)], "waiting"),
        # Nothing before what the target runs itself counts.
        ([("1.6.0", 1), ("1.4.0", 30), ("1.5.0", 90)], "waiting"),
        # Given up for something older: by hand, to what ran before and to what never did.
        ([("1.5.0", 1), ("1.6.0", 40), ("1.5.0", 42)], "waiting"),
        ([("1.5.0", 1), ("1.6.0", 40)], "waiting"),
        # The one that completed it, and of several the newest.
        ([("1.6.0", 24)], "1.4.0 → 1.6.0"),
        ([("1.6.0", 1), ("1.5.0", 25)], "1.4.0 → 1.5.0"),
        ([("1.7.0", 1), ("1.6.0", 20), ("1.5.0", 50)], "1.4.0 → 1.5.0"),
        ([("1.7.0", 1), ("1.6.0", 30), ("1.5.0", 60)], "1.4.0 → 1.6.0"),
        ([("1.7.0", 30), ("1.6.0", 60)], "1.4.0 → 1.7.0"),
        # What was never in the target's past may be all that there is.
        ([("1.7.0", 1), *[("1.6.0", hours) for hours in range(2, 20)], ("1.5.0", 60)], "1.4.0 → 1.5.0"),
    ],
)  # fmt: skip
def test_6_4_the_newest_that_completed_its_soak_goes(
    tmp_path: Path, history: Stretches, told: str
) -> None:
    made, _ = soaked(tmp_path, lived_through(*history), runs_there=history[0][0])
    assert outcome(made) == [f"prod web {told}"]


def test_6_4_what_was_rolled_back_in_the_source_is_no_candidate(tmp_path: Path) -> None:
    history = past(ran("1.4.0", undone="1.6.0"), lived(version("1.6.0"), 50), lived(version("1.5.0"), 60))
    made, _ = soaked(tmp_path, history, runs_there="1.4.0", runs_here="1.3.0")
    assert outcome(made) == ["prod web waiting"]
    assert "1.4.0 stays out" in reasons(made)


@pytest.mark.parametrize("where", ["test", "prod"])
def test_6_4_what_is_held_in_source_or_target_is_no_candidate(tmp_path: Path, where: str) -> None:
    history = lived_through(("1.6.0", 1), ("1.5.0", 40))
    made, _ = soaked(tmp_path, history, runs_there="1.6.0", holds=where)
    assert outcome(made) == ["prod web waiting"]


def test_6_4_an_earlier_one_goes_where_the_newest_is_held(tmp_path: Path) -> None:
    history = lived_through(("1.5.0", 30), ("1.4.0", 60))
    made, _ = soaked(tmp_path, history, runs_there="1.5.0", runs_here="1.3.0", holds="test")
    assert outcome(made) == ["prod web 1.3.0 → 1.4.0"]


def test_6_4_with_a_live_gate_only_the_present_version_is_a_candidate(tmp_path: Path) -> None:
    history = lived_through(("1.6.0", 1), ("1.5.0", 40))
    made, asked = soaked(tmp_path, history, runs_there="1.6.0", config=LIVE)
    assert outcome(made) == ["prod web waiting"]
    assert [each.version.tag for each in asked.asked if isinstance(each, Probe)] == ["1.6.0"]


def test_6_4_an_image_built_anew_under_its_tag_does_not_keep_the_tested_one_back(tmp_path: Path) -> None:
    history = past(*(lived(each, ago, {image(WEB): each}) for each, ago in ((version(f"1.5.0@{D5}"), 1), (OLD, 40))))
    made, _ = soaked(tmp_path, history, runs_there=f"1.5.0@{D5}", runs_here=f"1.3.0@{sha('3')}")
    assert outcome(made) == [f"prod web 1.3.0@{'3' * 12} → 1.5.0@{'4' * 12}"]


@pytest.mark.parametrize(
    ("history", "there", "here", "told"),
    [
        (DARK, "1.5.0", "1.4.0", "history 5"),
        # What is there already needs no history.
        (DARK, "1.4.0", "1.4.0", "already"),
        (lived_through(("1.4.0", 50)), "1.4.0", "1.6.0", "downgrade"),
    ],
)
def test_6_5_a_history_that_cannot_be_read_is_a_failure(
    tmp_path: Path, history: Past | Unknown, there: str, here: str, told: str
) -> None:
    made, _ = soaked(tmp_path, history, runs_there=there, runs_here=here)
    assert outcome(made) == [f"prod web {told}"]


def test_6_4_no_more_of_the_past_is_read_than_reaches_to_the_targets_version(tmp_path: Path) -> None:
    history = lived_through(("1.7.0", 1), ("1.6.0", 2), *[("1.4.0", hours) for hours in range(10, 90)])
    _, asked = soaked(tmp_path, history, runs_there="1.7.0")
    assert {each.least for each in asked.asked if isinstance(each, Ran)} == {4}


# Several sources.

TWO = APPS + """
environments:
  eu: {path: eu}
  us: {path: us}
  prod: {path: prod, from: {SOURCES}}
"""
ALL, ANY = (TWO.replace("SOURCES", f"{kind}: [eu, us]") for kind in ("all", "any"))


def carried(
    folder: Path, config: str, eu: Lived, us: Lived, **more: str
) -> Plan:
    """The plan where eu and us have these pasts, or run this alone, or lack the app."""
    told = {"eu": eu, "us": us}
    now = {name: said if said is None or isinstance(said, str) else said[0][0] for name, said in told.items()}
    pasts: dict[tuple[str, str], Past | Unknown] = {
        (name, "web"): DARK if said is None or isinstance(said, str) else lived_through(*said)
        for name, said in told.items()
    }
    files = {**runs("prod", web="1.4.0"), **more}
    for name, text in now.items():
        files |= runs(name, web=text)
    asked = outside(ran=pasts, probes={"web": Probed("passed", "it is well")})
    needs_all = "{all: " in config
    return plan(build(folder, config, files), Promote("prod", Sources(("eu", "us"), needs_all), ("web",)), asked)


@pytest.mark.parametrize(
    ("eu", "us", "told"),
    [
        (None, "1.5.0", "absent"),
        ("1.5.0", None, "absent"),
        ("1.6.0", "1.5.0", "history 5"),
        # Never the same at any time since the target's own.
        ([("1.6.0", 1)], [("1.5.0", 9)], "no-candidate"),
        ([("1.6.0", 1), ("1.4.0", 9)], [("1.5.0", 9), ("1.4.0", 20)], "no-candidate"),
        # One of them has taken it back.
        ([("1.4.0", 1), ("1.5.0", 9), ("1.4.0", 20)], [("1.5.0", 9), ("1.4.0", 20)], "no-candidate"),
        ("1.4.0", "1.4.0", "already"),
        ("1.3.0", "1.3.0", "downgrade"),
        ("1.5.0", "1.5.0", "1.4.0 → 1.5.0"),
        # The newest that all have had.
        ([("1.6.0", 1), ("1.5.0", 9)], [("1.5.0", 9)], "1.4.0 → 1.5.0"),
        ([("1.5.0", 9)], [("1.6.0", 1), ("1.5.0", 9)], "1.4.0 → 1.5.0"),
        ([("1.7.0", 1), ("1.6.0", 5), ("1.5.0", 9)], [("1.6.0", 1), ("1.5.0", 9)], "1.4.0 → 1.6.0"),
    ],
)  # fmt: skip
def test_6_2_from_all_takes_the_newest_that_all_have_had(
    tmp_path: Path, eu: Lived, us: Lived, told: str
) -> None:
    assert outcome(carried(tmp_path, ALL, eu, us)) == [f"prod web {told}"]


@pytest.mark.parametrize(
    ("eu", "us", "told"),
    [
        (None, None, "absent"),
        ("1.3.0", "1.3.0", "downgrade"),
        ("1.4.0", "1.4.0", "already"),
        (None, "1.5.0", "1.4.0 → 1.5.0"),
        ("1.5.0", None, "1.4.0 → 1.5.0"),
        ("1.5.0", "1.6.0", "1.4.0 → 1.6.0"),
        ("1.6.0", "1.5.0", "1.4.0 → 1.6.0"),
        ("1.3.0", "1.5.0", "1.4.0 → 1.5.0"),
    ],
)
def test_6_2_from_any_takes_the_newest_of_what_they_run(
    tmp_path: Path, eu: str | None, us: str | None, told: str
) -> None:
    assert outcome(carried(tmp_path, ANY, eu, us)) == [f"prod web {told}"]


def gated(config: str, gates: str) -> str:
    return config.replace("us]}", f"us]}}, gates: [{gates}]")


@pytest.mark.parametrize(
    ("eu", "us", "told"),
    [
        ([("1.5.0", 1)], [("1.5.0", 2)], "waiting"),
        # What has soaked in one of them has soaked.
        ([("1.5.0", 1)], [("1.5.0", 30)], "1.4.0 → 1.5.0"),
        ([("1.5.0", 30)], [("1.5.0", 1)], "1.4.0 → 1.5.0"),
        ([("1.6.0", 1)], [("1.5.0", 30)], "1.4.0 → 1.5.0"),
        ([("1.6.0", 1), ("1.5.0", 30)], [("1.6.0", 2)], "1.4.0 → 1.5.0"),
    ],
)
def test_6_2_from_any_one_source_that_a_gate_passes_is_enough(
    tmp_path: Path, eu: Stretches, us: Stretches, told: str
) -> None:
    assert outcome(carried(tmp_path, gated(ANY, "{soak: 24h}"), eu, us)) == [f"prod web {told}"]


@pytest.mark.parametrize(
    ("eu", "us", "told"),
    [
        ([("1.5.0", 1)], [("1.5.0", 30)], "waiting"),
        ([("1.5.0", 30)], [("1.5.0", 30)], "1.4.0 → 1.5.0"),
        ([("1.6.0", 1), ("1.5.0", 30)], [("1.6.0", 2), ("1.5.0", 40)], "1.4.0 → 1.5.0"),
    ],
)
def test_6_2_from_all_every_source_must_pass_the_gate(
    tmp_path: Path, eu: Stretches, us: Stretches, told: str
) -> None:
    assert outcome(carried(tmp_path, gated(ALL, "{soak: 24h}"), eu, us)) == [f"prod web {told}"]


def test_6_4_from_all_a_live_gate_judges_only_what_all_of_them_run_now(tmp_path: Path) -> None:
    config = gated(ALL, '{http: {url: "https://example.com/"}}')
    made = carried(tmp_path, config, [("1.6.0", 1), ("1.5.0", 9)], [("1.5.0", 9)])
    assert outcome(made) == ["prod web no-candidate"]
    assert outcome(carried(tmp_path, config, "1.5.0", "1.5.0")) == ["prod web 1.4.0 → 1.5.0"]


@pytest.mark.parametrize("where", ["eu", "us"])
def test_6_2_from_all_what_one_of_them_holds_is_not_carried(tmp_path: Path, where: str) -> None:
    holds = {path % where: text for path, text in HELD.items()}
    assert outcome(carried(tmp_path, ALL, "1.5.0", "1.5.0", **holds)) == ["prod web held"]
