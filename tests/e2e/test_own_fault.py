"""A fault of promote's own, in the midst of what it signs in with: no secret is shown or left behind, however loud."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest

from promote.transport import Transport
from tests.e2e import gitops
from tests.e2e.gitops import WEB, Gitops
from tests.e2e.program import Inside
from tests.servers.registry import RunningRegistry, docker_registry
from tests.servers.seed import write_storage

PASSWORD = "hunter2-s3cret"
BASIC = base64.b64encode(f"ci:{PASSWORD}".encode()).decode()
SETTINGS = """\
registries:
  "{host}": {{username: ci, password: {{env: PROMOTE_P}}}}
"""
ENVIRON = {"PROMOTE_P": PASSWORD}


@pytest.fixture(scope="module")
def locked() -> Iterator[RunningRegistry]:
    """A registry behind a password."""
    with docker_registry(htpasswd={"ci": PASSWORD}) as running:
        write_storage(running.storage, "acme/web", WEB)
        yield running


@pytest.fixture
def guarded(create: Callable[..., Gitops], locked: RunningRegistry) -> Gitops:
    """A repository whose registry wants the password."""
    settings = SETTINGS.format(host=locked.host)
    return create(gitops.files(locked.host, digest=f"sha256:{'0' * 64}", registries=settings))


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The headers of each request that was about to be sent with a password, and ended in a bug instead."""
    found: list[str] = []
    send = Transport._send

    def bug(method: str, url: str, authorization: str, body: object) -> NoReturn:
        found.append(authorization)
        try:
            raise KeyError(f"{authorization} {PASSWORD}")
        except KeyError as error:
            error.add_note(f"sent was {authorization}")
            raise RuntimeError(f"{method} {url}: {authorization} {PASSWORD} {body}") from error

    def broken(self: Transport, method: str, url: str, headers: Mapping[str, str], *rest: Any) -> Any:
        if "Authorization" in headers:
            bug(method, url, headers["Authorization"], rest[0])
        return send(self, method, url, headers, *rest)

    monkeypatch.setattr(Transport, "_send", broken)
    return found


COMMANDS = (
    ("tags", "web"),
    ("status",),
    ("check",),
    ("update", "dev"),
    ("set", "dev", "web=1.5.0"),
    ("set", "dev", "web=1.5.0", "--dry-run"),
)


@pytest.mark.parametrize("loud", [(), ("-q",), ("-v",), ("-v", "-o", "json")])
@pytest.mark.parametrize("words", COMMANDS)
def test_no_traceback_shows_a_secret(
    guarded: Gitops, inside: Inside, reached: list[str], tmp_path: Path, words: tuple[str, ...], loud: tuple[str, ...]
) -> None:
    done = inside(*words, *loud, "--repo", guarded.url, env=ENVIRON)
    assert set(reached) == {f"Basic {BASIC}"}
    assert done.code == 1
    told = "promote: a fault of promote's own: RuntimeError; please report it, with what -v shows"
    assert done.messages[-1] == told
    assert ("in bug" in done.stderr) == ("-v" in loud)
    assert done.stdout == ""
    left = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (PASSWORD, BASIC):
        assert secret not in done.output
        assert secret.encode() not in left
