from __future__ import annotations

import pytest

from promote.image import parse_repository
from promote.sites.claim import Claim
from promote.sites.site import Barred, Fragment
from promote.sites.target import Aim
from promote.sites.wanted import Wanted
from promote.text.part import Part
from promote.text.yamlpath import compile_path
from promote.tree import Globs
from tests.readback import check_rewritten, hits, stream_of, told

W = "ghcr.io/acme/web"
D = "sha256:" + "0a" * 32
_REPOSITORY = parse_repository(W)
assert _REPOSITORY is not None
REPOSITORY = _REPOSITORY


def _aim(path: str) -> Aim:
    return Aim("web", Globs(("values.yaml",)), compile_path(path), REPOSITORY)


def _told(text: str, path: str, file: bytes = b"values.yaml") -> list[str]:
    return [told(hit) for hit in hits(text.encode(), file, Wanted(()), [_aim(path)])]


@pytest.mark.parametrize(
    ("text", "path"),
    [("a: 1\n", "b"), ("a: [1]\n", "a.b"), ("a: {}\n", "a[0]"), ("", "a"), ("- {name: x}\n", "[name=y].tag")],
)
def test_a_path_that_leads_nowhere(text: str, path: str) -> None:
    assert _told(text, path) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: {b: 1}\n", "not-a-scalar"),
        ("a: &x 1\nb: *x\n", "anchor"),
        ("b: &x 1\na: *x\n", "alias"),
        ("a: 1\na: 2\n", "duplicate-key"),
        ("a: |\n  1\n", "block-scalar"),
        ("a: '{{ x }}'\n", "template"),
        ("a: !!float 1\n", "tagged"),
        (f"a: '{W}:{{{{ x }}}}'\n", "template"),
        (f"a: {W}:-\n", "not-a-reference"),
        (f'a: "1\\x2e0@{D}"\n', "escaped"),
        ("a: 1\nsops: {mac: x}\n", "sops"),
    ],
)
def test_11_6_a_target_that_is_not_safe(text: str, code: str) -> None:
    found = hits(text.encode(), b"values.yaml", Wanted(()), [_aim("a")])
    assert {told(hit) for hit in found} == {code}
    assert all(
        isinstance(hit, Barred) and (hit.app, hit.repository, hit.format) == ("web", REPOSITORY, "target")
        for hit in found
    )


@pytest.mark.parametrize(
    ("text", "path", "code"),
    [
        ("x: &x {b: 1}\na: *x\n", "a.b", "alias"),
        ("x: &x {b: {c: 1}}\na: {b: *x}\n", "a.b.b.c", "alias"),
        ("x: &x {b: 1}\na: {<<: *x}\n", "a.b", "merge-key"),
        ("a: {<<: {b: 1}}\n", "a.b", "merge-key"),
        ("x: &x {b: {c: 1}}\na: {<<: [*x]}\n", "a.b.c", "merge-key"),
    ],
)
def test_11_6_a_target_that_passes_an_alias_or_a_merge_key_is_barred(text: str, path: str, code: str) -> None:
    """It found nothing, and its app was absent."""
    (found,) = hits(text.encode(), b"values.yaml", Wanted(()), [_aim(path)])
    assert isinstance(found, Barred)
    assert (told(found), found.app) == (code, "web")


@pytest.mark.parametrize(
    ("text", "path", "hit", "after"),
    [
        ("a: 1.0 # c\n", "a", "- 1.0 -", 'a: "1.10" # c\n'),
        ("a: '1.0'\n", "a", "- 1.0 -", "a: '1.10'\n"),
        ("a:\n", "a", "- + -", 'a: "1.10"\n'),
        (f"a: 1.0@{D}\n", "a", f"- 1.0 {D}", f"a: 1.10@{D}\n"),
        (f"a: {W}:1.0\n", "a", f"{W} 1.0 +", f"a: {W}:1.10\n"),
        # A name alone is no tag of it: a target says where the tag stands.
        (
            "l: [{name: x, t: 1}, {name: y, t: 2}]\n",
            "l[name=y].t",
            "- 2 -",
            'l: [{name: x, t: 1}, {name: y, t: "1.10"}]\n',
        ),
        ("- {t: 1}\n- {t: 2}\n", "[1].t", "- 2 -", '- {t: 1}\n- {t: "1.10"}\n'),
    ],
)
def test_targets(text: str, path: str, hit: str, after: str) -> None:
    (found,) = hits(text.encode(), b"values.yaml", Wanted(()), [_aim(path)])
    assert isinstance(found, Fragment)
    assert told(found) == hit
    assert (found.app, found.repository) == ("web", REPOSITORY)
    assert isinstance(found.tag, Part)
    assert check_rewritten(stream_of(text.encode()), [(found.tag, "1.10")]).decode() == after


def test_2_1_a_target_reads_any_file_whatever_its_ending() -> None:
    assert _told("image_tag: 1\n", "image_tag", b"image-tags/dev/web") == ["- 1 -"]
    assert _told(f"image: {W}:1\n", "other", b"image-tags/dev/web") == []


def test_2_1_what_a_target_names_is_the_targets_alone() -> None:
    other = parse_repository("ghcr.io/acme/other")
    assert other is not None
    data = f"image: {W}:1\nmore: ghcr.io/acme/other:2\n".encode()
    found = hits(data, wanted=Wanted((Claim("web", (REPOSITORY,)), Claim("other", (other,)))), aims=[_aim("image")])
    assert [(hit.format, hit.app) for hit in found] == [("target", "web"), ("helm", None)]


def test_two_targets_in_one_file_keep_the_order_of_the_file() -> None:
    data = b"b: 1\na: 2\n"
    found = hits(data, wanted=Wanted(()), aims=[_aim("a"), _aim("b")])
    assert [told(hit) for hit in found] == ["- 1 -", "- 2 -"]
