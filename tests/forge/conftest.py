from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path

import pytest

from promote.clock import SystemClock
from promote.forge.address import Kind, Project
from promote.forge.request import Forge
from promote.forge.web import Web
from promote.transport import Transport
from promote.transport.retry import Patience
from tests.gitrepo.person import OTHER, Person
from tests.servers.forge.server import TOKEN, FakeForge
from tests.servers.forge.state import State

TRAILERS = "Promote-Environment: prod\nPromote-App: web\nPromote-Version: 2"

# A kind's adapter is promote.forge.MODULE: `CLASS(project, web)`, `api(project)`, `headers(token)` and CURE. Its fake
# is tests.servers.forge.MODULE: `CLASS(state, kind)`, with the `project` that it serves.
ADAPTERS: dict[Kind, tuple[str, str]] = {
    "github": ("github", "GitHub"),
    "gitlab": ("gitlab", "GitLab"),
    "gitea": ("gitea", "Gitea"),
    "forgejo": ("gitea", "Gitea"),
    "bitbucket": ("bitbucket", "Bitbucket"),
    "bitbucket-dc": ("bitbucket_dc", "BitbucketDataCenter"),
    "azure": ("azure", "Azure"),
}


def fake_of(kind: Kind) -> Callable[[State, Kind], FakeForge]:
    """The class of the fake."""
    module, name = ADAPTERS[kind]
    fake: Callable[[State, Kind], FakeForge] = getattr(import_module(f"tests.servers.forge.{module}"), name)
    return fake


def _environ(folder: Path) -> dict[str, str]:
    home = folder / "home"
    home.mkdir(exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **OTHER,
    }


class Scene:
    """A bare repository with `main` and a branch that is one commit ahead, a fake forge over it, and our adapter."""

    def __init__(self, kind: Kind, person: Person, fake: FakeForge, project: Project, web: Web, forge: Forge) -> None:
        self.kind = kind
        self.person = person
        self.state = fake.state
        self.fake = fake
        self.project = project
        self.web = web
        self.forge = forge


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `person` starts with, made once: the repository, and a clone of it by a relative path."""
    folder = tmp_path_factory.mktemp("model")
    bare, made = folder / "gitops.git", Person(_environ(folder), folder / "clone")
    made.git("init", "--quiet", "--bare", "--initial-branch=main", "--template=", str(bare), cwd=folder)
    made.git("clone", "--quiet", "--template=", str(bare), str(made.folder), cwd=folder)
    made.git("remote", "set-url", "origin", "../gitops.git")
    made.push({"web.yaml": b"tag: 1\n"})
    made.push({"web.yaml": b"tag: 2\n"}, branch="promote/env/prod")
    return folder


@pytest.fixture
def person(model: Path, tmp_path: Path) -> Person:
    """Somebody with a clone of a bare repository `gitops.git`, in which are `main` and a branch one commit ahead."""
    shutil.copytree(model, tmp_path, dirs_exist_ok=True)
    return Person(_environ(tmp_path), tmp_path / "clone", count=2)


@pytest.fixture
def scene_of(person: Person, tmp_path: Path) -> Iterator[Callable[[Kind], Scene]]:
    with ExitStack() as stack:

        def build(kind: Kind) -> Scene:
            module, name = ADAPTERS[kind]
            adapter = import_module(f"promote.forge.{module}")
            state = State(tmp_path / "gitops.git")
            fake = stack.enter_context(fake_of(kind)(state, kind))
            clock = SystemClock()
            transport = stack.enter_context(Transport(clock, jobs=4, timeout=20.0))
            project = fake.project
            web = Web(
                adapter.api(project),
                transport,
                clock,
                headers=lambda: adapter.headers(TOKEN),
                cure=adapter.CURE,
                patience=Patience(tries=3, seconds=5.0),
            )
            return Scene(kind, person, fake, project, web, getattr(adapter, name)(project, web))

        yield build


@pytest.fixture(params=sorted(ADAPTERS))
def scene(request: pytest.FixtureRequest, scene_of: Callable[[Kind], Scene]) -> Scene:
    return scene_of(request.param)
