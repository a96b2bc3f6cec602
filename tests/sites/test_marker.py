from __future__ import annotations

import pytest

from promote.image import Repository, parse_repository
from promote.sites import marker
from promote.sites.claim import Claim
from promote.sites.site import Barred, Fragment
from promote.sites.wanted import Wanted
from tests.readback import EVERYTHING, hits, told
from tests.sites.objects import WEB, D, W, barred, found, fragments, rewritten

FLUX = '# {"$imagepolicy": "flux-system:%s"}'


@pytest.mark.parametrize(
    "text",
    [
        "a: 1 # promote web\n",
        "a: 1 # please promote: web\n",
        "a: |\n  x\n # promote: web\nb: 1\n",
        "b:\n  a: >\n    x\n  # promote: web\n  c: 1\n",
        "a: | # promote: web\n  x\n",
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
        (f"a: {W}:1.0 # promote: web tag\n", f"helm {W} 1.0 +"),
        # A digest alone is no tag: it would be lost.
        (f"a: {D} # promote: web\n", f"marker - - {D}"),
        ("a: ''  # promote: web digest\n", "marker - - "),
        (f"a: {W} # promote: web name\n", f"marker {W} - -"),
        # What a finder finds keeps its format.
        (f"a: {W}:1.0 # promote: web\n", f"helm {W} 1.0 +"),
        (f"a: {W}:1.0 {FLUX % 'web'}\n", f"helm {W} 1.0 +"),
        (f"image: {W} {FLUX % 'web'}\n", f"helm {W} + +"),
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


@pytest.mark.parametrize(
    ("text", "code"),
    [
        # What Flux would make of these is `1.4.0:1.5.0`, or a reference where a tag belongs.
        (f"foo: 1.4.0 {FLUX % 'web'}\n", "not-a-reference"),
        (f"foo: {FLUX % 'web'}\nb: 1\n", "not-a-reference"),
        (f"foo: mirror.example.com/x:1.0 {FLUX % 'web'}\n", "not-a-reference"),
        (f"i:\n  repository: {W}\n  tag: 1.4.0 {FLUX % 'web'}\n", "not-a-reference"),
        (f"i:\n  repository: {W} {FLUX % 'web'}\n  tag: 1.4.0\n", "not-a-reference"),
        (f"foo: '{{{{ x }}}}' {FLUX % 'web'}\n", "template"),
        ("a: registry.example.com/mirror:1.0 # promote: web tag\n", "other-image"),
        ("a: registry.example.com/mirror:1.0 # promote: web\n", "other-image"),
        (f"a: {D} # promote: web tag\n", "not-a-reference"),
        ("a: 1.0 # promote: web digest\n", "not-a-reference"),
        ("a: x y # promote: web\n", "not-a-reference"),
        ("i:\n  ver: 1.0 # promote: web tag\n  digest: '{{ x }}'\n", "template"),
    ],
)
def test_11_6_a_marker_on_what_it_cannot_mean_is_refused_for_its_app(text: str, code: str) -> None:
    mine = [bar for bar in barred(text) if bar.app is not None]
    assert [(bar.code, bar.app, bar.repository) for bar in mine] == [(code, "web", _parsed(W))]
    assert fragments(text) == []


@pytest.mark.parametrize("said", ["web tags", "web, please", "web: 1.0", "web:1", "web today", "web."])
def test_2_6_a_marker_that_cannot_be_read_is_noted(said: str) -> None:
    """It was silent: the place was left alone, and nothing told of it."""
    (bar,) = barred(f"a: 1.0 # promote: {said}\n")
    assert (bar.code, bar.app, bar.repository) == ("odd-marker", None, None)
    assert marker.is_noted(bar)
    (hit,) = fragments(f"a: {W}:1.0 # promote: {said}\n")
    assert hit.app is None


@pytest.mark.parametrize(
    "text", ["a: 1.0 # promote: when ready\n", "# promote: web tags\na: 1\n", "a: 'x # promote: web, x'\n"]
)
def test_a_remark_about_something_else_is_not_noted(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"i:\n  where: {W} # promote: web name\n  tag: 1.4.0 # promote: web tag\n", f"helm {W} 1.4.0 -"),
        (f"i:\n  repository: {W} # promote: web name\n  ver: 1.4.0 # promote: web tag\n", f"helm {W} 1.4.0 -"),
        (f"i:\n  repository: {W}\n  ver: 1.4.0 # promote: web\n  digest: {D}\n", f"helm {W} 1.4.0 {D}"),
        (f"i:\n  repository: {W}\n  ver: 1.4.0 # promote: web tag\n", f"helm {W} 1.4.0 -"),
        (f"i:\n  tag: 1.4.0 # promote: web tag\n  sum: {D} # promote: web digest\n", f"helm - 1.4.0 {D}"),
        (f"i:\n  repo: x\n  ver: 1.4.0 # promote: web tag\n  digest: {D}\n", f"marker - 1.4.0 {D}"),
        (f"i:\n  repo: x\n  ver: 1.4.0 # promote: web tag\n  sha: {D[7:]}\n", f"marker - 1.4.0 {D[7:]}"),
        ("i:\n  repo: x\n  ver: 1.4.0 # promote: web tag\n  sha: 0a1b2c3\n", "marker - 1.4.0 -"),
    ],
)
def test_2_6_markers_and_what_a_finder_knows_make_one_place(text: str, line: str) -> None:
    """They were two places: one without a tag, and one beside a digest that stayed behind."""
    mine = [hit for hit in fragments(text) if hit.app is not None]
    assert [f"{hit.format} {told(hit)}" for hit in mine] == [line]
    assert barred(text) == []


def test_a_reference_or_a_second_tag_beside_an_image_is_a_place_of_its_own() -> None:
    text = f"i:\n  repository: {W}\n  job: {W}:1.0 # promote: web\n  tag: 1.0\n  ver: 2.0 # promote: web tag\n"
    assert found(text) == [f"helm {W} 1.0 +", f"helm {W} 1.0 -", "marker - 2.0 -"]


def test_two_markers_leave_anothers_digest_alone() -> None:
    text = f"i:\n  ver: 1.4.0 # promote: web tag\n  digest: {D} # promote: api digest\n"
    assert [(hit.app, told(hit)) for hit in fragments(text)] == [("web", "- 1.4.0 -"), ("api", f"- - {D}")]


def _parsed(name: str) -> Repository:
    made = parse_repository(name)
    assert made is not None
    return made


TWO = Wanted((Claim("web", (_parsed(W), _parsed(f"{W}-migrate"))),))


@pytest.mark.parametrize(
    ("text", "image", "guessed"),
    [
        ("a: 1.0 # promote: web\n", W, True),
        ("i:\n  tag: 1.0 # promote: web\n", W, True),
        ("i:\n  where: x/other # promote: web name\n  what: 1.0 # promote: web tag\n", W, True),
        (f"a: {W}-migrate:1.0 # promote: web\n", f"{W}-migrate", False),
        (f"i:\n  where: {W}-migrate # promote: web name\n  what: 1.0 # promote: web tag\n", f"{W}-migrate", False),
        (f"i:\n  where: {W}-migrate # promote: web name\n  tag: 1.0 # promote: web tag\n", f"{W}-migrate", False),
    ],
)
def test_2_6_which_of_an_apps_images_a_marker_means(text: str, image: str, *, guessed: bool) -> None:
    """It was the first one always, and its digest was written beside another image's name."""
    (hit,) = fragments(text, wanted=TWO)
    assert (hit.app, str(hit.repository), hit.guessed) == ("web", image, guessed)


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
