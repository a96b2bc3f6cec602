from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.image import parse_repository
from promote.sites import helm
from promote.sites.claim import Claim
from promote.sites.site import Barred, Fragment
from promote.sites.wanted import Wanted
from promote.text.part import Part
from tests.readback import check_rewritten, check_values, hits, stream_of, told

D = "sha256:" + "0a" * 32
E = "sha256:" + "0b" * 32
_REPOSITORY = parse_repository("ghcr.io/acme/web")
assert _REPOSITORY is not None
WEB = Wanted((Claim("web", (_REPOSITORY,)),))
LAYERED = replace(WEB, layered=True)


def _hits(text: str) -> list[Fragment | Barred]:
    """What names the image; overlays are asked for by name."""
    return [hit for hit in hits(text.encode(), wanted=WEB) if hit.repository is not None]


@pytest.mark.parametrize(
    "text",
    [
        "image: {repository: ghcr.io/acme/webshop, tag: 1}",
        "image: {repository: acme/web, tag: 1}",
        "image: {registry: docker.io, repository: acme/web, tag: 1}",
        "image: {registry: docker.io, repository: ghcr.io/acme/web, tag: 1}",
        "image: {repository: [ghcr.io/acme/web], tag: 1}",
        # Without a tag beside it a name may be anything's (SEMANTICS 2.3).
        "name: ghcr.io/acme/web",
        "container: ghcr.io/acme/web",
        "args: [ghcr.io/acme/web]",
        "home: https://ghcr.io/acme/web",
        "note: see ghcr.io/acme/web:1.0",
        "ghcr.io/acme/web: 1.0",
    ],
)
def test_what_names_no_wanted_image(text: str) -> None:
    assert _hits(text) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("image: {repository: ghcr.io/acme/web, tag: '{{ .Values.x }}'}", "template"),
        ("image: {repository: ghcr.io/acme/web, tag: {{ .Values.x }}}", "template"),
        ("image: {repository: ghcr.io/acme/web, tag: '1-${X}'}", "template"),
        ("image: 'ghcr.io/acme/web:{{ .Values.x }}'", "template"),
        ("image: ghcr.io/acme/web:${X}", "template"),
        ("image:\n  repository: ghcr.io/acme/web\n  tag: |-\n    1.0\n", "block-scalar"),
        ("image: >-\n  ghcr.io/acme/web:1.0\n", "block-scalar"),
        ("image: {repository: ghcr.io/acme/web, tag: !!int 1}", "tagged"),
        ("image: {repository: ghcr.io/acme/web, tag: [1]}", "not-a-scalar"),
        ("image: {repository: ghcr.io/acme/web, tag: {a: 1}}", "not-a-scalar"),
        ("image: {repository: ghcr.io/acme/web, tag: 1, tag: 2}", "duplicate-key"),
        ("image: {repository: ghcr.io/acme/web, tag: 1}\nimage: {}\n", "duplicate-key"),
        ('image: "ghcr.io/acme/web:1\\u002e0"', "escaped"),
        ('image: "ghcr.io/acme/web:\\\n  1.0"', "escaped"),
        ("image: ghcr.io/acme/web:-x", "not-a-reference"),
        ("image: ghcr.io/acme/web:1@sha256:short", "not-a-reference"),
        ("image: ghcr.io/acme/web:1 # c\ncopy: &c {image: 'ghcr.io/acme/web:a b'}", "not-a-reference"),
        ("image: {repository: ghcr.io/acme/web, tag: 1, digest: {{ d }}}", "template"),
        (f"image: {{repository: ghcr.io/acme/web, tag: 1, digest: &d {D}}}\nother: *d\n", "anchor"),
        ("image: {repository: ghcr.io/acme/web, tag: &t 1}\nother: *t\n", "anchor"),
        ("tag: &t 1\nimage: {repository: ghcr.io/acme/web, tag: *t}\n", "alias"),
        ("image: &i {repository: ghcr.io/acme/web, tag: 1}\nother: *i\n", "anchor"),
        ("all: &a {image: {repository: ghcr.io/acme/web, tag: 1}}\nother: *a\n", "anchor"),
        ("base: &b {tag: 1}\nimage: {<<: *b, repository: ghcr.io/acme/web}\n", "merge-key"),
        ("a: &x ghcr.io/acme/web:1\nimage: *x\n", "anchor"),
        ("image: {repository: ghcr.io/acme/web, tag: 1}\nsops: {mac: x}\n", "sops"),
    ],
)
def test_11_6_bars_have_stable_codes(text: str, code: str) -> None:
    codes = [hit.code for hit in _hits(text) if isinstance(hit, Barred)]
    assert code in codes
    # And what stands beside it can be edited.
    if code != "sops":
        beside = _hits(text.rstrip("\n") + "\nzz: {repository: ghcr.io/acme/web, tag: '7'}\n")
        assert [told(hit) for hit in beside if isinstance(hit, Fragment)][-1:] == ["ghcr.io/acme/web 7 -"]


