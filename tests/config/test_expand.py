from __future__ import annotations

from pathlib import Path

import pytest

from promote.config.expand import expand
from promote.config.model import Config
from promote.config.scope import globs_for
from promote.errors import ConfigError
from promote.tree.folder import FolderTree
from tests.config.loading import loaded

TEXT = """
environments:
  "test-{cluster}": {path: ["base", "tests/{cluster}"]}
  "prod-{cluster}": {path: "clusters/{cluster}/**", from: "test-{cluster}", shared_with: ["prod-{cluster}"]}
  dev: {path: dev, shared_with: ["prod-{cluster}"]}
"""


def tree(root: Path, *files: str) -> FolderTree:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text("a: 1\n")
    return FolderTree(root)


def refused(config: Config, files: FolderTree) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        expand(config, files)
    return [str(each) for each in caught.value.mistakes]


def test_1_3_an_environment_without_a_placeholder_stays_as_it_is(tmp_path: Path) -> None:
    config = loaded("environments: {dev: {path: dev}}")
    assert expand(config, tree(tmp_path)) is config


def test_1_3_a_template_without_a_folder_is_no_environment(tmp_path: Path) -> None:
    config = loaded("environments: {'a-{x}': {path: 'a/{x}'}}")
    assert dict(expand(config, tree(tmp_path, "b/c/d.yaml", "a/file", "a/file.yaml")).environments) == {}


def test_1_3_a_file_s_name_may_tell_environments_too(tmp_path: Path) -> None:
    config = loaded("environments: {'a-{x}': {path: ['a/values-{x}.yaml', base]}}")
    found = expand(config, tree(tmp_path, "a/values-eu.yaml", "a/values-us.yaml", "a/values.yaml", "a/values-x.yml"))
    assert list(found.environments) == ["a-eu", "a-us"]


def test_1_3_one_environment_for_each_folder_sorted(tmp_path: Path) -> None:
    files = tree(
        tmp_path,
        "clusters/us/a.yaml",
        "clusters/eu/x/y.yaml",
        "tests/eu/a.yaml",
        "tests/us/b/c.yaml",
        "clusters/readme.md",
        "base/eu/x.yaml",
        "dev/x.yaml",
    )
    config = expand(loaded(TEXT), files)
    assert list(config.environments) == ["test-eu", "test-us", "prod-eu", "prod-us", "dev"]
    prod = config.environment("prod-eu")
    assert (prod.from_, prod.source, dict(prod.vars)) == ("test-eu", "environment", {"cluster": "eu"})
    assert prod.shared_with == ()
    assert config.environment("dev").shared_with == ("prod-eu", "prod-us")
    (globs,) = globs_for(config, prod)
    assert globs.patterns[0] == "clusters/eu/**"
    assert not any(each.is_template for each in config.environments.values())
    assert expand(config, files) is config


def test_1_3_excluded_and_ignored_folders_make_no_environment(tmp_path: Path) -> None:
    config = loaded("environments: {'a-{x}': {path: ['a/{x}/**', '!a/b'], ignore: [a/c]}}")
    found = expand(config, tree(tmp_path, "a/a/f", "a/b/f", "a/c/f"))
    assert list(found.environments) == ["a-a"]


def test_1_3_several_placeholders_and_parts_of_segments(tmp_path: Path) -> None:
    config = loaded("environments: {'{zone}.{cluster}': {path: '**/{zone}/c-{cluster}-{zone}/*.yaml', vars: {q: r}}}")
    found = expand(config, tree(tmp_path, "x/eu/c-1-eu/a.yaml", "eu/c-2-us/a.yaml", "us/c-3-us/a.yaml", "us/c-4-us/a"))
    assert list(found.environments) == ["eu.1", "us.3"]
    assert dict(found.environment("us.3").vars) == {"q": "r", "zone": "us", "cluster": "3"}


def test_1_3_two_environments_of_one_name_are_refused(tmp_path: Path) -> None:
    config = loaded(
        """
        environments:
          prod-eu: {path: prod}
          "prod-{c}": {path: "clusters/{c}"}
        """
    )
    assert refused(config, tree(tmp_path, "clusters/eu/a")) == [
        "promote.yaml:3:3: two environments come to the name `prod-eu`, the other in line 2"
    ]


def test_1_3_a_source_that_no_folder_makes_is_refused(tmp_path: Path) -> None:
    assert refused(loaded(TEXT), tree(tmp_path, "clusters/eu/a")) == [
        "promote.yaml:3:3: `prod-eu` takes from `test-eu`, which no folder makes"
    ]


@pytest.mark.parametrize("name", ["a b", "-x", "a*", "{x}", "a\nb"])
def test_1_3_a_folder_that_makes_no_name_is_refused(tmp_path: Path, name: str) -> None:
    config = loaded("environments: {'{c}': {path: 'clusters/{c}'}}")
    told = refused(config, tree(tmp_path, f"clusters/{name}/a"))
    assert len(told) == 1
    assert told[0].startswith("promote.yaml:1:16: a folder makes `{c}` the environment ")
    assert "\n" not in told[0]


def test_1_3_a_circle_through_folders_is_refused(tmp_path: Path) -> None:
    config = loaded(
        """
        environments:
          "{c}-1": {path: "a/{c}", from: x-2}
          x-2: {path: b, from: x-1}
        """
    )
    assert refused(config, tree(tmp_path, "a/x/f")) == [
        "promote.yaml:2:3: environments take from each other in a circle: x-1 → x-2 → x-1"
    ]


def test_8_2_a_folder_makes_no_environment_whose_pull_requests_take_a_branch_of_holds(tmp_path: Path) -> None:
    said = "deliver: pull-request, pull_request: {branch: 'promote/{environment}'}"
    config = loaded(f"environments: {{'{{x}}': {{path: 'c/{{x}}', {said}}}}}")
    assert list(expand(config, tree(tmp_path, "c/eu/a.yaml")).environments) == ["eu"]
    assert "branch `promote/hold` is kept for holds" in refused(config, tree(tmp_path, "c/hold/a.yaml"))[0]
