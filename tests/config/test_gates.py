"""`gates`, `verify`, `auto`, `limits`, `timezone` and several sources, in promote.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.config.expand import expand
from promote.gates.commit_status import CommitStatusSettings
from promote.gates.settings import GateSettings
from tests.config.loading import loaded, mistakes
from tests.config.test_expand import refused, tree

PIPELINE = "environments: {dev: {path: dev}, prod: {path: prod, from: dev, %s}}"
START = PIPELINE.index("%s") + 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("gates: ^{}", ["expected a list of mappings, found a mapping"]),
        ("gates: [^soak]", ["expected a mapping such as {soak: 24h}, found a string"]),
        ("gates: [^{^sok: 24h}]", ["one of `soak`, `window`, ", "unknown key `sok`, did you mean `soak`?"]),
        ("gates: [^{soak: 1h, min_age: 1h}]", ["only one of `soak`, `min_age` may be given"]),
        ("gates: [^{locked: true}]", ["one of `soak`, `window`, `freeze`, "]),
        ("gates: [{soak: ^24}]", ["'24' has no unit; write 24s, 24m, 24h or 24d"]),
        ("gates: [{soak: 1h}, {soak: ^1y}]", ["'1y' is no duration"]),
        ("gates: [{max_behind: ^0}]", ["expected a whole number of at least 1"]),
        ("gates: [{window: ^{}}]", ["a window needs days, hours, or both"]),
        ("gates: [{window: {days: ^[mon, mo]}}]", ["days: 'mo' is no day"]),
        ('gates: [{window: [{days: mon}, {hours: ^"09:00-25:00"}]}]', ["hours: '09:00-25:00' holds no time"]),
        ("gates: [{window: {timezone: ^Mars, days: mon}}]", ["'Mars' is no time zone; write UTC, or a name"]),
        ("gates: [{freeze: ^{until: 2027-01-04}}]", ["`from` is missing; expected a string"]),
        ("gates: [{freeze: ^{from: 2026-13-01, until: 2027-01-04}}]", ["from: '2026-13-01' is no date or time"]),
        (
            "deliver: pull-request, gates: [{approval: {by: [alice], count: ^0}}]",
            ["expected a whole number of at least 1"],
        ),
        ("gates: [{approval: {by: ^[]}}]", ["by is empty, and so nobody could approve"]),
        ("gates: [{http: {url: ^ftp://a.io}}]", ["url must begin with https:// or http:// and a host"]),
        ("gates: [{run: ^\"a 'b\"}]", ["command cannot be split into words"]),
        ("gates: [{run: ^'./a {nope}'}]", ["unknown placeholder `{nope}`; known here: app, digest, "]),
        ("gates: [{run: {command: [a, ^'{nope}']}}]", ["unknown placeholder `{nope}`"]),
        ("gates: [{http: {url: ^'https://{ap}.io'}}]", ["unknown placeholder `{ap}`, did you mean `app`?"]),
        ("gates: [{run: {command: a, env: {A: {env: ^HOME}}}}]", ["`HOME` may not be named: only variables"]),
        ("gates: [{http: {url: 'https://a.io', token: {env: ^X}}}]", ["`X` may not be named"]),
        (
            "verify: [{argocd: {server: 'https://a.io', app: a, token: {file: ^/t}}}]",
            ["`/t` may not be named: only files that are listed"],
        ),
        ("verify: [^{^soak: 1h}]", ["one of `argocd`, `http`, ", "unknown key `soak`"]),
        ("verify: [{commit_status: ^''}]", ["commit_status is empty; name the status"]),
        ("limits: ^{}", ["`changes` is missing; expected a whole number"]),
        ("limits: {changes: ^0}", ["expected a whole number of at least 1"]),
        ("auto: ^sometimes", ["expected true or false, found a string"]),
        ("timezone: ^europe/amsterdam", ["'europe/amsterdam' is no time zone"]),
    ],
)
def test_a_mistake_is_told_where_it_stands(text: str, told: list[str]) -> None:
    parts = text.split("^")
    columns = [START + len("".join(parts[: place + 1])) for place in range(len(parts) - 1)]
    found = [each.split(": ", 1) for each in mistakes(PIPELINE % "".join(parts))]
    assert [where for where, _ in found] == [f"1:{column}" for column in columns]
    assert [why[: len(start)] for (_, why), start in zip(found, told, strict=True)] == told


def test_a_placeholder_that_any_app_or_environment_knows_may_stand_in_a_check() -> None:
    text = "apps: {web: {image: web, vars: {a: x}}}\nenvironments: {'e-{b}': {path: 'e/{b}', vars: {c: y}, %s}}"
    assert mistakes(text % "verify: [{run: 'x {app} {environment} {tag} {digest} {a} {b} {c}'}]") == []


@pytest.mark.parametrize("gate", ["soak: 24h", "commit_status: e2e", "argocd: {server: 'https://a.io', app: a}"])
def test_6_4_a_gate_that_asks_about_the_source_needs_one(gate: str) -> None:
    kind = gate.partition(":")[0]
    why = f"`{kind}` asks about the environment that versions come from, and `dev` has no `from`"
    assert mistakes(f"environments: {{dev: {{path: dev, gates: [{{{gate}}}]}}}}") == [f"1:42: {why}"]
    # Of `defaults` it is told once.
    two = "environments: {dev: {path: dev}, b: {path: b}}"
    assert mistakes(f"defaults: {{gates: [{{{gate}}}]}}\n{two}") == [f"1:21: {why}"]
    assert mistakes(f"defaults: {{gates: [{{{gate}}}]}}\nenvironments: {{dev: {{path: dev, gates: []}}}}") == []


def test_6_7_approval_needs_pull_requests() -> None:
    gate = "gates: [{approval: {by: [alice]}}]"
    told = mistakes(PIPELINE % gate)
    assert told == [
        f"1:{START + 9}: `approval` counts reviews of pull requests, and `prod` makes none; "
        "write `deliver: pull-request`, or take the gate away"
    ]
    assert mistakes(PIPELINE % f"deliver: commit, {gate}") != []
    assert mistakes(PIPELINE % f"deliver: pull-request, {gate}") == []
    assert mistakes(f"defaults: {{deliver: pull-request}}\n{PIPELINE % gate}") == []


def test_a_commit_status_names_one_of_the_sources() -> None:
    text = (
        "environments: {eu: {path: eu}, us: {path: us}, prod: {path: prod, from: {all: [eu, us]}, "
        "gates: [{commit_status: {context: e2e, environment: %s}}]}}"
    )
    assert mistakes(text % "eu") == []
    told = mistakes(text % "prod")
    assert [each.split(": ", 1)[1] for each in told] == ["`prod` does not take from `prod`; known here: eu, us"]


def test_what_is_said_becomes_values() -> None:
    config = loaded(
        """
        defaults: {timezone: Asia/Tokyo, gates: [{min_age: 1h}], verify: [{run: ./look.sh}], limits: {changes: 9}}
        environments:
          dev: {path: dev, auto: true}
          prod:
            path: prod
            from: dev
            timezone: Europe/Amsterdam
            limits: {changes: 2}
            gates: [{soak: 1h}, {soak: 2h, locked: true}]
            verify: []
        """
    )
    dev, prod = config.environments.values()
    assert (dev.auto, dev.max_changes, dev.timezone) == (True, 9, "Asia/Tokyo")
    assert dev.gates == (GateSettings(min_age="1h"),)
    assert [each.run for each in dev.verify] == ["./look.sh"]
    assert (prod.auto, prod.max_changes, prod.timezone, prod.verify) == (False, 2, "Europe/Amsterdam", ())
    assert [(each.kind, each.said, each.locked) for each in prod.gates] == [("soak", "1h", False), ("soak", "2h", True)]
    bare = loaded("environments: {dev: {path: dev}}").environment("dev")
    assert (bare.gates, bare.verify, bare.auto, bare.max_changes, bare.timezone) == ((), (), False, None, "UTC")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("{}", ["1:66: one of `all`, `any` is missing"]),
        ("{all: [a], any: [b]}", ["1:66: only one of `all`, `any` may be given"]),
        ("{all: []}", ["1:72: names no environment to take from"]),
        ("{all: a}", ["1:72: expected a list of strings, found a string"]),
        ("{all: [a, c]}", ["1:76: there is no environment `c`; known here: a, b, prod"]),
        ("{any: [a, b, a]}", ["1:79: `a` stands here twice"]),
        ("{any: [a, prod]}", ["1:66: environments take from each other in a circle: prod → prod"]),
    ],
)
def test_6_2_several_sources_that_make_no_sense_are_refused(said: str, told: list[str]) -> None:
    assert mistakes(f"environments: {{a: {{path: a}}, b: {{path: b}}, prod: {{path: p, from: {said}}}}}") == told


def test_6_2_a_circle_through_any_source_is_found() -> None:
    text = "environments: {a: {path: a}, b: {path: b, from: {any: [a, c]}}, c: {path: c, from: {all: [a, b]}}}"
    told = mistakes(text)
    assert told == ["1:49: environments take from each other in a circle: b → c → b"]


def test_6_2_several_sources_become_values() -> None:
    text = "environments: {a: {path: a}, b: {path: b}, prod: {path: p%s}}"
    for said, sources, needs_all, first in (
        ("", (), True, None),
        (", from: b", ("b",), True, "b"),
        (", from: {all: [b, a]}", ("b", "a"), True, "b"),
        (", from: {any: [a, b]}", ("a", "b"), False, "a"),
    ):
        prod = loaded(text % said).environment("prod")
        assert (prod.sources, prod.needs_all, prod.from_) == (sources, needs_all, first)
        assert prod.source == ("environment" if sources else "registry")


FOLDERS = """
environments:
  canary: {path: canary}
  "test-{cluster}": {path: "test/{cluster}", from: canary}
  "prod-{cluster}":
    path: "prod/{cluster}"
    from: {all: [canary, "test-{cluster}"]}
    gates: [{commit_status: {context: e2e, environment: "test-{cluster}"}}, {soak: 1h}]
  world: {path: world, from: {any: ["prod-{cluster}", canary, "prod-eu"]}}
