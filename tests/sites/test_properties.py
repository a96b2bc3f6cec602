"""Whatever a file looks like, at every kind of place: the bytes outside stay, and three readers see the new tag alone.

The readers are PyYAML's pure one (YAML 1.1), ruamel.yaml's pure one (1.2) and Go's, none of which found the place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from promote.image import is_tag
from promote.sites.site import Barred, Fragment
from promote.text.document import Stream, parse
from promote.text.part import Part
from promote.text.proof import Disagreement
from promote.text.rewrite import Rewritten, rewrite
from promote.text.scalar import is_plain_safe
from tests import goyaml
from tests.readback import check_rewritten, hits
from tests.sites.emit import Block, Tree, files
from tests.sites.objects import WEB, W
from tests.text.documents import examples

OLD = "1.4.0"
TAGS = st.one_of(
    st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,40}\Z"),
    st.text("0123456789eExXoObB._-+yn", min_size=1, max_size=10).filter(is_tag),
    st.sampled_from(["1.10", "0e1", "2024-06-27", "yes", "on", "null", "1_000", "0x1F", "v1.5.0", "main-41-0a1b2c3"]),
)
NAMED: dict[str, Tree] = {"metadata": {"name": "web"}}
APPLICATION: dict[str, Tree] = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", **NAMED}
RELEASE: dict[str, Tree] = {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", **NAMED}
SPLIT: dict[str, Tree] = {"repository": W, "tag": OLD}
# Where a tag can stand: the file's name, and what it says.
PLACES: dict[str, tuple[bytes, Tree]] = {
    "kustomize": (
        b"kustomization.yaml",
        {"resources": ["a.yaml"], "images": [{"name": W, "newTag": OLD}, {"name": "x"}]},
    ),
    "kustomize, renamed": (b"kustomization.yaml", {"images": [{"name": "web", "newName": W, "newTag": OLD}]}),
    "inline patch": (
        b"kustomization.yaml",
        {"patches": [{"patch": Block([{"op": "replace", "path": "/a", "value": f"{W}:{OLD}"}])}]},
    ),
    "component": (
        b"c.yaml",
        {
            "apiVersion": "kustomize.config.k8s.io/v1alpha1",
            "kind": "Component",
            "images": [{"newTag": OLD, "name": W}],
        },
    ),
    "valuesInline": (b"kustomization.yaml", {"helmCharts": [{"name": "x", "valuesInline": {"image": SPLIT}}]}),
    "values": (b"values.yaml", {"replicas": "2", "image": {**SPLIT, "pullPolicy": "Always"}, "x": []}),
    "values, registry": (
        b"values.yaml",
        {"image": {"registry": "ghcr.io", "repository": "acme/web", "tag": OLD}},
    ),
    "values, version": (b"values.yaml", {"a": {"b": [{"image": W, "version": OLD}]}}),
    "values, imageTag": (b"values.yaml", {"imageName": W, "imageTag": OLD}),
    "values, name": (b"values.yaml", {"list": [{"name": W, "tag": OLD}, {"name": "y", "tag": "2"}]}),
    "values, one string": (b"values.yaml", {"image": f"{W}:{OLD}", "more": ["a", "b"]}),
    "compose": (b"compose.yaml", {"services": {"web": {"image": f"{W}:{OLD}", "ports": ["80:80"]}}}),
    "manifest": (
        b"pod.yaml",
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "web"},
            "spec": {"containers": [{"name": "web", "image": f"{W}:{OLD}"}, {"name": "y", "image": "y:1"}]},
        },
    ),
    "config map": (
        b"cm.yaml",
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "web"},
            "data": {"values.yaml": Block({"image": SPLIT})},
        },
    ),
    "argocd images": (
        b"app.yaml",
        {**APPLICATION, "spec": {"source": {"kustomize": {"images": [f"web={W}:{OLD}", "y:1"]}}}},
    ),
    "argocd parameters": (
        b"app.yaml",
        {
            **APPLICATION,
            "spec": {
                "sources": [
                    {
                        "helm": {
                            "parameters": [
                                {"name": "image.repository", "value": W},
                                {"name": "image.tag", "value": OLD, "forceString": "true"},
                            ]
                        }
                    }
                ]
            },
        },
    ),
    "argocd valuesObject": (b"app.yaml", {**APPLICATION, "spec": {"source": {"helm": {"valuesObject": {"a": SPLIT}}}}}),
    "argocd values": (
        b"app.yaml",
        {**APPLICATION, "spec": {"source": {"helm": {"values": Block({"x": ["1"], "image": SPLIT})}}, "project": "p"}},
    ),
    "argocd chart": (
        b"app.yaml",
        {**APPLICATION, "spec": {"source": {"chart": "web", "repoURL": "ghcr.io/acme", "targetRevision": OLD}}},
    ),
    "flux release": (b"r.yaml", {**RELEASE, "spec": {"values": {"image": SPLIT, "y": "z"}}}),
    "flux kustomization": (
        b"k.yaml",
        {
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "metadata": {"name": "web"},
            "spec": {"path": "./web", "images": [{"name": W, "newTag": OLD}]},
        },
    ),
    "flux oci": (
        b"o.yaml",
        {
            "apiVersion": "source.toolkit.fluxcd.io/v1",
            "kind": "OCIRepository",
            "metadata": {"name": "web"},
            "spec": {"url": f"oci://{W}", "ref": {"tag": OLD}},
        },
    ),
    "fleet": (
        b"fleet.yaml",
        {"helm": {"values": {"image": {"repository": W, "tag": OLD}}}, "targetCustomizations": [{"name": "a"}]},
    ),
    "chart dependency": (
        b"Chart.yaml",
        {"dependencies": [{"name": "web", "repository": "oci://ghcr.io/acme", "version": OLD}, {"name": "y"}]},
    ),
}
READERS: dict[str, Callable[[bytes], Any]] = {
    "PyYAML": lambda data: list(yaml.load_all(data.decode("utf-8-sig"), Loader=yaml.SafeLoader)),
    "ruamel": lambda data: list(_ruamel().load_all(data.decode("utf-8-sig"))),
    "Go": goyaml.read,
}


def _ruamel() -> YAML:
    return YAML(typ="safe", pure=True)


def _whole(value: Any, read: Callable[[bytes], Any]) -> Any:
    """The value with the texts that are documents of their own read as such."""
    if isinstance(value, dict):
        return {
            key: read(item.encode()) if _embeds(key, item) else _whole(item, read) for key, item in value.items()
        }
    return [_whole(item, read) for item in value] if isinstance(value, list) else value


def _embeds(key: object, item: object) -> bool:
    return key in ("values", "values.yaml", "patch") and isinstance(item, str)


def _replaced(value: Any, new: str) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(item, new) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, new) for item in value]
    return value.replace(OLD, new) if isinstance(value, str) else value


def _parts(data: bytes, path: bytes) -> Iterator[Part]:
    for hit in hits(data, path, WEB):
        if isinstance(hit, Fragment) and hit.tag is not None and hit.repository is not None:
            yield hit.tag


def _strays(data: bytes) -> bool:
    return any(odd in data for odd in ("\u2028".encode(), "\u0085".encode()))


@pytest.mark.parametrize("name", PLACES)
@examples(60)
@given(st.data())
def test_an_edit_is_one_value_and_no_other_byte(name: str, data: st.DataObject) -> None:
    path, tree = PLACES[name]
    new = data.draw(TAGS)
    if name in ("argocd chart", "chart dependency"):
        new = "2.0.0-" + new.strip("._-+").replace("_", "x").replace(".", "") if new.strip("._-+") else "2.0.0"
    text = data.draw(files(tree))
    assume(new != OLD)
    stream = parse(path, text)
    assert isinstance(stream, Stream), (stream, text)
    parts = list(_parts(text, path))
    if not parts:
        # A line break to some readers within a block: its lines cannot be told apart, and that is said.
        assert _strays(text), text
        assert [hit.code for hit in hits(text, path, WEB) if isinstance(hit, Barred)] == ["block-scalar"]
        return
    assert [part.value for part in parts] == [OLD]
    wishes = [(part, new) for part in parts]
    made = rewrite(stream, wishes)
    if isinstance(made, Disagreement):
        # Where readers differ about the file itself, or the new tag cannot stand in this spelling, nothing is written.
        assert made.code == "parsers-disagree", made
        assert _strays(text), (made, text)
        return
    after = check_rewritten(stream, wishes)
    for reader, read in READERS.items():
        old, now = (_whole(read(each), read) for each in (text, after))
        assert not isinstance(old, goyaml.Unreadable), (reader, old)
        assert now == _replaced(old, new), reader
    _check_again(after, path, new)
    if all(part.style != "plain" or is_plain_safe(new) for part in parts):
        back = rewrite(_stream(after, path), [(part, OLD) for part in _parts(after, path)])
        assert isinstance(back, Rewritten)
        assert back.after == text


def _stream(data: bytes, path: bytes) -> Stream:
    stream = parse(path, data)
    assert isinstance(stream, Stream)
    return stream


def _check_again(after: bytes, path: bytes, new: str) -> None:
    """The same wish a second time finds the tag, and changes nothing."""
    parts = list(_parts(after, path))
    assert [part.value for part in parts] == [new]
    again = rewrite(_stream(after, path), [(part, new) for part in parts])
    assert isinstance(again, Rewritten)
    assert again.edits == ()
