from __future__ import annotations

import pytest

from promote.config.model import Config
from promote.config.scope import claims_of, globs_for, part_of
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
    assert (found.file, found.path) == ("z/dev.yaml", "list[name=web].tag")
    assert target.filled(config.environment("test"), web) is None