def test_11_6_a_bar_says_where_why_and_which_version() -> None:
    (bar,) = _hits("web:\n  image: 'ghcr.io/acme/web:{{ x }}'\n")
    assert isinstance(bar, Barred)
    assert (bar.span.line, bar.span.column) == (2, 10)
    assert bar.why == "it holds a template expression"
    assert bar.version is not None
    assert bar.version.tag == "{{ x }}"


W = "ghcr.io/acme/web"


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        (f"image: {{repository: {W}, tag: 1.2.3}}", f"{W} 1.2.3 -"),
        (f"image: {{repository: {W}, version: 1.2.3}}", f"{W} 1.2.3 -"),
        (f"image: {{repository: {W}}}", f"{W} + -"),
        (f"image: {{repository: {W}, tag: }}", f"{W} + -"),
        (f"image: {{repository: {W}, tag: ''}}", f"{W}  -"),
        (f"image: {{repository: {W}, tag: 1, digest: ''}}", f"{W} 1 "),
        (f"image: {{repository: {W}, tag: 1, digest: {D}}}", f"{W} 1 {D}"),
        (f"image: {{repository: {W}, tag: 1, sha: {D}}}", f"{W} 1 {D}"),
        (f"image: {{repository: {W}, tag: 1.2@{D}}}", f"{W} 1.2 {D}"),
        (f"image: {{repository: {W}, tag: '1.2@{D}'}}", f"{W} 1.2 {D}"),
        (f"image: {{repository: {W}, digest: {D}}}", f"{W} + {D}"),
        ("image: {registry: ghcr.io, repository: acme/web, tag: 1}", "acme/web 1 -"),
        ("image: {registry: ghcr.io/, repository: acme/web, tag: 1}", "acme/web 1 -"),
        ("image: {registry: ghcr.io/acme, repository: web, tag: 1}", "web 1 -"),
        (f"image: {{registry: '', repository: {W}, tag: 1}}", f"{W} 1 -"),
        (f"web: {{image: {W}, tag: 1}}", f"{W} 1 -"),
        (f"web: {{image: {W}, version: 1}}", f"{W} 1 -"),
        (f"web: {{image: {W}, imageTag: 1}}", f"{W} 1 -"),
        (f"web: {{image: {W}, digest: {D}}}", f"{W} + {D}"),
        (f"web: {{imageName: {W}, imageTag: 1}}", f"{W} 1 -"),
        (f"web: {{imageName: {W}}}", f"{W} + -"),
        (f"web: {{name: {W}, tag: 1}}", f"{W} 1 -"),
        (f"image: {W}", f"{W} + +"),
        (f"image: {W}:1.2.3", f"{W} 1.2.3 +"),
        (f"image: {W}@{D}", f"{W} + {D}"),
        (f"image: {W}:1.2.3@{D}", f"{W} 1.2.3 {D}"),
        (f"image: '{W}:1.2.3'", f"{W} 1.2.3 +"),
        (f'sidecar: "{W}:1.2.3" # c', f"{W} 1.2.3 +"),
        (f"list: [x, {W}:1.2.3]", f"{W} 1.2.3 +"),
        (f"a: {{b: [{{c: {{image: {{repository: {W}, tag: 1}}}}}}]}}", f"{W} 1 -"),
        (f"{{image: {{repository: {W}, tag: 1}}}}", f"{W} 1 -"),
        (f"repository: {W}\ntag: 1", f"{W} 1 -"),
        (f"name: &n {W}\nimage: {{repository: *n, tag: 1}}", "- 1 -"),
        (f"base: &b {{repository: {W}}}\nimage: {{<<: *b, tag: 1}}", "- 1 -"),
        (f"name: &n {W}\nimage: {{repository: *n, tag: }}", "- + -"),
    ],
)
def test_spellings(text: str, hit: str) -> None:
    # An anchored mapping or list that names the image is barred where it stands.
    assert [told(found) for found in _hits(text) if isinstance(found, Fragment)] == [hit]


