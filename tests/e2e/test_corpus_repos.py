"""Real GitOps repositories, unchanged but for a promote.yaml: an image goes from one environment to the next."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.e2e.conftest import Create
from tests.e2e.gitops import exactly, write_out
from tests.e2e.program import Inside
from tests.kubectl import kustomize
from tests.servers.seed import ImageSpec, write_layout
from tests.shared import shared_data


def _content(name: str) -> dict[str, bytes]:
    folder = shared_data(f"corpus/{name}")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _layout(folder: Path, tags: Iterable[str]) -> None:
    write_layout(folder, {tag: ImageSpec(created=f"2026-01-0{n}T00:00:00Z") for n, tag in enumerate(tags, 1)})


KOSTIS = """\
version: 1
apps:
  simple-env-app: {{image: docker.io/kostiscodefresh/simple-env-app, policy: {{order: numeric}}}}
environments:
  qa: {{path: envs/qa}}
  "staging-{{region}}": {{path: "envs/staging-{{region}}", from: qa}}
  "prod-{{region}}": {{path: "envs/prod-{{region}}", from: "staging-{{region}}"}}
registries:
  docker.io: {{layout: {images}}}
"""


def test_an_image_goes_from_qa_to_prod_through_the_regions_of_kostis(
    create: Create, inside: Inside, tmp_path: Path
) -> None:
    before = _content("kostis-codefresh+gitops-environment-promotion")
    _layout(tmp_path / "images/kostiscodefresh/simple-env-app", ["1.0", "2.0", "3.0", "4.0"])
    settings = {"promote.yaml": KOSTIS.format(images=tmp_path / "images").encode()}
    gitops = create({**before, **settings})
    at = ("--repo", gitops.url)
    steps: tuple[tuple[tuple[str, ...], dict[str, tuple[str, str]]], ...] = (
        (("set", "qa", "simple-env-app=4.0"), {"qa": ("1.0", "4.0")}),
        (("to", "staging-eu"), {"staging-eu": ("2.0", "4.0")}),
        (("to", "prod-eu", "simple-env-app"), {"prod-eu": ("3.0", "4.0")}),
        # Each region by itself: staging-us has not moved, so prod-us has nothing to take.
        (("to", "prod-us", "--dry-run"), {}),
    )
    for words, moved in steps:
        first = gitops.tree()
        inside.ok(*words, *at)
        last = gitops.tree()
        edits = {
            f"envs/{name}/version.yml": [(f"simple-env-app:{old}".encode(), f"simple-env-app:{new}".encode())]
            for name, (old, new) in moved.items()
        }
        exactly(first, last, edits)
    there, here = write_out(tmp_path / "before", before), write_out(tmp_path / "after", gitops.tree())
    arrived = {name: versions for _, moved in steps for name, versions in moved.items()}
    for environment in sorted(path.name for path in (there / "envs").iterdir()):
        wanted = kustomize(there / "envs" / environment)
        if environment in arrived:
            old, new = arrived[environment]
            assert f"simple-env-app:{old}" in wanted
            wanted = wanted.replace(f"simple-env-app:{old}", f"simple-env-app:{new}")
        assert kustomize(here / "envs" / environment) == wanted
    assert len(gitops.commits()) == 4
    document = inside.ok("status", *at, "-o", "json").document
    assert len(document["environments"]) == 7
    assert gitops.trailers() == [
        "Promote-Environment: prod-eu",
        "Promote-From: staging-eu",
        "Promote-App: simple-env-app",
        "Promote-Version: 4.0",
        "Promote-Previous: 3.0",
    ]


THOTH = """\
version: 1
defaults: {{policy: {{semver: "*"}}}}
apps:
  "*": {{image: "quay.io/thoth-station/{{app}}"}}
  solver:
    images:
      - quay.io/thoth-station/solver-rhel-8-py36
      - quay.io/thoth-station/solver-rhel-8-py38
      - quay.io/thoth-station/solver-fedora-34-py39
      - quay.io/thoth-station/solver-fedora-35-py310
environments:
  test: {{path: "*/overlays/test/**"}}
  ocp4-stage: {{path: "*/overlays/ocp4-stage/**", from: test}}
  moc-prod: {{path: "*/overlays/moc-prod/**", from: ocp4-stage}}
registries:
  quay.io: {{layout: {images}}}
