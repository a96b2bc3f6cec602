from __future__ import annotations

import pytest

from promote.sites.argocd import steps
from tests.sites.objects import D, W, barred, found, fragments, rewritten


def app(source: str, kind: str = "Application") -> str:
    """An Application, or an ApplicationSet, with one source: a text that is indented by four."""
    if kind == "ApplicationSet":
        spec = "spec:\n  generators: [{list: {elements: [{name: a}]}}]\n  template:\n    spec:\n      source:\n"
        source = "\n".join(f"    {line}" for line in source.splitlines())
    else:
        spec = "spec:\n  source:\n"
    return f"apiVersion: argoproj.io/v1alpha1\nkind: {kind}\nmetadata: {{name: web}}\n{spec}{source}\n"


@pytest.mark.parametrize(
    "source",
    [
        "    path: x",
        "    kustomize: {images: [ghcr.io/acme/other:1, 'web=ghcr.io/acme/other:1', 1, [a]]}",
        "    helm: {parameters: [{name: image.tag, value: '1'}, {name: x}, {value: y}, 3], values: 'a: b'}",
        "    helm: {valuesObject: {image: {repository: other, tag: 1}}}",
        "    {chart: web, repoURL: https://charts.example.com, targetRevision: 1.2.3}",
        "    {chart: web, repoURL: ghcr.io/other, targetRevision: 1.2.3}",
        "    {path: charts/web, repoURL: https://github.com/acme/web, targetRevision: v1}",
        "    helm: [a]",
        "    []",
    ],
)
def test_what_names_no_wanted_image(source: str) -> None:
    assert [line for line in found(app(source)) if not line.startswith(("argocd -", "argocd other-image"))] == []


@pytest.mark.parametrize("kind", ["Application", "ApplicationSet"])
@pytest.mark.parametrize(
    ("source", "line"),
    [
        (f"    kustomize:\n      images:\n      - {W}:1.0", f"argocd {W} 1.0 +"),
        (f"    kustomize: {{images: ['web={W}:1.0']}}", f"argocd {W} 1.0 +"),
        (f"    kustomize: {{images: ['{W}=:1.0']}}", "argocd  1.0 +"),
        (f"    kustomize: {{images: ['web={W}@{D}']}}", f"argocd {W} + {D}"),
        (f"    kustomize: {{images: [{W}]}}", f"argocd {W} + +"),
        (f"    helm: {{valuesObject: {{image: {{repository: {W}, tag: '1'}}}}}}", f"argocd {W} 1 -"),
        (
            f"    helm:\n      values: |\n        image:\n          repository: {W}\n          tag: '1'",
            f"argocd {W} 1 -",
        ),
        (f"    helm:\n      values: |-\n        image: {W}:1", f"argocd {W} 1 +"),
        (
            f"    helm: {{parameters: [{{name: image.repository, value: {W}}}, {{name: image.tag, value: '1'}}]}}",
            f"argocd {W} 1 -",
        ),
        (f"    helm: {{parameters: [{{name: 'list[0].image', value: '{W}:1'}}]}}", f"argocd {W} 1 +"),
        # Nothing is inserted beside a parameter: it would be no parameter.
        (f"    helm: {{parameters: [{{name: image.repository, value: {W}}}]}}", f"argocd {W} - -"),
        ("    {chart: web, repoURL: ghcr.io/acme, targetRevision: 1.2.3}", "chart - 1.2.3 -"),
        ("    {chart: web, repoURL: 'oci://ghcr.io/acme', targetRevision: 1.2.3}", "chart - 1.2.3 -"),
        ("    {repoURL: 'oci://ghcr.io/acme/web', targetRevision: 1.2.3}", "chart - 1.2.3 -"),
        (
            "    kustomize:\n      patches:\n      - patch: |-\n          - op: replace\n            path: /a\n"
            f"            value: {W}:1.0",
            f"argocd {W} 1.0 +",
        ),
    ],
)
def test_what_a_source_says(kind: str, source: str, line: str) -> None:
    text = app(source, kind)
    assert found(text) == [line]
    if "- -" not in line:
        new = rewritten(text, "2.0.0")
        assert ["2.0.0" in each.split() for each in found(new)] == [True]


def test_several_sources() -> None:
    sources = (
        "  sources:\n  - {chart: web, repoURL: ghcr.io/acme, targetRevision: 1.0.0}\n"
        f"  - helm: {{valuesObject: {{image: '{W}:1'}}}}"
    )
    text = app("    {}").replace("  source:\n    {}", sources)
    assert found(text) == ["chart - 1.0.0 -", f"argocd {W} 1 +"]
    # A source of its own has values of its own.
    assert len({each.object for each in fragments(text)}) == 2


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("    {chart: web, repoURL: ghcr.io/acme, targetRevision: 1.2.*}", "range"),
        ("    {chart: web, repoURL: ghcr.io/acme, targetRevision: '>=1'}", "range"),
        (f"    helm: {{values: 'image: {W}:1'}}", "escaped"),
        (f"    helm:\n      values: >\n        image: {W}:1", "block-scalar"),
        (f"    helm:\n      values: |\n        image: {W}:1\n        {{{{ x }}}}: [", "not-yaml"),
        (f"    helm:\n      values: |\n        image: {{repository: {W}, tag: 1, tag: 2}}", "duplicate-key"),
        (f"    kustomize: {{images: ['{W}:{{{{ .Values.x }}}}']}}", "template"),
    ],
)
def test_11_6_what_is_refused_and_where(source: str, code: str) -> None:
    (bar,) = barred(app(source))
    assert bar.code == code
    assert bar.span.line >= 6


def test_parameters_stand_above_values_object_and_that_above_values() -> None:
    text = app(
        f"    helm:\n      values: |\n        image: {{repository: {W}, tag: '1'}}\n"
        f"      valuesObject: {{image: {{repository: {W}, tag: '2'}}}}\n"
        "      parameters: [{name: image.tag, value: '3'}]"
    )
    ranked = sorted((each.rank, each.tag.value) for each in fragments(text) if each.tag is not None)
    assert ranked == [(1, "1"), (2, "2"), (3, "3")]
    assert len({(each.identity, each.object) for each in fragments(text)}) == 1


def test_values_in_a_block_are_spliced_at_their_own_indentation() -> None:
    source = (
        "    helm:\n      values: |\n        # ours\n        image:\n            repository: " + W + "   # name\n\n"
        "            tag: 1.0.0 # tag\n        other: x"
    )
    text = app(source)
    assert rewritten(text, "2.0.0") == text.replace("1.0.0", "2.0.0")
    assert rewritten(text.replace("\n", "\r\n"), "1.10") == text.replace("1.0.0", '"1.10"').replace("\n", "\r\n")


def test_a_missing_tag_is_inserted_in_the_block() -> None:
    text = app(f"    helm:\n      values: |\n        image:\n          repository: {W}\n        other: x")
    line = f"          repository: {W}\n"
    assert rewritten(text, "2.0.0") == text.replace(line, f"{line}          tag: 2.0.0\n")


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("a", ["a"]),
        ("a.b.c", ["a", "b", "c"]),
        ("a\\.b.c", ["a.b", "c"]),
        ("a[0].b", ["a", "0", "b"]),
        ("", []),
    ],
)
def test_the_name_of_a_parameter_as_helm_reads_it(name: str, keys: list[str]) -> None:
    assert steps(name) == keys