@pytest.mark.parametrize(
    ("text", "wishes", "after"),
    [
        (f"image: {{repository: {W}, tag: 1}}", ("1.10", None), f'image: {{repository: {W}, tag: "1.10"}}'),
        (f"image: {{repository: {W}, tag: '1'}}", ("2", None), f"image: {{repository: {W}, tag: '2'}}"),
        (f"image: {{repository: {W}}} # c", ("2", None), f'image: {{repository: {W}, tag: "2"}} # c'),
        (f"image:\n  repository: {W}\n  x: 1\n", ("1.2.3", None), f"image:\n  repository: {W}\n  tag: 1.2.3\n  x: 1\n"),
        (f"image:\n  repository: {W}\n  tag: # c\n", ("1.2.3", None), f"image:\n  repository: {W}\n  tag: 1.2.3 # c\n"),
        (f"a: {{imageName: {W}}}", ("2", None), f'a: {{imageName: {W}, imageTag: "2"}}'),
        (f"image: {W}", ("1.10", None), f"image: {W}:1.10"),
        (f"image: {W}", ("1.10", E), f"image: {W}:1.10@{E}"),
        (f"image: '{W}'", ("1.10", E), f"image: '{W}:1.10@{E}'"),
        (f'image: "{W}:1" # c', ("1.10", None), f'image: "{W}:1.10" # c'),
        (f"image: {W}:1@{D}", ("2", E), f"image: {W}:2@{E}"),
        (f"image: {W}@{D}", ("2", E), f"image: {W}:2@{E}"),
        (f"image: {W}@{D}", (None, E), f"image: {W}@{E}"),
        (f"image: {{repository: {W}, tag: 1.2@{D}}}", ("1.10", E), f"image: {{repository: {W}, tag: 1.10@{E}}}"),
        (f"image: {{repository: {W}, tag: 1, sha: {D}}}", ("2", E), f'image: {{repository: {W}, tag: "2", sha: {E}}}'),
        ("é: '🚀'\nimage: 'ghcr.io/acme/web:1' # é", ("2", None), "é: '🚀'\nimage: 'ghcr.io/acme/web:2' # é"),
    ],
)
def test_what_is_written(text: str, wishes: tuple[str | None, str | None], after: str) -> None:
    data = text.encode()
    (hit,) = _hits(text)
    assert isinstance(hit, Fragment)
    asked = [(part, value) for part, value in zip((hit.tag, hit.digest), wishes, strict=True) if part and value]
    assert check_rewritten(stream_of(data), asked).decode() == after


def test_pieces_of_one_string_are_proven_as_one_value() -> None:
    data = f"a: 1\nimage: {W}:1@{D}\n".encode()
    hit = _hits(data.decode())[0]
    assert isinstance(hit, Fragment)
    assert isinstance(hit.tag, Part)
    assert isinstance(hit.digest, Part)
    after = check_rewritten(stream_of(data), [(hit.digest, E), (hit.tag, "2")])
    check_values(data, after, {(0, "image"): f"{W}:2@{E}"})


