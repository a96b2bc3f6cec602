"""Environments by folders, files, customizations and branches: where they are found, and where they are not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from promote.survey.branches import branches
from promote.survey.environment import merged
from promote.survey.files import files
from promote.survey.fleet import customizations
from promote.survey.folders import folders
from promote.survey.pipeline import pipeline
from promote.text.document import Stream, parse

NO_FOLDERS: tuple[tuple[str, ...], ...] = (
    (),
    ("web/a.yaml", "api/a.yaml"),
    # One stage alone, where nothing says that folders are environments.
    ("prod/a.yaml", "web/a.yaml"),
    # Three services, of which one is called so.
    ("apps/load-balancer/a.yaml", "apps/web/a.yaml", "apps/test-runner/a.yaml", "apps/api/a.yaml", "apps/x/a.yaml"),
    ("variants/non-prod/a.yaml", "variants/prod/a.yaml"),
    # Files are no folders.
    ("dev", "prod", "dev.yaml"),
    ("envs/base/a.yaml", "envs/common/a.yaml"),
)


@pytest.mark.parametrize("paths", NO_FOLDERS)
def test_folders_that_are_no_environments(paths: tuple[str, ...]) -> None:
    assert list(folders(paths)) == []


FOLDERS: Mapping[str, tuple[tuple[str, ...], Mapping[str, tuple[str, ...]]]] = {
    "a folder an environment": (
        ("envs/dev/a.yaml", "envs/prod/b/c.yaml", "envs/base/a.yaml"),
        {"dev": ("envs/dev",), "prod": ("envs/prod",)},
    ),
    "at the root, beside others": (
        ("dev/a.yaml", "prod/a.yaml", "docs/a.yaml", "charts/a.yaml", "scripts/a.yaml", "test-tools/a.yaml"),
        {"dev": ("dev",), "prod": ("prod",)},
    ),
    "an overlay an app": (
        ("apps/web/overlays/dev/a.yaml", "apps/api/overlays/dev/a.yaml", "apps/web/overlays/prod/a.yaml"),
        {"dev": ("apps/api/overlays/dev", "apps/web/overlays/dev"), "prod": ("apps/web/overlays/prod",)},
    ),
    "clusters without a stage": (
        ("clusters/blue/a.yaml", "clusters/production/a.yaml"),
        {"production": ("clusters/production",), "blue": ("clusters/blue",)},
    ),
    "regions below stages": (
        ("prod/eu/a.yaml", "prod/us/a.yaml", "dev/a.yaml"),
        {"dev": ("dev",), "prod-eu": ("prod/eu",), "prod-us": ("prod/us",)},
    ),
    "stages below regions": (
        ("clusters/eu/staging/a.yaml", "clusters/eu/prod/a.yaml", "clusters/us/prod/a.yaml", "clusters/us/dev/a.yaml"),
        {
            "dev-us": ("clusters/us/dev",),
            "staging-eu": ("clusters/eu/staging",),
            "prod-eu": ("clusters/eu/prod",),
            "prod-us": ("clusters/us/prod",),
        },
    ),
    "no regions where there is more": (
        ("prod/eu/a.yaml", "prod/web/a.yaml", "dev/a.yaml"),
        {"dev": ("dev",), "prod": ("prod",)},
    ),
    "the outer one counts": (
        ("envs/prod/test/a.yaml", "envs/prod/dev/a.yaml", "envs/dev/prod/a.yaml"),
        {"dev": ("envs/dev",), "prod": ("envs/prod",)},
    ),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_folders_that_are_environments(name: str) -> None:
    paths, wanted = FOLDERS[name]
    found = merged(folders(paths))
    assert {each.name: each.own for each in found} == wanted
    assert [each.name for each in found] == list(wanted)


@pytest.mark.parametrize(
    "paths",
    [
        (),
        ("values.yaml", "values-production.yaml"),
        ("web-dev.yaml", "api-prod.yaml"),
        ("a/values-dev.yaml", "b/values-prod.yaml"),
        ("values-a.yaml", "values-b.yaml"),
    ],
)
def test_files_that_are_no_environments(paths: tuple[str, ...]) -> None:
    assert list(files(paths)) == []


def test_files_that_are_environments() -> None:
    every = (
        *("charts/web/values.yaml", "charts/web/values-dev.yaml", "charts/web/values-prod-eu.yaml"),
        *("values/dev.yaml", "values/qa.yaml", "charts/api/values.dev.yaml", "charts/api/Chart.yaml"),
    )
    dev, qa, prod = merged(files(every))
    assert [each.name for each in (dev, qa, prod)] == ["dev", "qa", "prod-eu"]
    assert dev.own == ("charts/api/values.dev.yaml", "charts/web/values-dev.yaml", "values/dev.yaml")
    assert dev.base == prod.base == ("charts/web/values.yaml",)
    assert qa.base == ()
    assert prod.slots == ("charts/web/values-{environment}.yaml",)


def test_a_file_alone_is_one_where_its_name_is_known() -> None:
    assert [each.own for each in files(("values-prod.yaml",), {"prod"})] == [("values-prod.yaml",)]
    assert list(files(("values-prod.yaml",), {"dev"})) == []


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ((), []),
        (("main", "dev"), []),
        (("main", "feature/test", "fix-prod-bug", "dev-tools"), []),
        (("production", "dev", "main", "env/staging-eu"), ["dev", "staging-eu", "production"]),
    ],
)
def test_branches_that_are_environments(names: tuple[str, ...], found: list[str]) -> None:
    assert [each.name for each in branches(names)] == found


def _stream(text: str, path: bytes = b"web/fleet.yaml") -> Stream:
    stream = parse(path, text.encode())
    assert isinstance(stream, Stream)
    return stream


@pytest.mark.parametrize(
    "text",
    [
        "helm: {values: {image: {repository: a/b, tag: 1}}}",
        "targetCustomizations: []",
        "targetCustomizations: 1",
        # None of them says a stage, none has values, none has a name that an environment may have.
        "targetCustomizations: [{name: blue, helm: {}}, {name: green, helm: {}}]",
        "targetCustomizations: [{name: prod}, {helm: {}}]",
        "targetCustomizations: [{name: 'prod ]', helm: {}}]",
    ],
)
def test_customizations_that_are_no_environments(text: str) -> None:
    assert list(customizations([_stream(text)])) == []


def test_customizations_are_parts_of_a_file() -> None:
    text = "targetCustomizations: [{name: prod, helm: {}}, {name: edge, helm: {}}]"
    found = merged(customizations([_stream(text), _stream(text, b"api/fleet.yaml")]))
    assert [(each.name, each.own, each.within) for each in found] == [
        ("prod", ("api/fleet.yaml", "web/fleet.yaml"), "targetCustomizations[name={environment}]"),
        ("edge", ("api/fleet.yaml", "web/fleet.yaml"), "targetCustomizations[name={environment}]"),
    ]


@pytest.mark.parametrize(
    ("names", "sources"),
    [
        (("blue", "green"), {}),
        (("prod", "blue"), {}),
        (("prod", "staging", "dev", "test"), {"test": "dev", "staging": "test", "prod": "staging"}),
        # Each region by itself, fanned out from the stage that has none.
        (
            ("dev", "staging-eu", "staging-us", "prod-eu", "prod-us"),
            {"staging-eu": "dev", "staging-us": "dev", "prod-eu": "staging-eu", "prod-us": "staging-us"},
        ),
        # The only one before it, whatever its region.
        (("test", "ocp4-stage", "moc-prod"), {"ocp4-stage": "test", "moc-prod": "ocp4-stage"}),
        # No region of its own there: the stage before, which has none.
        (("qa", "load-gpu", "load-cpu", "prod-eu"), {"load-gpu": "qa", "load-cpu": "qa", "prod-eu": "qa"}),
        # Nothing better than the first.
        (("staging-eu", "staging-us", "prod"), {"prod": "staging-eu"}),
        (("dev", "sandbox", "prod"), {"prod": "dev"}),
    ],
)
def test_who_takes_from_whom(names: tuple[str, ...], sources: Mapping[str, str]) -> None:
    found = merged(each for name in names for each in folders([f"envs/{name}/a.yaml"]))
    assert dict(pipeline(found)) == sources
