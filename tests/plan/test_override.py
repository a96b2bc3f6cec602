"""`override`: what is shared stays, and the environment's own file says it instead (SEMANTICS 3.2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.check import examine
from promote.question import drive
from tests.estate.building import Files, build, deployment, kustomization
from tests.plan.planning import WEB, after, book, outcome, plan, sha, wanted

CONFIG = f"""
apps: {{web: {{image: {WEB}}}, api: {{image: ghcr.io/acme/api}}}}
environments:
  dev: {{path: [base, dev]}}
  test: {{path: [base, test], override: test/values.yaml}}
"""
SPLIT = f"image: {{repository: {WEB}, tag: 1.4.0}}\n"


def test_3_2_without_override_a_shared_place_is_refused(tmp_path: Path) -> None:
    built = build(tmp_path, CONFIG, {"base/values.yaml": SPLIT})
    assert outcome(plan(built, wanted("dev", web="1.5.0"), book())) == ["dev web shared-site"]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"base/values.yaml": SPLIT}, "image:\n  tag: 1.5.0\n"),
        (
            {"base/values.yaml": SPLIT, "test/values.yaml": "# ours\nreplicas: 2\n"},
            "# ours\nreplicas: 2\nimage:\n  tag: 1.5.0\n",
        ),
        (
            {"base/values.yaml": SPLIT, "test/values.yaml": "image:\n    pull: Always # c\nx: 1\n"},
            "image:\n    pull: Always # c\n    tag: 1.5.0\nx: 1\n",
        ),
        ({"base/values.yaml": f"web:\n  image: {WEB}:1.4.0\n"}, f'web:\n  image: "{WEB}:1.5.0"\n'),
        (
            {"base/values.yaml": f"image: {{repository: {WEB}, tag: 1.4.0, digest: '{sha('4')}'}}\n"},
            f"image:\n  tag: 1.5.0\n  digest: {sha('5')}\n",
        ),
        (
            {"base/values.yaml": f"image: {{repository: {WEB}, tag: '1.4.0@{sha('4')}'}}\n"},
            f'image:\n  tag: "1.5.0@{sha("5")}"\n',
        ),
    ],
)  # fmt: skip
def test_3_2_override_says_it_in_a_file_of_its_own(tmp_path: Path, files: Files, told: str) -> None:
    built = build(tmp_path, CONFIG, files)
    made = plan(built, wanted("test", web="1.5.0"), book())
    assert [str(change.new) for change in made.changes] == [f"1.5.0{'@' + sha('5') if 'sha256' in told else ''}"]
    assert after(made, "test/values.yaml") == told
    # What is told is the file that changes, not the one that stays.
    assert {change.site.anchor.path for change in made.changes} == {b"test/values.yaml"}
    assert [change.path for step in made.steps for change in step.files] == [b"test/values.yaml"]
    # From then on the override is the one place that test has for itself.
    (tmp_path / "test").mkdir(exist_ok=True)
    again = build(tmp_path, CONFIG, {"test/values.yaml": told})
    assert again.told("test", "web")[0].startswith("test/values.yaml 1.5.0")
    assert outcome(plan(again, wanted("test", web="1.5.0"), book())) == ["test web already"]
    assert outcome(plan(again, wanted("test", web="1.6.0"), book()))[0].startswith("test web 1.5.0")


K = f"""
apps: {{web: {{image: {WEB}}}}}
environments:
  dev: {{path: [base, dev]}}
  test: {{path: [base, test], override: test/kustomization.yaml}}
