"""The program signs in by each source of credentials, to a registry behind a password; no secret is ever shown."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from promote.registry.credentials.variables import variables_of
from tests.e2e.gitops import WEB
from tests.e2e.program import Inside
from tests.servers.registry import RunningRegistry, TokenServer, docker_registry, token_server
from tests.servers.seed import write_storage

GOOD = "s3cret-good"
BAD = "s3cret-bad"
REFRESH = "s3cret-refresh"
SECRETS = ("s3cret", *(base64.b64encode(f"ci:{word}".encode()).decode() for word in (GOOD, BAD)))
IDENTITY = "<token>"


@pytest.fixture(scope="module")
def locked() -> Iterator[RunningRegistry]:
    """A registry behind a password."""
    with docker_registry(htpasswd={"ci": GOOD}) as running:
        write_storage(running.storage, "acme/web", WEB)
        yield running


@pytest.fixture(scope="module")
def tokens() -> Iterator[RunningRegistry]:
    """A registry whose token server takes a password, or an identity token."""
    server = TokenServer(users={"ci": GOOD}, refresh=REFRESH)
    with token_server(server), docker_registry(tokens=server) as running:
        write_storage(running.storage, "acme/web", WEB)
        yield running


@dataclass
class Machine:
    """Where sources of credentials are put: a home, a folder of programs, and variables."""

    home: Path
    host: str
    environ: dict[str, str] = field(default_factory=dict)

    def auth(self, path: str, secret: str, key: str = "") -> None:
        self.write(path, {"auths": {key or self.host: {"auth": base64.b64encode(f"ci:{secret}".encode()).decode()}}})

    def write(self, path: str, content: object) -> None:
        file = self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content))

    def program(self, name: str, script: str) -> None:
        folder = self.home / "bin"
        folder.mkdir(exist_ok=True)
        (folder / f"docker-credential-{name}").write_text(f"#!/bin/sh\n{script}\n")
        (folder / f"docker-credential-{name}").chmod(0o755)

    def helper(self, secret: str, user: str = "ci") -> None:
        answer = json.dumps({"ServerURL": self.host, "Username": user, "Secret": secret})
        self.program("tests", f"echo s3cret-aside >&2; cat <<'END'\n{answer}\nEND")


def _promote_yaml(machine: Machine, secret: str) -> None:
    settings = {"version": 1, "registries": {machine.host: {"username": "ci", "password": {"env": "PROMOTE_P"}}}}
    machine.write("promote.yaml", settings | {"apps": {}, "environments": {"dev": {"path": "dev"}}})
    machine.environ["PROMOTE_P"] = secret


def _variables_of(machine: Machine) -> tuple[str, str]:
    names = variables_of(machine.host)
    assert names is not None
    return names


def _variables(machine: Machine, secret: str) -> None:
    user, password = _variables_of(machine)
    machine.environ |= {user: "ci", password: secret}


def _docker(machine: Machine, secret: str) -> None:
    machine.auth(".docker/config.json", secret)


def _docker_elsewhere(machine: Machine, secret: str) -> None:
    machine.auth("elsewhere/config.json", secret)
    machine.environ["DOCKER_CONFIG"] = str(machine.home / "elsewhere")


def _host_s_helper(machine: Machine, secret: str) -> None:
    machine.helper(secret)
    machine.write(".docker/config.json", {"credHelpers": {machine.host: "tests"}})


def _store(machine: Machine, secret: str) -> None:
    machine.helper(secret)
    machine.write(".docker/config.json", {"auths": {machine.host: {}}, "credsStore": "tests"})


def _podman(machine: Machine, secret: str) -> None:
    machine.auth(".config/containers/auth.json", secret, f"{machine.host}/acme")


def _skopeo(machine: Machine, secret: str) -> None:
    machine.auth("auth.json", secret)
    machine.environ["REGISTRY_AUTH_FILE"] = str(machine.home / "auth.json")


def _gitlab(machine: Machine, secret: str) -> None:
    machine.environ |= {"CI_REGISTRY": machine.host, "CI_REGISTRY_USER": "ci", "CI_REGISTRY_PASSWORD": secret}


# Each source, and what is said of it where the registry refuses what it gives.
SOURCES = {
    _promote_yaml: "promote.yaml: correct them under `registries: {host}:` in {home}/promote.yaml",
    _variables: "_PASSWORD: correct PROMOTE_REGISTRY_",
    _docker: "/.docker/config.json: run `docker login {host}`",
    _docker_elsewhere: "/elsewhere/config.json: run `docker login {host}`",
    _host_s_helper: "docker-credential-tests: run `docker login {host}`",
    _store: "docker-credential-tests: run `docker login {host}`",
    _podman: "/.config/containers/auth.json: run `docker login {host}`",
    _skopeo: "/auth.json: run `docker login {host}`",
    _gitlab: "CI_REGISTRY_PASSWORD: run `docker login {host}`",
}


@pytest.fixture
def machine(environ: Mapping[str, str], locked: RunningRegistry) -> Machine:
    home = Path(environ["HOME"])
    # Whoever reads this sends the wrong password, or shows it.
    (home / ".netrc").write_text("machine 127.0.0.1 login ci password s3cret-netrc\n")
    (home / ".netrc").chmod(0o600)
    return Machine(home, locked.host, {"PATH": f"{home}/bin:{environ['PATH']}", "NETRC": str(home / ".netrc")})


def _run(inside: Inside, machine: Machine) -> tuple[int, str]:
    settings = machine.home / "promote.yaml"
    words = ["--config", str(settings)] if settings.exists() else []
    done = inside("tags", f"{machine.host}/acme/web", "--policy", "semver:*", "-v", *words, env=machine.environ)
    assert not [secret for secret in SECRETS if secret in done.output], done.output
    return done.code, done.output


@pytest.mark.parametrize(
    ("source", "said"), [pytest.param(*each, id=each[0].__name__.strip("_")) for each in SOURCES.items()]
)
@pytest.mark.parametrize("secret", [GOOD, BAD])
def test_each_source_signs_in_and_shows_no_secret(
    inside: Inside, machine: Machine, source: Callable[[Machine, str], None], said: str, secret: str
) -> None:
    source(machine, secret)
    code, output = _run(inside, machine)
    if secret == GOOD:
        assert code == 0, output
        assert "1.5.0" in output
    else:
        assert code == 4, output
        assert "401" in output
        source_said = re.escape(said.format(host=machine.host, home=machine.home))
        assert re.search(rf"; its credentials are from \S*{source_said}", output), output


@pytest.mark.parametrize("user", [IDENTITY, "ci"])
def test_a_helper_s_identity_token_is_for_the_token_server(
    inside: Inside, machine: Machine, tokens: RunningRegistry, user: str
) -> None:
    machine.host = tokens.host
    machine.helper(REFRESH if user == IDENTITY else GOOD, user)
    machine.write(".docker/config.json", {"credsStore": "tests"})
    assert _run(inside, machine)[0] == 0
    machine.helper(BAD, user)
    assert _run(inside, machine)[0] == 4


def test_a_docker_login_s_identity_token_is_for_the_token_server(
    inside: Inside, machine: Machine, tokens: RunningRegistry
) -> None:
    machine.host = tokens.host
    user = base64.b64encode(b"00000000-0000-0000-0000-000000000000:").decode()
    for secret, code in ((REFRESH, 0), (BAD, 4)):
        machine.write(".docker/config.json", {"auths": {tokens.host: {"auth": user, "identitytoken": secret}}})
        assert _run(inside, machine)[0] == code


def test_a_token_server_that_refuses_is_asked_once_a_repository_by_a_whole_run(
    inside: Inside, machine: Machine
) -> None:
    """Every request of a run tried it again, and a wrong password was soon a locked account."""
    server = TokenServer(users={"ci": GOOD})
    with token_server(server), docker_registry(tokens=server) as running:
        machine.host = running.host
        _variables(machine, BAD)
        paths = [f"acme/app-{number}" for number in range(3)]
        policies: tuple[object, ...] = ({"semver": "*"}, {"order": "created"}, {"order": {"digest": "latest"}})
        settings = {
            "version": 1,
            "apps": {
                f"app-{number}": {"image": f"{running.host}/{path}", "policy": policy}
                for number, (path, policy) in enumerate(zip(paths, policies, strict=True))
            },
            "environments": {name: {"path": name} for name in ("dev", "test")},
        }
        machine.write("promote.yaml", settings)
        for name in ("dev", "test"):
            for path in paths:
                machine.write(f"{name}/{path}.yaml", {"image": f"{running.host}/{path}:1.0.0"})
        result = inside("check", "-C", str(machine.home), env=machine.environ)
    assert result.code == 4, result
    assert all(f"{running.host}/{path}" in result.output for path in paths), result.output
    assert sorted(query.rpartition("scope=")[2] for _, query, _ in server.log) == [
        f"repository%3Aacme%2Fapp-{number}%3Apull" for number in range(3)
    ]


FAULTS = {
    "fails": ("echo s3cret-out; echo s3cret-err >&2; exit 2", "failed with exit code 2"),
    "rubbish": ("echo s3cret-out", "answered what is no credentials"),
    "none": ("echo credentials not found in native keychain; exit 1", "has no credentials for"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_helper_that_gives_nothing_ends_the_run(inside: Inside, machine: Machine, fault: str) -> None:
    script, said = FAULTS[fault]
    machine.program("tests", script)
    machine.write(".docker/config.json", {"credHelpers": {machine.host: "tests"}})
    code, output = _run(inside, machine)
    assert code == 4
    assert said in output
    assert "docker-credential-tests" in output


def test_a_broken_file_ends_the_run_and_is_not_shown(inside: Inside, machine: Machine) -> None:
    file = machine.home / ".docker/config.json"
    file.parent.mkdir()
    for text in ('{"auths": {"x": {"auth": "s3cret', '{"auths": "s3cret"}', '"s3cret"'):
        file.write_text(text)
        code, output = _run(inside, machine)
        assert code == 4
        assert str(file) in output


def test_half_a_pair_of_variables_ends_the_run(inside: Inside, machine: Machine) -> None:
    user, password = _variables_of(machine)
    machine.environ[password] = BAD
    code, output = _run(inside, machine)
    assert code == 4
    assert f"set {user} too" in output


def test_a_netrc_is_no_source(inside: Inside, machine: Machine) -> None:
    code, output = _run(inside, machine)
    assert code == 4
    assert "asks for credentials" in output
