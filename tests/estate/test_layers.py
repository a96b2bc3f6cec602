"""Layers over objects and charts, parts of files, markers and revisions (SEMANTICS 1.4, 2.6, 3.1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.errors import UsageError
from promote.image import Version
from tests.estate.building import Files, build, deployment, kustomization

WEB = "ghcr.io/acme/web"
DIGEST = f"sha256:{'a' * 64}"
ONE = f"apps: {{web: {{image: {WEB}}}}}\nenvironments: {{dev: {{path: dev}}}}"
RELEASE = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\n"
IN_GIT = "chart: {spec: {chart: ./charts/web, sourceRef: {kind: GitRepository, name: all}}}"
APPLICATION = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\n"


def layered(*paths: str, app: str = f"image: {WEB}", more: str = "") -> str:
    return f"apps: {{web: {{{app}}}}}\nenvironments: {{dev: {{path: [{', '.join(paths)}]{more}}}}}"


VALUES = f"image: {{repository: {WEB}, tag: 1.0.0}}\n"


@pytest.mark.parametrize(
    "strong",
    [
        RELEASE + f"spec: {{{IN_GIT}, values: {{image: {{tag: 2.0.0}}}}}}\n",
        APPLICATION + "spec: {source: {path: charts/web, helm: {parameters: [{name: image.tag, value: 2.0.0}]}}}\n",
        APPLICATION + "spec: {source: {path: charts/web, helm: {valuesObject: {image: {tag: 2.0.0}}}}}\n",
        APPLICATION
        + "spec:\n  source:\n    path: charts/web\n    helm:\n      values: |\n        image: {tag: 2.0.0}\n",
    ],
)
@pytest.mark.parametrize("paths", [("charts/web", "apps"), (".",)])
def test_3_1_what_an_object_gives_a_chart_lies_over_the_charts_values(
    tmp_path: Path, strong: str, paths: tuple[str, ...]
) -> None:
    """The tag was written into the chart's values, over which the object's tag stands: nothing was deployed."""
    built = build(tmp_path, layered(*paths), {"charts/web/values.yaml": VALUES, "apps/web.yaml": strong})
    assert built.told("dev", "web") == ["apps/web.yaml 2.0.0"]
    assert {site.format for site in built["dev"].sites("web")} <= {"argocd", "helmrelease"}
    assert built.shadowed("dev", "web") == ["charts/web/values.yaml 1.0.0 by apps/web.yaml"]


@pytest.mark.parametrize(
    "strong",
    [
        # Another chart, another key, another repository's chart.
        RELEASE + f"spec: {{{IN_GIT.replace('/web', '/api')}, values: {{image: {{tag: 2.0.0}}}}}}\n",
        RELEASE + f"spec: {{{IN_GIT}, values: {{other: {{tag: 2.0.0}}}}}}\n",
        RELEASE + f"spec: {{{IN_GIT.replace('Git', 'Helm')}, values: {{image: {{tag: 2.0.0}}}}}}\n",
    ],
)
def test_3_1_what_is_for_another_chart_lies_over_nothing(tmp_path: Path, strong: str) -> None:
    files = {"charts/web/values.yaml": VALUES, "apps/web.yaml": strong}
    assert build(tmp_path, layered("charts/web", "apps"), files).told("dev", "web") == ["charts/web/values.yaml 1.0.0"]


def test_3_1_an_overlay_of_a_release_that_sets_only_the_tag(tmp_path: Path) -> None:
    files = {
        "base/release.yaml": RELEASE + f"spec: {{values: {VALUES.strip()[7:]}}}\n",
        "dev/patch.yaml": RELEASE + "spec: {values: {tag: 2.0.0}}\n",
        "dev/other.yaml": RELEASE.replace("name: web", "name: api") + "spec: {values: {tag: 3.0.0}}\n",
    }
    built = build(tmp_path, layered("base", "dev"), files)
    assert built.told("dev", "web") == ["dev/patch.yaml 2.0.0"]
    assert built.shadowed("dev", "web") == ["base/release.yaml 1.0.0 by dev/patch.yaml"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (f"image: {{repository: {WEB}, tag: ''}}\n", ["c/Chart.yaml 1.4.0"]),
        (f"image: {{repository: {WEB}}}\n", ["c/Chart.yaml 1.4.0"]),
        (f"image:\n  repository: {WEB}\n  tag:\n", ["c/Chart.yaml 1.4.0"]),
        # What gives a version needs no other.
        (VALUES, ["c/values.yaml 1.0.0"]),
        (f"image: {{repository: {WEB}, tag: '', digest: '{DIGEST}'}}\n", [f"c/values.yaml @{DIGEST}"]),
        (f"image: {WEB}\n", ["c/values.yaml"]),
    ],
)
def test_3_1_the_app_version_of_a_chart_is_its_weakest_tag(tmp_path: Path, values: str, told: list[str]) -> None:
    files = {"c/values.yaml": values, "c/Chart.yaml": "name: web\nappVersion: 1.4.0\n"}
    assert build(tmp_path, layered("c"), files).told("dev", "web") == told


def test_3_1_an_app_version_that_several_images_take_is_nobodys(tmp_path: Path) -> None:
    """To set one app moved the other along, and nobody was told."""
    values = f"web: {{image: {{repository: {WEB}, tag: ''}}}}\nside: {{image: {{repository: x/side, tag: '%s'}}}}\n"
    files: Files = {"c/values.yaml": values % "", "c/Chart.yaml": "appVersion: 1.4.0\n"}
    assert build(tmp_path, layered("c"), files).told("dev", "web") == ["c/values.yaml"]
    # A tag of its own needs none.
    again = build(tmp_path, layered("c"), {"c/values.yaml": values % "7"})
    assert again.told("dev", "web") == ["c/Chart.yaml 1.4.0"]


def test_3_1_an_overlay_stands_above_the_app_version(tmp_path: Path) -> None:
    files = {
        "c/values.yaml": f"image: {{repository: {WEB}, tag: ''}}\n",
        "c/Chart.yaml": "appVersion: 1.4.0\n",
        "dev/values.yaml": "image: {tag: 2.0.0}\n",
    }
    assert build(tmp_path, layered("c", "dev"), files).told("dev", "web") == ["dev/values.yaml 2.0.0"]
    # A chart outside of the environment's paths is not this environment's to read.
    assert build(tmp_path, layered("c/values.yaml"), files).told("dev", "web") == ["c/values.yaml"]


def test_3_1_images_of_a_flux_kustomization_shadow_what_its_path_holds(tmp_path: Path) -> None:
    flux = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web}\n"
        f"spec: {{path: ./apps/%s, images: [{{name: {WEB}, newTag: 2.0.0}}]}}\n"
    )
    files: Files = {
        "apps/web/deployment.yaml": deployment("web", f"{WEB}:1.0.0"),
        "apps/kept/kustomization.yaml": kustomization(WEB, "1.1.0", resources=["deployment.yaml"]),
        "apps/kept/deployment.yaml": deployment("web", f"{WEB}:1.0.0"),
        "apps/kept/unused.yaml": deployment("other", f"{WEB}:0.9.0"),
        "clusters/dev/web.yaml": flux % "web",
        "clusters/dev/kept.yaml": flux % "kept",
    }
    built = build(tmp_path, layered("apps", "clusters/dev"), files)
    assert built.told("dev", "web") == [
        # Not among the resources of the kustomization there.
        "apps/kept/unused.yaml 0.9.0",
        "clusters/dev/kept.yaml 2.0.0",
        "clusters/dev/web.yaml 2.0.0",
    ]
    assert built.shadowed("dev", "web") == [
        "apps/kept/deployment.yaml 1.0.0 by apps/kept/kustomization.yaml",
        "apps/kept/kustomization.yaml 1.1.0 by clusters/dev/kept.yaml",
        "apps/web/deployment.yaml 1.0.0 by clusters/dev/web.yaml",
    ]


def test_3_1_images_of_an_application_shadow_the_kustomization_at_its_path(tmp_path: Path) -> None:
    files: Files = {
        "apps/web/kustomization.yaml": kustomization(WEB, "1.0.0"),
        "dev/web.yaml": APPLICATION + f"spec: {{source: {{path: apps/web, kustomize: {{images: ['{WEB}:2.0.0']}}}}}}\n",
    }
    built = build(tmp_path, layered("apps", "dev"), files)
    assert built.told("dev", "web") == ["dev/web.yaml 2.0.0"]


CHARTED = RELEASE + (
    "spec: {chart: {spec: {chart: web, version: 1.0.0, sourceRef: {kind: HelmRepository, name: acme%s}}}}\n"
)
REGISTRY = (
    "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: acme%s}\n"
    "spec: {type: oci, url: 'oci://%s'}\n"
)


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        ([("", "ghcr.io/acme")], ["dev/web.yaml 1.0.0"]),
        ([(", namespace: flux", "ghcr.io/acme")], ["dev/web.yaml 1.0.0"]),
        ([("", "ghcr.io/other")], []),
        # Two that could be meant are none.
        ([("", "ghcr.io/acme"), (", namespace: b", "ghcr.io/other")], []),
        ([], []),
    ],
)
def test_a_chart_of_a_helm_repository_is_looked_up_across_files(
    tmp_path: Path, sources: list[tuple[str, str]], told: list[str]
) -> None:
    files: Files = {"dev/web.yaml": CHARTED % ""}
    files = {**files, **{f"dev/source{n}.yaml": REGISTRY % each for n, each in enumerate(sources)}}
    assert build(tmp_path, ONE, files).told("dev", "web") == told


def test_a_namespace_tells_two_helm_repositories_apart(tmp_path: Path) -> None:
    files: Files = {
        "dev/web.yaml": CHARTED % ", namespace: a",
        "dev/a.yaml": REGISTRY % (", namespace: a", "ghcr.io/acme"),
        "dev/b.yaml": REGISTRY % (", namespace: b", "ghcr.io/other"),
    }
    assert build(tmp_path, ONE, files).told("dev", "web") == ["dev/web.yaml 1.0.0"]


def test_11_6_a_dependency_of_a_chart_with_a_lock_file_is_refused(tmp_path: Path) -> None:
    """Helm refuses a chart whose lock file no longer fits: the tag would have broken the build."""
    chart = "dependencies:\n- {name: web, repository: 'oci://ghcr.io/acme', version: 1.0.0}\n"
    built = build(tmp_path, ONE, {"dev/a/Chart.yaml": chart, "dev/b/Chart.yaml": chart, "dev/b/Chart.lock": "x\n"})
    assert built.told("dev", "web") == ["dev/a/Chart.yaml 1.0.0"]
    assert built.barred("dev", "web") == ["dev/b/Chart.yaml lock"]


WITHIN = f"""
apps: {{web: {{image: {WEB}}}}}
environments:
  test: {{path: all, within: 'environments.{{environment}}'}}
  prod: {{path: all, within: 'environments.{{environment}}'}}
  eu: {{path: all, within: 'list[name=eu]'}}
