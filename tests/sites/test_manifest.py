from __future__ import annotations

import pytest

from promote.image import parse_repository
from promote.sites.claim import Claim
from promote.sites.site import Fragment
from promote.sites.wanted import Wanted
from promote.text.part import Part
from tests.readback import check_rewritten, check_values, hits, stream_of, told

W = "ghcr.io/acme/web"
D = "sha256:" + "0a" * 32
_REPOSITORY = parse_repository(W)
assert _REPOSITORY is not None
WEB = Wanted((Claim("web", (_REPOSITORY,)),))
HEAD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"


def _told(text: str) -> list[str]:
    return [told(hit) for hit in hits(text.encode(), b"pod.yaml", WEB)]


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}spec: {{containers: [{{image: ghcr.io/acme/webshop:1}}]}}",
        f"{HEAD}spec: {{containers: [{{image: '{{{{ x }}}}/web:1'}}]}}",
        f"{HEAD}spec: {{note: {W}, args: ['see {W}:1']}}",
        # These speak of images and run none (SEMANTICS 1.5).
        f"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {{image: '{W}:1'}}",
        f"apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImageRepository\nspec: {{image: {W}}}",
        f"apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImagePolicy\nspec: {{image: '{W}:1'}}",
        f"- image: {W}:1",
        f"{W}:1",
        "",
    ],
)
def test_what_names_no_wanted_image(text: str) -> None:
    assert _told(text) == []


@pytest.mark.parametrize(
    ("spec", "codes"),
    [
        (f"{{image: '{W}:{{{{ x }}}}'}}", ["template"]),
        (f"{{image: '{W}:$(TAG)'}}", ["template"]),
        (f"{{image: &i '{W}:1', other: *i, more: '{W}:2'}}", ["anchor", "alias", f"{W} 2 +"]),
        (f"{{image: '{W}:1', image: '{W}:2', more: '{W}:3'}}", ["duplicate-key", "duplicate-key", f"{W} 3 +"]),
        (f"\n  image: |-\n    {W}:1\n  more: {W}:2", ["block-scalar", f"{W} 2 +"]),
        (f'{{image: "{W}\\x3a1", more: "{W}:2"}}', ["escaped", f"{W} 2 +"]),
        (f"{{image: !custom {W}:1, more: !!str '{W}:2'}}", ["tagged", f"{W} 2 +"]),
    ],
)
def test_11_6_bars(spec: str, codes: list[str]) -> None:
    assert _told(f"{HEAD}spec: {spec}\n") == codes


def test_11_6_sops_bars_the_whole_document_and_no_other() -> None:
    text = f"{HEAD}spec: {{image: '{W}:1'}}\nsops: {{mac: x}}\n---\n{HEAD}spec: {{image: '{W}:2'}}\n"
    assert _told(text) == ["sops", f"{W} 2 +"]


@pytest.mark.parametrize(
    ("text", "hit", "identity"),
    [
        # 2.3: untagged strings count at `image` alone.
        (f"spec: {{containers: [{{image: {W}, name: a}}]}}", f"{W} + +", "Pod - web spec containers a image"),
        (f"spec: {{containers: [{{name: a, image: '{W}:1'}}]}}", f"{W} 1 +", "Pod - web spec containers a image"),
        (f"spec: {{containers: [{{image: '{W}:1@{D}'}}]}}", f"{W} 1 {D}", "Pod - web spec containers 0 image"),
        (
            f"spec: {{initContainers: [{{name: i, image: {W}@{D}}}]}}",
            f"{W} + {D}",
            "Pod - web spec initContainers i image",
        ),
        (f"spec: {{env: [{{name: X, value: '{W}:1'}}]}}", f"{W} 1 +", "Pod - web spec env X value"),
        (f"spec: {{args: ['{W}:1']}}", f"{W} 1 +", "Pod - web spec args 0"),
        (f"spec: {{custom: {{runner: {W}:1}}}}", f"{W} 1 +", "Pod - web spec custom runner"),
        (f"data: {{IMAGE: '{W}:1'}}", f"{W} 1 +", "Pod - web data IMAGE"),
    ],
)
def test_2_3_strings_of_an_object(text: str, hit: str, identity: str) -> None:
    (found,) = hits(f"{HEAD}{text}\n".encode(), b"pod.yaml", WEB)
    assert told(found) == hit
    assert " ".join(each or "-" for each in found.identity) == f"- {identity}"


