from __future__ import annotations

import pytest

from promote.image import parse_repository
from promote.sites import kustomize
from promote.sites.claim import Claim
from promote.sites.site import Barred, Fragment
from promote.sites.wanted import Wanted
from promote.text.part import Part
from tests.readback import check_rewritten, hits, stream_of, told

FILE = b"envs/dev/kustomization.yaml"
DIGEST = "sha256:" + "0a" * 32


def _wanted(*names: str, aliases: tuple[str, ...] = ()) -> Wanted:
    found = tuple(repository for repository in map(parse_repository, names) if repository is not None)
    return Wanted((Claim("web", found, aliases),))


WEB = _wanted("ghcr.io/acme/web")


def _entries(text: str, wanted: Wanted = WEB) -> list[str]:
    return [told(hit) for hit in hits(f"images:\n{text}".encode(), FILE, wanted)]


@pytest.mark.parametrize(
    "text",
    [
        "- name: ghcr.io/acme/webshop\n  newTag: '1'\n",
        "- name: ghcr.io/acme/web-migrate\n  newTag: '1'\n",
        "- name: web\n  newTag: '1'\n",
        # The image is what newName says; without a version the manifest's counts.
        "- name: ghcr.io/acme/web\n  newName: ghcr.io/other/web\n",
        "- newName: ghcr.io/acme/web\n  newTag: '1'\n",
        "- newTag: '1'\n",
        "- ghcr.io/acme/web:1\n",
        "- name: [ghcr.io/acme/web]\n",
        "- name: ghcr.io/acme/web:1.0\n  newTag: '1'\n",
        "  web: {name: ghcr.io/acme/web, newTag: '1'}\n",
        "- images:\n  - {name: ghcr.io/acme/web, newTag: '1'}\n",
        "- # nothing\n",
    ],
)
def test_what_names_no_wanted_image(text: str) -> None:
    assert _entries(text) == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("- name: ghcr.io/acme/web\n  newTag: '{{ tag }}'\n", ["template"]),
        ("- name: ghcr.io/acme/web\n  newTag: {{ tag }}\n", ["template"]),
        ("- name: ghcr.io/acme/web\n  newTag: ${TAG}\n", ["template"]),
        ("- name: ghcr.io/acme/web\n  newTag: |\n    1.0\n", ["block-scalar"]),
        ("- name: ghcr.io/acme/web\n  newTag: >-\n    1.0\n", ["block-scalar"]),
        ("- name: ghcr.io/acme/web\n  newTag: !!int 1\n", ["tagged"]),
        ("- name: ghcr.io/acme/web\n  newTag: [1]\n", ["not-a-scalar"]),
        ("- name: ghcr.io/acme/web\n  newTag: '1'\n  newTag: '2'\n", ["duplicate-key"]),
        (f'- name: ghcr.io/acme/web\n  newTag: "1\\u002e0@{DIGEST}"\n', ["escaped"]),
        # One anchored tag for two images, and beside it one that has nothing to do with it.
        (
            "- name: ghcr.io/acme/web\n  newTag: &t '1'\n- name: ghcr.io/acme/web\n  newTag: *t\n"
            "- name: ghcr.io/acme/web\n  newTag: '2'\n",
            ["anchor", "alias", "ghcr.io/acme/web 2 +"],
        ),
        ("- &e\n  name: ghcr.io/acme/web\n  newTag: '1'\n- *e\n", ["anchor"]),
        ("- &e {newTag: '1', name: x}\n- <<: *e\n  name: ghcr.io/acme/web\n", ["merge-key"]),
        ("- &e {newTag: '1', name: x}\n- <<: [*e]\n  name: ghcr.io/acme/web\n", ["merge-key"]),
        # What comes from elsewhere is the name alone: the tag is this entry's own.
        (
            "- &e {name: ghcr.io/acme/web, newTag: '1'}\n- <<: *e\n  newTag: '2'\n",
            ["anchor", "- 2 -"],
        ),
        # A key that is missing never goes into the mapping that others share.
        ("- &e\n  name: ghcr.io/acme/web\n- <<: *e\n", ["anchor", "merge-key"]),
        ("- &e\n  name: ghcr.io/acme/web\n- <<: *e\n  newTag: '2'\n", ["anchor", "- 2 -"]),
        ("- name: &n ghcr.io/acme/web\n  newTag: '1'\n- name: x\n  newName: *n\n  newTag: '2'\n", ["- 1 +", "- 2 -"]),
    ],
)
def test_11_6_a_place_that_is_not_safe_is_barred_and_its_neighbours_are_not(text: str, codes: list[str]) -> None:
    assert _entries(text) == codes


