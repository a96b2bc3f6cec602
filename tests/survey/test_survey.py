"""Repositories of every layout, and the promote.yaml that each comes to; `check` finds no error in any of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.api.starting import Local, Start, settle, start
from promote.check.environment import findings
from promote.config.load import load
from promote.config.model import Config
from promote.errors import UsageError
from promote.estate.world import World
from promote.survey.alter import chosen, delivered, in_order
from promote.survey.survey import survey
from promote.tree import MAX_FILE
from promote.tree.folder import FolderTree
from promote.tree.overlay import Overlay
from tests.config.loading import validate
from tests.survey.trees import NOTHING, deployment, kustomization, settled, values, write

Files = Mapping[str, str | bytes]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("empty")


def _config(text: str) -> Config:
    return load("promote.yaml", text.encode(), environ={})


def _said(config: Config) -> dict[str, tuple[object, ...]]:
    """Each environment in short: its layers, what it leaves out, whence it takes, and its override."""
    return {
        name: (each.layers, each.excludes, each.from_ or each.source, each.override)
        for name, each in config.environments.items()
    }


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"README.md": "# gitops\n"},
        {"envs/dev/a.txt": "image: ghcr.io/acme/web:1\n"},
        {"charts/web/templates/a.yaml": deployment("ghcr.io/acme/web:1"), ".github/a.yaml": "a: b\n"},
    ],
)
def test_where_nothing_runs_nothing_is_written(files: Files, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no YAML file here names anything that runs"):
        settled(tmp_path, files)


WEB = deployment("ghcr.io/acme/web:1")
NO_APPS: Mapping[str, tuple[Files, str]] = {
    "no UTF-8": (
        {"envs/dev/a.yaml": WEB.replace("web", "w\xe9b").encode("latin-1")},
        "envs/dev/a.yaml:3:19: is not read: is not UTF-8; save the file as UTF-8, or list it under `ignore`",
    ),
    "UTF-16": ({"envs/dev/a.yaml": WEB.encode("utf-16")}, "envs/dev/a.yaml:1:1: is not read: is not UTF-8"),
    "no YAML": ({"envs/dev/a.yaml": f"{WEB}  - : [\n"}, "is not read: "),
    "a link": ({"envs/dev/a.yaml": "a: b\n"}, "envs/dev/b.yaml: is not read: symlink; name the file or the folder"),
    "too large": ({"envs/dev/a.yaml": b"#" * (MAX_FILE + 1)}, "envs/dev/a.yaml: is not read: too large; leave it out"),
    "what cannot be edited": (
        {"envs/dev/a.yaml": deployment("ghcr.io/acme/web:${TAG}")},
        "ghcr.io/acme/web in dev: envs/dev/a.yaml:9:18 cannot be edited, it holds a template expression",
    ),
    "no image": ({"envs/dev/a.yaml": "a: b\n"}, "that could be moved"),
}


@pytest.mark.parametrize("name", NO_APPS)
def test_where_no_app_is_found_nothing_is_written_and_it_is_told_what_keeps_them_away(
    name: str, tmp_path: Path
) -> None:
    """A promote.yaml without an app was written, and the file that could not be read was not told."""
    files, told = NO_APPS[name]
    write(tmp_path, files)
    if name == "a link":
        (tmp_path / "envs/dev/b.yaml").symlink_to(tmp_path)
    with pytest.raises(UsageError) as failed:
        settled(tmp_path, {})
    assert failed.value.what.startswith("no YAML file here names an image that could be moved")
    assert told in failed.value.what
    assert failed.value.cure.startswith("name the GitOps repository by -C, or write promote.yaml by hand")


def test_a_file_that_is_not_read_is_told_beside_those_that_are(tmp_path: Path) -> None:
    files: Files = {
        "envs/dev/a.yaml": WEB,
        "envs/dev/b.yaml": b"image: w\xe9b\n",
        "envs/dev/c.yaml": b"name: w\xe9b\n",
        **{f"envs/prod/{name}.yaml": b"image: w\xe9b\n" for name in "abcdefghij"},
    }
    text = settled(tmp_path, files).text.replace("\n# ", " ")
    assert "- envs/dev/b.yaml:1:9: is not read: is not UTF-8; save the file as UTF-8" in text
    assert "envs/dev/c.yaml" not in text


def test_of_many_files_that_are_not_read_the_first_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as failed:
        settled(tmp_path, {f"envs/dev/{name}.yaml": b"image: w\xe9b\n" for name in "abcdefghij"})
    assert failed.value.what.count("is not read") == 8
    assert failed.value.what.endswith("; and 2 more of the kind")


def test_a_promote_yaml_that_is_there_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    write(tmp_path, {"promote.yaml": b"\xff", "envs/dev/a.yaml": deployment("ghcr.io/acme/web:1")})
    with pytest.raises(UsageError, match="is there already; give --force"):
        start(tmp_path, NOTHING, force=False)
    assert [app.name for app in start(tmp_path, NOTHING, force=True).proposal.apps] == ["web"]


def test_a_link_is_not_followed_out_of_the_repository(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"prod/a.yaml": deployment("ghcr.io/acme/secret:1")})
    inside = write(tmp_path / "inside", {"envs/dev/a.yaml": deployment("ghcr.io/acme/web:1")})
    (inside / "envs/prod").symlink_to(outside / "prod")
    (inside / "envs/dev/b.yaml").symlink_to(outside / "prod/a.yaml")
    os.mkfifo(inside / "envs/dev/c.yaml")
    config = _config(settled(inside, {}).text)
    assert (list(config.environments), list(config.apps)) == (["dev"], ["web"])


def test_more_files_than_anybody_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promote.survey.look.MAX_FILES", 2)
    files = {f"envs/dev/{n}.yaml": "a: b\n" for n in range(3)}
    with pytest.raises(UsageError, match="there are 3 YAML files, and init reads at most 2"):
        settled(tmp_path, files)


def test_text_that_may_be_no_image_is_no_app(tmp_path: Path) -> None:
    odd = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {redis: 'redis:6379', at: '07:00'}\n"
    files = {"envs/dev/a.yaml": deployment("redis:7"), "envs/dev/b.yaml": odd.replace("ConfigMap", "Other")}
    assert {name: str(app.repositories[0]) for name, app in _config(settled(tmp_path, files).text).apps.items()} == {
        "redis": "docker.io/library/redis"
    }


@dataclass(frozen=True)
class Layout:
    """Files, and what they come to: environments in short, and images by their apps' names."""

    files: Files
    environments: Mapping[str, tuple[object, ...]]
    apps: Mapping[str, str] = field(default_factory=lambda: {"web": "ghcr.io/acme/web"})
    remarks: tuple[str, ...] = ()
    targets: tuple[tuple[str, str, str | None], ...] = ()


