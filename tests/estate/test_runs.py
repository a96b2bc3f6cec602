"""What an environment runs: layers, shadowing, shared places (SEMANTICS §3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.estate.estate import sharers
from promote.image import Version
from tests.estate.building import Files, build, deployment, kustomization

WEB = "ghcr.io/acme/web"
DIGEST, OTHER = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
ONE = f"apps: {{web: {{image: {WEB}}}}}\nenvironments: {{dev: {{path: dev}}}}"


def layered(*paths: str) -> str:
    return f"apps: {{web: {{image: {WEB}}}}}\nenvironments: {{dev: {{path: [{', '.join(paths)}]}}}}"


def test_3_1_helm_layers(tmp_path: Path) -> None:
    files = {
        "base/values.yaml": f"image: {{repository: {WEB}, tag: 1.0.0}}\n",
        "region/values.yaml": "image: {tag: 1.1.0}\n",
        "dev/values.yaml": "image: {tag: 1.2.0}\n",
    }
    built = build(tmp_path, layered("base", "region", "dev"), files)
    assert built.told("dev", "web") == ["dev/values.yaml 1.2.0"]
    assert built.shadowed("dev", "web") == [
        "base/values.yaml 1.0.0 by dev/values.yaml",
        "region/values.yaml 1.1.0 by dev/values.yaml",
    ]


def test_3_1_a_digest_of_a_stronger_layer_goes_with_the_tag_of_a_weaker_one(tmp_path: Path) -> None:
    files = {
        "base/values.yaml": f"image: {{repository: {WEB}, tag: 1.0.0}}\n",
        "dev/values.yaml": f"image: {{digest: '{DIGEST}'}}\n",
    }
    built = build(tmp_path, layered("base", "dev"), files)
    assert built["dev"].runs("web") == Version("1.0.0", DIGEST)


@pytest.mark.parametrize(
    ("strong", "tied"),
    [
        # The same path within the layer.
        ("dev/web/values.yaml", True),
        # Another chart that uses the same key.
        ("dev/api/values.yaml", False),
        ("dev/web/other.yaml", False),
        ("dev/values.yaml", False),
    ],
)
def test_a_values_overlay_is_tied_by_its_path_within_the_layer(tmp_path: Path, strong: str, tied: bool) -> None:
    files = {
        "base/web/values.yaml": f"image: {{repository: {WEB}, tag: 1.0.0}}\n",
        "base/api/values.yaml": "image: {repository: ghcr.io/acme/api, tag: 3.0.0}\n",
        strong: "image: {tag: 2.0.0}\n",
    }
    built = build(tmp_path, layered("base", "dev"), files)
    assert built.told("dev", "web") == [f"{strong} 2.0.0" if tied else "base/web/values.yaml 1.0.0"]


def test_a_values_overlay_is_tied_where_each_is_the_only_file_of_its_layer(tmp_path: Path) -> None:
    config = layered('"charts/{app}/values.yaml"', '"envs/dev/{app}.yaml"')
    files: Files = {
        "charts/web/values.yaml": f"image: {{repository: {WEB}, tag: ''}}\n",
        "charts/web/Chart.yaml": "appVersion: 9.9.9\n",
        "envs/dev/web.yaml": "image: {tag: 1.0.0}\n",
        "envs/dev/api.yaml": "image: {tag: 2.0.0}\n",
    }
    for apps in (None, ["web"]):
        assert build(tmp_path, config, files, apps=apps).told("dev", "web") == ["envs/dev/web.yaml 1.0.0"]


def test_an_overlay_that_must_not_be_edited_bars_the_app_that_it_overlays(tmp_path: Path) -> None:
    files = {
        "base/values.yaml": f"web: {{repository: {WEB}, tag: 1.0.0}}\n"
        "api: {repository: ghcr.io/acme/api, tag: '1'}\n",
        "dev/values.yaml": "web: {tag: '{{ .Tag }}'}\napi: {tag: '2'}\n",
    }
    config = layered("base", "dev").replace(
        f"{{web: {{image: {WEB}}}}}", f"{{web: {{image: {WEB}}}, api: {{image: ghcr.io/acme/api}}}}"
    )
    built = build(tmp_path, config, files)
    assert built.barred("dev", "web") == ["dev/values.yaml template"]
    assert built.barred("dev", "api") == []


def test_3_1_manifests_kind_name_container(tmp_path: Path) -> None:
    files = {
        "base/web.yaml": deployment("web", f"{WEB}:1", f"{WEB}:2") + "---\n" + deployment("job", f"{WEB}:3"),
        "dev/web.yaml": deployment("web", f"{WEB}:4"),
    }
    built = build(tmp_path, layered("base", "dev"), files)
    assert built.told("dev", "web") == ["base/web.yaml 2", "base/web.yaml 3", "dev/web.yaml 4"]
    assert built.shadowed("dev", "web") == ["base/web.yaml 1 by dev/web.yaml"]


BASE: Files = {"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": deployment("web", f"{WEB}:0.1.0")}


@pytest.mark.parametrize(
    ("path", "files", "shadowed"),
    [
        pytest.param(
            "[base, dev]", {"dev/kustomization.yaml": kustomization(WEB, "1", resources=["../base"])}, 1, id="base"
        ),
        pytest.param(
            "dev", {"dev/kustomization.yaml": kustomization(WEB, "1", resources=["../base"])}, 0, id="outside"
        ),
        pytest.param(
            "[base, dev]",
            {
                "dev/kustomization.yaml": kustomization(WEB, "1", resources=["../middle"]),
                "middle/kustomization.yaml": "bases: [../inner]\n",
                "inner/kustomization.yml": "components: [../part]\n",
                "part/Kustomization": "kind: Component\nresources: [../base]\n",
            },
            1,
            id="nested, most of it outside",
        ),
        pytest.param(
            "[base, dev]",
            {
                "dev/kustomization.yaml": kustomization(WEB, "1", resources=["../loop", "../base"]),
                "loop/kustomization.yaml": "resources: [../dev, ../loop]\n",
            },
            1,
            id="loop",
        ),
        pytest.param(
            "[base, dev]",
            {
                "dev/kustomization.yaml": kustomization(
                    WEB,
                    "1",
                    resources=["https://example.com/x", "git@example.com:x", "github.com/a/b//c?ref=v1", "../base"],
                )
            },
            1,
            id="URLs",
        ),
        pytest.param(
            "[base, dev]",
            {"dev/kustomization.yaml": kustomization(WEB, "1", resources=["../../out", "/etc", "../base"])},
            1,
            id="leaving",
        ),
        pytest.param(
            "dev",
            {
                "dev/kustomization.yaml": kustomization(WEB, "1", resources=["web.yaml"]),
                "dev/web.yaml": BASE["base/web.yaml"],
            },
            1,
            id="file",
        ),
        pytest.param(
            "dev",
            {
                "dev/kustomization.yaml": kustomization(WEB, "1", resources=["inner"]),
                "dev/inner/kustomization.yaml": kustomization(WEB, "0.1.0"),
            },
            1,
            id="an inner entry",
        ),
    ],
)
def test_3_1_kustomize_entry_shadows_what_its_resources_reach(
    tmp_path: Path, path: str, files: Files, shadowed: int
) -> None:
    config = f"apps: {{web: {{image: {WEB}}}}}\nenvironments: {{dev: {{path: {path}}}}}"
    built = build(tmp_path, config, {**BASE, **files})
    assert built.told("dev", "web") == ["dev/kustomization.yaml 1"]
    assert len(built.shadowed("dev", "web")) == shadowed
    assert all(line.endswith("0.1.0 by dev/kustomization.yaml") for line in built.shadowed("dev", "web"))


def test_3_1_what_a_kustomization_does_not_reach_counts_beside_it(tmp_path: Path) -> None:
    files = {**BASE, "dev/kustomization.yaml": kustomization(WEB, "1"), "dev/extra.yaml": deployment("x", f"{WEB}:2")}
    built = build(tmp_path, layered("base", "dev"), files)
    assert built.told("dev", "web") == ["base/web.yaml 0.1.0", "dev/extra.yaml 2", "dev/kustomization.yaml 1"]


def test_3_1_an_entry_that_sets_no_version_shadows_nothing(tmp_path: Path) -> None:
    files = {**BASE, "dev/kustomization.yaml": kustomization(WEB, resources=["../base"])}
    built = build(tmp_path, layered("base", "dev"), files)
    assert built.told("dev", "web") == ["base/web.yaml 0.1.0", "dev/kustomization.yaml"]


SHARED = f"""
apps: {{web: {{image: {WEB}}}, api: {{image: ghcr.io/acme/api}}}}
environments:
  dev: {{path: [common, dev]}}
  test: {{path: [common, test]}}
  prod: {{path: prod}}