CRON = f"""apiVersion: batch/v1
kind: CronJob
metadata:
  name: nightly
spec:
  jobTemplate:
    spec:
      template:
        spec:
          initContainers:
          - name: wait
            image: {W}:1.0.0
          containers:
          - image: "{W}:1.0.0"   # here too
            name: job
---
apiVersion: image.openshift.io/v1
kind: ImageStream
metadata: {{name: web}}
spec:
  tags:
  - name: latest
    from: {{kind: DockerImage, name: {W}:1.0.0}}
"""


def test_cron_jobs_image_streams_and_several_documents() -> None:
    data = CRON.encode()
    found = [hit for hit in hits(data, b"all.yaml", WEB) if isinstance(hit, Fragment)]
    assert [hit.identity[1] for hit in found] == ["CronJob", "CronJob", "ImageStream"]
    after = check_rewritten(stream_of(data), [(hit.tag, "1.10") for hit in found if isinstance(hit.tag, Part)])
    assert after == data.replace(b":1.0.0", b":1.10")
    paths = [(document, *hit.tag.keys) for document, hit in zip((0, 0, 1), found, strict=True) if hit.tag is not None]
    check_values(data, after, dict.fromkeys(paths, f"{W}:1.10"))


def test_3_1_the_same_container_has_the_same_identity_wherever_it_stands() -> None:
    one = hits(
        f"{HEAD}spec: {{containers: [{{name: x, image: y}}, {{name: a, image: {W}:1}}]}}".encode(), b"a.yaml", WEB
    )
    two = hits(f"{HEAD}spec: {{containers: [{{image: {W}:2, name: a}}]}}".encode(), b"b.yaml", WEB)
    assert one[0].identity == two[0].identity


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        (f"apiVersion: g/v1\nkind: D\nmetadata: {{name: web, namespace: eu}}\nimage: {W}:1\n", "g D eu web image"),
        (f"apiVersion: a.b/v1\nkind: D\nmetadata: {{name: web}}\nimage: {W}:1\n", "a.b D - web image"),
        (f"apiVersion: v1\nkind: D\nimage: {W}:1\n", "- D - - image"),
    ],
)
def test_an_objects_identity_has_its_api_group_and_namespace(text: str, identity: str) -> None:
    """Deployment/web in namespaces eu and us shadowed each other across layers."""
    (found,) = hits(text.encode(), b"a.yaml", WEB)
    assert " ".join(each or "-" for each in found.identity) == identity


LIST = f"""apiVersion: v1
kind: List
metadata: {{name: all}}
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {{name: web, namespace: eu}}
  spec: {{containers: [{{name: a, image: '{W}:1'}}]}}
- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: cm}}, data: {{IMAGE: '{W}:2'}}}}
- {{apiVersion: x/v1, kind: ImagePolicy, metadata: {{name: web}}, spec: {{image: '{W}:3'}}}}
- {{apiVersion: v1, kind: List, items: [{{apiVersion: v1, kind: Pod, metadata: {{name: in}}, image: '{W}:4'}}]}}
- '{W}:5' # no object
"""


def test_the_items_of_a_list_are_objects_of_their_own() -> None:
    """They had neither kind nor name, and the items of one List shadowed another's."""
    found = hits(LIST.encode(), b"all.yaml", WEB)
    assert [" ".join(each or "-" for each in hit.identity) for hit in found] == [
        "apps Deployment eu web spec containers a image",
        "- ConfigMap - cm data IMAGE",
        "- Pod - in image",
    ]


def test_an_item_of_a_typed_list_may_leave_its_kind_to_the_list() -> None:
    text = f"apiVersion: apps/v1\nkind: DeploymentList\nitems: [{{metadata: {{name: web}}, image: '{W}:1'}}]\n"
    (found,) = hits(text.encode(), b"all.yaml", WEB)
    assert found.identity == ("apps", "Deployment", "", "web", "image")


def test_a_list_without_items_is_an_object() -> None:
    text = f"apiVersion: example.com/v1\nkind: AllowList\nmetadata: {{name: a}}\nspec: {{items: ['{W}:1']}}\n"
    (found,) = hits(text.encode(), b"all.yaml", WEB)
    assert found.identity == ("example.com", "AllowList", "", "a", "spec", "items", "0")