"""


def test_1_4_within_is_one_part_of_each_file(tmp_path: Path) -> None:
    files: Files = {
        "all/values.yaml": f"""
            image: {WEB}:0.0.1
            environments:
              test: {{web: {{image: {WEB}:1.0.0}}}}
              prod: {{web: {{image: {WEB}:2.0.0}}}}
            list:
            - {{name: eu, image: {WEB}:3.0.0}}
            - {{name: us, image: {WEB}:4.0.0}}
        """,
        "all/other.yaml": f"image: {WEB}:9.0.0\n",
    }
    built = build(tmp_path, WITHIN, files)
    assert built.told("test", "web") == ["all/values.yaml 1.0.0"]
    assert built.told("prod", "web") == ["all/values.yaml 2.0.0"]
    assert built.told("eu", "web") == ["all/values.yaml 3.0.0"]


def test_1_4_what_bars_a_file_bars_all_of_it(tmp_path: Path) -> None:
    built = build(tmp_path, WITHIN, {"all/values.yaml": f"image: {WEB}:1\n{{"})
    assert built.barred("test", "web") == ["all/values.yaml not-yaml"]


def test_1_4_target_customizations_of_fleet(tmp_path: Path) -> None:
    config = f"""
    apps: {{web: {{image: {WEB}}}}}
    environments:
      test: {{path: web, within: 'targetCustomizations[name=test]'}}
      prod: {{path: web, within: 'targetCustomizations[name=prod]'}}
    """
    files: Files = {
        "web/fleet.yaml": f"""
            helm: {{values: {{image: {{repository: {WEB}, tag: '0'}}}}}}
            targetCustomizations:
            - {{name: test, helm: {{values: {{image: {{tag: '1'}}}}}}}}
            - {{name: prod, helm: {{values: {{image: {{tag: '2'}}}}}}}}
        """
    }
    built = build(tmp_path, config, files)
    assert built.told("test", "web") == ["web/fleet.yaml 1"]
    assert built.told("prod", "web") == ["web/fleet.yaml 2"]


def test_2_6_a_flux_marker_means_the_app_of_its_name_or_of_its_policy(tmp_path: Path) -> None:
    config = f"""
    apps: {{web: {{image: {WEB}}}, api: {{image: ghcr.io/acme/api, imagepolicy: 'flux-system:api-prod'}}}}
    environments: {{dev: {{path: dev}}}}
    """
    files: Files = {
        "dev/a.yaml": """
            web: 1.0.0 # {"$imagepolicy": "flux-system:web:tag"}
            api: 2.0.0 # {"$imagepolicy": "flux-system:api-prod:tag"}
            old: 3.0.0 # {"$imagepolicy": "flux-system:old:tag"}
        """
    }
    built = build(tmp_path, config, files)
    assert built.told("dev", "web") == ["dev/a.yaml 1.0.0"]
    assert built.told("dev", "api") == ["dev/a.yaml 2.0.0"]
    assert [(bar.code, bar.span.line) for bar in built["dev"].aside] == [("unbound-marker", 3)]


def test_2_6_a_marker_of_an_app_that_is_not_asked_for_is_not_unbound(tmp_path: Path) -> None:
    config = f"apps: {{web: {{image: {WEB}}}, api: {{image: x/api}}}}\nenvironments: {{dev: {{path: dev}}}}"
    files: Files = {"dev/a.yaml": f"a: 1 # promote: api tag\nimage: {WEB}:1.0.0 # promote: api\nb: {WEB}:2.0.0\n"}
    built = build(tmp_path, config, files, apps=["web"])
    assert built["dev"].aside == ()
    # The marker gives the place to the other app.
    assert built.told("dev", "web") == ["dev/a.yaml 2.0.0"]


def test_2_1_a_marker_on_an_image_of_another_app_is_a_mistake(tmp_path: Path) -> None:
    config = f"apps: {{web: {{image: {WEB}}}, api: {{image: x/api}}}}\nenvironments: {{dev: {{path: dev}}}}"
    with pytest.raises(UsageError, match="belongs to two apps here, api and web"):
        build(tmp_path, config, {"dev/a.yaml": f"image: {WEB}:1.0.0 # promote: api\n"})


def test_2_4_a_marker_tells_two_apps_of_one_image_apart(tmp_path: Path) -> None:
    config = f"""
    apps:
      blue: {{image: {WEB}, path: '**'}}
      green: {{image: {WEB}, path: '**'}}
    environments: {{dev: {{path: dev}}}}
    """
    files: Files = {"dev/a.yaml": f"a: {WEB}:1.0.0 # promote: blue\nb: {WEB}:2.0.0 # promote: green\n"}
    built = build(tmp_path, config, files)
    assert built.told("dev", "blue") == ["dev/a.yaml 1.0.0"]
    assert built.told("dev", "green") == ["dev/a.yaml 2.0.0"]


def test_a_tag_that_a_marker_gives_to_an_app_lies_over_a_weaker_layer(tmp_path: Path) -> None:
    files: Files = {"base/values.yaml": VALUES, "dev/values.yaml": "image:\n  tag: 2.0.0 # promote: web\n"}
    assert build(tmp_path, layered("base", "dev"), files).told("dev", "web") == ["dev/values.yaml 2.0.0"]


def test_a_revision_moves_where_it_is_the_tag(tmp_path: Path) -> None:
    remote = "https://github.com/acme/web//deploy?ref=v1.0.0"
    files: Files = {
        "dev/kustomization.yaml": kustomization(WEB, "v1.0.0", resources=[remote, remote.replace("v1.0.0", "main")])
    }
    config = layered("dev", app=f"image: {WEB}, refs: [github.com/acme/web]")
    built = build(tmp_path, config, files)
    assert [site.format for site in built["dev"].sites("web")] == ["revision", "kustomize"]
    assert built["dev"].runs("web") == Version("v1.0.0")
    assert [(bar.code, bar.span.line) for bar in built["dev"].aside] == [("other-revision", 4)]
    # Without `refs` nobody said that it is the app's code.
    assert [site.format for site in build(tmp_path, layered("dev"), files)["dev"].sites("web")] == ["kustomize"]
