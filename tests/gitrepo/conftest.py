from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from promote.gitrepo.command.git import Git
from promote.gitrepo.url import parse
from tests.gitrepo.person import OTHER, Person
from tests.servers.githttp import GitHttp


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "home"
    temporary = tmp_path / "tmp"
    home.mkdir()
    temporary.mkdir()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }


@pytest.fixture
def served(tmp_path: Path) -> Path:
    folder = tmp_path / "served"
    folder.mkdir()
    return folder


@pytest.fixture
def bare(served: Path, environ: Mapping[str, str]) -> Path:
    """An empty bare repository, set up as forges are."""
    folder = served / "gitops.git"
    person = Person(environ, served)
    person.git("init", "--quiet", "--bare", "--initial-branch=main", str(folder))
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant", "http.receivepack"):
        person.git("config", key, "true", cwd=folder)
    return folder


@pytest.fixture
def other(tmp_path: Path, bare: Path, environ: Mapping[str, str]) -> Person:
    """Somebody with a clone of `bare`, and a first commit in it."""
    folder = tmp_path / "other"
    person = Person({**environ, **OTHER}, folder)
    person.git("clone", "--quiet", str(bare), str(folder), cwd=tmp_path)
    person.push({"envs/dev/kustomization.yaml": b"images:\r\n- name: web # \xc3\xa9\r\n", "README": b"read me"})
    return person


@pytest.fixture
def server(served: Path) -> Iterator[GitHttp]:
    with GitHttp(served) as running:
        yield running


@pytest.fixture
def reach(environ: Mapping[str, str], tmp_path: Path) -> Callable[[str], Git]:
    """A git that reaches a URL."""

    def build(url: str) -> Git:
        return Git(environ, deadline_seconds=20).to(parse(url, base=tmp_path), secrets=frozenset())

    return build


@pytest.fixture
def leftovers(environ: Mapping[str, str]) -> Callable[[], Sequence[str]]:
    """What stands in the temporary folder."""
    return lambda: sorted(path.name for path in Path(environ["TMPDIR"]).iterdir())
