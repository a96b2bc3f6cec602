"""Crowds of `promote set` whose changes become one pull request: each a process, at a forge of each kind."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from promote.forge.address import Kind
from promote.forge.kinds import TOKEN
from tests.e2e.gitops import create, exactly
from tests.e2e.program import Program
from tests.forge.conftest import ADAPTERS, fake_of
from tests.servers.forge.server import FakeForge
from tests.servers.forge.state import State
from tests.servers.githttp import GitHttp
from tests.simulate.crowds import ended, sent

KINDS: tuple[Kind, ...] = tuple(sorted(ADAPTERS))
_BRANCH = "promote/env/prod"


@dataclass(frozen=True)
class Told:
    """How a crowd fared: processes, seconds, requests to the forge, pushes that were begun, pushes that were sent."""

    processes: int
    seconds: float
    calls: int
    offers: int
    sent: int

    def __str__(self) -> str:
        return (
            f"{self.processes} processes in {self.seconds:.1f} s, {self.calls} requests to the forge, "
            f"{self.offers} pushes begun, {self.sent} of them sent"
        )


def _config(forge: FakeForge) -> str:
    project = forge.project
    return (
        'version: 1\napps: {"*": {image: "r.example.com/{app}", policy: {semver: "*"}}}\n'
        "environments: {prod: {path: envs, deliver: pull-request}}\n"
        f"forge: {{kind: {project.kind}, url: {project.url}, project: {project.path}}}\n"
    )


def one_request(kind: Kind, count: int, folder: Path, environ: Mapping[str, str]) -> Told:
    """Each sets an app of its own: one pull request has all of it, in one commit on the base, and the base stands."""
    wishes = {f"svc-{number:03}": f"2.{number}.0" for number in range(count)}
    entries = "".join(f"- name: r.example.com/{app}\n  newTag: 1.0.0 # 1.0.0\n" for app in wishes)
    content = {"envs/kustomization.yaml": f"images:\n{entries}".encode()}
    root = folder / "served"
    root.mkdir(parents=True)
    with GitHttp(root) as server:
        gitops = create(server, environ, content, "gitops.git")
        with fake_of(kind)(State(gitops.folder), kind) as forge:
            base = gitops.commit({"promote.yaml": _config(forge).encode()})
            program, began = Program(environ, folder), time.monotonic()
            running = [
                program.start(
                    *("set", "prod", f"{app}={version}", "--no-verify-tag", "--repo", gitops.url),
                    env={TOKEN: forge.token},
                )
                for app, version in wishes.items()
            ]
            ended(running)
            seconds = time.monotonic() - began
            (pull,) = forge.state.pulls
            assert (pull.state, pull.head, pull.base) == ("open", _BRANCH, "main")
            assert gitops.tip() == base
            assert gitops.git("rev-parse", f"{_BRANCH}^") == base
            lines = [line.partition(": ")[::2] for line in gitops.trailers(_BRANCH)]
            apps = [value for key, value in lines if key == "Promote-App"]
            assert dict(zip(apps, [value for key, value in lines if key == "Promote-Version"], strict=True)) == wishes
            edits = [
                (f"{app}\n  newTag: 1.0.0".encode(), f"{app}\n  newTag: {version}".encode())
                for app, version in wishes.items()
            ]
            exactly(gitops.tree(), gitops.tree(_BRANCH), {"envs/kustomization.yaml": edits})
            missing = [version for version in wishes.values() if f"`{version}`" not in pull.body]
            # Azure DevOps takes 4000 characters: then it says how many are left out.
            assert not missing or f"… and {len(missing)} more" in pull.body, missing
            gitops.git("fsck", "--strict")
            return Told(count, seconds, len(forge.log), *sent(server))