BASE = {"base/kustomization.yaml": kustomization("web.yaml"), "base/web.yaml": deployment("ghcr.io/acme/web:1.0.0")}
CHARTS = {f"charts/{name}/values.yaml": values(name, "1.0.0") for name in ("web", "api")}
RELEASE = (
    "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: web, namespace: web}}\n"
    "spec: {{values: {{image: {{{}}}}}}}\n"
)
PATCHED = kustomization("../base/web") + "patches: [{path: web.yaml, target: {kind: HelmRelease}}]\n"
TWO = {"api": "ghcr.io/acme/api", "web": "ghcr.io/acme/web"}
LAYOUTS = {
    "one environment": Layout(
        {"a/web.yaml": deployment("ghcr.io/acme/web:1")}, {"main": ((".",), (), "registry", None)}
    ),
    "an image that stands in the base alone": Layout(
        {
            **BASE,
            "overlays/dev/kustomization.yaml": kustomization("../../base"),
            "overlays/prod/kustomization.yaml": kustomization("../../base", web="0.9.0"),
        },
        {
            "dev": (("base", "overlays/dev"), (), "registry", "overlays/dev/kustomization.yaml"),
            "prod": (("overlays/prod",), (), "dev", None),
        },
        remarks=("- base: all of them",),
    ),
    "a base of which one environment builds on a part": Layout(
        {
            **BASE,
            "base/other/kustomization.yaml": kustomization("other.yaml"),
            "base/other/other.yaml": deployment("ghcr.io/acme/other:1", "other"),
            "envs/dev/kustomization.yaml": kustomization("../../base"),
            "envs/prod/kustomization.yaml": kustomization("../../base"),
        },
        {
            name: (
                ("base/kustomization.yaml", "base/web.yaml", f"envs/{name}"),
                (),
                source,
                f"envs/{name}/kustomization.yaml",
            )
            for name, source in (("dev", "registry"), ("prod", "dev"))
        },
    ),
    "overlays of several apps": Layout(
        {
            f"apps/{app}/overlays/{name}/kustomization.yaml": kustomization("../../base", **{app: "1.0.0"})
            for app in ("web", "api", "jobs")
            for name in ("test", "prod")
        }
        | {f"apps/{app}/base/kustomization.yaml": kustomization("a.yaml") for app in ("web", "api", "jobs")}
        | {f"apps/{app}/base/a.yaml": deployment(f"ghcr.io/acme/{app}-side:1") for app in ("web", "api", "jobs")},
        {
            "test": (("apps/*/overlays/test/**",), (), "registry", None),
            "prod": (("apps/*/overlays/prod/**",), (), "test", None),
        },
        {"api": "ghcr.io/acme/api", "jobs": "ghcr.io/acme/jobs", "web": "ghcr.io/acme/web"},
        ("in shared layers alone, and set by no environment: ghcr.io/acme/api-side, ghcr.io/acme/jobs-side and",),
    ),
    "one chart, of which one environment sets the tag": Layout(
        {
            "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            "chart/values.yaml": values("web", "1.0.0"),
            "chart/values-dev.yaml": "image:\n  tag: 1.1.0\n",
            "chart/values-prod.yaml": "replicas: 2\n",
        },
        {
            "dev": (("chart/values.yaml", "chart/values-dev.yaml"), (), "registry", None),
            "prod": (("chart/values.yaml", "chart/values-prod.yaml"), (), "dev", "chart/values-prod.yaml"),
        },
    ),
    "several charts": Layout(
        {
            **CHARTS,
            **{f"charts/{name}/values-{env}.yaml": "image:\n  tag: '2'\n" for name in TWO for env in ("qa", "prod")},
        },
        {
            name: ((f"charts/api/values-{name}.yaml", f"charts/web/values-{name}.yaml"), (), source, None)
            for name, source in (("qa", "registry"), ("prod", "qa"))
        },
        TWO,
        targets=tuple((name, f"charts/{name}/values-{{environment}}.yaml", "image.tag") for name in TWO),
    ),
    "charts and the values of environments apart": Layout(
        {**CHARTS, **{f"envs/{env}/{name}.yaml": "image: {tag: '2'}\n" for name in TWO for env in ("dev", "prod")}},
        {"dev": (("envs/dev",), (), "registry", None), "prod": (("envs/prod",), (), "dev", None)},
        TWO,
        targets=tuple((name, f"envs/{{environment}}/{name}.yaml", "image.tag") for name in TWO),
    ),
    "a tag of which nobody can tell whose it is": Layout(
        {
            **CHARTS,
            "envs/dev/some.yaml": "image: {tag: '2'}\n",
            "envs/dev/web.yaml": deployment("ghcr.io/acme/web:1"),
            "envs/prod/web.yaml": deployment("ghcr.io/acme/web:1"),
        },
        {"dev": (("envs/dev",), (), "registry", None), "prod": (("envs/prod",), (), "dev", None)},
        remarks=("- envs/dev/some.yaml: a tag whose image could not be told; `targets` can",),
    ),
    "customizations of Fleet": Layout(
        {
            "web/fleet.yaml": (
                "helm: {chart: ./chart, values: {image: {repository: ghcr.io/acme/web, tag: 1.0.0}}}\n"
                "targetCustomizations:\n"
                "  - {name: dev, helm: {values: {image: {tag: 1.1.0}}}}\n"
                "  - {name: prod, helm: {values: {image: {tag: 1.0.0}}}}\n"
            )
        },
        {"dev": (("web/fleet.yaml",), (), "registry", None), "prod": (("web/fleet.yaml",), (), "dev", None)},
    ),
    "clusters of which only some say a stage": Layout(
        {f"clusters/{name}/a.yaml": deployment("ghcr.io/acme/web:1") for name in ("blue", "dev", "prod")},
        {
            "dev": (("clusters/dev",), (), "registry", None),
            "prod": (("clusters/prod",), (), "dev", None),
            "blue": (("clusters/blue",), (), "none", None),
        },
    ),
    "clusters of which none says a stage": Layout(
        {f"clusters/{name}/a.yaml": deployment("ghcr.io/acme/web:1") for name in ("blue", "green")},
        {name: ((f"clusters/{name}",), (), "registry", None) for name in ("blue", "green")},
    ),
    "what cannot be edited, beside what can": Layout(
        {
            "envs/dev/a.yaml": deployment("ghcr.io/acme/web:${TAG}"),
            "envs/dev/b.yaml": deployment("ghcr.io/acme/web:1"),
            "envs/prod/a.yaml": deployment("ghcr.io/acme/web:1"),
        },
        {"dev": (("envs/dev",), ("envs/dev/a.yaml",), "registry", None), "prod": (("envs/prod",), (), "dev", None)},
        remarks=("- dev leaves envs/dev/a.yaml out: envs/dev/a.yaml:9:18 cannot be edited",),
    ),
    "what cannot be edited, and nothing beside it": Layout(
        {
            "envs/dev/a.yaml": deployment(">-\n            ghcr.io/acme/api:1"),
            "envs/dev/b.yaml": deployment("ghcr.io/acme/web:1"),
        },
        {"dev": (("envs/dev",), (), "registry", None)},
        remarks=("- ghcr.io/acme/api in dev: envs/dev/a.yaml:9:18 cannot be edited, it is written as a block scalar",),
    ),
    "one file with a place that can be edited and one that cannot": Layout(
        {
            "envs/dev/a.yaml": f"{deployment('ghcr.io/acme/api:1')}---\n{deployment('ghcr.io/acme/api:$(T)', 'b')}",
            "envs/dev/b.yaml": deployment("ghcr.io/acme/web:1"),
        },
        {"dev": (("envs/dev",), (), "registry", None)},
        remarks=("- ghcr.io/acme/api in dev: envs/dev/a.yaml:19:18 cannot be edited",),
    ),
    "images that end alike": Layout(
        {
            "envs/dev/a.yaml": deployment("quay.io/acme/web:1"),
            "envs/test/a.yaml": deployment("quay.io/acme/web:1"),
            "envs/prod/a.yaml": deployment("ghcr.io/acme/web:1"),
        },
        {
            "dev": (("envs/dev",), (), "registry", None),
            "test": (("envs/test",), (), "dev", None),
            "prod": (("envs/prod",), (), "test", None),
        },
        {"acme-web": "ghcr.io/acme/web", "web": "quay.io/acme/web"},
    ),
    "a registry an environment": Layout(
        {f"envs/{name}/a.yaml": deployment(f"{name}.example.com/acme/web:1") for name in ("dev", "prod")},
        {"dev": (("envs/dev",), (), "registry", None), "prod": (("envs/prod",), (), "dev", None)},
        {"acme-web": "prod.example.com/acme/web", "web": "dev.example.com/acme/web"},
        (
            "acme/web comes from another registry in each environment "
            "(dev.example.com in dev, prod.example.com in prod): `rewrite` can make it one app",
        ),
    ),
    "a release that each environment patches": Layout(
        {
            "apps/base/web/kustomization.yaml": kustomization("release.yaml"),
            "apps/base/web/release.yaml": RELEASE.format("repository: ghcr.io/acme/web"),
        }
        | {f"apps/{name}/kustomization.yaml": PATCHED for name in ("staging", "production")}
        | {f"apps/{name}/web.yaml": RELEASE.format("tag: 1.2.3") for name in ("staging", "production")},
        {
            "staging": (("apps/base", "apps/staging"), (), "registry", None),
            "production": (("apps/base", "apps/production"), (), "staging", None),
        },
    ),
    "folders that Argo CD applies, of its own and shared": Layout(
        {
            f"argocd/{name}/{app}.yaml": (
                f"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {app}}}\n"
                f"spec: {{source: {{repoURL: https://git.example.com/gitops.git, path: {path}}}}}\n"
            )
            for name, folder in (("dev", "one"), ("prod", "two"))
            for app, path in (("web", f"deploy/{folder}"), ("infra", "infra"), ("gone", "nowhere"))
        }
        | {f"deploy/{folder}/a.yaml": deployment("ghcr.io/acme/web:1") for folder in ("one", "two")}
        | {"infra/a.yaml": deployment("ghcr.io/acme/infra:1")},
        {
            "dev": (("argocd/dev", "deploy/one"), (), "registry", None),
            "prod": (("argocd/prod", "deploy/two"), (), "dev", None),
        },
        remarks=("- infra: all of them",),
    ),
    "a folder that Flux applies to one cluster alone": Layout(
        {
            f"clusters/{name}/apps.yaml": (
                "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\n"
                f"spec: {{path: ./{path}}}\n---\n"
                "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: infra}\n"
                "spec: {path: ./infra}\n"
            )
            for name, path in (("staging", "tenants/one"), ("production", "tenants/two"))
        }
        | {f"tenants/{name}/a.yaml": deployment("ghcr.io/acme/web:1") for name in ("one", "two")}
        | {"infra/a.yaml": deployment("ghcr.io/acme/infra:1")},
        {
            "staging": (("clusters/staging", "tenants/one"), (), "registry", None),
            "production": (("clusters/production", "tenants/two"), (), "staging", None),
        },
        remarks=("- infra: all of them", "set by no environment: ghcr.io/acme/infra"),
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_and_what_it_comes_to(name: str, tmp_path: Path) -> None:
    layout = LAYOUTS[name]
    text = settled(tmp_path, layout.files).text
    config = _config(text)
    assert _said(config) == layout.environments
    assert {app: str(each.repositories[0]) for app, each in config.apps.items()} == layout.apps
    assert tuple((each.app, each.file, each.path) for each in config.targets) == layout.targets
    comments = text.replace("\n# ", " ")
    for remark in layout.remarks:
        assert remark in comments


def test_the_same_files_come_to_the_same_text(tmp_path: Path) -> None:
    layout = LAYOUTS["overlays of several apps"].files
    backwards = dict(reversed(list(layout.items())))
    assert settled(tmp_path / "a", layout).text == settled(tmp_path / "b", backwards).text


FOLDERS = (
    "base",
    "envs/dev",
    "envs/prod",
    "overlays/dev",
    "overlays/prod",
    "charts/web",
    "clusters/eu/prod",
    "prod",
    "dev",
)
NAMES = ("a.yaml", "kustomization.yaml", "values.yaml", "values-dev.yaml", "values-prod.yaml", "fleet.yaml")
CONTENTS = (
    "",
    "a: [\n",
    deployment("ghcr.io/acme/web:1"),
    deployment("ghcr.io/acme/api:1"),
    deployment("ghcr.io/acme/web:${TAG}"),
    deployment('ghcr.io/acme/web:1 # {"$imagepolicy": "flux-system:web"}'),
    values("web", "1.0.0"),
    values("api", None),
    "image:\n  tag: 1.1.0\n",
    "image: &it {repository: ghcr.io/acme/web, tag: 1}\nother: *it\n",
    kustomization("a.yaml", web="1.0.0"),
    kustomization("../../base", "../base"),
    "targetCustomizations: [{name: dev, helm: {values: {image: {tag: 1}}}}]\n",
)


def _settled_or_refused(begun: Start) -> str:
    try:
        return settle(begun, begun.proposal).text
    except UsageError as exc:
        return exc.what


@given(
    st.dictionaries(
        st.builds("{}/{}".format, st.sampled_from(FOLDERS), st.sampled_from(NAMES)), st.sampled_from(CONTENTS)
    )
)
def test_whatever_is_found_a_check_has_nothing_against_it(empty: Path, files: Mapping[str, str]) -> None:
    tree = Overlay(FolderTree(empty), {path.encode(): content.encode() for path, content in files.items()})
    begun = Start(empty, Local(tree, {}), survey(tree, {}))
    if not begun.proposal.environments or not files:
        return
    text = _settled_or_refused(begun)
    if text.startswith("no YAML file here names an"):
        return  # the apps of some, if they have any, stand where nobody could edit them
    validate(text)
    config = _config(text)
    names = list(config.environments)
    estates = World(config, begun.trees).estates(names)
    assert [each for name in names for each in findings(estates, name) if each.level == "error"] == []


def test_hostile_names_are_data(tmp_path: Path) -> None:
    files = {
        "envs/on/a.yaml": deployment("ghcr.io/acme/on:1"),
        "envs/1.10/a.yaml": deployment("ghcr.io/acme/null:1"),
        "envs/prod: {x} # y/a.yaml": deployment("ghcr.io/acme/a:1"),
        "envs/de\nv: x/a.yaml": deployment("ghcr.io/acme/b:1"),
        "envs/pr*od/a.yaml": deployment("ghcr.io/acme/c:1"),
        "envs/\x1b[31m/a.yaml": deployment("ghcr.io/acme/d:1"),
        "envs/x\u2028y: z/a.yaml": deployment("ghcr.io/acme/e:1"),
        "envs/test # x/a.yaml": deployment("ghcr.io/acme/f:1"),
    }
    text = settled(tmp_path, files).text
    config = _config(text)
    assert list(config.environments) == ["1.10", "on"]
    assert sorted(config.apps) == ["null", "on"]
    assert "\x1b" not in text
    assert "\u2028" not in text
    assert "# - 5 files have names that no path of promote.yaml can hold" in text
    assert "# - envs/test # x: no environment can be called so" in text


def test_what_is_left_of_a_choice_is_settled_by_itself(tmp_path: Path) -> None:
    layout = LAYOUTS["images that end alike"]
    begun = start(write(tmp_path, layout.files), NOTHING, force=False)
    proposal = chosen(begun.proposal, ["dev", "prod"], ["acme-web"])
    # Who took from test takes from where that took from.
    assert {each.name: each.from_ for each in proposal.environments} == {"dev": None, "prod": "dev"}
    proposal = delivered(in_order(proposal, {"prod": None, "dev": "prod"}), ["prod"], "pull-request")
    config = _config(settle(begun, proposal).text)
    assert {name: (each.from_, each.deliver) for name, each in config.environments.items()} == {
        "dev": ("prod", "commit"),
        "prod": (None, "pull-request"),
    }
    assert list(config.apps) == ["acme-web"]
