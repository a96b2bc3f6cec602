"""How often a run talks to the remote, and what `--cache-repos` keeps for the next one."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.e2e.conftest import Create
from tests.e2e.gitops import Gitops
from tests.e2e.program import Inside, Program, Result
from tests.servers.githttp import GitHttp

CONFIG = b"""\
version: 1
apps:
  "app-*": {image: "ghcr.io/acme/{app}", policy: {semver: "*"}}
environments:
  dev: {path: "apps/{app}/overlays/dev"}
"""
# What talks to a remote, as `-v` shows it.
TALKS = re.compile(r"^promote: git (?:clone|fetch|push|ls-remote) ", re.MULTILINE)


def overlay(app: int) -> bytes:
    return f"kind: Kustomization\nimages:\n- name: ghcr.io/acme/app-{app}\n  newTag: 1.0.0\n".encode()


@pytest.fixture
def repository(create: Create) -> Gitops:
    files = {"promote.yaml": CONFIG, ".gitattributes": b"docs/** linguist-generated\n"}
    for app in range(30):
        files[f"apps/app-{app}/base/kustomization.yaml"] = b"kind: Kustomization\n"
        files[f"apps/app-{app}/overlays/dev/kustomization.yaml"] = overlay(app)
    return create(files)


def bump(app: int, tag: str, repository: Gitops, *words: str) -> Sequence[str]:
    return ["set", "--repo", repository.url, "--no-verify-tag", *words, "dev", f"app-{app}={tag}"]


def tag_of(repository: Gitops, app: int) -> str:
    return repository.git("show", f"main:apps/app-{app}/overlays/dev/kustomization.yaml").rpartition(" ")[2]


def talks(result: Result, server: GitHttp) -> int:
    """How many processes have talked to the remote, by promote's own log; the server has seen as many begin."""
    seen = len([request for request in server.log.requests if request.path.endswith("/info/refs")])
    shown = len(TALKS.findall(result.stderr))
    assert shown == seen
    server.log.clear()
    return shown


def kept(environ: Mapping[str, str]) -> list[Path]:
    return sorted(Path(environ["HOME"], ".cache", "promote").glob("repositories-*/*/*"))


def test_one_bump_of_one_app_takes_four_processes_that_talk(
    inside: Inside, repository: Gitops, server: GitHttp
) -> None:
    result = inside.ok(*bump(3, "1.1.0", repository, "-v"))
    assert talks(result, server) == 4
    assert tag_of(repository, 3) == "1.1.0"


def test_a_bump_that_changes_nothing_takes_three(inside: Inside, repository: Gitops, server: GitHttp) -> None:
    assert talks(inside.ok(*bump(3, "1.0.0", repository, "-v")), server) == 3


def test_a_server_that_takes_no_depth_costs_one_more_and_no_word_of_it(
    inside: Inside, repository: Gitops, server: GitHttp
) -> None:
    repository.git("config", "uploadpackfilter.tree.allow", "false")
    result = inside.ok(*bump(3, "1.1.0", repository, "-v"))
    # The folder of the app is guessed from the command's words, and comes along with promote.yaml.
    assert talks(result, server) == 4
    assert "takes no filter tree:1: fetching more" in result.stderr
    assert inside.ok(*bump(3, "1.2.0", repository)).stderr == ""


def test_nothing_is_kept_unasked_nor_where_there_is_to_be_no_cache(
    inside: Inside, repository: Gitops, environ: Mapping[str, str]
) -> None:
    inside.ok(*bump(3, "1.1.0", repository))
    inside.ok(*bump(3, "1.2.0", repository, "--cache-repos", "--no-cache"))
    inside.ok(*bump(3, "1.3.0", repository), env={"PROMOTE_CACHE_REPOS": "1"})
    assert kept(environ) == []


def test_a_later_run_fetches_what_has_changed(
    inside: Inside, repository: Gitops, server: GitHttp, environ: Mapping[str, str]
) -> None:
    assert talks(inside.ok(*bump(3, "1.1.0", repository, "-v", "--cache-repos")), server) == 4
    assert [path.name for path in kept(environ)] == ["lock", "store"]
    # Where the branches are, what has changed, the push.
    assert talks(inside.ok(*bump(3, "1.2.0", repository, "-v", "--cache-repos")), server) == 3
    inside.ok(*bump(3, "1.2.0", repository, "--cache-repos"))
    server.log.clear()
    assert talks(inside.ok(*bump(3, "1.2.0", repository, "-v", "--cache-repos")), server) == 1
    # Another app's folder is fetched when it is asked for.
    assert talks(inside.ok(*bump(4, "1.1.0", repository, "-v", "--cache-repos")), server) == 3
    assert (tag_of(repository, 3), tag_of(repository, 4)) == ("1.2.0", "1.1.0")


def test_many_runs_at_once_with_one_store(promote: Program, repository: Gitops, environ: Mapping[str, str]) -> None:
    promote.ok(*bump(0, "1.1.0", repository, "--cache-repos"))
    runs = [promote.start(*bump(app, "2.0.0", repository, "--cache-repos")) for app in range(5)]
    for run in runs:
        out, err = run.communicate(timeout=120)
        assert run.returncode == 0, (out, err)
    assert [tag_of(repository, app) for app in range(5)] == ["2.0.0"] * 5
    assert [path.name for path in kept(environ)] == ["lock", "store"]
    promote.ok(*bump(0, "2.1.0", repository, "--cache-repos"))


def test_runs_that_are_killed_leave_a_store_that_the_next_one_can_use(
    promote: Program, repository: Gitops, environ: Mapping[str, str]
) -> None:
    for number in range(10):
        run = promote.start(*bump(number, "1.1.0", repository, "--cache-repos"))
        time.sleep(0.1 * number)
        run.send_signal(signal.SIGKILL)
        run.communicate(timeout=60)
    result = promote.ok(*bump(20, "1.1.0", repository, "--cache-repos", "-v"))
    assert tag_of(repository, 20) == "1.1.0"
    assert result.code == 0
    left = [path for folder in kept(environ) for path in folder.rglob("*") if re.search(r"\.lock$|tmp_", path.name)]
    assert left == []
    # What is kept is whole: nothing but what was never fetched is missing.
    store = kept(environ)[1]
    promised = ("-c", "remote.origin.promisor=true", "-c", "extensions.partialClone=origin")
    repository.git(*promised, f"--git-dir={store}", "fsck", "--connectivity-only")