@pytest.mark.parametrize(
    ("text", "overlay"),
    [
        ("image: {repository: other, tag: 1}", ["other-image"]),
        ("image: {repository: '{{ x }}', tag: 1}", ["other-image"]),
        ("image: {name: other, tag: 1}", []),
        ("image: {tag: {a: 1}}", []),
        ("image: {}", []),
        ("image: {tag: 1}", ["- 1 -"]),
        ("image: {tag: }", ["- + -"]),
        ("image: {imageTag: 1}", ["- 1 -"]),
        ("image: {version: 1}", ["- 1 -"]),
        (f"image: {{digest: {D}}}", [f"- - {D}"]),
        (f"image: {{tag: 1, digest: {D}}}", [f"- 1 {D}"]),
        (f"image: {{tag: 1@{D}}}", [f"- 1 {D}"]),
        ("image: {tag: '{{ x }}'}", ["template"]),
        ("tag: 1\nweb: {image: {tag: 2}}", ["- 1 -", "- 2 -"]),
    ],
)
def test_2_3_an_overlay_that_names_no_image_is_kept_for_the_join(text: str, overlay: list[str]) -> None:
    found = [hit for hit in hits(text.encode(), wanted=LAYERED) if hit.repository is None]
    assert [told(hit) for hit in found] == overlay
    assert all(hit.identity is not None for hit in found)


_FILLER = "a long text that makes the lists and mappings beside it small, " * 3
_IMAGES = st.fixed_dictionaries(
    {},
    optional={
        "registry": st.sampled_from(["ghcr.io", "ghcr.io/acme", "docker.io"]),
        "repository": st.sampled_from(["ghcr.io/acme/web", "acme/web", "web", "ghcr.io/acme/other"]),
        "image": st.sampled_from(["ghcr.io/acme/web:1", "ghcr.io/acme/web", "web", "other:1"]),
        "name": st.sampled_from(["ghcr.io/acme/web", "web"]),
        "tag": st.sampled_from(["1", f"1@{D}"]),
    },
)
_VALUES = st.recursive(
    st.sampled_from([_FILLER, "ghcr.io/acme/web:1", "x"]) | _IMAGES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "image", "registry", "global", "tag", "name"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def _plain(text: str) -> str:
    return text


def _in_numbers(text: str) -> str:
    """The same with the letters of the image's name as their numbers."""
    return text.replace("web", "\\u0077\\u0065\\u0062")


@given(_VALUES, st.sampled_from([_plain, _in_numbers]))
def test_what_names_the_image_is_found_wherever_it_stands(values: object, spelled: Callable[[str], str]) -> None:
    data = spelled(json.dumps({"a": values, "b": _FILLER})).encode()
    with_all = [hit for hit in hits(data, wanted=LAYERED) if hit.repository is not None]
    assert [hit for hit in hits(data, wanted=WEB) if hit.repository is not None] == with_all


@pytest.mark.parametrize(
    "text",
    [
        "a: {image: {tag: 1}} # promote: web\n",
        "x: &x {repository: ghcr.io/acme/web}\na: {image: {<<: *x, tag: 1}}\n",
        "x: &x ghcr.io/acme/web\na: {image: {repository: *x, tag: 1}}\n",
    ],
)
def test_what_is_named_from_elsewhere_is_found_too(text: str) -> None:
    data = f"filler: {_FILLER}\n{text}".encode()
    assert [told(hit) for hit in hits(data, wanted=WEB)] == [told(hit) for hit in hits(data, wanted=LAYERED)] != []


@pytest.mark.parametrize(
    ("path", "text", "accepted"),
    [
        (b"a/Chart.yaml", "name: x\n", False),
        (b"a/x.yaml", "apiVersion: v1\nkind: Pod\n", False),
        (b"a/x.yaml", "- a\n", False),
        (b"a/x.yaml", "apiVersion: v2\n", True),
        (b"a/values.yaml", "a: 1\n", True),
    ],
)
def test_what_is_values(path: bytes, text: str, accepted: bool) -> None:
    assert helm.accepts(path, stream_of(text.encode(), path).documents[0]) is accepted
