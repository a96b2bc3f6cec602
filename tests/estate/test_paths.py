"""Which files an environment's estate is made of (SEMANTICS §1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.estate.ties import Paths
from promote.tree import Globs
from tests.estate.building import build, deployment, kustomization

WEB = "ghcr.io/acme/web"


def test_1_1_a_path_is_a_folder_by_whole_segments(tmp_path: Path) -> None:
    built = build(
        tmp_path,
        f"apps: {{web: {{image: {WEB}}}}}\nenvironments: {{dev: {{path: clusters/dev}}}}",
        {
            "clusters/dev/a/kustomization.yaml": kustomization(WEB, "1"),
            "clusters/dev-eu/kustomization.yaml": kustomization(WEB, "2"),
        },
    )
    assert built.told("dev", "web") == ["clusters/dev/a/kustomization.yaml 1"]


def test_1_1_what_is_excluded_is_not_there(tmp_path: Path) -> None:
    config = f"""
    apps: {{web: {{image: {WEB}}}}}
    environments: {{dev: {{path: [dev, "!dev/scratch"], ignore: ["**/generated/**"]}}}}
    """
    files = {f"dev/{way}/kustomization.yaml": kustomization(WEB, "1") for way in ("a", "scratch", "b/generated/c")}
    assert build(tmp_path, config, files).told("dev", "web") == ["dev/a/kustomization.yaml 1"]


def test_1_2_only_that_apps_folders_are_read(tmp_path: Path) -> None:
    config = """
    apps: {"*": {image: "ghcr.io/acme/{app}"}}
    environments: {dev: {path: "apps/{app}/{environment}"}}
    """
    files = {f"apps/{app}/dev/kustomization.yaml": kustomization(f"ghcr.io/acme/{app}", "1") for app in ("web", "api")}
    built = build(tmp_path, config, files, apps=["web"])
    assert built.noted.batches == [["apps/web/dev/kustomization.yaml"]]
    assert built.told("dev", "web") == ["apps/web/dev/kustomization.yaml 1"]


def test_1_2_an_app_is_not_found_in_another_apps_folder(tmp_path: Path) -> None:
    config = """
    apps: {web: {image: ghcr.io/acme/web}, api: {image: ghcr.io/acme/api}}
    environments: {dev: {path: "apps/{app}"}}
    """
    built = build(tmp_path, config, {"apps/api/values.yaml": f"sidecar: {{repository: {WEB}, tag: '1'}}\n"})
    assert built["dev"].runs("web") == "absent"


def test_1_2_many_named_apps_find_the_same_as_all(tmp_path: Path) -> None:
    names = [f"app{number}" for number in range(50)]
    config = """
    apps: {"*": {image: "ghcr.io/acme/{app}"}}
    environments: {dev: {path: "apps/{app}"}}
    """
    files = {f"apps/{name}/kustomization.yaml": kustomization(f"ghcr.io/acme/{name}", "1") for name in names}
    built = build(tmp_path, config, files, apps=names[:45])
    assert sorted(built["dev"].joined) == sorted(names[:45])


def test_1_3_one_environment_a_folder(tmp_path: Path) -> None:
    config = f"""
    apps: {{web: {{image: {WEB}}}}}
    environments: {{"prod-{{cluster}}": {{path: "clusters/{{cluster}}/**"}}}}
    """
    files = {f"clusters/{name}/kustomization.yaml": kustomization(WEB, tag) for name, tag in (("eu", "1"), ("us", "2"))}
    built = build(tmp_path, config, files)
    assert built.told("prod-eu", "web") == ["clusters/eu/kustomization.yaml 1"]
    assert built.told("prod-us", "web") == ["clusters/us/kustomization.yaml 2"]


def test_1_5_what_is_never_scanned(tmp_path: Path) -> None:
    config = f"apps: {{web: {{image: {WEB}}}}}\nenvironments: {{all: {{path: .}}}}"
    manifest = deployment("web", f"{WEB}:1")
    files = dict.fromkeys(
        (
            "promote.yaml",
            ".promote/holds/all.yaml",
            ".github/workflows/ci.yaml",
            ".gitlab-ci/x.yaml",
            "chart/templates/deployment.yaml",
            "chart/crds/crd.yaml",
            "notes.txt",
        ),
        manifest,
    )
    files["policy.yaml"] = f"apiVersion: x/v1\nkind: ImagePolicy\nmetadata: {{name: web}}\nspec: {{image: '{WEB}:1'}}\n"
    files["crd.yaml"] = f"apiVersion: x/v1\nkind: CustomResourceDefinition\nspec: {{example: '{WEB}:1'}}\n"
    files["seen.yaml"] = manifest
    assert build(tmp_path, config, files).told("all", "web") == ["seen.yaml 1"]


def test_1_5_a_path_that_names_a_templates_folder_means_it(tmp_path: Path) -> None:
    config = f"apps: {{web: {{image: {WEB}}}}}\nenvironments: {{dev: {{path: templates/dev}}}}"
    built = build(tmp_path, config, {"templates/dev/web.yaml": deployment("web", f"{WEB}:1")})
    assert built.told("dev", "web") == ["templates/dev/web.yaml 1"]


def test_a_link_is_named_and_never_followed(tmp_path: Path) -> None:
    config = f"apps: {{web: {{image: {WEB}}}}}\nenvironments: {{dev: {{path: dev}}, test: {{path: test}}}}"
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "elsewhere").symlink_to("../real")
    (tmp_path / "dev" / "web.yaml").symlink_to("../real/web.yaml")
    (tmp_path / "dev" / "logo.png").symlink_to("../logo.png")
    files = {"real/web.yaml": deployment("web", f"{WEB}:1"), "test/web.yaml": deployment("web", f"{WEB}:1")}
    built = build(tmp_path, config, files)
    assert built["dev"].runs("web") == "absent"
    unread = {item.entry.path: item.why for item in built["dev"].unread}
    assert unread == {b"dev/elsewhere": "symlink", b"dev/web.yaml": "symlink"}
    assert built["test"].unread == ()


def test_an_environment_knows_only_its_own_files(tmp_path: Path) -> None:
    config = f"apps: {{web: {{image: {WEB}}}}}\nenvironments: {{dev: {{path: dev}}, test: {{path: test}}}}"
    built = build(tmp_path, config, {"dev/web.yaml": deployment("web", f"{WEB}:1")})
    assert set(built["dev"].entries) == {b"dev/web.yaml"}
    assert built["test"].entries == {}


def test_files_are_read_in_few_batches_however_many_there_are(tmp_path: Path) -> None:
    config = """
    apps: {"*": {image: "ghcr.io/acme/{app}"}}
    environments: {dev: {path: ["charts/{app}", "envs/dev/{app}"]}, test: {path: ["charts/{app}", "envs/test/{app}"]}}
    """
    files = {}
    for number in range(30):
        files[f"charts/a{number}/values.yaml"] = f"image: {{repository: ghcr.io/acme/a{number}}}\n"
        for name in ("dev", "test"):
            files[f"envs/{name}/a{number}/values.yaml"] = "image: {tag: '1'}\n"
    built = build(tmp_path, config, files)
    assert built.told("test", "a7") == ["envs/test/a7/values.yaml 1"]
    assert len(built.noted.batches) == 2


@pytest.mark.parametrize(
    ("patterns", "near"),
    [
        ((), []),
        (("x",), []),
        (("a/b",), ["a/b/1", "a/b/c/2"]),
        (("a/b/1",), ["a/b/1"]),
        (("a/*/c", "a-b"), ["a-b/3", "a/b/1", "a/b/c/2", "a/b-c/4", "a/b0"]),
        (("**/1",), ["a-b/3", "a/b-c/4", "a/b/1", "a/b/c/2", "a/b0", "z"]),
    ],
)
def test_paths_near_globs_are_those_below_their_roots(patterns: tuple[str, ...], near: list[str]) -> None:
    """Every environment went through the files of all: 150 of them with 60 files each took half a minute."""
    paths = Paths([b"z", b"a/b0", b"a/b/c/2", b"a/b/1", b"a/b-c/4", b"a-b/3"])
    assert paths.near(Globs(patterns)) == sorted(each.encode() for each in near)


def test_a_chart_yaml_that_a_target_names_is_found_outside_of_every_layer(tmp_path: Path) -> None:
    config = f"""
    apps: {{web: {{image: {WEB}}}}}
    environments: {{dev: {{path: dev}}}}
    targets: [{{app: web, file: "charts/*/Chart.yaml", path: appVersion}}]
    """
    built = build(tmp_path, config, {"charts/web/Chart.yaml": "appVersion: 1.0.0\n", "charts/x.yaml": "a: 1\n"})
    assert built.told("dev", "web") == ["charts/web/Chart.yaml 1.0.0"]
    assert set(built["dev"].entries) == {b"charts/web/Chart.yaml"}
