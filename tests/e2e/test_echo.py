"""A registry that says back what it was signed in with, asked by the whole program: no secret in anything it prints."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from promote.registry.credentials.variables import variables_of
from tests.e2e.conftest import Create
from tests.e2e.program import Inside
from tests.registry.test_echo import ECHOES, FORBIDDEN, HEADER, PASSWORD, signed_in
from tests.servers import proxy as faults
from tests.servers.proxy import FaultyProxy, faulty_proxy
from tests.servers.registry import RunningRegistry

NAMES = ("1.0.0", PASSWORD, f"9.0.0-{PASSWORD}", f"z-{HEADER}")


@pytest.fixture
def proxy(registry: RunningRegistry) -> Iterator[FaultyProxy]:
    with faulty_proxy(registry.host) as running:
        yield running


@pytest.fixture
def environ(environ: dict[str, str], proxy: FaultyProxy) -> dict[str, str]:
    names = variables_of(proxy.host)
    assert names is not None
    return environ | {names[0]: "ci", names[1]: PASSWORD}


def _read(text: str) -> list[str]:
    return [secret for secret in FORBIDDEN if secret in text.lower()]


@pytest.mark.parametrize("fault", [echo[1] for echo in ECHOES.values()], ids=list(ECHOES))
def test_nothing_that_is_printed_holds_a_secret(proxy: FaultyProxy, inside: Inside, fault: faults.Fault) -> None:
    proxy.fail("/v2/", signed_in(fault))
    for words in (("-vv",), ("-vv", "-o", "json"), ("-q",)):
        result = inside("tags", f"{proxy.host}/acme/web", "--policy", "semver:*", *words)
        assert result.code == 4, result
        assert not _read(result.output), result.output


def test_a_tag_with_a_secret_is_neither_chosen_nor_written(proxy: FaultyProxy, create: Create, inside: Inside) -> None:
    proxy.fail("tags/list", signed_in(faults.says(json.dumps({"tags": NAMES}).encode())))
    app = f"{{image: {proxy.host}/acme/web, policy: {{order: alphabetical}}}}"
    gitops = create(
        {
            "promote.yaml": f"version: 1\napps: {{web: {app}}}\nenvironments: {{dev: {{path: envs/dev}}}}\n".encode(),
            "envs/dev/web.yaml": f"image: {proxy.host}/acme/web:0.9.0".encode(),
        }
    )
    shown = inside("tags", "web", "-vv", "--repo", gitops.url)
    assert shown.code == 0
    assert shown.stdout.count("***") == len(NAMES) - 1
    document = inside("tags", "web", "-vv", "-o", "json", "--repo", gitops.url)
    assert document.code == 0, document.stderr
    assert document.document["selected"] == "1.0.0"
    done = inside("update", "-vv", "--no-verify-tag", "--repo", gitops.url)
    assert done.code == 0, done
    assert not _read(shown.output + document.output + done.output)
    assert gitops.tree()["envs/dev/web.yaml"].endswith(b":1.0.0")
    assert not _read(gitops.message())