"""


@pytest.mark.parametrize("names", [["dev"], ["dev", "test", "prod"]])
@pytest.mark.parametrize("apps", [None, ["web"]])
def test_3_2_shared_site(tmp_path: Path, names: list[str], apps: list[str] | None) -> None:
    files = {
        "common/values.yaml": f"image: {{repository: {WEB}, tag: 1.0.0}}\n",
        "dev/api.yaml": deployment("api", "ghcr.io/acme/api:1"),
        "prod/values.yaml": f"image: {{repository: {WEB}, tag: 1.0.0}}\n",
    }
    built = build(tmp_path, SHARED, files, names=names, apps=apps)
    assert sharers(built.estates, "dev", "web") == ("test",)
    assert sharers(built.estates, "dev", "api") == ()


def test_3_2_a_common_file_that_each_overlays_is_not_shared(tmp_path: Path) -> None:
    files = {"common/values.yaml": f"image: {{repository: {WEB}, tag: ''}}\n"}
    files |= {f"{name}/values.yaml": "image: {tag: 1.0.0}\n" for name in ("dev", "test")}
    built = build(tmp_path, SHARED, files, names=["dev"])
    assert sharers(built.estates, "dev", "web") == ()


@pytest.mark.parametrize("names", [["dev"], ["dev", "prod"]])
def test_3_2_a_file_that_only_a_target_of_another_names_is_shared(tmp_path: Path, names: list[str]) -> None:
    """Other environments were told by their layers alone, and `set dev` changed what prod runs."""
    config = f"""
    apps: {{web: {{image: {WEB}}}}}
    environments: {{dev: {{path: envs/dev}}, prod: {{path: envs/prod}}}}
    targets: [{{app: web, file: common.yaml, path: web.tag}}]
    """
    built = build(tmp_path, config, {"common.yaml": "web: {tag: 1.0.0}\n"}, names=names)
    assert sharers(built.estates, "dev", "web") == ("prod",)


def test_3_2_a_target_with_a_file_for_each_environment_shares_nothing(tmp_path: Path) -> None:
    config = f"""
    apps: {{web: {{image: {WEB}}}}}
    environments: {{dev: {{path: envs/dev}}, prod: {{path: envs/prod}}}}
    targets: [{{app: web, file: "tags/{{environment}}.yaml", path: web.tag}}]
    """
    files = {f"tags/{name}.yaml": "web: {tag: 1.0.0}\n" for name in ("dev", "prod")}
    assert list(build(tmp_path, config, files, names=["dev"]).estates) == ["dev"]


REACHING = f"""
apps: {{web: {{image: {WEB}}}}}
environments: {{dev: {{path: [base, envs/dev]}}, prod: {{path: envs/prod}}}}
"""
PROD = "envs/prod/kustomization.yaml"


@pytest.mark.parametrize("names", [["dev"], ["dev", "prod"]])
@pytest.mark.parametrize(
    ("files", "others"),
    [
        pytest.param({PROD: "resources: [other]\n"}, (), id="not reached"),
        pytest.param({PROD: kustomization(WEB, "1", resources=["../../base"])}, (), id="an entry above it"),
        pytest.param(
            {PROD: "resources: [../../base]\n", "envs/prod/web.yaml": deployment("web", f"{WEB}:1")},
            (),
            id="a manifest above it",
        ),
        pytest.param({PROD: "resources: [../../base]\n"}, ("prod",), id="reached"),
        pytest.param(
            {PROD: "resources: [../../middle]\n", "middle/kustomization.yml": "bases: [../base]\n"},
            ("prod",),
            id="reached by another base",
        ),
        pytest.param({PROD: "resources: [../../base/web.yaml]\n"}, ("prod",), id="a file of it"),
    ],
)
def test_3_2_a_base_that_another_reaches_by_its_resources_is_shared(
    tmp_path: Path, names: list[str], files: Files, others: tuple[str, ...]
) -> None:
    """`set dev` edited the base though prod's next reconcile would have changed."""
    files = {**BASE, "envs/dev/x.yaml": deployment("x", "x:1"), **files}
    built = build(tmp_path, REACHING, files, names=names)
    assert built.told("dev", "web") == ["base/web.yaml 0.1.0"]
    assert sharers(built.estates, "dev", "web") == others
    if "prod" in names:  # what prod may edit stays within its own paths
        assert not any("base" in line for line in built.told("prod", "web"))


