"""Values in the text of objects, and what cannot be read in place."""

from __future__ import annotations

import pytest

from tests.sites.objects import W, barred, found, rewritten

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata:\n"
HELM_CHART = "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: web}\nspec:\n"


@pytest.mark.parametrize(
    "text",
    [
        CONFIG_MAP + f"  notes.txt: |\n    image: {W}:1\n",
        CONFIG_MAP + "  values.yaml: |\n    image: {repository: other, name: x, tag: 1}\n",
        CONFIG_MAP + "  values.yaml: {a: b}\n",
        CONFIG_MAP + "  values.yaml: |\n    {{ template }}: [\n",
        CONFIG_MAP.replace("data:", "data: []"),
        HELM_CHART + "  chart: web\n",
        HELM_CHART + "  valuesContent: ''\n",
        HELM_CHART + "  valuesContent: |\n",
    ],
)
def test_what_names_no_wanted_image(text: str) -> None:
    assert [line for line in found(text) if "other-image" not in line] == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (CONFIG_MAP + f"  values.yaml: |\n    image: {{repository: {W}, tag: '1'}}\n", f"manifest {W} 1 -"),
        (CONFIG_MAP + f"  a.yml: |-\n    image: {W}:1", f"manifest {W} 1 +"),
        (
            CONFIG_MAP + f"  pod.yaml: |\n    apiVersion: v1\n    kind: Pod\n    spec: {{image: '{W}:1'}}\n",
            f"manifest {W} 1 +",
        ),
        (CONFIG_MAP + f"  IMAGE: {W}:1\n", f"manifest {W} 1 +"),
        (HELM_CHART + f"  valuesContent: |-\n    image:\n      repository: {W}\n      tag: 1\n", f"helmchart {W} 1 -"),
        (HELM_CHART.replace("Chart", "ChartConfig") + f"  valuesContent: |\n    a: {W}:1\n", f"helmchart {W} 1 +"),
        (HELM_CHART + "  chart: oci://ghcr.io/acme/web\n  version: 1.0.0\n", "chart - 1.0.0 -"),
    ],
)
def test_what_an_object_says(text: str, line: str) -> None:
    assert found(text) == [line]
    new = rewritten(text, "2.0.0")
    assert ["2.0.0" in each for each in found(new)] == [True]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (CONFIG_MAP + f"  values.yaml: |\n    image: {W}:1\n    x: [\n", "not-yaml", 8),
        (CONFIG_MAP + f"  values.yaml: >\n    image: {W}:1\n", "block-scalar", 5),
        (CONFIG_MAP + f"  values.yaml: 'image: {W}:1'\n", "escaped", 5),
        (CONFIG_MAP + f"  values.yaml: |\n    x: 1\n    image: {W}:${{TAG}}\n", "template", 7),
        (CONFIG_MAP + f"  values.yaml: &v |\n    image: {W}:1\n  copy: *v\n", "anchor", 6),
        (CONFIG_MAP + f"  values.yaml: |\n    image: {{repository: {W}, tag: &t 1}}\n    x: *t\n", "anchor", 6),
    ],
)
def test_11_6_what_cannot_be_edited_in_place_is_told_in_lines_of_the_file(text: str, code: str, line: int) -> None:
    found_bars = [(bar.code, bar.span.line) for bar in barred(text)]
    assert (code, line) in found_bars
