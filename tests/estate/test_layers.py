"""Layers over objects and charts, parts of files, markers and revisions (SEMANTICS 1.4, 2.6, 3.1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.errors import UsageError
from promote.image import Version
from tests.estate.building import Files, build, deployment, kustomization
from tests.kubectl import kustomize

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
    files: Files = {"dev/a.yaml": f"a: 1 # promote: api tag\nimage: x/api:1.0.0 # promote: api\nb: {WEB}:2.0.0\n"}
    built = build(tmp_path, config, files, apps=["web"])
    assert built["dev"].aside == ()
    assert built.told("dev", "web") == ["dev/a.yaml 2.0.0"]


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


def test_3_1_each_object_over_a_chart_runs_what_it_says(tmp_path: Path) -> None:
    """Of two releases of one chart that set only the tag, one was edited and the other taken for shadowed."""
    release = RELEASE + f"spec: {{{IN_GIT}, values: {{image: {{tag: %s}}}}}}\n"
    files: Files = {
        "charts/web/values.yaml": VALUES,
        "apps/eu.yaml": (release % "1.4.0").replace("name: web}", "name: eu}"),
        "apps/us.yaml": (release % "1.5.0").replace("name: web}", "name: us}"),
        # One that leaves the tag to the chart.
        "apps/as.yaml": release.replace("image: {tag: %s}", "replicas: 1").replace("name: web}", "name: as}"),
    }
    built = build(tmp_path, layered("charts", "apps"), files)
    assert built.told("dev", "web") == ["apps/eu.yaml 1.4.0", "apps/us.yaml 1.5.0"]
    assert built.shadowed("dev", "web") == ["charts/web/values.yaml 1.0.0 by apps/eu.yaml"]


@pytest.mark.parametrize("paths", [("web",), ("web/chart", "web")])
def test_3_1_a_bundle_of_fleet_that_sets_only_tags_over_its_chart(tmp_path: Path, paths: tuple[str, ...]) -> None:
    files: Files = {
        "web/chart/values.yaml": VALUES,
        "web/fleet.yaml": """
            helm: {chart: ./chart, values: {image: {tag: 1.1.0}}}
            targetCustomizations:
            - {name: eu, helm: {values: {image: {tag: 1.2.0}}}}
        """,
    }
    built = build(tmp_path, layered(*paths), files)
    assert built.told("dev", "web") == ["web/fleet.yaml 1.1.0", "web/fleet.yaml 1.2.0"]


def test_3_1_a_helm_chart_config_lies_over_the_helm_chart_of_its_name(tmp_path: Path) -> None:
    files: Files = {
        "dev/chart.yaml": f"""
            apiVersion: helm.cattle.io/v1
            kind: HelmChart
            metadata: {{name: web}}
            spec:
              valuesContent: |
                image: {{repository: {WEB}, tag: 1.0.0}}
        """,
        "dev/config.yaml": """
            apiVersion: helm.cattle.io/v1
            kind: HelmChartConfig
            metadata: {name: web}
            spec:
              valuesContent: |
                image: {tag: 1.1.0}
        """,
    }
    assert build(tmp_path, ONE, files).told("dev", "web") == ["dev/config.yaml 1.1.0"]


@pytest.mark.parametrize("apps", [None, ["web"]])
def test_3_1_another_apps_image_over_the_apps_own_is_refused_whoever_is_asked_for(
    tmp_path: Path, apps: list[str] | None
) -> None:
    config = f"apps: {{web: {{image: {WEB}}}, api: {{image: x/api}}}}\nenvironments: {{dev: {{path: [base, dev]}}}}"
    files: Files = {"base/values.yaml": VALUES, "dev/values.yaml": "image: {repository: x/api, tag: 2.0.0}\n"}
    built = build(tmp_path, config, files, apps=apps)
    assert built.barred("dev", "web") == ["dev/values.yaml other-image"]


@pytest.mark.parametrize(
    "text", ["'image: {tag: 1.4.0}'", '"image: {tag: 1.4.0}"', ">\n        image: {tag: 1.4.0}\n"]
)
def test_11_6_values_in_a_text_that_cannot_be_edited_bar_the_chart_below(tmp_path: Path, text: str) -> None:
    """The chart was edited, and what the text says went on running."""
    application = APPLICATION + f"spec:\n  source:\n    path: charts/web\n    helm:\n      values: {text}\n"
    built = build(tmp_path, layered("charts", "apps"), {"charts/web/values.yaml": VALUES, "apps/web.yaml": application})
    ((path, code),) = [bar.split() for bar in built.barred("dev", "web")]
    assert (path, code) in (("apps/web.yaml", "escaped"), ("apps/web.yaml", "block-scalar"))


def test_3_1_a_component_is_put_over_the_resources_of_whoever_names_it(tmp_path: Path) -> None:
    """kustomize renders what the component says; promote edited the base."""
    files: Files = {
        "base/kustomization.yaml": "resources: [d.yaml]\n",
        "base/d.yaml": deployment("web", f"{WEB}:1.4.0"),
        "comp/kustomization.yaml": "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n"
        + kustomization(WEB, "1.3.0").partition("\n")[2],
        "dev/kustomization.yaml": "resources: [../base]\ncomponents: [../comp]\n",
    }
    built = build(tmp_path, layered("base", "comp", "dev"), files)
    assert built.told("dev", "web") == ["comp/kustomization.yaml 1.3.0"]
    assert kustomize(tmp_path / "dev").count(f"{WEB}:1.3.0") == 1


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("", ["dev/p.yaml 1.4.1"]),
        (f"images: [{{name: {WEB}, newTag: 1.4.2}}]\n", ["dev/kustomization.yaml 1.4.2"]),
    ],
)
def test_a_json_patch_is_read_and_lies_below_the_images(tmp_path: Path, more: str, told: list[str]) -> None:
    files: Files = {
        "dev/kustomization.yaml": "resources: [d.yaml]\npatches: [{path: p.yaml, target: {kind: Deployment}}]\n" + more,
        "dev/d.yaml": deployment("web", "x/other:1"),
        "dev/p.yaml": f"- {{op: replace, path: /spec/template/spec/containers/0/image, value: '{WEB}:1.4.1'}}\n",
    }
    assert build(tmp_path, ONE, files).told("dev", "web") == told
    assert f"{WEB}:{told[0][-5:]}" in kustomize(tmp_path / "dev")


def test_images_of_a_kustomization_set_over_its_own_inline_patches(tmp_path: Path) -> None:
    operation = f"{{op: replace, path: /spec/template/spec/containers/0/image, value: '{WEB}:1.4.1'}}"
    patch = f"patches:\n- target: {{kind: Deployment}}\n  patch: |\n    - {operation}\n"
    files: Files = {
        "dev/kustomization.yaml": f"resources: [d.yaml]\n{patch}images: [{{name: {WEB}, newTag: 1.4.2}}]\n",
        "dev/d.yaml": deployment("web", "x/other:1"),
    }
    built = build(tmp_path, ONE, files)
    assert built.told("dev", "web") == ["dev/kustomization.yaml 1.4.2"]
    assert f"{WEB}:1.4.2" in kustomize(tmp_path / "dev")


def test_an_inline_patch_of_a_release_is_read_as_a_release(tmp_path: Path) -> None:
    files: Files = {
        "base/hr.yaml": RELEASE + f"spec: {{values: {VALUES.strip()[7:]}}}\n",
        "dev/kustomization.yaml": """
            resources: [../base/hr.yaml]
            patches:
            - patch: |
                apiVersion: helm.toolkit.fluxcd.io/v2
                kind: HelmRelease
                metadata: {name: web}
                spec: {values: {tag: 1.4.1}}
        """,
    }
    assert build(tmp_path, layered("base", "dev"), files).told("dev", "web") == ["dev/kustomization.yaml 1.4.1"]


def test_a_kustomization_that_puts_another_image_in_its_place_is_refused(tmp_path: Path) -> None:
    files: Files = {
        "dev/kustomization.yaml": f"resources: [d.yaml]\nimages: [{{name: {WEB}, newName: x/y, newTag: 1.3.0}}]\n",
        "dev/d.yaml": deployment("web", f"{WEB}:1.4.0"),
    }
    assert build(tmp_path, ONE, files).barred("dev", "web") == ["dev/kustomization.yaml other-image"]


@pytest.mark.parametrize("apps", [None, ["api"], ["web"]])
@pytest.mark.parametrize(
    ("text", "one"),
    [
        (f"image: {WEB}:1.0.0 # promote: api\n", "api and web"),
        ("image: {repository: x/api, tag: 1.4.0} # promote: web tag\n", "web and api"),
        (f"images:\n- {{name: {WEB}, newTag: 1.4.0}} # promote: api tag\n", "api and web"),
    ],
)
def test_2_1_a_marker_on_an_image_of_another_app_is_a_mistake_whoever_is_asked_for(
    tmp_path: Path, apps: list[str] | None, text: str, one: str
) -> None:
    """To set one app alone wrote its tag behind the other one's image, and pushed it."""
    config = f"apps: {{web: {{image: {WEB}}}, api: {{image: x/api}}}}\nenvironments: {{dev: {{path: dev}}}}"
    with pytest.raises(UsageError, match=f"belongs to two apps here, {one}"):
        build(tmp_path, config, {"dev/kustomization.yaml" if "newTag" in text else "dev/a.yaml": text}, apps=apps)


@pytest.mark.parametrize("apps", [None, ["eu"]])
def test_2_1_two_apps_of_one_image_whose_paths_overlap(tmp_path: Path, apps: list[str] | None) -> None:
    config = f"""
    apps: {{eu: {{image: {WEB}, path: '**/eu/**'}}, us: {{image: {WEB}, path: '**/us/**'}}}}
    environments: {{dev: {{path: dev}}}}
    """
    with pytest.raises(UsageError, match="belongs to two apps here"):
        build(tmp_path, config, {"dev/eu/us/a.yaml": f"image: {WEB}:1.0.0\n"}, apps=apps)
