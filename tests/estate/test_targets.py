from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from promote.check import examine
from promote.estate.aims import Aims
from promote.image import parse_repository
from promote.plan.write import Cannot, Written, write
from promote.question import drive
from promote.sites.reading import Reading
from promote.sites.target import Aim
from promote.tree import Globs
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
    assert [(one.level, one.subject, one.sentence, one.exit_code) for one in found if one.code == "target-misses"] == [
        (
            "warning",
            "dev/web",
            r"the target in deploy/dev.env leads to nothing there; correct ^{app}_TAG=(?P<tag>\S+)$",
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


def test_1_4_a_target_elsewhere_is_the_environments_own_within_a_part_of_a_file(tmp_path: Path) -> None:
    """`within` threw away what the environment's own targets found in other files."""
    config = f"""
    apps: {{web: {{image: {WEB}}}}}
    environments:
      dev: {{path: fleet.yaml, within: "parts[name=dev]"}}
      test: {{path: fleet.yaml, within: "parts[name=test]"}}
    targets: [{{app: web, file: "values/{{environment}}.yaml", path: tag}}]
    """
    files = {
        "fleet.yaml": f"parts: [{{name: dev, image: '{WEB}:1.0'}}, {{name: test, image: '{WEB}:2.0'}}]\n",
        "values/dev.yaml": "tag: v1\n",
    }
    built = build(tmp_path, config, files)
    assert built.told("dev", "web") == ["fleet.yaml 1.0", "values/dev.yaml v1"]
    assert built.told("test", "web") == ["fleet.yaml 2.0"]


def test_a_target_and_a_finder_find_one_place_and_another_environment_none(tmp_path: Path) -> None:
    config = f"""
    apps: {{web: {{image: {WEB}}}}}
    environments: {{dev: {{path: envs/dev}}, test: {{path: envs/test}}}}
    targets: [{{app: web, file: all.yaml, path: "{{environment}}.tag"}}, {{app: web, file: all.yaml, path: "both"}}]
    """
    text = f"dev: {{repository: {WEB}, tag: '1.0'}}\ntest: {{repository: {WEB}, tag: '2.0'}}\nboth: '3.0'\n"
    built = build(tmp_path, config, {"all.yaml": text})
    assert built.told("dev", "web") == ["all.yaml 1.0", "all.yaml 3.0"]
    assert built.told("test", "web") == ["all.yaml 2.0", "all.yaml 3.0"]


def test_aims_are_found_by_any_of_their_segments() -> None:
    """Every path was compared with every pattern."""
    first = parse_repository(WEB)
    assert first is not None
    texts = ["a/*/x.yaml", "b/*/x.yaml", "**/y.yaml", "*", "c/d", "a/?/*.yaml"]
    made = [Aim("web", Globs((text,)), (), first) for text in texts]
    aims = Aims(made, Globs(tuple(texts)))
    for path in b"a/q/x.yaml b/q/x.yaml a/b/y.yaml z c/d/e c/dd x.yaml a/q/x.yaml/z y.yaml".split():
        assert {*aims.at(path)} == {aim for aim in made if aim.files.matches(path)}, path


def test_10_many_targets_in_one_file_take_one_walk(tmp_path: Path) -> None:
    """The file was walked for each of them, twice."""
    count = 400
    apps = "".join(f"  app{n}: {{image: ghcr.io/acme/app{n}}}\n" for n in range(count))
    aims = "".join(f"- {{app: app{n}, file: v.yaml, path: app{n}.tag}}\n" for n in range(count))
    config = f"apps:\n{apps}environments: {{dev: {{path: envs/dev}}}}\ntargets:\n{aims}"
    walks = 0
    walk = Reading.walk

    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal walks
        walks += 1
        return walk(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reading, "walk", counted)
        built = build(tmp_path, config, {"v.yaml": "".join(f"app{n}: {{tag: '1.{n}'}}\n" for n in range(count))})
    assert built.told("dev", "app399") == ["v.yaml 1.399"]
    assert walks < 10


def test_6_3_no_digest_is_written_where_nothing_tells_which_image_it_would_be_of(tmp_path: Path) -> None:
    """The first image's digest was written beside the second image's name."""
    config = f"""
    apps: {{web: {{images: [{WEB}, {WEB}-migrate]}}}}
    environments: {{dev: {{path: envs/dev}}}}
    targets: [{{app: web, file: tag.txt, path: tag}}]
    """
    built = build(tmp_path, config, {"tag.txt": "tag: '1.4.0'\n"})
    (site,) = built["dev"].sites("web")
    digest = "sha256:" + "0a" * 32
    refused = write(site, "1.5.0", digest, "both", explicit=False)
    assert isinstance(refused, Cannot)
    assert refused.code == "one-digest"
    assert isinstance(write(site, "1.5.0", None, "keep", explicit=False), Written)