def test_3_2_an_environment_of_one_layer_reads_nothing_of_others(tmp_path: Path) -> None:
    config = f"apps: {{web: {{image: {WEB}}}}}\nenvironments: {{dev: {{path: dev}}, prod: {{path: prod}}}}"
    files = {"dev/web.yaml": deployment("web", f"{WEB}:1"), "prod/kustomization.yaml": "resources: [../dev]\n"}
    built = build(tmp_path, config, files, names=["dev"])
    assert built.noted.batches == [["dev/web.yaml"]]


def test_3_1_objects_of_other_namespaces_and_items_of_lists_shadow_nothing(tmp_path: Path) -> None:
    """Deployments/web in eu and us shadowed each other; so did any two Lists' items."""
    base, dev = (
        f"apiVersion: v1\nkind: List\nitems:\n- apiVersion: apps/v1\n  kind: Deployment\n"
        f"  metadata: {{name: web, namespace: {space}}}\n  image: '{WEB}:{tag}'\n"
        for space, tag in (("eu", 1), ("us", 2))
    )
    built = build(tmp_path, layered("base", "dev"), {"base/a.yaml": base, "dev/a.yaml": dev})
    assert built.told("dev", "web") == ["base/a.yaml 1", "dev/a.yaml 2"]
    assert built.shadowed("dev", "web") == []


