"""A repository whose `prod` is delivered by pull requests, behind a fake of each forge, and the program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from promote.forge.kinds import TOKEN
from promote.image import Version
from promote.question import Carried
from promote.wording.message import message
from tests.e2e.gitops import API, NEW_API, NEW_WEB, OLD_API, OLD_WEB, Gitops, config, digest_of, files
from tests.e2e.program import Inside, Result
from tests.forge.conftest import ADAPTERS, fake_of
from tests.servers.forge.server import FakeForge
from tests.servers.forge.state import State
from tests.servers.registry import RunningRegistry

BRANCH = "promote/env/prod"
PROD = "envs/prod/web/kustomization.yaml"


@dataclass
class Scene:
    """A repository whose `prod` is delivered by pull requests, its fake forge, and the program."""

    repository: Gitops
    forge: FakeForge
    inside: Inside

    @property
    def state(self) -> State:
        return self.forge.state

    def run(self, *words: str) -> Result:
        return self.inside(*words, "--repo", self.repository.url, env={TOKEN: self.forge.token})

    def ok(self, *words: str) -> Result:
        done = self.run(*words)
        assert done.code == 0, done
        return done

    def set(self, version: str, *words: str, app: str = "web") -> Result:
        reason = ("--skip-gate", "from", "--reason", "a test")
        return self.run("set", "prod", f"{app}={version}", *reason, *words, "-o", "json")

    def carried(self, branch: str = BRANCH) -> dict[str, str]:
        """The tag of each app, by the trailers of the branch's commit."""
        lines = [line.partition(": ")[::2] for line in self.repository.trailers(branch)]
        apps = [value for key, value in lines if key == "Promote-App"]
        tags = [value.partition("@")[0] for key, value in lines if key == "Promote-Version"]
        return dict(zip(apps, tags, strict=True))


def _config(registry: str, forge: str, more: str = "") -> str:
    text = config(registry, forge)
    old = "prod: {path: envs/prod, from: test}"
    assert text.count(old) == 1
    return text.replace(old, f"prod: {{path: envs/prod, from: test, deliver: pull-request{more}}}")


# Every forge where it is the forge that decides; elsewhere one or two, since the same is tested of every adapter alone.
@pytest.fixture(params=sorted(ADAPTERS))
def scene(
    request: pytest.FixtureRequest, create: Callable[..., Gitops], registry: RunningRegistry, inside: Inside
) -> Iterator[Scene]:
    kind, more = request.param if isinstance(request.param, tuple) else (request.param, "")
    with ExitStack() as stack:
        content = files(registry.host, digest=digest_of(API[OLD_API]))
        repository = create(content)
        fake = stack.enter_context(fake_of(kind)(State(repository.folder), kind))
        forge = f"forge: {{kind: {kind}, url: {fake.project.url}, project: {fake.project.path}}}\n"
        repository.commit({"promote.yaml": _config(registry.host, forge, more).encode()})
        yield Scene(repository, fake, inside)


def commits_both(repository: Gitops, state: State) -> None:
    """What another run does meanwhile: it proposes both apps, by the branch and by the pull request's body."""
    both = [
        Carried("prod", "api", Version(OLD_API), Version(NEW_API)),
        Carried("prod", "web", Version(OLD_WEB), Version(NEW_WEB)),
    ]
    base = repository.tip()
    made = state.git("commit-tree", "-p", base, "-m", message(None, both, base=base), f"{BRANCH}^{{tree}}")
    state.git("update-ref", f"refs/heads/{BRANCH}", made)
    state.pulls[0].body = "of both"
