"""`--add`: an app that an environment does not have gets an entry of its kustomization (SEMANTICS 6.3)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from promote.plan.intent import Promote, Sources
from tests.estate.building import Files, build, deployment, kustomization
from tests.kubectl import kustomize
from tests.plan.planning import TAGS, WEB, Book, after, book, outcome, plan, sha, wanted

CONFIG = f"""
apps: {{web: {{image: {WEB}, aliases: [web]}}}}
environments: {{dev: {{path: dev}}, test: {{path: test, from: dev}}}}
"""
BASE: Files = {
    "base/kustomization.yaml": "resources:\n- deployment.yaml\n",
    "base/deployment.yaml": deployment("web", f"{WEB}:1.0.0"),
    "dev/kustomization.yaml": kustomization(WEB, "1.5.0", resources=["../base"]),
}


def test_6_3_without_add_an_absent_app_is_skipped(tmp_path: Path) -> None:
    files = {**BASE, "test/kustomization.yaml": "resources:\n- ../base\n"}
    made = plan(build(tmp_path, CONFIG, files), Promote("test", Sources(("dev",))), book())
    assert outcome(made) == ["test web absent"]


@pytest.mark.parametrize(
    ("before", "told"),
    [
        ("resources:\n- ../base\n", f"resources:\n- ../base\nimages:\n- name: {WEB}\n  newTag: 1.5.0\n"),
        ("resources: [../base]", f"resources: [../base]\nimages:\n- name: {WEB}\n  newTag: 1.5.0"),
        (
            "resources:\n  - ../base\nimages:\n  - name: other # x\n    newTag: '1'\n# end\n",
            "resources:\n  - ../base\nimages:\n  - name: other # x\n    newTag: '1'\n"
            f"  - name: {WEB}\n    newTag: 1.5.0\n# end\n",
        ),
        (
            "images: [{name: other, newTag: '1'}]\r\nresources: [../base]\r\n",
            f"images: [{{name: other, newTag: '1'}}, {{name: {WEB}, newTag: 1.5.0}}]\r\nresources: [../base]\r\n",
        ),
    ],
)  # fmt: skip
def test_6_3_an_entry_is_added_in_the_files_own_style(tmp_path: Path, before: str, told: str) -> None:
    built = build(tmp_path, CONFIG, {**BASE, "test/kustomization.yaml": before.encode()}, adding_to="test")
    made = plan(built, replace(Promote("test", Sources(("dev",))), add=True), book())
    assert outcome(made) == ["test web - → 1.5.0"]
    assert after(made, "test/kustomization.yaml") == told
    # Added once, it is there.
    again = build(tmp_path, CONFIG, {"test/kustomization.yaml": told.encode()}, adding_to="test")
    assert outcome(plan(again, Promote("test", Sources(("dev",)), add=True), book())) == ["test web already"]


def test_6_3_the_name_is_as_the_manifest_writes_it(tmp_path: Path) -> None:
    files: Files = {
        "base/deployment.yaml": deployment("web", "docker.io/library/nginx:1.4.0"),
        "dev/kustomization.yaml": kustomization("docker.io/library/nginx", "1.5.0"),
        "test/kustomization.yaml": "resources: [../base/deployment.yaml]\n",
    }
    config = CONFIG.replace(WEB, "nginx")
    built = build(tmp_path, config, files, adding_to="test")
    made = plan(built, Promote("test", Sources(("dev",)), add=True), Book({"docker.io/library/nginx": TAGS}))
    assert "- name: docker.io/library/nginx\n" in after(made, "test/kustomization.yaml")


def test_6_3_a_digest_goes_with_the_tag(tmp_path: Path) -> None:
    files: Files = {
        **BASE,
        "dev/kustomization.yaml": kustomization(WEB, "1.5.0", resources=["../base"], digest=sha("5")),
        "test/kustomization.yaml": "resources: [../base]\n",
    }
    config = CONFIG.replace("aliases: [web]", "pin: both")
    made = plan(build(tmp_path, config, files, adding_to="test"), Promote("test", Sources(("dev",)), add=True), book())
    assert after(made, "test/kustomization.yaml").endswith(f"  newTag: 1.5.0\n  digest: {sha('5')}\n")


@pytest.mark.parametrize(
    "files",
    [
        {"test/values.yaml": "a: 1\n"},
        {"test/kustomization.yaml": "resources: [deployment.yaml]\n"},
        {"test/kustomization.yaml": "resources: [../other]\n", "other/deployment.yaml": deployment("x", "x:1")},
    ],
)
def test_6_3_nothing_is_added_where_no_manifest_runs_it(tmp_path: Path, files: Files) -> None:
    built = build(tmp_path, CONFIG, {**BASE, **files}, adding_to="test")
    made = plan(built, Promote("test", Sources(("dev",)), add=True), book())
    assert outcome(made) == ["test web nowhere-to-add"]


MIRROR = "mirror.example.com/acme/web"
OWN = "resources: [deployment.yaml]\n"
TOP = "resources: [../base]\n"


@pytest.mark.parametrize(
    ("image", "base", "top", "entry"),
    [
        # As the manifest writes it.
        (WEB, OWN, TOP, WEB),
        # A base that renames the image to one of the app's, and one that gives the app's image its name.
        (WEB, OWN + f"images: [{{name: {WEB}, newName: {MIRROR}}}]\n", TOP, MIRROR),
        ("web", OWN + f"images: [{{name: web, newName: {WEB}, newTag: 1.0.0}}]\n", TOP, WEB),
        # Entries are looked at one after the other.
        (
            "old",
            OWN + f"images: [{{name: old, newName: web}}, {{name: web, newName: {WEB}}}]\n",
            TOP + "images: [{name: other, newName: web}]\n",
            WEB,
        ),
        # A component changes what was gathered before it.
        (
            WEB,
            OWN + f"components: [part]\nimages: [{{name: x, newName: {WEB}}}]\n",
            TOP,
            MIRROR,
        ),
    ],
)  # fmt: skip
def test_6_3_kustomize_renders_what_was_added(tmp_path: Path, image: str, base: str, top: str, entry: str) -> None:
    component = f"kind: Component\nimages: [{{name: {WEB}, newName: {MIRROR}}}]\n"
    files: Files = {
        "base/deployment.yaml": deployment("web", f"{image}:1.0.0"),
        "base/kustomization.yaml": base,
        "base/part/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\n" + component,
        "test/kustomization.yaml": top,
    }
    config = f"apps: {{web: {{images: [{WEB}, {MIRROR}]}}}}\nenvironments: {{test: {{path: test}}}}\n"
    built = build(tmp_path, config, files, adding_to="test")
    assert "image: " in kustomize(tmp_path / "test")
    assert ":1.6.0" not in kustomize(tmp_path / "test")
    made = plan(built, replace(wanted("test", web="1.6.0"), add=True), Book({WEB: TAGS, MIRROR: TAGS}))
    assert outcome(made) == ["test web - → 1.6.0"]
    (tmp_path / "test/kustomization.yaml").write_text(after(made, "test/kustomization.yaml"))
    assert f"name: {entry}" in after(made, "test/kustomization.yaml")
    assert f"image: {entry}:1.6.0\n" in kustomize(tmp_path / "test").replace("- image", "  image").replace("  name", "")


@pytest.mark.parametrize(
    ("files", "code", "why"),
    [
        # Renamed to what is no image of the app: no entry would be the app's.
        (
            {"base/kustomization.yaml": OWN + f"images: [{{name: {WEB}, newName: {MIRROR}}}]\n"},
            "nowhere-to-add",
            f"renamed the image to {MIRROR}",
        ),
        # Another environment runs the kustomization, by its path or by one that leads there.
        ({"more/kustomization.yaml": "resources: [../test]\n"}, "shared-site", "more runs this kustomization too"),
        # The base has the image in an object that no entry of a kustomization sets.
        (
            {
                "base/kustomization.yaml": "resources: [deployment.yaml, release.yaml]\n",
                "base/release.yaml": "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
                f"metadata: {{name: a}}\nspec: {{values: {{image: {{repository: {WEB}, tag: 1.0.0}}}}}}\n",
            },
            "nowhere-to-add",
            "it would not stand above base/release.yaml:4:",
        ),
    ],
)  # fmt: skip
def test_6_3_what_would_not_come_of_an_entry_is_refused(tmp_path: Path, files: Files, code: str, why: str) -> None:
    config = f"apps: {{web: {{image: {WEB}}}}}\nenvironments: {{test: {{path: test}}, more: {{path: more}}}}\n"
    built = build(tmp_path, config, {**BASE, "test/kustomization.yaml": TOP, **files}, adding_to="test")
    made = plan(built, replace(wanted("test", web="1.6.0"), add=True), book())
    assert outcome(made) == [f"test web {code}"]
    assert why in made.refusals[0].reason
    assert made.steps == ()


def test_6_3_a_kustomization_of_two_environments_is_written_where_it_is_said(tmp_path: Path) -> None:
    config = f"apps: {{web: {{image: {WEB}}}}}\nenvironments:\n  more: {{path: test}}\n  test: {{path: test%s}}\n"
    for more, told in (("", "test web shared-site"), (", shared_with: [more]", "test web - → 1.6.0")):
        built = build(tmp_path, config % more, {**BASE, "test/kustomization.yaml": TOP}, adding_to="test")
        made = plan(built, replace(wanted("test", web="1.6.0"), add=True), book())
        assert outcome(made) == [told]


def test_6_3_an_entry_that_renames_is_not_stood_beside(tmp_path: Path) -> None:
    renames = TOP + f"images: [{{name: {WEB}, newName: x/y, newTag: '1'}}]\n"
    built = build(tmp_path, CONFIG, {**BASE, "test/kustomization.yaml": renames}, adding_to="test")
    made = plan(built, replace(Promote("test", Sources(("dev",))), add=True), book())
    assert [refusal.app for refusal in made.refusals] == ["web"]
    assert made.steps == ()


def test_6_3_set_adds_too(tmp_path: Path) -> None:
    files = {**BASE, "dev/kustomization.yaml": "resources: [../base]\n"}
    built = build(tmp_path, CONFIG, files, adding_to="dev")
    made = plan(built, replace(wanted("dev", web="1.6.0"), add=True), book())
    assert outcome(made) == ["dev web - → 1.6.0"]


def test_6_3_a_file_that_cannot_take_an_entry_is_refused(tmp_path: Path) -> None:
    files = {**BASE, "test/kustomization.yaml": "resources: [../base]\nimages: none\n"}
    made = plan(build(tmp_path, CONFIG, files, adding_to="test"), Promote("test", Sources(("dev",)), add=True), book())
    assert outcome(made) == ["test web no-place"]
    assert made.steps == ()