def test_3_2_the_same_path_on_another_branch_is_not_shared(tmp_path: Path) -> None:
    config = f"""
    apps: {{web: {{image: {WEB}}}}}
    environments: {{dev: {{path: ., branch: dev}}, test: {{path: ., branch: test}}, test2: {{path: ., branch: test}}}}
    """
    built = build(tmp_path, config, {"a.yaml": deployment("a", f"{WEB}:1")}, names=["dev", "test"])
    assert sharers(built.estates, "dev", "web") == ()
    assert sharers(built.estates, "test", "web") == ("test2",)


@pytest.mark.parametrize(
    ("images", "runs"),
    [
        ([], "absent"),
        ([f"{WEB}:1", f"{WEB}:2"], "mixed"),
        ([f"{WEB}:1@{DIGEST}", f"{WEB}:1@{OTHER}"], "mixed"),
        ([f"{WEB}:1", WEB], "mixed"),
        ([WEB], Version(None)),
        ([f"{WEB}:1", f"{WEB}:1"], Version("1")),
        ([f"{WEB}:1", f"{WEB}:1@{DIGEST}"], Version("1", DIGEST)),
        ([f"{WEB}@{DIGEST}"], Version(None, DIGEST)),
        # Each image has a digest of its own; none of them is the app's.
        ([f"{WEB}:1@{DIGEST}", f"{WEB}-migrate:1@{OTHER}"], Version("1")),
        ([f"{WEB}:1@{DIGEST}", f"{WEB}-migrate:2@{OTHER}"], "mixed"),
        ([f"{WEB}:1@{DIGEST}", f"{WEB}-migrate:1"], Version("1")),
    ],
)
def test_3_3_mixed(tmp_path: Path, images: list[str], runs: object) -> None:
    config = f"apps: {{web: {{images: [{WEB}, {WEB}-migrate]}}}}\nenvironments: {{dev: {{path: dev}}}}"
    built = build(tmp_path, config, {"dev/a.yaml": deployment("a", *images)})
    assert built["dev"].runs("web") == runs


def test_versions_are_told_an_image_at_a_time(tmp_path: Path) -> None:
    config = f"apps: {{web: {{images: [{WEB}, {WEB}-migrate]}}}}\nenvironments: {{dev: {{path: dev}}}}"
    images = [f"{WEB}:1", f"{WEB}:1@{DIGEST}", f"{WEB}-migrate:1@{OTHER}"]
    built = build(tmp_path, config, {"dev/a.yaml": deployment("a", *images)})
    told = {str(repository): version for repository, version in built["dev"].versions("web").items()}
    assert told == {WEB: Version("1", DIGEST), f"{WEB}-migrate": Version("1", OTHER)}
    assert built["dev"].unproven("web") == frozenset()


def test_a_tag_here_and_a_digest_there_are_not_proven_to_belong_together(tmp_path: Path) -> None:
    built = build(tmp_path, ONE, {"dev/a.yaml": deployment("a", f"{WEB}:1", f"{WEB}@{DIGEST}")})
    assert {str(repository) for repository in built["dev"].unproven("web")} == {WEB}


def test_3_4_the_images_of_an_app_are_found_together(tmp_path: Path) -> None:
    config = f"apps: {{web: {{images: [{WEB}, {WEB}-migrate]}}}}\nenvironments: {{dev: {{path: dev}}}}"
    files = {"dev/a.yaml": deployment("a", f"{WEB}:1"), "dev/kustomization.yaml": kustomization(f"{WEB}-migrate", "1")}
    assert build(tmp_path, config, files).told("dev", "web") == ["dev/a.yaml 1", "dev/kustomization.yaml 1"]