"""


def test_3_2_override_by_a_kustomization(tmp_path: Path) -> None:
    files: Files = {
        "base/kustomization.yaml": "resources: [deployment.yaml]\n",
        "base/deployment.yaml": deployment("web", f"{WEB}:1.4.0", f"{WEB}:1.4.0"),
        "test/kustomization.yaml": "resources:\n- ../base\n",
    }
    made = plan(build(tmp_path, K, files), wanted("test", web="1.5.0"), book())
    told = f"resources:\n- ../base\nimages:\n- name: {WEB}\n  newTag: 1.5.0\n"
    assert after(made, "test/kustomization.yaml") == told
    # One entry is for both containers, and both changes point at it.
    assert [change.site.anchor.path for change in made.changes] == [b"test/kustomization.yaml"] * 2
    again = build(tmp_path, K, {"test/kustomization.yaml": told})
    assert again.told("test", "web") == ["test/kustomization.yaml 1.5.0"]
    assert outcome(plan(again, wanted("test", web="1.5.0"), book())) == ["test web already"]


SAME = f"""
apps: {{web: {{image: {WEB}}}}}
environments:
  dev: {{path: base}}
  test: {{path: base, override: base/test.yaml}}
"""
WEAKER = SAME.replace("path: base, override: base/", "path: [test, base], override: test/")
RENAMED = f"images: [{{name: {WEB}, newName: x/y}}]\n"
BOTH = SAME.replace("path: base", "path: [base, both]").replace("base/test", "both/test")
RELEASE = f"""
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: web, namespace: web}}
spec:
  chart: {{spec: {{chart: ./charts/web, sourceRef: {{kind: GitRepository, name: x}}}}}}
  values: {{image: {{repository: {WEB}, tag: 1.4.0}}}}
"""
PARAMETERS = f"""
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: web}}
spec:
  source:
    path: charts/web
    helm:
      parameters:
      - {{name: image.repository, value: {WEB}}}
      - {{name: image.tag, value: 1.4.0}}
