"""Many writers, lost answers, and an environment that means harm: nothing is lost, nothing comes twice."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Create
from tests.e2e.gitops import NEW_WEB, OLD_WEB, Gitops, exactly, web_line
from tests.e2e.program import Inside, Program
from tests.servers.githttp import Fault
from tests.servers.processes import running, wait_until


def test_a_lost_answer_followed_by_another_persons_newer_commit_leaves_theirs(
    repository: Gitops, inside: Inside
) -> None:
    file = "envs/dev/web/kustomization.yaml"

    def somebody() -> None:
        # Ours has just arrived; before we hear of it, they have moved on.
        now = repository.tree()[file]
        assert web_line(NEW_WEB) in now
        repository.commit({file: now.replace(web_line(NEW_WEB), web_line("2.0.0"))}, message="newer, by hand")

    before = repository.tree()
    repository.server.fail(Fault("/git-receive-pack", cut="after", then=somebody))
    done = inside.ok("set", "dev", f"web={NEW_WEB}", "-o", "json", "--repo", repository.url)
    assert len(repository.commits()) == 3
    assert repository.message().strip() == "newer, by hand"
    exactly(before, repository.tree(), {file: [(web_line(OLD_WEB), web_line("2.0.0"))]})
    assert [commit["sha"] for commit in done.document["commits"]] == repository.commits()[1:2]


def test_a_lost_answer_alone_ends_with_one_commit(repository: Gitops, promote: Program) -> None:
    repository.server.fail(Fault("/git-receive-pack", cut="after"))
    promote.ok("set", "dev", f"web={NEW_WEB}", "--repo", repository.url)
    assert len(repository.commits()) == 2


def test_a_request_that_never_arrived_is_sent_again(repository: Gitops, inside: Inside) -> None:
    repository.server.fail(Fault("/git-receive-pack", cut="before"))
    inside.ok("set", "dev", f"web={NEW_WEB}", "--repo", repository.url)
    assert len(repository.commits()) == 2


def test_an_older_version_that_was_overtaken_is_a_skip(repository: Gitops, inside: Inside) -> None:
    file = "envs/dev/web/kustomization.yaml"

    def somebody() -> None:
        newer = repository.tree()[file].replace(web_line(OLD_WEB), web_line(NEW_WEB))
        repository.commit({file: newer}, message="newer, by hand")

    before = repository.tree()
    # They push when we have just been told where the branch stands.
    repository.server.fail(Fault("/git-upload-pack", then=somebody))
    done = inside.ok("set", "dev", "web=1.4.1", "-o", "json", "--repo", repository.url).document
    assert [(skip["app"], skip["code"]) for skip in done["skipped"]] == [("web", "overtaken")]
    assert (done["changes"], done["refused"], done["commits"]) == ([], [], [])
    exactly(before, repository.tree(), {file: [(web_line(OLD_WEB), web_line(NEW_WEB))]})


@pytest.mark.parametrize("path", ["/git-receive-pack", "/git-upload-pack"])
def test_a_server_error_and_then_success(repository: Gitops, inside: Inside, path: str) -> None:
    repository.server.fail(Fault(path, status=500))
    done = inside("set", "dev", f"web={NEW_WEB}", "--repo", repository.url)
    if path == "/git-receive-pack":
        assert done.code == 0, done
        assert len(repository.commits()) == 2
    else:
        # Nothing was read yet: that is told, and nothing is guessed.
        assert done.code == 5
        assert "500" in done.stderr
        assert len(repository.commits()) == 1


def test_a_server_that_keeps_failing_ends_with_the_push_timeout(repository: Gitops, inside: Inside) -> None:
    for _ in range(50):
        repository.server.fail(Fault("/git-receive-pack", status=500))
    done = inside("set", "dev", f"web={NEW_WEB}", "--push-timeout", "0.4", "--repo", repository.url)
    assert done.code == 5
    assert "push-timeout" in done.stderr
    assert len(repository.commits()) == 1


@pytest.mark.parametrize("pages", [2, 999], ids=["for a moment", "for good"])
def test_a_proxy_that_answers_in_the_servers_place_is_nobody_who_was_faster(
    pages: int, repository: Gitops, inside: Inside
) -> None:
    """To git an empty page says that the branch is gone: a push was beaten by nobody, and others were named for it."""
    seen: list[str] = []

    def portal(method: str, target: str) -> Fault | None:
        if "/info/refs" in target and (seen or target.endswith("git-receive-pack")):
            seen.append(target)
            if len(seen) <= pages:
                return Fault("/info/refs", status=200, page=b"", kind="text/html")
        return None

    repository.server.schedule = portal
    done = inside(
        "set", "dev", f"web={NEW_WEB}", "--push-timeout", "60" if pages == 2 else "2", f"--repo={repository.url}"
    )
    assert len(seen) > 2
    if pages == 2:
        assert done.code == 0, done
        assert len(repository.commits()) == 2
    else:
        assert done.code == 5
        assert "push-timeout" in done.stderr
        assert "the remote could not be read within 2 s (last: what answers there is no Git server" in done.stderr
        assert len(repository.commits()) == 1


def test_a_protected_branch_is_a_clear_refusal_at_once(repository: Gitops, inside: Inside) -> None:
    hook = repository.folder / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'GH006: Protected branch update failed' >&2\nexit 1\n")
    hook.chmod(0o755)
    done = inside("set", "dev", f"web={NEW_WEB}", "--repo", repository.url)
    assert done.code == 5
    assert "GH006" in done.stderr
    assert "give --pull-request" in done.stderr
    assert len([request for request in repository.server.log.requests if "receive-pack" in request.path]) == 1
    assert len(repository.commits()) == 1


def test_a_push_that_is_cut_off_and_arrives_later_comes_once(
    repository: Gitops, promote: Program, leftovers: Callable[[], list[str]]
) -> None:
    go_on = threading.Event()
    repository.server.fail(Fault("/git-receive-pack", until=go_on))
    words = ("set", "dev", f"web={NEW_WEB}", "--repo", repository.url)
    before = repository.tree()
    try:
        done = promote(*words, "--push-timeout", "0.5")
        assert done.code == 5
        assert "push-timeout" in done.stderr
        assert "whether it arrived could not be told" in done.stderr
        # Whatever it had started has ended with it.
        assert running(promote.environ["TMPDIR"]) == []
        assert leftovers() == []
        assert len(repository.commits()) == 1
    finally:
        go_on.set()
    wait_until(lambda: len(repository.commits()) == 2)
    assert promote.ok(*words).stdout == ""
    exactly(before, repository.tree(), {"envs/dev/web/kustomization.yaml": [(web_line(OLD_WEB), web_line(NEW_WEB))]})
    assert len(repository.commits()) == 2


@pytest.fixture
def hostile(tmp_path: Path, create: Create) -> tuple[dict[str, str], Path, Gitops]:
    """Variables that point git elsewhere and make it run a script, the mark that it leaves, and that elsewhere."""
    mark = tmp_path / "mark"
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-push", "reference-transaction", "post-checkout", "pre-commit", "script"):
        hook = hooks / name
        hook.write_text(f"#!/bin/sh\necho {name} >> {mark}\n")
        hook.chmod(0o755)
    trap = create({"trap": b"nothing is to come here\n"}, "trap.git")
    script = str(hooks / "script")
    settings = {
        "core.hooksPath": str(hooks),
        "core.fsmonitor": script,
        "core.sshCommand": script,
        "core.pager": script,
        "diff.external": script,
        "credential.helper": f"!{script}",
        "gpg.program": script,
        "commit.gpgSign": "true",
        "push.gpgSign": "true",
        "filter.x.clean": script,
        "filter.x.smudge": script,
        f"url.{trap.url}.insteadOf": trap.server.url("gitops.git"),
        f"url.{trap.url}.pushInsteadOf": trap.server.url("gitops.git"),
    }
    environ = {
        "GIT_DIR": str(trap.folder),
        "GIT_WORK_TREE": str(tmp_path),
        "GIT_INDEX_FILE": str(tmp_path / "index"),
        "GIT_OBJECT_DIRECTORY": str(trap.folder / "objects"),
        "GIT_NAMESPACE": "elsewhere",
        "GIT_TEMPLATE_DIR": str(tmp_path),
        "GIT_EXTERNAL_DIFF": script,
        "GIT_TRACE": str(mark),
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for number, (key, value) in enumerate(settings.items()):
        environ[f"GIT_CONFIG_KEY_{number}"], environ[f"GIT_CONFIG_VALUE_{number}"] = key, value
    return environ, mark, trap


@pytest.mark.parametrize("where", ["clone", "repo"])
def test_an_inherited_and_hostile_git_environment_has_no_effect(
    hostile: tuple[dict[str, str], Path, Gitops], repository: Gitops, inside: Inside, where: str
) -> None:
    env, mark, trap = hostile
    before, trapped = repository.tree(), trap.refs()
    clone = repository.clone()
    at = ("-C", clone) if where == "clone" else ("--repo", repository.url)
    for words in (("set", "dev", f"web={NEW_WEB}"), ("to", "test", "web"), ("status",), ("check",)):
        inside.ok(*words, *at, env=env)
    inside.ok("find", "-C", clone, env=env)
    inside.ok("to", "prod", "--no-push", "-C", clone, env=env)
    assert not mark.exists()
    assert trap.refs() == trapped
    assert not (Path(env["GIT_WORK_TREE"]) / "index").exists()
    pair = (web_line(OLD_WEB), web_line(NEW_WEB))
    exactly(
        before,
        repository.tree(),
        {f"envs/{name}/web/kustomization.yaml": [pair] for name in ("dev", "test")},
    )


def test_a_hostile_repository_runs_nothing(
    hostile: tuple[dict[str, str], Path, Gitops], repository: Gitops, inside: Inside
) -> None:
    env, mark, _ = hostile
    repository.commit({".gitattributes": b"* filter=x diff=x merge=x\n"})
    clone = repository.clone()
    script = env["GIT_EXTERNAL_DIFF"]
    for key, value in (
        ("core.fsmonitor", script),
        ("core.hooksPath", os.path.dirname(script)),  # noqa: PTH120
        ("diff.external", script),
        ("diff.x.textconv", script),
        ("filter.x.clean", script),
        ("filter.x.smudge", script),
        ("filter.x.process", script),
        ("gpg.program", script),
        ("commit.gpgSign", "true"),
        ("alias.status", f"!{script}"),
    ):
        repository.git("config", key, value, cwd=clone)
    # Whoever asks git here by themselves does run it.
    subprocess.run(["git", "status"], cwd=clone, env=dict(inside.environ), capture_output=True, check=False)
    assert mark.exists()
    mark.unlink()
    # That commits are to be signed counts, since it is the clone's owner who says so; by which program does not.
    assert inside("set", "dev", f"web={NEW_WEB}", cwd=clone).code == 5
    inside.ok("set", "dev", f"web={NEW_WEB}", "--no-sign", cwd=clone)
    inside.ok("to", "test", "web", "--no-push", "--no-sign", cwd=clone)
    inside.ok("set", "dev", "web=1.4.1", "--write-only", cwd=clone)
    assert not mark.exists(), re.sub(r"\s+", " ", mark.read_text())
