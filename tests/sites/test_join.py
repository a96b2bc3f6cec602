from __future__ import annotations

from collections.abc import Mapping

import pytest

from promote.config.settings import Pin
from promote.image import Version, parse_repository
from promote.plan.write import Cannot, write
from promote.sites.claim import Claim
from promote.sites.fold import Layered
from promote.sites.join import Joined, join
from promote.sites.site import Barred, Fragment
from promote.sites.wanted import Wanted
from tests.readback import hits

W = "ghcr.io/acme/web"
D = "sha256:" + "0a" * 32
E = "sha256:" + "0b" * 32
_REPOSITORY = parse_repository(W)
assert _REPOSITORY is not None
WEB = Wanted((Claim("web", (_REPOSITORY,)),))


def _join(*layers: Mapping[str, str], reach: Mapping[str, list[str]] | None = None, tied: bool = True) -> Joined:
    """The join over layers, weakest first; each a few files by name. All values files are tied, or none."""
    named: list[Layered] = []
    overlays: list[Layered] = []
    barred: list[Barred] = []
    for number, layer in enumerate(layers):
        for path, text in layer.items():
            for hit in hits(text.encode(), path.encode(), WEB):
                if isinstance(hit, Barred):
                    barred.append(hit)
                else:
                    (named if hit.repository is not None else overlays).append(Layered(number, hit))
    reached = {start.encode(): frozenset(end.encode() for end in ends) for start, ends in (reach or {}).items()}

    def reaches(entry: Fragment, path: bytes) -> bool:
        return path in reached.get(entry.path, frozenset())

    return join("web", named, overlays, barred, tied=lambda _weak, _strong: tied, reaches=reaches)


def _said(found: Joined) -> list[tuple[str, str]]:
    return [(site.anchor.path.decode(), str(site.version)) for site in found.sites]


def _shadowed(found: Joined) -> list[tuple[str, str, str | None]]:
    return [(site.anchor.path.decode(), str(site.version), site.shadowed_by) for site in found.shadowed]


def values(text: str) -> str:
    return f"image: {{{text}}}\n"


NAMED = values(f"repository: {W}, tag: '1'")


def test_nothing_is_nowhere() -> None:
    assert _join({}) == Joined((), (), ())
    # A tag without a name that no layer names.
    assert _join({"v.yaml": values("tag: '1'")}, {"w.yaml": values("tag: '2'")}) == Joined((), (), ())


@pytest.mark.parametrize(
    ("layers", "sites", "shadowed"),
    [
        # One layer, two files of one layer, two key paths: each counts.
        ([{"a.yaml": NAMED}], [("a.yaml", "1")], []),
        ([{"a.yaml": NAMED, "b.yaml": NAMED}], [("a.yaml", "1"), ("b.yaml", "1")], []),
        ([{"a.yaml": NAMED}, {"b.yaml": f"other: {NAMED[7:]}"}], [("a.yaml", "1"), ("b.yaml", "1")], []),
        # An overlay that sets nothing, or something else.
        ([{"a.yaml": NAMED}, {"b.yaml": values("tag: ")}], [("a.yaml", "1")], []),
        ([{"a.yaml": NAMED}, {"b.yaml": "web:\n  image: {tag: '2'}\n"}], [("a.yaml", "1")], []),
        # The tag stands above the name.
        ([{"a.yaml": NAMED}, {"b.yaml": values("tag: '2'")}], [("b.yaml", "2")], [("a.yaml", "1", "b.yaml")]),
        ([{"a.yaml": values(f"repository: {W}")}, {"b.yaml": values("tag: '2'")}], [("b.yaml", "2")], []),
        ([{"a.yaml": values("tag: '2'")}, {"b.yaml": values(f"repository: {W}")}], [("a.yaml", "2")], []),
        (
            [{"a.yaml": NAMED}, {"b.yaml": values("tag: '2'")}, {"c.yaml": values("tag: '3'")}],
            [("c.yaml", "3")],
            [("a.yaml", "1", "c.yaml"), ("b.yaml", "2", "c.yaml")],
        ),
        # Named again, with and without a tag.
        ([{"a.yaml": NAMED}, {"b.yaml": NAMED.replace("1", "2")}], [("b.yaml", "2")], [("a.yaml", "1", "b.yaml")]),
        ([{"a.yaml": NAMED}, {"b.yaml": values(f"repository: {W}")}], [("a.yaml", "1")], []),
        (
            [{"a.yaml": NAMED}, {"b.yaml": values(f"repository: {W}")}, {"c.yaml": values("tag: '3'")}],
            [("c.yaml", "3")],
            [("a.yaml", "1", "c.yaml")],
        ),
        # A whole string replaces a whole string.
        ([{"a.yaml": f"image: {W}:1"}, {"b.yaml": f"image: {W}:2"}], [("b.yaml", "2")], [("a.yaml", "1", "b.yaml")]),
        # An empty tag says the chart's own version: it counts, and stands in the stronger layer.
        ([{"a.yaml": NAMED}, {"b.yaml": values("tag: ''")}], [("b.yaml", "")], [("a.yaml", "1", "b.yaml")]),
    ],
)
def test_3_1_values_are_folded_as_helm_does(
    layers: list[dict[str, str]], sites: list[tuple[str, str]], shadowed: list[tuple[str, str, str | None]]
) -> None:
    found = _join(*layers)
    assert _said(found) == sites
    assert _shadowed(found) == shadowed