"""


@pytest.mark.parametrize(
    ("config", "files", "why"),
    [
        (K, {"base/deployment.yaml": deployment("web", f"{WEB}:1.4.0")}, "no such kustomization yet"),
        (K, {"base/values.yaml": SPLIT}, "a kustomization is no file of Helm values"),
        (CONFIG, {"base/deployment.yaml": deployment("web", f"{WEB}:1.4.0")}, "only a kustomization sets"),
        (CONFIG, {"base/hr.yaml": RELEASE}, "an object brings these values"),
        (CONFIG, {"base/app.yaml": PARAMETERS}, "an object brings these values"),
        (SAME, {"base/values.yaml": SPLIT}, "it must be in a later path"),
        (WEAKER, {"base/values.yaml": SPLIT}, "it must be in a later path"),
        (CONFIG, {"base/values.yaml": f"list: [{{image: {{repository: {WEB}, tag: 1.4.0}}}}]\n"}, "stands in a list"),
        (
            CONFIG,
            {"base/a/values.yaml": SPLIT, "base/b/values.yaml": SPLIT.replace("/web", "/api")},
            "api has its image under the same keys",
        ),
        # It leads elsewhere, and an entry would match nothing.
        (
            K,
            {
                "base/deployment.yaml": deployment("web", f"{WEB}:1.4.0"),
                "test/kustomization.yaml": "resources: [map.yaml]\n",
                "test/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n",
            },
            "it would not stand above base/deployment.yaml:",
        ),
        # What lies between has another name for the image by then.
        (
            K,
            {
                "base/deployment.yaml": deployment("web", f"{WEB}:1.4.0"),
                "mid/kustomization.yaml": f"resources: [../base/deployment.yaml]\n{RENAMED}",
                "test/kustomization.yaml": "resources: [../mid]\n",
            },
            f"would find no image {WEB} in what its resources lead to",
        ),
        # Another environment reads the file too.
        (BOTH, {"base/values.yaml": SPLIT}, "dev/web would change too"),
        (
            K.replace("dev: {path: [base, dev]}", "dev: {path: [base, dev]}\n  more: {path: more}"),
            {
                "base/kustomization.yaml": "resources: [deployment.yaml]\n",
                "base/deployment.yaml": deployment("web", f"{WEB}:1.4.0"),
                "test/kustomization.yaml": "resources: [../base]\n",
                "more/kustomization.yaml": "resources: [../test]\n",
            },
            "more/web would change too",
        ),
        # Its resources do not lead to what it would set over: a second entry a run would help nobody.
        (
            K,
            {
                "base/deployment.yaml": deployment("web", f"{WEB}:1.4.0"),
                "test/kustomization.yaml": kustomization(WEB, "1.4.0"),
            },
            "its resources do not lead there",
        ),
    ],
)  # fmt: skip
def test_3_2_what_an_override_cannot_stand_above(tmp_path: Path, config: str, files: Files, why: str) -> None:
    made = plan(build(tmp_path, config, files), wanted("test", web="1.5.0"), book())
    assert outcome(made) == ["test web no-override"]
    assert why in made.refusals[0].reason
    assert made.steps == ()
    # `check` tells it before anybody needs it.
    built = build(tmp_path, config, files)
    found = {one.subject: one for one in drive(examine(built.estates, ["test"]), book())}
    assert (found["test/web"].level, found["test/web"].code) == ("error", "no-override")
    assert why.removeprefix("it ") in found["test/web"].what


def test_3_2_another_app_that_was_not_named_would_change_too(tmp_path: Path) -> None:
    files: Files = {"base/a/values.yaml": SPLIT, "base/b/values.yaml": SPLIT.replace("/web", "/api")}
    built = build(tmp_path, CONFIG, files, names=["test"], apps=["web"])
    made = plan(built, wanted("test", web="1.5.0"), book())
    assert outcome(made) == ["test web no-override"]
    assert "test/api would change too" in made.refusals[0].reason


def test_3_2_what_is_edited_beside_it_is_no_fault_of_an_override(tmp_path: Path) -> None:
    files: Files = {"base/values.yaml": SPLIT, "test/api.yaml": f"api: {SPLIT.replace('/web', '/api')[7:]}"}
    made = plan(build(tmp_path, CONFIG, files), wanted("test", web="1.5.0", api="1.6.0"), book())
    assert outcome(made) == ["test web 1.4.0 → 1.5.0", "test api 1.4.0 → 1.6.0"]
    assert after(made, "test/values.yaml") == "image:\n  tag: 1.5.0\n"


def test_3_2_of_several_overrides_the_one_at_fault_is_refused(tmp_path: Path) -> None:
    config = CONFIG.replace("dev: {path: [base, dev]}", "dev: {path: [base/a, test/web.yaml]}\n  more: {path: base/b}")
    config = config.replace("test/values.yaml", "'test/{app}.yaml'")
    files: Files = {"base/a/values.yaml": SPLIT, "base/b/values.yaml": SPLIT.replace("/web", "/api")}
    made = plan(build(tmp_path, config, files), wanted("test", web="1.5.0", api="1.6.0"), book())
    assert outcome(made) == ["test api not-alone", "test web no-override"]
    assert "dev/web would change too" in made.refusals[0].reason


def test_3_2_only_what_adds_something_reads_the_files_again(tmp_path: Path) -> None:
    files: Files = {"base/values.yaml": SPLIT, "test/values.yaml": "image: {tag: 1.4.0}\n"}
    built = build(tmp_path, CONFIG, files)
    read = len(built.noted.batches)
    assert outcome(plan(built, wanted("test", web="1.5.0"), book())) == ["test web 1.4.0 → 1.5.0"]
    assert len(built.noted.batches) == read
    (tmp_path / "test/values.yaml").write_text("{}\n")
    built = build(tmp_path, CONFIG, {})
    read = len(built.noted.batches)
    assert outcome(plan(built, wanted("test", web="1.5.0"), book())) == ["test web 1.4.0 → 1.5.0"]
    assert len(built.noted.batches) > read


def test_3_2_with_app_in_override_each_app_has_a_file_of_its_own(tmp_path: Path) -> None:
    config = CONFIG.replace("test/values.yaml", "'test/{app}.yaml'")
    files: Files = {"base/a/values.yaml": SPLIT, "base/b/values.yaml": SPLIT.replace("/web", "/api")}
    refused = plan(build(tmp_path, config, files), wanted("test", web="1.5.0", api="1.6.0"), book())
    assert outcome(refused) == ["test web 1.4.0 → 1.5.0", "test api 1.4.0 → 1.6.0"]
    assert after(refused, "test/web.yaml") == "image:\n  tag: 1.5.0\n"
    assert after(refused, "test/api.yaml") == "image:\n  tag: 1.6.0\n"