def test_a_name_is_what_its_anchor_meant_there() -> None:
    # The second anchor of that name comes later: the alias before it never meant it.
    text = "- name: &n other\n- name: *n\n  newTag: '1'\n- name: &n ghcr.io/acme/web\n  newTag: '2'\n"
    assert _entries(text) == ["- 2 +"]


@pytest.mark.parametrize("key", ["images", "other"])
def test_11_6_a_key_above_that_stands_twice(key: str) -> None:
    data = b"images:\n- {name: ghcr.io/acme/web, newTag: '1'}\n%s:\n- {name: x}\n" % key.encode()
    assert [told(hit) for hit in hits(data, FILE, WEB)] == (
        ["duplicate-key"] if key == "images" else ["ghcr.io/acme/web 1 +"]
    )


@pytest.mark.parametrize(
    ("sops", "hit"),
    [
        ("{mac: x}", "sops"),
        ("{mac: x, mac_only_encrypted: false}", "sops"),
        ("{mac: x, mac_only_encrypted: true}", "ghcr.io/acme/web 1 +"),
        ("{age: []}", "ghcr.io/acme/web 1 +"),
    ],
)
def test_11_6_a_file_under_the_mac_of_sops(sops: str, hit: str) -> None:
    data = f"images:\n- {{name: ghcr.io/acme/web, newTag: '1'}}\nsops: {sops}\n".encode()
    assert [told(found) for found in hits(data, FILE, WEB)] == [hit]


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("- name: ghcr.io/acme/web\n  newTag: 1.2.3\n", "ghcr.io/acme/web 1.2.3 +"),
        ("- {name: ghcr.io/acme/web, newTag: '1'}\n", "ghcr.io/acme/web 1 +"),
        ("- newTag: '1'\n  name: ghcr.io/acme/web\n", "ghcr.io/acme/web 1 +"),
        ("- name: web\n  newName: ghcr.io/acme/web\n  newTag: '1'\n", "ghcr.io/acme/web 1 +"),
        (f"- name: ghcr.io/acme/web\n  digest: {DIGEST}\n", f"ghcr.io/acme/web + {DIGEST}"),
        (f"- name: ghcr.io/acme/web\n  newTag: '1'\n  digest: {DIGEST}\n", f"ghcr.io/acme/web 1 {DIGEST}"),
        (f"- name: ghcr.io/acme/web\n  newTag: 1.2@{DIGEST}\n", f"ghcr.io/acme/web 1.2 {DIGEST}"),
        ("- name: ghcr.io/acme/web\n", "ghcr.io/acme/web + +"),
        ("- name: ghcr.io/acme/web\n  newTag:\n", "ghcr.io/acme/web + +"),
        ('- name: ghcr.io/acme/web\n  newTag: ""\n', "ghcr.io/acme/web  +"),
        ("- name: ghcr.io/acme/web\n  newTag: !!str 1\n", "ghcr.io/acme/web 1 +"),
        ("- name: 'ghcr.io/acme/web'\n  newTag: 1.10 # c\n", "ghcr.io/acme/web 1.10 +"),
        # There is an image, and no safe place beside it.
        ("- ? name\n  : ghcr.io/acme/web\n", "ghcr.io/acme/web - -"),
    ],
)
def test_entries(text: str, hit: str) -> None:
    assert _entries(text) == [hit]


