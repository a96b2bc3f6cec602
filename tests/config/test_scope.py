from __future__ import annotations

from pathlib import Path

import pytest

from promote.config.expand import expand
from promote.config.model import Config
from promote.config.scope import claims_of, globs_for, part_of
from promote.text.yamlpath import Select, compile_path
from promote.tree.folder import FolderTree
from tests.config.loading import loaded

TEXT = """
apps:
  web: {image: ghcr.io/acme/web, path: ["{environment}/{dir}", "!{environment}/{dir}/old"], vars: {dir: front}}
  api: {image: ghcr.io/acme/api, vars: {dir: back, zone: z2}}
  "*": {image: "quay.io/acme/{app}", vars: {dir: rest}}
environments:
  dev:
    path: ["charts/{app}/values.yaml", "{environment}/{zone}/{dir}", "!dev/{zone}/*/secret.yaml"]
    vars: {zone: z1}
    ignore: ["**/generated/**"]
"""


def layers(config: Config, app: str | None) -> list[str]:
    environment = config.environment("dev")
    found = globs_for(config, environment, None if app is None else config.app_in("dev", app))
    return [each.patterns[0] for each in found]


def taken(path: str, at: str) -> bool:
    config = loaded(f"environments: {{dev: {{path: {path!r}}}}}")
    (globs,) = globs_for(config, config.environment("dev"))
    return globs.matches(at.encode())


@pytest.mark.parametrize(
    ("path", "at", "yes"),
    [
        ("clusters/dev", "clusters/dev-eu/x.yaml", False),
        ("clusters/dev", "clusters/dev/a/x.yaml", True),
        ("clusters/*/x.yaml", "clusters/a/b/x.yaml", False),
        ("clusters/**", "clusters/a/b/x.yaml", True),
        (".", "x.yaml", True),
    ],
)
def test_1_1_a_path_is_a_file_a_folder_or_a_glob(path: str, at: str, *, yes: bool) -> None:
    assert taken(path, at) is yes


def test_1_1_what_is_excluded_or_ignored_is_so_in_every_layer() -> None:
    config = loaded(TEXT)
    values, folder = globs_for(config, config.environment("dev"), config.app_in("dev", "web"))
    assert values.matches(b"charts/web/values.yaml")
    assert folder.matches(b"dev/z1/front/x/y.yaml")
    assert not folder.matches(b"dev/z1/front/secret.yaml")
    assert not folder.matches(b"dev/z1/front/generated/y.yaml")


def test_1_2_placeholders_are_filled_from_the_app_and_the_environment() -> None:
    config = loaded(TEXT)
    assert layers(config, "web") == ["charts/web/values.yaml", "dev/z1/front"]
    assert layers(config, "api") == ["charts/api/values.yaml", "dev/z2/back"]
    assert layers(config, "job") == ["charts/job/values.yaml", "dev/z1/rest"]


def test_1_2_without_an_app_what_only_apps_know_is_a_wildcard() -> None:
    assert layers(loaded(TEXT), None) == ["charts/*/values.yaml", "dev/z1/*"]


@pytest.mark.parametrize(
    "never",
    [
        "promote.yaml",
        ".promote/holds/dev.yaml",
        ".github/workflows/ci.yaml",
        "a/.gitlab-ci.yml",
        "chart/templates/deployment.yaml",
        "chart/crds/thing.yaml",
    ],
)
def test_1_5_what_is_never_scanned(never: str) -> None:
    assert not taken(".", never)
    assert not taken("**", never)


def test_1_5_the_file_itself_is_not_scanned_under_another_name() -> None:
    config = loaded("environments: {dev: {path: .}}")
    other = Config("deploy/other.yaml", config.apps, config.environments)
    (globs,) = globs_for(other, other.environment("dev"))
    assert not globs.matches(b"deploy/other.yaml")


def test_1_5_a_layer_that_names_templates_means_them() -> None:
    assert taken("envs/dev/templates", "envs/dev/templates/x.yaml")
    assert not taken("envs/dev/templates", "envs/dev/templates/crds/x.yaml")


