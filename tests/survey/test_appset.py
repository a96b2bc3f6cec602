"""ApplicationSets of Argo CD: what their generators yield of files, and the environments that these are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from promote.config.load import load
from promote.survey.appset import environments, generated, unknown
from promote.survey.generators import MOST, filled
from promote.survey.ground import fits
from promote.survey.look import Look, look
from promote.tree.folder import FolderTree
from tests.survey.trees import deployment, settled, values, write

WEB = deployment("ghcr.io/acme/web:1.0.0")


def appset(generators: str, path: str, *, more: str = "", name: str = "'x'") -> str:
    """A set whose applications are at `path`."""
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: apps, namespace: argocd}\n"
        f"spec:\n  generators: [{generators}]\n  template:\n    metadata: {{name: {name}}}\n    spec:\n"
        f"      source: {{repoURL: https://git.example.com/gitops.git, path: '{path}'{more}}}\n"
        "      destination: {server: https://kubernetes.default.svc, namespace: web}\n"
    )


def seen(root: Path, text: str, *paths: str, **files: str) -> Look:
    write(root, {"argocd/apps.yaml": text, **dict.fromkeys(paths, WEB), **files})
    return look(FolderTree(root))


def found(looked: Look) -> dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
    return {each.name: (each.own, each.base, each.applied) for each in environments(generated(looked), looked)}


TWO = ("deploy/one/a.yaml", "deploy/two/a.yaml")


@pytest.mark.parametrize(
    ("generators", "path"),
    [
        ("", "deploy/one"),
        ("{}", "deploy/one"),
        ("{list: {}}", "deploy/{{path}}"),
        ("{list: {elements: [{cluster: blue}]}}", "deploy/one"),
        # Nothing is there, it is the root, it is outside, or nobody knows it.
        ("{list: {elements: [{env: dev}, {env: prod}]}}", "elsewhere/{{env}}"),
        ("{list: {elements: [{env: dev, at: .}, {env: prod, at: ..}]}}", "{{at}}"),
        ("{list: {elements: [{env: dev}, {env: prod}]}}", "deploy/{{ .env | upper }}"),
        ("{clusters: {}}", "deploy/{{name}}"),
        # All have the same.
        ("{list: {elements: [{env: dev}, {env: prod}]}}", "deploy"),
        # Apps, and nothing that says an environment.
        ("{git: {directories: [{path: 'deploy/*'}]}}", "{{path}}"),
        # An address is no name.
        ("{list: {elements: [{cluster: 'https://a', at: one}, {cluster: 'https://b', at: two}]}}", "deploy/{{at}}"),
    ],
)
def test_sets_of_which_no_environment_comes(generators: str, path: str, tmp_path: Path) -> None:
    assert found(seen(tmp_path, appset(generators, path), *TWO)) == {}


BLUE_GREEN = {"blue": (("deploy/one",), (), ()), "green": (("deploy/two",), (), ())}
SETS: Mapping[str, tuple[str, str]] = {
    "a list": ("{list: {elements: [{cluster: blue, at: one}, {cluster: green, at: two}]}}", "deploy/{{at}}"),
    "a list with values": (
        "{list: {elements: [{at: one, values: {env: blue}}, {at: two, values: {env: green}}]}}",
        "deploy/{{at}}",
    ),
    "a Go template": ("{list: {elements: [{Env: blue, at: one}, {Env: green, at: two}]}}", "deploy/{{ .at }}"),
    "files": ("{git: {files: [{path: 'clusters/*/config.json'}]}}", "deploy/{{ cluster.at }}"),
    "files, of any depth": ("{git: {files: [{path: '**/config.json'}]}}", "deploy/{{ .cluster.at }}"),
    "a list in a file": ("{git: {files: [{path: 'clusters/all.yaml'}]}}", "deploy/{{at}}"),
    "a matrix": (
        "{matrix: {generators: [{list: {elements: [{cluster: blue, at: one}, {cluster: green, at: two}]}}, "
        "{git: {directories: [{path: 'deploy/{{at}}'}]}}]}}",
        "{{path}}",
    ),
    "a matrix with what only the cluster knows": (
        "{matrix: {generators: [{clusters: {}}, {list: {elements: [{env: blue, at: one}, {env: green, at: two}]}}]}}",
        "deploy/{{at}}",
    ),
    "several generators": (
        "{list: {elements: [{cluster: blue, at: one}]}}, {list: {elements: [{cluster: green, at: two}]}}",
        "deploy/{{at}}",
    ),
}


@pytest.mark.parametrize("name", SETS)
def test_environments_that_parameters_name(name: str, tmp_path: Path) -> None:
    files = {
        "clusters/a/config.json": '{"cluster": {"name": "blue", "at": "one"}}\n',
        "clusters/b/config.json": '{"cluster": {"name": "green", "at": "two"}}\n',
        "clusters/c/other.json": '{"cluster": {"name": "red", "at": "two"}}\n',
        "clusters/all.yaml": "- {env: blue, at: one}\n- {env: green, at: two}\n",
    }
    write(tmp_path, files)
    assert found(seen(tmp_path, appset(*SETS[name]), *TWO)) == BLUE_GREEN


PATHS = ("a/dev/web/k.yaml", "a/prod/web/k.yaml", "a/prod/api/k.yaml", "a/.x/web/k.yaml", "a/docs/web/k.yaml")
STAGED = {"dev": (("a/dev/web",), (), ()), "prod": (("a/prod/api", "a/prod/web"), (), ())}


@pytest.mark.parametrize(
    ("directories", "path", "wanted"),
    [
        ("[{path: 'a/*/*'}, {path: 'a/docs/*', exclude: true}]", "{{path}}", STAGED),
        ("[{path: 'a/[dp]*/*'}]", "{{ .path.path }}", STAGED),
        ("[{path: a/**/web}]", "{{path}}", {"dev": STAGED["dev"], "prod": (("a/prod/web",), (), ())}),
        ("[{path: 'a/*'}]", "a/{{path.basename}}/web", {"dev": STAGED["dev"], "prod": (("a/prod/web",), (), ())}),
        ("[{path: 'a/*/api'}]", "a/{{path[1]}}/api", {"prod": (("a/prod/api",), (), ())}),
        ("[{path: 'a/*/api'}]", "a/{{ index .path.segments 1 }}/api", {"prod": (("a/prod/api",), (), ())}),
        ("[{path: 'a/*/api'}], pathParamPrefix: my", "{{my.path}}", {"prod": (("a/prod/api",), (), ())}),
        ("[{path: 'a/*/api'}], values: {v: '{{path[1]}}'}", "a/{{values.v}}/api", {"prod": (("a/prod/api",), (), ())}),
    ],
)
def test_environments_that_folders_say(
    directories: str, path: str, wanted: Mapping[str, object], tmp_path: Path
) -> None:
    assert found(seen(tmp_path, appset(f"{{git: {{directories: {directories}}}}}", path), *PATHS)) == wanted


def test_the_cluster_that_an_application_goes_to_is_its_environment(tmp_path: Path) -> None:
    text = appset("{git: {directories: [{path: 'deploy/*'}]}}", "{{path}}").replace(
        "server: https://kubernetes.default.svc", "name: '{{path.basename}}'"
    )
    assert found(seen(tmp_path, text, *TWO)) == {"one": (("deploy/one",), (), ()), "two": (("deploy/two",), (), ())}


def test_files_of_values_are_an_environments_own_and_the_charts_lie_below(tmp_path: Path) -> None:
    text = appset(
        "{list: {elements: [{env: blue}, {env: green}]}}",
        "chart",
        more=", helm: {valueFiles: [values.yaml, 'values-{{env}}.yaml', '/far/{{env}}.yaml', gone.yaml]}",
    )
    files = {f"chart/values-{env}.yaml": "image: {tag: '2'}\n" for env in ("blue", "green")}
    looked = seen(tmp_path, text, **files, **{"chart/values.yaml": values("web", "1"), "far/blue.yaml": "a: b\n"})
    assert found(looked) == {
        "blue": (("chart/values-blue.yaml", "far/blue.yaml"), ("chart/values.yaml",), ("chart",)),
        "green": (("chart/values-green.yaml",), ("chart/values.yaml",), ("chart",)),
    }


def test_values_of_another_source_of_this_repository(tmp_path: Path) -> None:
    text = appset("{list: {elements: [{env: dev}, {env: prod}]}}", "x").replace(
        "      source: {repoURL: https://git.example.com/gitops.git, path: 'x'}\n",
        "      sources:\n"
        "        - {repoURL: https://a.example.com, chart: web, helm: {valueFiles: ['$it/values/{{env}}/web.yaml']}}\n"
        "        - {repoURL: https://git.example.com/gitops.git, ref: it}\n",
    )
    looked = seen(tmp_path, text, "values/dev/web.yaml", "values/prod/web.yaml")
    assert {name: own for name, (own, _, _) in found(looked).items()} == {
        "dev": ("values/dev/web.yaml",),
        "prod": ("values/prod/web.yaml",),
    }


@pytest.mark.parametrize(
    ("path", "pattern", "wanted"),
    [
        ("a/b", "a/*", True),
        ("a/b/c", "a/*", False),
        ("a", "a/*", False),
        ("a/b", "a/b", True),
        ("a/bc", "a/b", False),
        ("a/b/c/d", "**/d", True),
        ("d", "**/d", True),
        ("a/b", "a/**", True),
        ("a/b/c", "a/**/**/c", True),
        ("/".join("a" * 200), "/".join(["**", "a"] * 60) + "/b", False),
    ],
)
def test_patterns_of_argo_cd(path: str, pattern: str, wanted: bool) -> None:
    assert fits(path, tuple(pattern.split("/"))) is wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a", "a"),
        ("{{a}}-{{ .b.c }}", "1-2"),
        ("{{- .a -}}", "1"),
        ("{{gone}}", None),
        ("{{ .a | lower }}", None),
        ("{{ if .a }}x{{ end }}", None),
        ("{{ index .p 0 }}", "3"),
        ("{{a", "{{a"),
    ],
)
def test_fields_of_a_template(text: str, wanted: str | None) -> None:
    assert filled(text, {"a": "1", "b.c": "2", "p[0]": "3"}) == wanted


def test_a_matrix_of_matrices_ends(tmp_path: Path) -> None:
    many = f"{{list: {{elements: [{', '.join(f'{{env: dev{n}}}' for n in range(100))}]}}}}"
    for _ in range(6):
        many = f"{{matrix: {{generators: [{many}, {many}]}}}}"
    assert 0 < len(generated(seen(tmp_path, appset(many, "deploy/one"), *TWO))) <= MOST
    nothing = f"{{matrix: {{generators: [{many}, {{list: {{elements: []}}}}]}}}}"
    assert generated(seen(tmp_path, appset(nothing, "deploy/one"), *TWO)) == ()


def test_what_only_a_cluster_or_a_forge_knows_is_told(tmp_path: Path) -> None:
    told = "Argo CD ApplicationSet apps (argocd/apps.yaml): files alone do not tell what it makes (clusters)"
    assert list(unknown(seen(tmp_path, appset("{clusters: {}}", "deploy/{{name}}"), *TWO))) == [told]
    assert list(unknown(seen(tmp_path, appset("{clusters: {}}", "deploy/one"), *TWO))) == []
    assert list(unknown(seen(tmp_path, appset("{list: {elements: []}}", "deploy/{{name}}"), *TWO))) == []


def test_what_is_proposed_of_sets(tmp_path: Path) -> None:
    """Environments that only an ApplicationSet tells of were taken for one, `main`."""
    generators = "{list: {elements: [{env: dev, at: one}, {env: prod, at: two}]}}"
    files = {"argocd/apps.yaml": appset(generators, "deploy/{{at}}"), **dict.fromkeys(TWO, WEB), "x/a.yaml": WEB}
    text = settled(tmp_path, files).text
    config = load("promote.yaml", text.encode(), environ={})
    assert {name: (each.layers, each.from_) for name, each in config.environments.items()} == {
        "dev": (("deploy/one",), None),
        "prod": (("deploy/two",), "dev"),
    }
    assert list(config.apps) == ["web"]
    assert "# The ApplicationSet apps of Argo CD.\n" in text


def test_folders_that_are_environments_stay_what_they_are(tmp_path: Path) -> None:
    """What a set calls by its cluster is the environment that its folder is."""
    generators = "{list: {elements: [{cluster: eng-dev, at: dev}, {cluster: eng-prod, at: prod}]}}"
    files = {"argocd/apps.yaml": appset(generators, "envs/{{at}}"), "envs/dev/a.yaml": WEB, "envs/prod/a.yaml": WEB}
    config = load("promote.yaml", settled(tmp_path, files).text.encode(), environ={})
    assert {name: each.layers for name, each in config.environments.items()} == {
        "dev": ("envs/dev",),
        "prod": ("envs/prod",),
    }


def test_what_a_set_in_an_environments_folder_makes_is_applied_to_it(tmp_path: Path) -> None:
    files = {
        **{
            f"clusters/{name}/apps.yaml": appset(f"{{git: {{directories: [{{path: 'deploy/{at}/*'}}]}}}}", "{{path}}")
            for name, at in (("dev", "one"), ("prod", "two"))
        },
        "deploy/one/web/a.yaml": WEB,
        "deploy/two/web/a.yaml": WEB,
    }
    config = load("promote.yaml", settled(tmp_path, files).text.encode(), environ={})
    assert {name: each.layers for name, each in config.environments.items()} == {
        "dev": ("clusters/dev", "deploy/one/web"),
        "prod": ("clusters/prod", "deploy/two/web"),
    }
