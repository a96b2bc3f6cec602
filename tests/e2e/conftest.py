from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.e2e import gitops
from tests.e2e.gitops import API, WEB, Gitops
from tests.e2e.program import Inside, Program
from tests.e2e.proposing import scene
from tests.servers.githttp import GitHttp
from tests.servers.registry import RunningRegistry, docker_registry, needed
from tests.servers.seed import write_layout, write_storage

__all__ = ["scene"]

Create = Callable[..., Gitops]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """All that a run sees of this machine."""
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path / "tmp"),
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "PYTHONWARNINGS": "error",
    }


@pytest.fixture
def promote(environ: Mapping[str, str], tmp_path: Path) -> Program:
    """The program, started in a folder that is in no clone."""
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    return Program(environ, nowhere)


@pytest.fixture
def shell(tmp_path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """An environment in which `promote` is this program, and a CI job's variables are set."""
    program = tmp_path / "bin" / "promote"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m promote "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return {**environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "TAG": "1.5.0"}


@pytest.fixture
def inside(promote: Program) -> Inside:
    return Inside(promote.environ, promote.cwd)


@pytest.fixture
def leftovers(environ: Mapping[str, str]) -> Callable[[], list[str]]:
    """What stands in the temporary folder."""
    return lambda: sorted(path.name for path in Path(environ["TMPDIR"]).iterdir())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHttp]:
    root = tmp_path / "served"
    root.mkdir()
    with GitHttp(root) as running:
        yield running


@pytest.fixture
def create(server: GitHttp, environ: Mapping[str, str]) -> Create:
    """Makes repositories that the Git server serves, from their files."""

    def make(content: Mapping[str, bytes | str], name: str = "gitops.git") -> Gitops:
        return gitops.create(server, environ, content, name)

    return make


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    """An open registry on plain HTTP; web came into it as it does in life, pushed by a client, api by seeding."""
    with docker_registry() as running:
        folder = tmp_path_factory.mktemp("layout")
        write_layout(folder / "web", WEB)
        for tag in WEB:
            subprocess.run(
                [
                    *(needed("skopeo"), "--insecure-policy", "copy", "--quiet", "--all", "--dest-tls-verify=false"),
                    *(f"oci:{folder / 'web'}:{tag}", f"docker://{running.host}/acme/web:{tag}"),
                ],
                check=True,
                capture_output=True,
                timeout=60,
            )
        write_storage(running.storage, "acme/api", API)
        yield running


@pytest.fixture
def repository(create: Create, registry: RunningRegistry) -> Gitops:
    """The repository of `gitops.files`, whose images are in the open registry."""
    return create(gitops.files(registry.host, digest=gitops.digest_of(API[gitops.OLD_API])))
