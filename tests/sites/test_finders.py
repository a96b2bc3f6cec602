from __future__ import annotations

import time

import pytest

from promote.image import parse_repository
from promote.sites.claim import Claim
from promote.sites.finders import is_scanned, read_file
from promote.sites.site import Barred, Fragment
from promote.sites.target import Aim
from promote.sites.wanted import Wanted
from promote.text.yamlpath import compile_path
from promote.tree import Globs
from tests.readback import hits, told

W = "ghcr.io/acme/web"
_REPOSITORY = parse_repository(W)
assert _REPOSITORY is not None
REPOSITORY = _REPOSITORY
WEB = Wanted((Claim("web", (REPOSITORY,)),))


@pytest.mark.parametrize(
    ("path", "scanned"),
    [
        (b"a/values.json", False), (b"a/yaml", False), (b"a/x.yaml.gotmpl", False), (b"a/x.YAML", False), (b"", False),
        (b"a/x.yaml", True), (b"x.yml", True), (b"a/Kustomization", True), (b"\xff.yaml", True),
    ],
)  # fmt: skip
def test_which_files_are_looked_into(path: bytes, scanned: bool) -> None:
    assert is_scanned(path) is scanned


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"image: ghcr.io/acme/web:1\n\xff", "not-utf8", 2),
        (f"image: {W}:1\n".encode("utf-16"), "not-utf8", 1),
        (b"image: ghcr.io/acme/web:1\n\x00", "not-yaml", 2),
        (b"image: ghcr.io/acme/web:1\n{{- if x }}\n", "not-yaml", 3),
        (b"image: ghcr.io/acme/web:1\nx: " + b"[" * 100_000, "too-deep", 2),
    ],
)
def test_11_6_a_file_that_cannot_be_read_bars_its_apps(data: bytes, code: str, line: int) -> None:
    stream, found = read_file(b"values.yaml", data, WEB, ())
    assert stream is None
    (bar,) = found
    assert isinstance(bar, Barred)
    assert (bar.app, bar.code, bar.span.line, bar.format) == ("web", code, line, "file")


def test_11_6_a_broken_file_bars_the_apps_of_its_targets_once() -> None:
    aim = Aim("web", Globs(("x",)), compile_path("a"), REPOSITORY)
    _, found = read_file(b"x", b"a: [\n# ghcr.io/acme/web\n", WEB, (aim, aim))
    assert [hit.app for hit in found if isinstance(hit, Barred)] == ["web"]


def test_the_first_finder_that_accepts_a_document_reads_it() -> None:
    text = (
        f"images: [{{name: {W}, newTag: '1'}}]\nimage: {W}:9\n"
        f"---\napiVersion: v1\nkind: Pod\nspec: {{image: '{W}:2'}}\nweb: {{repository: {W}, tag: '9'}}\n"
        f"---\nimage: {{repository: {W}, tag: '3'}}\n"
    )
    data = text.encode()
    assert [(hit.format, told(hit)) for hit in hits(data, b"a.yaml", WEB)] == [
        ("helm", f"{W} 9 +"),
        ("manifest", f"{W} 2 +"),
        ("helm", f"{W} 3 -"),
    ]
    # A name alone makes no kustomization of an object.
    assert [hit.format for hit in hits(data, b"kustomization.yaml", WEB)] == ["kustomize", "manifest"]


def test_found_in_the_order_of_the_file() -> None:
    text = "\n".join(f"k{n}: {{image: {{repository: {W}, tag: 't{n}'}}, other: '{W}:s{n}'}}" for n in range(5))
    found = [hit for hit in hits(text.encode(), wanted=WEB) if isinstance(hit, Fragment)]
    assert [hit.tag.value for hit in found if hit.tag is not None] == [f"{c}{n}" for n in range(5) for c in "ts"]


def test_a_file_of_five_megabytes_is_searched_in_seconds() -> None:
    entry = (
        "- name: registry.example.com/acme/service-%05d\n  newTag: '1.2.%d' # a comment that makes the line longer\n"
    )
    fill = "  # " + "more words of no meaning " * 6 + "\n"
    data = ("images:\n" + "".join(entry % (n, n) + fill for n in range(20_000))).encode()
    assert len(data) > 5_000_000
    start = time.monotonic()
    _, found = read_file(b"kustomization.yaml", data, Wanted((), everything=True), ())
    assert len(found) == 20_000
    assert time.monotonic() - start < 20


def test_a_bomb_of_aliases_is_searched_at_once() -> None:
    lines = [f"a0: &a0 {{repository: {W}, tag: '1'}}"]
    lines += [
        f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}], x: [{', '.join([f'*a{n - 1}'] * 10)}]}}"
        for n in range(1, 40)
    ]
    start = time.monotonic()
    found = hits("\n".join(lines).encode(), wanted=WEB)
    assert time.monotonic() - start < 10
    assert told(found[0]) == "anchor"