"""


def test_1_3_placeholders_of_several_sources_are_filled_in(tmp_path: Path) -> None:
    files = tree(tmp_path, *(f"{kind}/{name}/a.yaml" for kind in ("test", "prod") for name in ("eu", "us")))
    found = expand(loaded(FOLDERS), files).environments
    assert found["prod-us"].sources == ("canary", "test-us")
    assert found["prod-us"].gates[0].commit_status == CommitStatusSettings("e2e", "test-us")
    assert found["prod-us"].gates[1] == GateSettings(soak="1h")
    # A name that is no placeholder's of its own means all that folders make, each once.
    assert found["world"].sources == ("prod-eu", "prod-us", "canary")


def test_1_3_a_source_that_no_folder_makes_is_told(tmp_path: Path) -> None:
    told = refused(loaded(FOLDERS), tree(tmp_path, "prod/eu/a.yaml"))
    assert told == ["promote.yaml:4:3: `prod-eu` takes from `test-eu`, which no folder makes"]


def test_1_3_a_circle_that_folders_make_is_told(tmp_path: Path) -> None:
    text = 'environments: {"a-{x}": {path: "a/{x}", from: {any: [b]}}, b: {path: b, from: {any: ["a-eu"]}}}'
    told = refused(loaded(text), tree(tmp_path, "a/eu/a.yaml"))
    assert told == ["promote.yaml:1:16: environments take from each other in a circle: a-eu → b → a-eu"]