def test_2_4_a_path_narrows_an_app_to_a_part() -> None:
    config = loaded(TEXT)
    dev = config.environment("dev")
    part = part_of(dev, config.app_in("dev", "web"))
    assert part is not None
    assert part.matches(b"dev/front/x.yaml")
    assert not part.matches(b"dev/front/old/x.yaml")
    assert not part.matches(b"dev/back/x.yaml")
    assert part_of(dev, config.app_in("dev", "api")) is None


def test_claims_are_those_of_apps_and_families() -> None:
    config = loaded(TEXT)
    claims = claims_of(config, config.environment("dev"))
    assert [(each.app, len(each.repositories), each.pattern) for each in claims] == [
        ("web", 1, None),
        ("api", 1, None),
        ("*", 0, "quay.io/acme/{app}"),
    ]
    assert claims[0].covers(b"dev/front/x.yaml")
    assert not claims[0].covers(b"dev/z1/x.yaml")


def test_a_target_is_filled_or_does_not_apply() -> None:
    config = loaded(
        """
        apps: {web: {image: a}, "f-*": {image: "b/{app}"}}
        environments: {dev: {path: dev, vars: {zone: z}}, test: {path: test}}
        targets:
          - {app: web, file: "{zone}/{environment}.yaml", path: "list[name={app}].tag"}
        """
    )
    (target,) = config.targets
    web = config.app("web")
    found = target.filled(config.environment("dev"), web)
    assert found is not None
    assert (found.file, found.shown) == ("z/dev.yaml", "list[name={app}].tag")
    assert found.steps == compile_path("list[name=web].tag")
    assert found.expression is None
    assert target.filled(config.environment("test"), web) is None


def test_a_value_stays_one_key_of_a_path_and_matches_itself_in_an_expression() -> None:
    config = loaded(
        r"""
        apps: {web: {image: a}}
        environments: {prod.eu: {path: dev}}
        targets:
          - {app: web, file: a.yaml, path: "envs.{environment}[env={environment}].tag"}
          - {app: web, file: a.env, regex: '^{environment}=(?P<tag>[0-9]{1,3}(?:\.[0-9]{2})?)$'}
        """
    )
    by_path, by_regex = (each.filled(config.environment("prod.eu"), config.app("web")) for each in config.targets)
    assert by_path is not None
    assert by_path.steps == ("envs", "prod.eu", Select("env", "prod.eu"), "tag")
    assert by_regex is not None
    assert by_regex.expression is not None
    assert by_regex.expression.search(b"a\nprodxeu=123") is None
    found = by_regex.expression.search(b"a\nprod.eu=123.45\nb")
    assert found is not None
    assert found["tag"] == b"123.45"


def test_1_4_within_is_filled_by_the_environment_and_expands_with_it(tmp_path: Path) -> None:
    config = loaded(
        """
        environments:
          test: {path: fleet.yaml, within: "targetCustomizations[name={environment}].helm"}
          "prod-{cluster}": {path: "fleet/{cluster}", within: "clusters.{cluster}"}
          all: {path: all}
        """
    )
    test, prod, whole = config.environments.values()
    assert test.part == ("targetCustomizations", Select("name", "test"), "helm")
    assert whole.part is None
    (tmp_path / "fleet" / "eu.west").mkdir(parents=True)
    (tmp_path / "fleet" / "eu.west" / "x.yaml").write_bytes(b"")
    there = expand(config, FolderTree(tmp_path)).environments["prod-eu.west"]
    assert (prod.within, there.part) == ("clusters.{cluster}", ("clusters", "eu.west"))


def test_3_2_the_file_of_an_override_is_filled_for_each_app() -> None:
    config = loaded(
        """
        apps: {web: {image: a, vars: {dir: front}}}
        environments:
          test: {path: [base, test], override: "{environment}/{dir}/{app}.yaml"}
          prod: {path: prod}
        """
    )
    web = config.app("web")
    assert config.environment("test").override_for(web) == "test/front/web.yaml"
    assert config.environment("prod").override_for(web) is None
