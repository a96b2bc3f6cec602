"""The examples of credentials on the page on registries, run whole, at registries of these very names over TLS.

A tunnel stands between: whatever host is asked for, a registry of ours answers, with a certificate for that name.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from tests.e2e.credential_examples import Example, examples
from tests.e2e.gitops import WEB
from tests.e2e.program import TRACEBACK
from tests.servers.registry import RunningRegistry, docker_registry
from tests.servers.secure import tunnel_proxy
from tests.servers.seed import write_storage

ACCOUNT = "123456789012"
HOSTS = ("registry.example.com", "ghcr.io", f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com")
SECRETS = {"ci": "s3cret-registry", "gitlab-ci-token": "s3cret-job", "x-access-token": "s3cret-github"}
AWS = f"{ACCOUNT}-auth-token"  # as moto makes them
# What stands for a CI job's own variables in the examples.
JOB = {
    "REGISTRY_PASSWORD": SECRETS["ci"],
    "CI_REGISTRY_PASSWORD": SECRETS["ci"],
    "CI_JOB_TOKEN": SECRETS["gitlab-ci-token"],
}
PROGRAMS = {
    "gh": f'[ "$*" = "auth token" ] && echo {SECRETS["x-access-token"]}',
    "docker-credential-pass": f"""echo '{{"Username": "ci", "Secret": "{SECRETS["ci"]}"}}'""",
}
EXAMPLES = [pytest.param(each, id=each.title) for each in examples("registries.md", "Where a token goes")]


@pytest.fixture(scope="module")
def locked() -> Iterator[RunningRegistry]:
    """A registry of all these names, where every source has its own password."""
    with docker_registry(htpasswd=SECRETS | {"AWS": AWS}, tls=True, names=HOSTS) as running:
        write_storage(running.storage, "acme/web", WEB)
        yield running


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def machine(locked: RunningRegistry, aws: str, shell: Mapping[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
    """The variables of a machine from which every host is that registry."""
    folder = Path(shell["PATH"].partition(":")[0])
    for name, script in PROGRAMS.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    (tmp_path / "aws").write_text("[profile ci]\naws_access_key_id = s3cret-id\naws_secret_access_key = s3cret-key\n")
    with tunnel_proxy(int(locked.host.rpartition(":")[2])) as tunnel:
        yield {
            **shell,
            **JOB,
            "https_proxy": tunnel.url,
            "SSL_CERT_FILE": str(locked.ca),
            "AWS_ENDPOINT_URL": aws,
            "AWS_CONFIG_FILE": str(tmp_path / "aws"),
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def _run(script: str, folder: Path, environ: Mapping[str, str]) -> tuple[int, str]:
    folder.mkdir()
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    said = (done.stdout + done.stderr).decode()
    assert TRACEBACK not in said
    assert not [secret for secret in (*SECRETS.values(), AWS) if secret in said]
    return done.returncode, said


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_credentials_signs_in(example: Example, machine: Mapping[str, str], tmp_path: Path) -> None:
    # Without what stands above it, the command is turned away.
    commands = "\n".join(line for line in example.script.splitlines() if line.startswith("promote "))
    code, said = _run(commands, tmp_path / "without", machine)
    assert code == 4, said
    folder = tmp_path / "with"
    script = example.script
    if example.config:
        rest = "version: 1\nenvironments: {dev: {path: .}}\n"
        script = f"cat > promote.yaml <<'END'\n{rest}{example.config}END\n{script}"
    code, said = _run(script, folder, machine)
    assert code == 0, said
    assert "1.5.0" in said


def test_every_source_has_an_example() -> None:
    titles = [example.values[0].title for example in EXAMPLES]  # type: ignore[union-attr]
    assert titles == [
        "promote.yaml",
        "Variables",
        "Docker's config.json",
        "Credential helpers",
        "podman's auth.json",
        "GitHub Actions and GitLab CI",
        "GitHub Actions and GitLab CI",
        "Amazon ECR",
    ]