@pytest.mark.parametrize(
    ("wanted", "written", "matches"),
    [
        (_wanted("nginx"), "nginx", True),
        (_wanted("nginx"), "library/nginx", False),
        (_wanted("nginx"), "docker.io/nginx", True),
        (_wanted("docker.io/library/nginx"), "nginx", True),
        (_wanted("acme/web"), "docker.io/acme/web", True),
        (_wanted("acme/web"), "index.docker.io/acme/web", True),
        (_wanted("localhost:5000/web"), "localhost:5000/web", True),
        (_wanted("ghcr.io/acme/web"), "GHCR.io/acme/web", True),
        (WEB, "web", False),
        (_wanted("ghcr.io/acme/web", aliases=("web",)), "web", True),
        (_wanted("ghcr.io/acme/web", aliases=("Web App",)), "Web App", True),
    ],
)
def test_2_1_and_2_2_names_are_compared_by_what_they_mean(wanted: Wanted, written: str, matches: bool) -> None:
    found = _entries(f"- name: {written}\n  newTag: '1'\n", wanted)
    # `library/nginx` means docker.io/library/nginx as well.
    assert found == ([f"{written} 1 +"] if matches or written == "library/nginx" else [])


def test_2_2_an_alias_brings_the_image_and_its_own_spelling() -> None:
    (hit,) = hits(b"images: [{name: web, newTag: '1'}]\n", FILE, _wanted("ghcr.io/acme/web", aliases=("web",)))
    assert isinstance(hit, Fragment)
    assert hit.repository == parse_repository("ghcr.io/acme/web")
    assert hit.repository is not None
    assert hit.repository.written == "web"


@pytest.mark.parametrize(
    ("path", "head", "accepted"),
    [
        (b"a/values.yaml", "", False),
        (b"a/kustomization.yaml", "", True),
        (b"a/kustomization.yml", "", True),
        (b"a/Kustomization", "", True),
        (b"a/component.yaml", "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n", True),
        (b"a/x.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n", True),
        (b"a/x.yaml", "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n", False),
        (b"a/x.yaml", "kind: Kustomization\n", False),
    ],
)
def test_what_is_a_kustomization(path: bytes, head: str, accepted: bool) -> None:
    data = f"{head}images: [{{name: ghcr.io/acme/web, newTag: '1'}}]\n".encode()
    assert kustomize.accepts(path, stream_of(data, path).documents[0]) is accepted


def test_all_documents_of_a_file_are_read() -> None:
    data = b"images: [{name: ghcr.io/acme/web, newTag: '1'}]\n---\nimages: [{name: ghcr.io/acme/web, newTag: '2'}]\n"
    assert [told(hit) for hit in hits(data, FILE, WEB)] == ["ghcr.io/acme/web 1 +", "ghcr.io/acme/web 2 +"]


@pytest.mark.parametrize("end", ["", "\n", " # c\n", "\n- name: x\n", "\r\n- name: x\r\n"])
def test_6_3_a_missing_key_is_inserted_beside_the_image(end: str) -> None:
    data = b"images:\n- name: ghcr.io/acme/web" + end.encode()
    (hit,) = (hit for hit in hits(data, FILE, WEB) if not isinstance(hit, Barred))
    tag, digest = hit.tag, hit.digest
    assert isinstance(tag, Part)
    assert isinstance(digest, Part)
    after = check_rewritten(stream_of(data), [(tag, "1.10"), (digest, DIGEST)])
    assert [told(hit) for hit in hits(after, FILE, WEB)] == [f"ghcr.io/acme/web 1.10 {DIGEST}"]


def test_what_a_kustomization_reaches() -> None:
    data = b"""
resources: [../base, deploy.yaml]
bases: [old]
components: [parts/x]
patches: [{path: patch.yaml}, {patch: "- op: x"}]
patchesStrategicMerge: [more.yaml, "a: b\\nc: d"]
configMapGenerator: [{files: [no.yaml]}]
"""
    found = list(kustomize.reached(stream_of(data).documents[0]))
    assert found == ["../base", "deploy.yaml", "old", "parts/x", "patch.yaml", "more.yaml"]
    assert list(kustomize.reached(stream_of(b"- a\n").documents[0])) == []
    assert list(kustomize.reached(stream_of(b"resources: x\n").documents[0])) == []
