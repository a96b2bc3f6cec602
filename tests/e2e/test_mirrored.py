"""`rewrite` against a real registry: an environment that pulls from a mirror is asked, read and written by its name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import Create
from tests.e2e.gitops import NEW_WEB, OLD_WEB, WEB, Gitops, exactly, files, web_line
from tests.e2e.program import Inside
from tests.servers.registry import RunningRegistry
from tests.servers.seed import write_storage

PROD = "envs/prod/web/kustomization.yaml"


@dataclass(frozen=True)
class Mirrored:
    """A repository whose `prod` names the images of another namespace, and web's path there."""

    repository: Gitops
    path: str


@pytest.fixture
def mirrored(create: Create, registry: RunningRegistry, tmp_path: Path) -> Mirrored:
    """Nothing is copied into the namespace yet, which is the test's own."""
    namespace = f"mirror-{tmp_path.name.replace('_', '-').lower()[-30:].strip('-')}"
    content = files(registry.host, digest="sha256:" + "a" * 64)
    origin, here = f"{registry.host}/acme/".encode(), f"{registry.host}/{namespace}/".encode()
    content[PROD] = content[PROD].replace(origin, here)
    rewrite = b", rewrite: {%s: %s}}" % (b'"' + origin + b'"', b'"' + here + b'"')
    old = b"prod: {path: envs/prod, from: test}"
    assert content["promote.yaml"].count(old) == 1
    content["promote.yaml"] = content["promote.yaml"].replace(old, old.removesuffix(b"}") + rewrite)
    return Mirrored(create(content, f"{namespace}.git"), f"{namespace}/web")


def ready(mirrored: Mirrored, inside: Inside) -> str:
    """The new version in `test`; the repository's URL comes back."""
    url = mirrored.repository.url
    inside.ok("set", "dev", f"web={NEW_WEB}", "--repo", url)
    inside.ok("to", "test", "web", "--repo", url)
    return url


@pytest.mark.parametrize("there", [{OLD_WEB: OLD_WEB}, {NEW_WEB: OLD_WEB}])
def test_5_4_what_the_mirror_has_not_or_has_otherwise_is_refused(
    there: dict[str, str], mirrored: Mirrored, registry: RunningRegistry, inside: Inside
) -> None:
    url = ready(mirrored, inside)
    write_storage(registry.storage, mirrored.path, {tag: WEB[of] for tag, of in there.items()})
    before = mirrored.repository.refs()
    refused = inside("to", "prod", "web", "--repo", url, "-o", "json")
    assert (refused.code, [each["code"] for each in refused.document["refused"]]) == (3, ["not-mirrored"])
    assert mirrored.path in refused.document["refused"][0]["reason"]
    assert mirrored.repository.refs() == before


def test_5_4_what_is_mirrored_goes_through_under_its_name_there(
    mirrored: Mirrored, registry: RunningRegistry, inside: Inside
) -> None:
    url = ready(mirrored, inside)
    write_storage(registry.storage, mirrored.path, {tag: WEB[tag] for tag in (OLD_WEB, NEW_WEB)})
    before = mirrored.repository.tree()
    inside.ok("to", "prod", "web", "--repo", url)
    exactly(before, mirrored.repository.tree(), {PROD: [(web_line(OLD_WEB), web_line(NEW_WEB))]})
    found = inside.ok("status", "prod", "--app", "web", "--repo", url, "-o", "json")
    assert found.document["apps"][0]["environments"]["prod"]["version"]["tag"] == NEW_WEB
