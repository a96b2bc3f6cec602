"""The examples of credentials on the page on Git, run whole, at servers of these very names over TLS, and over SSH.

A tunnel stands between: whatever host is asked for, a Git server of ours answers, with a certificate for that name.
"""

from __future__ import annotations

import re
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import trustme

from promote.clock import SystemClock
from tests.e2e import gitops
from tests.e2e.credential_examples import Example, examples
from tests.e2e.program import TRACEBACK
from tests.servers.githttp import GitHttp
from tests.servers.github import GitHub, new_key, pem_of
from tests.servers.gitssh import GitSsh, private
from tests.servers.gitssh import new_key as new_ssh_key
from tests.servers.secure import tunnel_proxy

HOSTS = ("git.example.com", "github.com", "api.github.com")
TOKEN = "s3cret-token"
KEY = new_ssh_key()
EXAMPLES = [pytest.param(each, id=each.title) for each in examples("git.md", "What is never run")]


@pytest.fixture
def machine(tmp_path: Path, shell: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The variables of a machine from which every host is that server, and the secrets of its CI."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    root = tmp_path / "served"
    (root / "acme").mkdir(parents=True)
    users = {"ci": TOKEN, "x-access-token": TOKEN}
    api = GitHub(SystemClock(), users)
    with (
        GitHttp(root, users=users, tls=context, api=api) as server,
        tunnel_proxy(int(server.host.rpartition(":")[2])) as tunnel,
        GitSsh(root, allowed=[KEY]) as ssh,
    ):
        content = gitops.files("registry.invalid", digest="sha256:" + "0" * 64)
        gitops.create(server, shell, content, "acme/gitops.git")
        yield {
            **shell,
            "https_proxy": tunnel.url,
            "SSL_CERT_FILE": str(tmp_path / "ca.pem"),
            "GIT_SSL_CAINFO": str(tmp_path / "ca.pem"),
            "GITOPS_TOKEN": TOKEN,
            "APP_PRIVATE_KEY": pem_of(new_key()),
            "DEPLOY_KEY": private(KEY),
            "GIT_HOST_KEYS": ssh.known(),
            "SSH_PORT": str(ssh.port),
        }


def _run(script: str, folder: Path, environ: Mapping[str, str]) -> tuple[int, str]:
    folder.mkdir()
    # No proxy leads to ssh, and its own resolver knows no host of ours.
    script = script.replace("ssh://git@git.example.com/", f"ssh://git@127.0.0.1:{environ['SSH_PORT']}/")
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
    assert "s3cret" not in said
    assert "PRIVATE KEY" not in said
    return done.returncode, said


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_credentials_signs_in(example: Example, machine: Mapping[str, str], tmp_path: Path) -> None:
    write = ""
    if example.config:
        rest = gitops.config("registry.invalid")
        write = f"cat > promote.yaml <<'END'\n{rest}{example.config}END\n"
    # Without the variables that hold secrets, the command is turned away.
    needed = re.compile(r"^export .*\$")
    bare = "\n".join(line for line in example.script.splitlines() if not needed.match(line) and "_APP_ID" not in line)
    bare = re.sub(r"^export PROMOTE_GIT_.*_USERNAME=.*$", "", bare, flags=re.MULTILINE)
    code, said = _run(write + bare, tmp_path / "without", machine)
    assert code == (2 if example.config else 5), said
    code, said = _run(write + example.script, tmp_path / "with", machine)
    assert code == 0, said
    assert gitops.OLD_WEB in said


def test_every_source_has_an_example() -> None:
    titles = [example.values[0].title for example in EXAMPLES]  # type: ignore[union-attr]
    assert titles == ["A host in promote.yaml", "Variables", "Variables", "GitHub App", "SSH", "CI jobs"]
