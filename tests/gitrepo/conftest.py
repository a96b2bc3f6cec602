from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from promote.gitrepo.command.git import Git
from promote.gitrepo.url import parse
from tests.gitrepo.person import OTHER, Person
from tests.servers.githttp import GitHttp


def _environ(folder: Path) -> dict[str, str]:
    home = folder / "home"
    temporary = folder / "tmp"
    home.mkdir()
    temporary.mkdir()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What many tests start with, made once: `empty.git`, and `gitops.git` with `other`, a clone, at a first commit."""
    folder = tmp_path_factory.mktemp("model")
    person = Person({**_environ(folder), **OTHER}, folder / "other")
    (folder / "served").mkdir()
    empty, bare = folder / "empty.git", folder / "served" / "gitops.git"
    person.git("init", "--quiet", "--bare", "--initial-branch=main", "--template=", str(empty), cwd=folder)
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant", "http.receivepack"):
        person.git("config", key, "true", cwd=empty)
    shutil.copytree(empty, bare)
    person.git("clone", "--quiet", "--template=", str(bare), str(person.folder), cwd=folder)
    person.git("remote", "set-url", "origin", "../served/gitops.git")
    person.push({"envs/dev/kustomization.yaml": b"images:\r\n- name: web # \xc3\xa9\r\n", "README": b"read me"})
    return folder


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return _environ(tmp_path)


@pytest.fixture
def served(tmp_path: Path) -> Path:
    folder = tmp_path / "served"
    folder.mkdir()
    return folder


@pytest.fixture
def bare(served: Path, model: Path) -> Path:
    """An empty bare repository, set up as forges are."""
    return Path(shutil.copytree(model / "empty.git", served / "gitops.git"))


@pytest.fixture
def other(tmp_path: Path, bare: Path, environ: Mapping[str, str], model: Path) -> Person:
    """Somebody with a clone of `bare`, and a first commit in it."""
    shutil.copytree(model / "served" / "gitops.git", bare, dirs_exist_ok=True)
    shutil.copytree(model / "other", tmp_path / "other")
    return Person({**environ, **OTHER}, tmp_path / "other", count=1)


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
