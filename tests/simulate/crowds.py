"""Crowds of `promote set`, each a process, all at once: into one branch, on one app, over many repositories."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.gitops import Gitops, create, exactly
from tests.e2e.program import TRACEBACK, Program
from tests.servers.githttp import GitHttp

_CONFIG = (
    'version: 1\napps: {"*": {image: "r.example.com/{app}", policy: {semver: "*"}}}\n'
    "environments: {dev: {path: envs}}\n"
)
# The default of --push-timeout, and what starting them all may take.
_SECONDS = 360.0


@dataclass(frozen=True)
class Told:
    """How a crowd fared: processes, seconds, pushes that were begun, pushes that were sent."""

    processes: int
    seconds: float
    offers: int
    sent: int

    def __str__(self) -> str:
        return (
            f"{self.processes} processes in {self.seconds:.1f} s, {self.offers} pushes begun, {self.sent} of them sent"
        )


@contextmanager
def _served(folder: Path) -> Iterator[GitHttp]:
    folder.mkdir(parents=True)
    with GitHttp(folder) as server:
        yield server


def _app(number: int) -> str:
    return f"svc-{number:03}"


def _files(apps: int) -> dict[str, bytes]:
    """Each app is named in both of two files, so that all of them change the same files."""
    entries = "".join(f"- name: r.example.com/{_app(n)}\n  newTag: 1.0.0 # 1.0.0\n" for n in range(apps))
    values = "".join(f"{_app(n)}: {{image: r.example.com/{_app(n)}:1.0.0}} # 1.0.0\r\n" for n in range(apps))
    return {
        "promote.yaml": _CONFIG.encode(),
        "envs/kustomization.yaml": f"images:\n{entries}".encode(),
        "envs/values.yaml": values.encode(),
    }


def _edits(wishes: Mapping[str, str]) -> dict[str, list[tuple[bytes, bytes]]]:
    return {
        "envs/kustomization.yaml": [
            (f"{app}\n  newTag: 1.0.0".encode(), f"{app}\n  newTag: {version}".encode())
            for app, version in wishes.items()
        ],
        "envs/values.yaml": [(f"{app}:1.0.0".encode(), f"{app}:{version}".encode()) for app, version in wishes.items()],
    }


def ended(running: Sequence[subprocess.Popen[bytes]], *, some_are_late: bool = False) -> None:
    """All are waited for: AssertionError for one that does not end with 0, or not in time.

    With `some_are_late` one may find a newer version when it first looks, and is refused then.
    """
    try:
        for child in running:
            stdout, stderr = child.communicate(timeout=_SECONDS)
            is_late = some_are_late and child.returncode == 3 and b"is older than" in stderr
            assert child.returncode == 0 or is_late, (child.returncode, stdout, stderr)
            assert TRACEBACK.encode() not in stderr
    finally:
        for child in running:
            if child.poll() is None:
                child.kill()
                child.communicate()


def sent(server: GitHttp) -> tuple[int, int]:
    """How many pushes were begun, and how many of them were sent."""
    asked = Counter((request.method, request.path.rpartition("/")[2], request.query) for request in server.log.requests)
    offers = sum(count for (_, _, query), count in asked.items() if "receive-pack" in query)
    return offers, asked["POST", "git-receive-pack", ""]


def _crowd(
    program: Program, wishes: Sequence[tuple[Gitops, str, str]], server: GitHttp, *, some_are_late: bool = False
) -> Told:
    """All of them at once; see `ended`."""
    began = time.monotonic()
    running = [
        program.start("set", "dev", f"{app}={version}", "--no-verify-tag", "--repo", gitops.url)
        for gitops, app, version in wishes
    ]
    ended(running, some_are_late=some_are_late)
    return Told(len(wishes), time.monotonic() - began, *sent(server))


def _carried(gitops: Gitops) -> list[tuple[str, str]]:
    """The app and the version of each of promote's commits, oldest first; each carries one."""
    gitops.git("fsck", "--strict")
    out = []
    for oid in gitops.commits()[1:]:
        lines = dict(line.split(": ") for line in gitops.trailers(oid))
        out.append((lines["Promote-App"], lines["Promote-Version"]))
    return out


def own_apps(count: int, folder: Path, environ: Mapping[str, str]) -> Told:
    """Each sets its own app in one branch: each result is there once, in one line of history."""
    content = _files(count)
    wishes = {_app(n): f"2.{n}.0" for n in range(count)}
    with _served(folder / "served") as server:
        gitops = create(server, environ, content, "gitops.git")
        told = _crowd(Program(environ, folder), [(gitops, *wish) for wish in wishes.items()], server)
        assert sorted(_carried(gitops)) == sorted(wishes.items())
        exactly(content, gitops.tree(), _edits(wishes))
    return told


def one_app(count: int, folder: Path, environ: Mapping[str, str]) -> Told:
    """All set one app, each to another version: the highest wins, and no commit on the way is a downgrade."""
    content = _files(1)
    with _served(folder / "served") as server:
        gitops = create(server, environ, content, "gitops.git")
        # Not in their order: whoever comes first must not be the oldest by design.
        versions = [f"2.{(7 * n) % count}.0" for n in range(count)]
        assert len(set(versions)) == count
        every = [(gitops, _app(0), version) for version in versions]
        told = _crowd(Program(environ, folder), every, server, some_are_late=True)
        seen = [int(version.split(".")[1]) for _, version in _carried(gitops)]
        assert seen == sorted(set(seen)), f"not rising: {seen}"
        exactly(content, gitops.tree(), _edits({_app(0): f"2.{count - 1}.0"}))
    return told


def repositories(repos: int, count: int, folder: Path, environ: Mapping[str, str]) -> Told:
    """Each repository is written by some of them: as `own_apps`, in each."""
    content = _files(count)
    wishes = {_app(n): f"2.{n}.0" for n in range(count)}
    with _served(folder / "served") as server:
        all_of_them = [create(server, environ, content, f"gitops-{n}.git") for n in range(repos)]
        every = [(gitops, *wish) for wish in wishes.items() for gitops in all_of_them]
        told = _crowd(Program(environ, folder), every, server)
        for gitops in all_of_them:
            assert sorted(_carried(gitops)) == sorted(wishes.items())
            exactly(content, gitops.tree(), _edits(wishes))
    return told