"""
# app: its images, the tag that all environments have, and the new one
THOTH_APPS = {
    "management-api": (["management-api"], "v0.18.11", "v0.18.12"),
    "adviser": (["adviser"], "v0.56.3", "v0.57.0"),
    "revsolver": (["revsolver"], "v0.2.13", "v1.0.0"),
    "solver": (
        ["solver-rhel-8-py36", "solver-rhel-8-py38", "solver-fedora-34-py39", "solver-fedora-35-py310"],
        "v1.15.0",
        "v1.16.0",
    ),
}


def test_apps_of_thoth_go_from_test_over_stage_to_prod(create: Create, inside: Inside, tmp_path: Path) -> None:
    before = _content("thoth-station+thoth-application")
    images = tmp_path / "images"
    for names, old, new in THOTH_APPS.values():
        for name in names:
            _layout(images / "thoth-station" / name, [old, new])
    gitops = create({**before, "promote.yaml": THOTH.format(images=images).encode()})
    at = ("--repo", gitops.url)
    apps = [word for app in THOTH_APPS for word in ("--app", app)]
    for words in (("update", "test", *apps), ("to", "ocp4-stage", *THOTH_APPS), ("to", "moc-prod", *THOTH_APPS)):
        first = gitops.tree()
        inside.ok(*words, *at)
        last = gitops.tree()
        environment = words[1]
        exactly(
            first,
            last,
            {
                f"{app}/overlays/{environment}/imagestreamtag.yaml": [
                    (f"/{name}:{old}".encode(), f"/{name}:{new}".encode()) for name in names
                ]
                for app, (names, old, new) in THOTH_APPS.items()
            },
        )
        assert inside.ok(*words, *at, "--exit-code").stdout == ""
    there, here = write_out(tmp_path / "before", before), write_out(tmp_path / "after", gitops.tree())
    # management-api needs a generator plugin in test and stage, and cannot be rendered there.
    for environment, rendered in (
        ("test", ("adviser", "revsolver", "solver")),
        ("ocp4-stage", ("adviser", "revsolver", "solver")),
        ("moc-prod", tuple(THOTH_APPS)),
    ):
        for app in rendered:
            names, old, new = THOTH_APPS[app]
            folder = Path(app) / "overlays" / environment
            wanted = kustomize(there / folder)
            for name in names:
                assert f"thoth-station/{name}:{old}" in wanted
                wanted = wanted.replace(f"thoth-station/{name}:{old}", f"thoth-station/{name}:{new}")
            assert kustomize(here / folder) == wanted
    assert len(gitops.commits()) == 4


def test_a_member_of_a_family_that_an_environment_does_not_have_is_absent_there(
    create: Create, inside: Inside, tmp_path: Path
) -> None:
    settings = THOTH.format(images=tmp_path).encode()
    gitops = create({"promote.yaml": settings, "other/overlays/test/values.yaml": b"a: b\n"})
    for words in (("update", "test", "--app", "amun"), ("to", "ocp4-stage", "amun"), ("set", "test", "amun=v1.0.0")):
        result = inside(*words, "--repo", gitops.url)
        assert result.code == 3, result
        assert "amun" in result.stderr
        assert "absent" in result.stderr
    assert inside.ok("status", "test", "--app", "amun", "--repo", gitops.url).stdout == "app   test\namun  -\n"


def test_every_image_of_thoth_is_found_where_it_stands(create: Create, inside: Inside, tmp_path: Path) -> None:
    before = _content("thoth-station+thoth-application")
    settings = THOTH.format(images=tmp_path).encode()
    gitops = create({**before, "promote.yaml": settings})
    sites = inside.ok("find", "--repo", gitops.url, "-o", "json").document["sites"]
    found = {(site["file"], site["image"], site["tag"]) for site in sites if site["format"] == "manifest"}
    for environment in ("test", "ocp4-stage", "moc-prod"):
        for name, data in before.items():
            if not name.endswith(f"overlays/{environment}/imagestreamtag.yaml"):
                continue
            for line in data.decode().splitlines():
                key, _, value = line.strip().removeprefix("- ").partition(": ")
                image, _, tag = value.strip("\"'").partition(":")
                if key == "name" and image.startswith("quay.io/thoth-station/"):
                    assert (name, image, tag) in found
