"""What is written where nothing stood, from the command line into a real repository: `--add`, and an `override`."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Create
from tests.e2e.gitops import NEW_WEB, OLD_WEB, exactly
from tests.e2e.program import Inside
from tests.servers.registry import RunningRegistry


def _files(registry: str, environments: str) -> dict[str, bytes]:
    image = f"{registry}/acme/web"
    return {
        "promote.yaml": f"version: 1\napps: {{web: {{image: {image}}}}}\nenvironments:\n{environments}".encode(),
        "base/deployment.yaml": (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
            f"spec: {{template: {{spec: {{containers: [{{name: web, image: '{image}:{OLD_WEB}'}}]}}}}}}\n"
        ).encode(),
        "base/kustomization.yaml": b"resources: [deployment.yaml]\n",
        "dev/kustomization.yaml": b"# caf\xc3\xa9\r\nresources:\r\n- ../base\r\n",
        "values/web.yaml": f"image: {{repository: {image}, tag: {OLD_WEB}}}\n".encode(),
    }


def test_6_3_add_writes_an_entry_and_a_second_run_nothing(
    create: Create, registry: RunningRegistry, inside: Inside
) -> None:
    repository = create(_files(registry.host, "  dev: {path: dev}\n"))
    at = ("--repo", repository.url)
    first = repository.tree()
    assert inside("set", "dev", f"web={NEW_WEB}", *at).code == 3
    inside.ok("set", "dev", f"web={NEW_WEB}", "--add", *at)
    entry = f'images:\r\n- name: "{registry.host}/acme/web"\r\n  newTag: {NEW_WEB}\r\n'.encode()
    exactly(first, repository.tree(), {"dev/kustomization.yaml": [(b"- ../base\r\n", b"- ../base\r\n" + entry)]})
    tip = repository.tip()
    inside.ok("set", "dev", f"web={NEW_WEB}", "--add", *at)
    assert repository.tip() == tip


def test_6_3_add_into_a_kustomization_of_two_environments_is_refused(
    create: Create, registry: RunningRegistry, inside: Inside
) -> None:
    repository = create(_files(registry.host, "  dev: {path: dev}\n  test: {path: dev}\n"))
    refs = repository.refs()
    result = inside("set", "dev", f"web={NEW_WEB}", "--add", "--repo", repository.url)
    assert result.code == 3
    assert "shared-site" in result.output
    assert "test runs this kustomization too" in result.output
    assert repository.refs() == refs


def test_3_2_an_override_is_made_and_from_then_on_edited(
    create: Create, registry: RunningRegistry, inside: Inside
) -> None:
    environments = "  dev: {path: [values, dev], override: dev/values.yaml}\n  test: {path: [values, test]}\n"
    repository = create(_files(registry.host, environments))
    at = ("--repo", repository.url)
    first = repository.tree()
    assert inside("check", "dev", *at).code == 0
    inside.ok("set", "dev", f"web={NEW_WEB}", *at)
    assert repository.tree() == {**first, "dev/values.yaml": f"image:\n  tag: {NEW_WEB}\n".encode()}
    inside.ok("set", "dev", "web=2.0.0", *at)
    assert repository.tree() == {**first, "dev/values.yaml": b"image:\n  tag: 2.0.0\n"}


@pytest.mark.parametrize(
    ("environments", "why"),
    [
        # In one layer nothing tells which of two files is the stronger.
        ("  dev: {path: values, override: values/dev.yaml}\n  test: {path: values}\n", "in a later path"),
        # The other environment reads it too.
        (
            "  dev: {path: [values, dev], override: dev/values.yaml}\n  test: {path: [values, dev]}\n",
            "test/web would change too",
        ),
    ],
)
def test_3_2_an_override_that_cannot_work_is_told_and_not_written(
    create: Create, registry: RunningRegistry, inside: Inside, environments: str, why: str
) -> None:
    content = _files(registry.host, environments)
    del content["dev/kustomization.yaml"]
    repository = create(content)
    at = ("--repo", repository.url)
    refs = repository.refs()
    for words in (("check", *at), ("set", "dev", f"web={NEW_WEB}", *at)):
        result = inside(*words)
        assert result.code == 3
        assert "no-override" in result.output
        assert why in result.output
    assert repository.refs() == refs
