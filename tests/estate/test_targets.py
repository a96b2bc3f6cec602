from __future__ import annotations

from pathlib import Path

from promote.check import examine
from promote.question import drive
from tests.estate.building import Files, build
from tests.plan.planning import book

WEB = "ghcr.io/acme/web"
CONFIG = f"""
apps: {{web: {{image: {WEB}}}, api: {{image: ghcr.io/acme/api}}}}
environments: {{dev: {{path: envs/dev}}, test: {{path: envs/test}}}}
targets:
  - {{app: web, file: "deploy/{{environment}}.env", regex: '^{{app}}_TAG=(?P<tag>\\S+)$'}}
  - {{app: api, file: "deploy/all.conf", regex: '^{{environment}} {{app}} (?P<tag>[0-9]{{1,3}}(?:\\.[0-9]+){{2}})$'}}
  - {{app: web, file: "values.yaml", path: "envs.{{environment}}.tag"}}
"""


def misses(root: Path, files: Files) -> list[tuple[str, str, bytes]]:
    built = build(root, CONFIG, files)
    return [(name, miss.app, miss.path) for name in ("dev", "test") for miss in built[name].misses]


def test_a_target_whose_file_is_not_there_misses_nothing(tmp_path: Path) -> None:
    assert misses(tmp_path, {"envs/dev/a.yaml": "a: 1\n"}) == []


def test_a_target_that_leads_nowhere_in_its_file_is_told(tmp_path: Path) -> None:
    """It was silent: the app was absent, and nothing said why."""
    files = {
        "deploy/dev.env": "API_TAG=1\n",
        "deploy/test.env": "web_TAG=1\n",
        "deploy/all.conf": "dev api 1.2.3\n",
        "values.yaml": "envs: {dev: {tag: v1}}\n",
    }
    assert misses(tmp_path, files) == [
        ("dev", "web", b"deploy/dev.env"),
        ("test", "api", b"deploy/all.conf"),
        ("test", "web", b"values.yaml"),
    ]


def test_check_warns_of_it_with_the_file_and_the_way(tmp_path: Path) -> None:
    built = build(tmp_path, CONFIG, {"deploy/dev.env": "x\n", "envs/dev/a.yaml": "a: 1\n"}, names=["dev"])
    found = drive(examine(built.estates, ["dev"]), book())
    assert [(one.level, one.subject, one.what, one.exit_code) for one in found if one.code == "target-misses"] == [
        (
            "warning",
            "dev/web",
            r"the target in deploy/dev.env leads to nothing there: correct ^{app}_TAG=(?P<tag>\S+)$",
            0,
        )
    ]


def test_a_file_that_is_no_yaml_bars_and_is_no_miss(tmp_path: Path) -> None:
    built = build(tmp_path, CONFIG, {"values.yaml": "a: [\n", "envs/dev/a.yaml": "a: 1\n"})
    assert built["dev"].misses == ()
    assert built.barred("dev", "web") == ["values.yaml not-yaml"]


def test_expressions_find_each_environments_own_line(tmp_path: Path) -> None:
    built = build(tmp_path, CONFIG, {"deploy/all.conf": "dev api 1.2.3\r\ntest api 1.2.2\r\n"})
    assert built.told("dev", "api") == ["deploy/all.conf 1.2.3"]
    assert built.told("test", "api") == ["deploy/all.conf 1.2.2"]
    assert built["dev"].misses == ()


def test_a_file_that_expressions_name_and_that_is_too_large_is_unread(tmp_path: Path) -> None:
    built = build(tmp_path, CONFIG, {"deploy/dev.env": b"web_TAG=1\n" + b" " * (16 << 20), "envs/dev/a.yaml": "a: 1\n"})
    assert [(item.entry.path, item.why) for item in built["dev"].unread] == [(b"deploy/dev.env", "too large")]
    assert built["test"].unread == ()


def test_2_1_a_familys_files_are_enumerated_for_expressions_too(tmp_path: Path) -> None:
    config = """
    apps: {"svc-*": {image: "ghcr.io/acme/{app}"}}
    environments: {dev: {path: envs/dev}}
    targets: [{app: "svc-*", file: "deploy/{app}.env", regex: '^TAG=(?P<tag>\\S+)$'}]
    """
    built = build(tmp_path, config, {"deploy/svc-a.env": "TAG=1\n", "deploy/svc-b.env": "TAG=2\n", "deploy/x.env": ""})
    assert built.told("dev", "svc-a") == ["deploy/svc-a.env 1"]
    assert built.told("dev", "svc-b") == ["deploy/svc-b.env 2"]


def test_3_2_an_override_that_exists_is_read_wherever_it_lies_and_whatever_marks_it(tmp_path: Path) -> None:
    config = f"""
    apps: {{web: {{image: {WEB}, vars: {{dir: old}}}}}}
    environments: {{dev: {{path: ["envs/{{app}}", "!**/old"], override: "envs/{{app}}/{{dir}}/x.yaml"}}}}
    """
    files = {"envs/web/old/x.yaml": "replicas: 2\n", ".gitattributes": "x.yaml linguist-generated\n"}
    estate = build(tmp_path, config, files)["dev"]
    assert b"envs/web/old/x.yaml" in estate.entries
    assert b"envs/web/old/x.yaml" in estate.streams
