from __future__ import annotations

import pytest

from promote.sites.site import Barred, Fragment
from tests.readback import EVERYTHING, hits
from tests.sites.objects import WEB, D, W, barred, found, fragments, rewritten

FLUX = '# {"$imagepolicy": "flux-system:%s"}'


@pytest.mark.parametrize(
    "text",
    [
        "a: 1 # promote web\n",
        "a: 1 # please promote: web\n",
        "a: 1 # promote: web today\n",
        "a: 1 # promote: web:1\n",
        "a: 1# promote: web\n",
        "# promote: web\na: 1\n",
        "a: # promote: web\n  b: 1\n",
        'a: "x # promote: web"\n',
        "a: 'x # promote: web\n  y'\n",
        "a: |\n  x # promote: web\n",
        "a: 1 # {'$imagepolicy': 'flux-system:web'}\n",
        'a: 1 # {"$imagepolicy": "web"}\n',
        'a: 1 # {"$other": "flux-system:web"}\n',
    ],
)
def test_what_is_no_marker(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1.0 # promote: web\n", "marker - 1.0 -"),
        ("a: 1.0 #promote:web\r\n", "marker - 1.0 -"),
        ("a: 1.0\t#\tpromote:\tweb\ttag\n", "marker - 1.0 -"),
        ("a: '1.0' # promote: web tag", "marker - 1.0 -"),
        (f"a: 1.0@{D} # promote: web\n", f"marker - 1.0 {D}"),
        (f"a: {D} # promote: web digest\n", f"marker - - {D}"),
        ("a: [x, 1.0] # promote: web\n", "marker - 1.0 -"),
        ("a: {b: {c: 1.0}} # promote: web\n", "marker - 1.0 -"),
        ("- 1.0 # promote: web\n", "marker - 1.0 -"),
        ("a: # promote: web\n", "marker - + -"),
        ("a: registry.example.com/mirror:1.0 # promote: web tag\n", "marker - registry.example.com/mirror:1.0 -"),
        (f"a: {W} # promote: web name\n", f"marker {W} - -"),
        # What a finder finds keeps its format.
        (f"a: {W}:1.0 # promote: web\n", f"helm {W} 1.0 +"),
        (f"a: mirror.example.com/x:1.0 {FLUX % 'web'}\n", "marker mirror.example.com/x 1.0 +"),
        (f"a: 1.0 {FLUX % 'web:tag'}\n", "marker - 1.0 -"),
        (f"a: 1.0 {FLUX % 'web-prod:tag'}\n", "marker - 1.0 -"),
        (f"a: {D} {FLUX % 'web:digest'}\n", f"marker - - {D}"),
        ("a: 1.0 # promote: gone\n", "helm unbound-marker"),
        (f"a: 1.0 {FLUX % 'gone:tag'}\n", "helm unbound-marker"),
    ],
)
def test_2_6_what_a_marker_names(text: str, line: str) -> None:
    assert found(text) == [line]


def test_2_6_the_markers_of_one_mapping_make_one_place() -> None:
    names = f"image:\n  where: {W} {FLUX % 'web:name'}\n  what: 1.0 {FLUX % 'web:tag'}\n"
    text = f"{names}  sum: {D} # promote: web digest\n"
    assert found(text) == [f"marker {W} 1.0 {D}"]
    (hit,) = fragments(text)
    assert (hit.app, str(hit.repository)) == ("web", W)


def test_two_tags_in_one_mapping_are_two_places() -> None:
    """The second marker took the first one's place, and one of two tags was left behind."""
    text = "a: 1.0 # promote: web\nb: 1.0 # promote: web tag\nc: 1.0 # promote: web tag\nd: 1.0 # promote: api\n"
    assert found(text) == ["marker - 1.0 -"] * 4
    assert [each.app for each in fragments(text)] == ["web", "web", "web", "api"]
    assert rewritten(text, "2.0").count('"2.0"') == 4


def test_a_marker_in_a_block_of_values() -> None:
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    helm:\n      values: |\n"
        "        version: 1.0.0 # promote: web\n"
    )
    assert rewritten(text, "2.0.0") == text.replace("1.0.0", "2.0.0")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x 1.0 # promote: web\nb: *x\n", "anchor"),
        ("b: &x 1.0\na: *x # promote: web\n", "alias"),
        ("a: '{{ x }}' # promote: web\n", "template"),
        ("a: 1.0 # promote: web\na: 2.0\n", "duplicate-key"),
        ("a: 1.0 # promote: web\nsops: {mac: x}\n", "sops"),
    ],
)
def test_11_6_what_cannot_be_edited_is_refused_for_its_app(text: str, code: str) -> None:
    (bar,) = [bar for bar in barred(text) if bar.code != "unbound-marker"]
    assert (bar.code, bar.app) == (code, "web")


def test_without_a_configuration_markers_mean_nothing() -> None:
    """A place with Flux's marker was not shown by `find` at all where there was no promote.yaml."""
    text = f"a: {W}:1.0 {FLUX % 'web'}\nb: 1.0 {FLUX % 'web:tag'}\n"
    (hit,) = hits(text.encode(), b"a.yaml", EVERYTHING)
    assert isinstance(hit, Fragment)
    assert hit.app is None


def test_an_unbound_marker_beside_an_image_changes_nothing() -> None:
    (hit,) = hits(f"a: {W}:1.0 {FLUX % 'gone'}\n".encode(), b"a.yaml", WEB)
    assert not isinstance(hit, Barred)
    assert hit.app is None