def test_3_1_files_that_are_not_tied_do_not_shadow_each_other() -> None:
    found = _join({"a.yaml": NAMED}, {"b.yaml": NAMED, "c.yaml": values("tag: '3'")}, tied=False)
    assert _said(found) == [("a.yaml", "1"), ("b.yaml", "1")]


@pytest.mark.parametrize(
    ("layers", "version", "files"),
    [
        # The digest stays in the weak layer, the tag in the strong one: the site has both.
        ([f"repository: {W}, tag: '1', digest: {D}", "tag: '2'"], f"2@{D}", ("b.yaml", "a.yaml")),
        ([f"repository: {W}, tag: '1'", f"digest: {D}"], f"1@{D}", ("a.yaml", "b.yaml")),
        ([f"repository: {W}, tag: '1', digest: {D}", f"tag: '2', digest: {E}"], f"2@{E}", ("b.yaml", "b.yaml")),
        ([f"repository: {W}, digest: {D}", f"repository: {W}, tag: '2'"], f"2@{D}", ("b.yaml", "a.yaml")),
        # A digest within the tag goes with it: the old one never stands beside the new tag.
        ([f"repository: {W}, tag: '1@{D}'", "tag: '2'"], "2", ("b.yaml", None)),
        ([f"repository: {W}, tag: '1'", f"tag: '2@{E}'"], f"2@{E}", ("b.yaml", "b.yaml")),
        ([f"repository: {W}, tag: '1@{D}'", f"digest: {E}"], f"1@{E}", ("a.yaml", "b.yaml")),
        ([f"repository: {W}, tag: '1@{D}'", f"tag: '2', digest: {E}"], f"2@{E}", ("b.yaml", "b.yaml")),
        ([f"repository: {W}, digest: {D}", "tag: ''"], f"@{D}", ("b.yaml", "a.yaml")),
    ],
)
def test_3_1_a_site_may_lie_in_two_files(layers: list[str], version: str, files: tuple[str, str | None]) -> None:
    names = ("a.yaml", "b.yaml")
    (site,) = _join(*({name: values(text)} for name, text in zip(names, layers, strict=True))).sites
    assert str(site.version) == version
    parts = (site.tag, site.digest)
    assert tuple(part.path.decode() if part is not None and part.insert is None else None for part in parts) == files


def test_a_digest_in_a_weak_layer_is_written_with_the_tag_above_it() -> None:
    layers = [{"a.yaml": values(f"repository: {W}, tag: '1', digest: {D}")}, {"b.yaml": values("tag: '2'")}]
    (site,) = _join(*layers).sites
    made = write(site, "3", E, "keep", explicit=False)
    assert not isinstance(made, Cannot)
    assert [(part.path, part.value, value) for part, value in made.wishes] == [(b"b.yaml", "2", "3"), (b"a.yaml", D, E)]
    assert made.version == Version("3", E)


@pytest.mark.parametrize("pin", ["keep", "tag", "digest", "both"])
def test_whatever_the_pin_no_old_digest_stays(pin: Pin) -> None:
    for text in (f"tag: '1', digest: {D}", f"tag: '1@{D}'", f"digest: {D}"):
        (site,) = _join({"a.yaml": values(f"repository: {W}, {text}")}).sites
        made = write(site, "3", E, pin, explicit=False)
        assert not isinstance(made, Cannot)
        gone = any(value in (None, "") for part, value in made.wishes if D in part.value)
        assert gone if pin == "tag" else any(E in (value or "") for _, value in made.wishes)


POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: c, image: 'ghcr.io/acme/web:%s'}]}\n"


def _entry(tag: str, name: str = W) -> str:
    return f"images: [{{name: {name}, newName: {W}, newTag: '{tag}'}}]\n"


def test_3_1_a_later_manifest_of_the_same_container_shadows() -> None:
    found = _join({"a.yaml": POD % 1}, {"b.yaml": POD % 2}, {"c.yaml": (POD % 3).replace("name: c", "name: d")})
    assert _said(found) == [("b.yaml", "2"), ("c.yaml", "3")]
    assert _shadowed(found) == [("a.yaml", "1", "b.yaml")]


K, B = "o/kustomization.yaml", "b/kustomization.yaml"


def test_3_1_an_entry_shadows_what_its_resources_reach() -> None:
    files = {K: _entry("2"), "b/pod.yaml": POD % 1, "z/pod.yaml": POD % 9}
    found = _join(files, reach={K: ["b/pod.yaml"]})
    assert _said(found) == [(K, "2"), ("z/pod.yaml", "9")]
    assert _shadowed(found) == [("b/pod.yaml", "1", K)]


@pytest.mark.parametrize(
    ("files", "sites"),
    [
        # An outer entry goes over an inner one by the name that this leaves behind, not by the one before.
        ({K: _entry("2"), B: _entry("1")}, [(K, "2")]),
        ({K: _entry("2"), B: _entry("1", "web")}, [(K, "2")]),
        ({K: _entry("2", "web"), B: _entry("1", "web")}, [(B, "1"), (K, "2")]),
        # An entry of another name, and one that sets nothing, do not.
        ({K: _entry("2", "web"), B: _entry("1", "x")}, [(B, "1"), (K, "2")]),
        ({K: f"images: [{{name: {W}}}]\n", B: _entry("1")}, [(B, "1"), (K, "")]),
    ],
)
def test_3_1_entries_over_entries(files: dict[str, str], sites: list[tuple[str, str]]) -> None:
    assert _said(_join(files, reach={K: [B]})) == sites


def test_11_6_a_bar_that_names_the_image_counts_and_an_overlay_only_where_it_lies_over_a_site() -> None:
    over = {"b.yaml": values("tag: '{{ x }}'"), "c.yaml": "other: {tag: '{{ x }}'}\n"}
    named = {"d.yaml": f"x: '{W}:{{{{ x }}}}'\n"}
    found = _join({"a.yaml": NAMED}, over, named)
    assert [bar.path for bar in found.barred] == [b"b.yaml", b"d.yaml"]


@pytest.mark.parametrize(
    "text", ["repository: other, tag: '2'", "repository: acme/web, tag: '2'", "repository: '{{ x }}'"]
)
def test_3_1_another_image_over_the_apps_own_is_refused_and_not_edited_below(text: str) -> None:
    # With `registry` in the weak layer alone, `acme/web` may be the app's image again: nobody guesses.
    found = _join({"a.yaml": NAMED}, {"b.yaml": values(text), "c.yaml": "x: {repository: other, tag: '2'}\n"})
    assert [(bar.path, bar.code) for bar in found.barred] == [(b"b.yaml", "other-image")]


def test_sites_come_in_the_order_of_their_files() -> None:
    text = f"b: {{repository: {W}, tag: '1'}}\na: {{repository: {W}, tag: '2'}}\n"
    assert _said(_join({"z.yaml": text, "c.yaml": text})) == [(p, t) for p in ("c.yaml", "z.yaml") for t in "12"]


def test_a_fragment_of_a_marker_or_target_counts_as_it_is() -> None:
    (hit,) = hits(f"image: {W}:1\n".encode(), b"a.yaml", WEB)
    assert isinstance(hit, Fragment)
    marked = Fragment(b"b.yaml", "target", ("x",), None, hit.tag, None, hit.repository, "web")
    found = join("web", [Layered(0, marked)], [], [], tied=lambda _a, _b: True, reaches=lambda _a, _b: True)
    assert [site.format for site in found.sites] == ["target"]
