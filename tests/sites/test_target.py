from __future__ import annotations

from dataclasses import replace

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
        ("a: ghcr.io/acme/other:1.4.0\n", "other-image"),
        (f"a: ghcr.io/acme/other@{D}\n", "other-image"),
        (f"a: {W}\n", "not-a-reference"),
        ("a: one two\n", "not-a-reference"),
        ("a: 1.0\ndigest: '{{ x }}'\n", "template"),
        (f"a: 1.0\ndigest: &x {D}\nb: *x\n", "anchor"),
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


@pytest.mark.parametrize("file", [b"values.yaml", b"values.txt"])
@pytest.mark.parametrize(
    ("text", "path", "hit"),
    [
        (f"a: {D}\n", "a", f"- - {D}"),
        (f"a: {D[7:]}\n", "a", f"- - {D[7:]}"),
        (f"i: {{what: 1.0, digest: '{D}'}}\n", "i.what", f"- 1.0 {D}"),
        (f"i: {{what: 1.0, sha: {D[7:]}}}\n", "i.what", f"- 1.0 {D[7:]}"),
        ("i: {what: 1.0, digest: ''}\n", "i.what", "- 1.0 "),
        (f"i: {{what: '1.0@{D}', digest: ''}}\n", "i.what", f"- 1.0 {D}"),
        ("i: {what: 1.0, sha: 0a1b2c3}\n", "i.what", "- 1.0 -"),
        ("i: {what: 1.0, digest: {a: b}}\n", "i.what", "- 1.0 -"),
        ("i: {what: 1.0, digest: [a]}\n", "i.what", "- 1.0 -"),
        (f"l: [1.0, {{digest: '{D}'}}]\n", "l[0]", "- 1.0 -"),
    ],
)
def test_a_target_takes_the_digest_beside_its_tag(text: str, path: str, hit: str, file: bytes) -> None:
    """The new tag stood beside the old digest, or a tag was written in a digest's place."""
    found = hits(text.encode(), file, Wanted(()), [_aim(path)])
    assert [told(each) for each in found if each.app == "web"] == [hit]


CLAIMED = Wanted((Claim("web", (REPOSITORY,)),))


@pytest.mark.parametrize(
    ("file", "text", "path", "hit"),
    [
        (b"values.yaml", f"i: {{repository: {W}, tag: 1.0, digest: '{D}'}}\n", "i.tag", f"{W} 1.0 {D}"),
        (b"values.yaml", f"i: {{repository: {W}, tag: 1.0, digest: '{D}'}}\n", "i.digest", f"{W} 1.0 {D}"),
        (b"kustomization.yaml", f"images: [{{name: {W}, newTag: '1.0'}}]\n", f"images[name={W}].newTag", f"{W} 1.0 +"),
        (b"values.yaml", f"i: {{repository: ghcr.io/acme/x, tag: 1.0, digest: '{D}'}}\n", "i.tag", f"- 1.0 {D}"),
    ],
)
def test_a_target_keeps_what_a_finder_knows_of_its_place(file: bytes, text: str, path: str, hit: str) -> None:
    (found,) = [each for each in hits(text.encode(), file, CLAIMED, [_aim(path)]) if isinstance(each, Fragment)]
    assert told(found) == hit
    assert (found.format, found.app, found.repository) == ("target", "web", REPOSITORY)


@pytest.mark.parametrize("file", [b"values.yaml", b"values.txt"])
def test_targets_for_the_tag_and_for_its_digest_are_one_place(file: bytes) -> None:
    aims = [_aim("i.digest"), _aim("i.tag"), _aim("i.tag")]
    found = hits(f"i: {{tag: 1.0, digest: '{D}'}}\n".encode(), file, CLAIMED, aims)
    assert [told(hit) for hit in found] == [f"- 1.0 {D}"]


@pytest.mark.parametrize(
    ("text", "path", "image", "guessed"),
    [
        ("a: 1.0\n", "a", W, True),
        (f"a: {W}-migrate:1.0\n", "a", f"{W}-migrate", False),
        (f"a: {{repository: {W}-migrate, tag: 1.0}}\n", "a.tag", f"{W}-migrate", False),
    ],
)
def test_which_of_an_apps_images_a_target_means(text: str, path: str, image: str, *, guessed: bool) -> None:
    second = parse_repository(f"{W}-migrate")
    assert second is not None
    aim = replace(_aim(path), more=(second,))
    (found,) = hits(text.encode(), wanted=Wanted((Claim("web", (REPOSITORY, second)),)), aims=[aim])
    assert isinstance(found, Fragment)
    assert (str(found.repository), found.guessed) == (image, guessed)


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
