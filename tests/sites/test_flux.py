from __future__ import annotations

import pytest

from promote.sites.finders import find_in
from promote.sites.flux import folder, sources
from promote.sites.reading import Reading
from promote.sites.site import Barred, Charted
from tests.readback import stream_of
from tests.sites.objects import WEB, D, W, barred, found, fragments, rewritten

RELEASE = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: prod}\n"
KUSTOMIZATION = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web}\n"
OCI = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: web}\n"


@pytest.mark.parametrize(
    "text",
    [
        RELEASE,
        RELEASE + "spec: {}\n",
        RELEASE + "spec: {values: {image: {repository: other, name: x, tag: '1'}}}\n",
        RELEASE + f"spec: {{values: {{note: 'see {W}:1'}}}}\n",
        KUSTOMIZATION + "spec: {images: [{name: other, newTag: '1'}, web, {newTag: '1'}]}\n",
        OCI + f"spec: {{url: 'https://{W}', ref: {{tag: '1'}}}}\n",
        OCI + f"spec: {{url: 'oci://{W}'}}\n",
        OCI + f"spec: {{url: 'oci://{W}', ref: {{}}}}\n",
        # What Flux's own automation reads is nobody's place.
        f"apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImageRepository\nspec: {{image: {W}}}\n",
    ],
)
def test_what_names_no_wanted_image(text: str) -> None:
    assert [line for line in found(text) if "other-image" not in line] == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (RELEASE + f"spec: {{values: {{image: {{repository: {W}, tag: '1'}}}}}}\n", f"helmrelease {W} 1 -"),
        (RELEASE + f"spec: {{values: {{image: '{W}:1'}}}}\n", f"helmrelease {W} 1 +"),
        (RELEASE + f"spec: {{values: {{a: {{image: {W}, version: '1'}}}}}}\n", f"helmrelease {W} 1 -"),
        (RELEASE + "spec: {values: {image: {tag: '1'}}}\n", "helmrelease - 1 -"),
        (
            RELEASE + f"spec: {{postRenderers: [{{kustomize: {{images: [{{name: {W}, newTag: '1'}}]}}}}]}}\n",
            f"helmrelease {W} 1 +",
        ),
        (RELEASE + f"spec: {{other: '{W}:1'}}\n", f"manifest {W} 1 +"),
        (KUSTOMIZATION + f"spec: {{images: [{{name: web, newName: {W}, newTag: '1'}}]}}\n", f"kustomize {W} 1 +"),
        (KUSTOMIZATION + f"spec: {{images: [{{name: {W}, newTag: '1@{D}'}}]}}\n", f"kustomize {W} 1 {D}"),
        (
            KUSTOMIZATION + f"spec:\n  patches:\n  - patch: |\n      - {{op: add, path: /a, value: '{W}:1'}}\n",
            f"kustomize {W} 1 +",
        ),
        (OCI + f"spec: {{url: 'oci://{W}', ref: {{tag: '1.0'}}}}\n", "chart - 1.0 +"),
        (OCI + f"spec: {{url: 'oci://{W}', ref: {{tag: '1.0', digest: '{D}'}}}}\n", f"chart - 1.0 {D}"),
        (OCI + f"spec: {{url: 'oci://{W}', ref: {{digest: '{D}'}}}}\n", f"chart - + {D}"),
    ],
)
def test_what_an_object_says(text: str, line: str) -> None:
    assert found(text) == [line]
    new = rewritten(text, "2.0.0")
    assert ["2.0.0" in each for each in found(new)] == [True]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (OCI + f"spec: {{url: 'oci://{W}', ref: {{semver: '>=1'}}}}\n", "range"),
        (OCI + f"spec: {{url: 'oci://{W}', ref: {{tag: &t '1'}}, x: *t}}\n", "anchor"),
        (RELEASE + f"spec: {{values: {{image: {{repository: {W}, tag: '${{X}}'}}}}}}\n", "template"),
        (RELEASE + f"spec: {{values: &v {{image: {{repository: {W}, tag: '1'}}}}, x: *v}}\n", "anchor"),
    ],
)
def test_11_6_what_is_refused(text: str, code: str) -> None:
    assert [bar.code for bar in barred(text)] == [code]


def test_the_images_of_a_kustomization_reach_its_path() -> None:
    text = KUSTOMIZATION + f"spec: {{path: ./apps/web/, images: [{{name: {W}, newTag: '1'}}]}}\n"
    assert [each.reaches for each in fragments(text)] == [("apps/web",)]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (None, ()),
        ("", ()),
        ("../x", ()),
        ("${cluster}/x", ()),
        ("./", ("",)),
        ("./a/b/", ("a/b",)),
        ("/a", ("a",)),
    ],
)
def test_a_folder_from_the_root(path: str | None, told: tuple[str, ...]) -> None:
    assert folder(path) == told


def test_the_values_of_a_release_are_for_the_chart_in_this_repository() -> None:
    chart = "chart: {spec: {chart: ./charts/web, sourceRef: {kind: %s, name: x}}}"
    text = RELEASE + "spec: {" + chart + ", values: {image: {tag: '1'}}}\n"
    assert [each.charts for each in fragments(text % "GitRepository")] == [("charts/web",)]
    assert [each.charts for each in fragments(text % "HelmRepository")] == [()]


@pytest.mark.parametrize(
    ("version", "told"), [("1.2.3", "Fragment"), ("v1.2.3+b1", "Fragment"), ("1.x", "range"), ("'*'", "range")]
)
def test_a_chart_of_a_helm_repository_waits_for_its_registry(version: str, told: str) -> None:
    text = (
        RELEASE + f"spec: {{chart: {{spec: {{chart: web, version: {version}, sourceRef: {{kind: HelmRepository,"
        " name: acme}}}}\n"
    )
    (hit,) = find_in(stream_of(text.encode()), WEB, ())
    assert isinstance(hit, Charted)
    assert (hit.chart, hit.source) == ("web", ("prod", "acme"))
    assert (hit.hit.code if isinstance(hit.hit, Barred) else type(hit.hit).__name__) == told


def test_the_registries_that_helm_repositories_are() -> None:
    text = (
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: acme, namespace: flux}\n"
        "spec: {type: oci, url: 'oci://ghcr.io/acme/'}\n---\n"
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: old}\n"
        "spec: {url: 'https://charts.example.com'}\n"
    )
    stream = stream_of(text.encode())
    told = [each for document in stream.documents for each in sources(Reading(stream, document, "chart"))]
    assert told == [(("flux", "acme"), "ghcr.io/acme")]
