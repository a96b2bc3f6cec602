from __future__ import annotations

import pytest

from tests.sites.objects import W, found, fragments, rewritten

FILE = b"web/fleet.yaml"
BASE = f"helm:\n  chart: ./chart\n  values:\n    image:\n      repository: {W}\n      tag: '1'\n"


@pytest.mark.parametrize(
    "text",
    [
        "namespace: web\n",
        "helm: {chart: x}\n",
        "helm: {values: {image: {repository: other, tag: '1'}}}\ntargetCustomizations: [{helm: {values: {a: 1}}}, 3]\n",
        "helm: {repo: 'https://charts.example.com', chart: web, version: 1.0.0}\n",
        "helm: {chart: ./web, version: 1.0.0}\n",
    ],
)
def test_what_names_no_wanted_image(text: str) -> None:
    assert [line for line in found(text, FILE) if "other-image" not in line] == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (BASE, [f"fleet {W} 1 -"]),
        # A customization that sets only the tag speaks of the bundle's image.
        (
            BASE + "targetCustomizations:\n- name: prod\n  helm: {values: {image: {tag: '2'}}}\n",
            [f"fleet {W} 1 -", "fleet - 2 -"],
        ),
        (
            BASE + f"targetCustomizations:\n- name: prod\n  helm: {{values: {{other: '{W}:2'}}}}\n",
            [f"fleet {W} 1 -", f"fleet {W} 2 +"],
        ),
        ("helm: {chart: 'oci://ghcr.io/acme/web', version: 1.0.0}\n", ["chart - 1.0.0 -"]),
        ("helm: {repo: 'oci://ghcr.io/acme', chart: web, version: 1.0.0}\n", ["chart - 1.0.0 -"]),
        (f"kustomize: {{image: '{W}:1'}}\n", [f"fleet {W} 1 +"]),
    ],
)
def test_what_a_bundle_says(text: str, lines: list[str]) -> None:
    assert found(text, FILE) == lines
    assert len(fragments(text, FILE)) == sum(each.repository is not None for each in fragments(text, FILE))
    assert rewritten(text, "3.0.0", FILE).count("3.0.0") == len(lines)


def test_a_customization_over_a_chart_beside_it_waits_for_the_chart() -> None:
    text = "helm: {chart: ./chart}\ntargetCustomizations: [{name: prod, helm: {values: {image: {tag: '2'}}}}]\n"
    (hit,) = fragments(text, FILE)
    assert hit.repository is None
    assert hit.charts == ("web/chart",)


def test_an_object_in_a_file_of_that_name_is_an_object() -> None:
    assert found(f"apiVersion: v1\nkind: Pod\nspec: {{image: '{W}:1'}}\n", FILE) == [f"manifest {W} 1 +"]
