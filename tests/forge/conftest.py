from __future__ import annotations

import os
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


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody with a clone of an empty bare repository `gitops.git`."""
    home = tmp_path / "home"
    home.mkdir()
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **OTHER,
    }
    bare, folder = tmp_path / "gitops.git", tmp_path / "clone"
    made = Person(environ, folder)
    made.git("init", "--quiet", "--bare", "--initial-branch=main", str(bare), cwd=tmp_path)
    made.git("clone", "--quiet", str(bare), str(folder), cwd=tmp_path)
    made.push({"web.yaml": b"tag: 1\n"})
    made.push({"web.yaml": b"tag: 2\n"}, branch="promote/env/prod")
    return made


@pytest.fixture
def scene_of(person: Person, tmp_path: Path) -> Iterator[Callable[[Kind], Scene]]:
    with ExitStack() as stack:

        def build(kind: Kind) -> Scene:
            module, name = ADAPTERS[kind]
            adapter = import_module(f"promote.forge.{module}")
            state = State(tmp_path / "gitops.git")
            fake = stack.enter_context(getattr(import_module(f"tests.servers.forge.{module}"), name)(state, kind))
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
