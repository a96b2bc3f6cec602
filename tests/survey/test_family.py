"""Many apps of one pattern, proposed as one family where that comes to the same places."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from promote.api.starting import Start, settle, start, unguessed
from promote.cli.asking import summary
from promote.config.load import load
from promote.config.model import Config
from promote.estate.world import World
from promote.survey.alter import chosen
from promote.survey.family import LEAST, are_alike
from tests.survey.trees import NOTHING, deployment, settled, write

MANY = [f"svc-{letter}" for letter in "abcdefghijklmn"[:LEAST]]


def files(names: list[str], host: str = "ghcr.io/acme") -> dict[str, str]:
    return {
        f"envs/{env}/{name}.yaml": deployment(f"{host}/{name}:1.0.0", name) for env in ("dev", "prod") for name in names
    }


def config(text: str) -> Config:
    return load("promote.yaml", text.encode(), environ={})


OTHER = deployment("quay.io/other/web:1.0.0")
MARKED = deployment('ghcr.io/acme/svc-z:1.0.0 # {"$imagepolicy": "flux-system:svc-z"}', "svc-z")
POLICY = (
    "apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImageRepository\n"
    "metadata: {name: svc-z, namespace: flux-system}\nspec: {image: ghcr.io/acme/svc-z}\n---\n"
    "apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImagePolicy\nmetadata: {name: svc-z, namespace: flux-system}\n"
    "spec: {imageRepositoryRef: {name: svc-z}, policy: {semver: {range: '>=1.0.0'}}}\n"
)
FEW: Mapping[str, tuple[dict[str, str], int]] = {
    "too few": (files(MANY[1:]), LEAST - 1),
    "of two registries": ({**files(MANY[:6]), **files(MANY[6:], "quay.io/acme")}, LEAST),
    "Docker's own": (files(MANY, "docker.io/library"), LEAST),
    # A member of the family by its image, and none that promote.yaml knows: it cannot be edited.
    "one that must stay out": (
        {**files(MANY), "envs/dev/z.yaml": deployment("ghcr.io/acme/svc-z:${TAG}", "z")},
        LEAST,
    ),
}


@pytest.mark.parametrize("name", FEW)
def test_what_stays_a_list(name: str, tmp_path: Path) -> None:
    content, count = FEW[name]
    apps = config(settled(tmp_path, content).text).apps
    assert len(apps) == count
    assert not any(app.is_family for app in apps.values())


def test_many_apps_of_one_pattern_are_one_family(tmp_path: Path) -> None:
    """Each was listed by itself, and the next one had to be added by hand."""
    content = {**files(MANY), "envs/dev/web.yaml": OTHER, "envs/dev/z.yaml": MARKED, "clusters.yaml": POLICY}
    made = settled(tmp_path, content)
    proposed = config(made.text)
    assert list(proposed.apps) == ["svc-z", "web", "*"]
    assert summary(made.proposal) == f"2 environments, {LEAST + 2} apps (dev → prod)"
    assert proposed.apps["*"].patterns == ("ghcr.io/acme/{app}",)
    assert f"# a family of {LEAST}: svc-a, svc-b, svc-c and 7 more; so is every image" in made.text
    begun = start(tmp_path, NOTHING, force=True)
    ran = World(proposed, begun.trees).estates(["dev", "prod"])
    assert sorted(app for app in ran["dev"].joined if ran["dev"].sites(app)) == [*MANY, "svc-z", "web"]


def test_a_family_has_the_policy_that_is_guessed_of_its_members(tmp_path: Path) -> None:
    """A guessed policy of each would keep all of them apart; one of another kind stays by itself."""
    odd = {f"envs/{env}/odd.yaml": deployment("ghcr.io/acme/odd:build-17", "odd") for env in ("dev", "prod")}
    made = settled(tmp_path, {**files(MANY), **odd})
    apps = config(made.text).apps
    assert list(apps) == ["odd", "*"]
    assert "  \"*\": {image: \"ghcr.io/acme/{app}\", policy: {semver: \"*\"}} # a guess, from 1.0.0\n" in made.text
    plain = config(unguessed(made).text).apps
    assert list(plain) == ["odd", "*"]
    assert ", policy: {" not in unguessed(made).text


def test_whoever_leaves_apps_out_gets_a_list(tmp_path: Path) -> None:
    begun: Start = start(write(tmp_path, files([*MANY, "svc-y"])), NOTHING, force=False)
    made = settle(begun, chosen(begun.proposal, None, MANY))
    assert list(config(made.text).apps) == MANY


def test_environments_that_run_something_else_are_not_alike(tmp_path: Path) -> None:
    begun = start(write(tmp_path, files(MANY)), NOTHING, force=False)
    text = "version: 1\napps: {svc-a: {image: ghcr.io/acme/svc-a}%s}\nenvironments: {dev: {path: envs/dev}}\n"
    one, two = (
        World(config(text % more), begun.trees).estates(["dev"]) for more in ("", ", b: {image: ghcr.io/acme/svc-b}")
    )
    assert are_alike(one, one)
    assert not are_alike(one, two)
