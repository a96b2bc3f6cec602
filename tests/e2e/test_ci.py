"""The files for CI, run as their systems run them, against a real Git server and a real registry.

What they install is the program of this checkout, or one that tells what it is given: a `python3` that makes such a
venv stands first in their PATH.
"""

from __future__ import annotations

import html
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.deploy import jobs
from tests.deploy.jobs import Script
from tests.e2e import gitops
from tests.e2e.conftest import Create
from tests.e2e.gitops import Gitops
from tests.e2e.program import TRACEBACK, Inside, Program, in_a_shell
from tests.servers.registry import RunningRegistry
from tests.shared import ROOT

Told = Callable[[], list[str]]

PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
SECRET = "s3cr3t-of-the-job"
DEV = "envs/dev/web/kustomization.yaml"
PYTHON = """#!/bin/sh
# Makes a venv whose pip says what it is asked for, and whose promote is the one beside this file.
[ "$1 $2" = "-m venv" ] || exit 9
mkdir -p "$3/bin"
printf '#!/bin/sh\\necho "pip $*"\\n' >"$3/bin/pip"
chmod +x "$3/bin/pip"
cp "$(dirname "$0")/promote" "$3/bin/promote"
"""

TELLS = """#!/bin/sh
[ -z "$GITHUB_OUTPUT" ] || echo changed=false >>"$GITHUB_OUTPUT"
for word in "$@"; do echo "word $word"; done >"$TOLD"
env | sed -n '/^PROMOTE_[A-Z_]*=/p; /_ACCESSTOKEN=/p' | grep -v ^PROMOTE_JOB_ | grep -v '=$' | sort >>"$TOLD"
exit "${CODE:-0}"
"""


@pytest.fixture
def job(shell: Mapping[str, str], tmp_path: Path) -> dict[str, str]:
    """What a CI system's job sees, before the system adds its own."""
    python = tmp_path / "bin" / "python3"
    python.write_text(PYTHON)
    python.chmod(0o755)
    (tmp_path / "outputs").touch()
    return dict(shell)


@pytest.fixture
def told(job: dict[str, str], tmp_path: Path) -> Callable[[], list[str]]:
    """Puts what tells in the place of the program; each word that it is given, and its variables."""
    (tmp_path / "bin" / "promote").write_text(TELLS)
    job["TOLD"] = str(tmp_path / "told")
    return lambda: (tmp_path / "told").read_text().splitlines()


@pytest.fixture
def kept_up(create: Create, registry: RunningRegistry) -> Gitops:
    """The repository of the tests, whose dev is kept up by `promote auto`."""
    content = gitops.files(registry.host, digest=gitops.digest_of(gitops.API[gitops.OLD_API]))
    before = content["promote.yaml"]
    content["promote.yaml"] = before.replace(b"{path: envs/dev}", b"{path: envs/dev, auto: true}")
    assert content["promote.yaml"] != before
    return create(content)


def _run(script: Script, environ: Mapping[str, str], cwd: Path, *, code: int = 0) -> str:
    file = Path(environ["TMPDIR"]) / "script"
    file.write_text(script.text)
    done = subprocess.run(
        [*script.shell, str(file), *script.words],
        env={**environ, **script.environ},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert TRACEBACK not in said
    assert SECRET not in said
    return said


def _detached(repository: Gitops) -> Path:
    """A clone as CI systems make them: shallow, and on no branch."""
    clone = repository.clone("--depth=1", "--no-single-branch")
    repository.git("checkout", "--quiet", "--detach", cwd=clone)
    return clone


def _brought(repository: Gitops) -> None:
    """Both apps of dev are at their newest, by one commit."""
    tree = repository.tree()
    assert gitops.web_line(gitops.NEW_WEB) in tree[DEV]
    assert gitops.NEW_API.encode() in tree["envs/dev/api/values.yaml"]
    assert len(repository.commits()) == 2


def _of_github(job: Mapping[str, str], tmp_path: Path) -> dict[str, str]:
    return {
        **job,
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_ACTION_PATH": "/the/action",
        "GITHUB_OUTPUT": str(tmp_path / "outputs"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }


def _action(job: Mapping[str, str], tmp_path: Path, cwd: Path, *, code: int = 0, **inputs: str) -> dict[str, str]:
    """Runs both steps of the action; its outputs."""
    environ = _of_github(job, tmp_path)
    known = {"github.token": "", "steps.install.outputs.promote": f"{tmp_path}/promote/bin/promote"}
    _run(jobs.action("install", known, **inputs), environ, cwd)
    assert (tmp_path / "outputs").read_text() == f"promote={tmp_path}/promote/bin/promote\n"
    (tmp_path / "outputs").write_text("")
    _run(jobs.action("run", known, **inputs), environ, cwd, code=code)
    return jobs.outputs((tmp_path / "outputs").read_text())


@pytest.mark.parametrize(
    ("inputs", "asked"),
    [
        ({}, "/the/action --constraint /the/action/.ci/pins.txt"),
        ({"extras": "aws,github-app"}, "/the/action[aws,github-app] --constraint /the/action/.ci/pins.txt"),
        ({"version": "1.2.3"}, "gitops-promote==1.2.3"),
        ({"version": "1.2.3", "extras": "aws"}, "gitops-promote[aws]==1.2.3"),
        ({"version": "$(touch x)"}, "gitops-promote==$(touch x)"),
    ],
)
def test_what_the_action_installs(job: Mapping[str, str], tmp_path: Path, inputs: dict[str, str], asked: str) -> None:
    said = _run(jobs.action("install", {}, **inputs), _of_github(job, tmp_path), tmp_path)
    assert said == f"pip install --quiet --disable-pip-version-check --no-input {asked}\n"
    assert not (tmp_path / "x").exists()


def test_the_action_in_a_job_that_has_no_clone(
    job: Mapping[str, str], repository: Gitops, tmp_path: Path, promote: Program
) -> None:
    outputs = _action(job, tmp_path, promote.cwd, command="set", args="dev  web=1.5.0\n", repo=repository.url)
    assert outputs == {"changed": "true", "commit": repository.tip(), "pull-request-url": ""}
    assert gitops.web_line("1.5.0") in repository.tree()[DEV]
    assert "### promote set" in (tmp_path / "summary").read_text()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ("", []),
        ("\n", []),
        ("dev  web=1 * $(touch x) `touch x`;", ["dev", "web=1", "*", "$(touch", "x)", "`touch", "x`;"]),
        ("prod\nweb\n--reason\nit fails; $(touch x) *\n", ["prod", "web", "--reason", "it fails; $(touch x) *"]),
    ],
)
def test_the_arguments_of_the_action_are_data(
    job: Mapping[str, str], told: Told, tmp_path: Path, args: str, words: list[str]
) -> None:
    repo = "https://git.example.com/acme/gitops.git"
    _action(job, tmp_path, tmp_path, command="hold", args=args, repo=repo, branch="main", token=SECRET)
    given = [f"PROMOTE_BRANCH=main\nPROMOTE_GIT_TOKEN={SECRET}\nPROMOTE_REPO={repo}"]
    assert "\n".join(told()) == "\n".join([f"word {word}" for word in ["hold", *words]] + given)
    assert not (tmp_path / "x").exists()


def test_the_page_says_how_a_commit_names_its_job(
    shell: Mapping[str, str], repository: Gitops, tmp_path: Path
) -> None:
    [command] = re.findall(r"^promote set .*--author.*", PAGE, re.MULTILINE)
    url = "https://gitlab.example.com/acme/web/-/jobs/7"
    done = in_a_shell(command, tmp_path, {**shell, "CI_JOB_URL": url, "PROMOTE_REPO": repository.url})
    assert done.code == 0, done
    said = repository.git("log", "-1", "--format=%an <%ae>|%s", "main")
    assert said.strip() == f"CI of acme/web <ci@example.com>|dev: web 1.5.0 (was {gitops.OLD_WEB}) ({url})"


def test_the_page_says_how_the_action_is_given_an_argument_with_blanks(
    job: Mapping[str, str], told: Told, tmp_path: Path
) -> None:
    [args] = [textwrap.dedent(each) for each in re.findall(r"^ +args: \|\n((?: {12}.*\n)+)", PAGE, re.MULTILINE)]
    known = {"github.ref_name": "1.5.0", "github.repository": "acme/web", "github.run_id": "7"}
    known |= {"github.server_url": "https://github.com", "github.token": ""}
    known["steps.install.outputs.promote"] = f"{tmp_path}/bin/promote"
    _run(jobs.action("run", known, command="set", args=args), _of_github(job, tmp_path), tmp_path)
    assert told() == [f"word {word}" for word in (
        *("set", "dev", "web=1.5.0", "--author", "CI of acme/web <ci@example.com>", "--message"),
        "{{ environment }}: {{ summary }} (https://github.com/acme/web/actions/runs/7)",
    )]  # fmt: skip


def test_the_action_fails_where_promote_does(job: dict[str, str], told: Told, tmp_path: Path) -> None:
    job["CODE"] = "3"
    assert _action(job, tmp_path, tmp_path, code=3)["changed"] == "false"
    assert told() == ["word auto"]  # and no variable that would be empty


NOTHING = "changed=false\ncommit=\npull-request-url=\n"


@pytest.mark.parametrize(
    ("words", "code", "head", "said"),
    [
        (("set", "dev", "--pr", "web=1.5.0"), 2, "### promote set", "No such option"),
        (("sets", "dev"), 2, "### promote", "No such command"),
        (("set", "dev", "web=1", "the", "login"), 2, "### promote set", "is no version to set"),
        (("set", "dev", "wbe=1.5.0"), 2, "### promote set", "did you mean `web`?"),
        (("set", "dev", "web=9.9.9"), 3, "### promote set", "acme/web:9.9.9"),
        (("set", "dev", "web=1.5.0", "--repo", "https://127.0.0.1:1/gone.git"), 5, "### promote set", "gone.git"),
    ],
    ids=["option", "command", "word", "app", "refused", "server"],
)
def test_a_job_that_fails_early_says_so_where_its_system_looks(
    inside: Inside, repository: Gitops, tmp_path: Path, words: tuple[str, ...], code: int, head: str, said: str
) -> None:
    """Outputs and summary were filled where something was planned only: the likeliest mistakes were silent."""
    env = {"GITHUB_OUTPUT": str(tmp_path / "outputs"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    env |= {"GITHUB_ACTIONS": "true", "PROMOTE_REPO": repository.url, "PROMOTE_GIT_TOKEN": SECRET}
    done = inside(*words, env=env)
    assert done.code == code
    assert (tmp_path / "outputs").read_text() == NOTHING
    [heading, _, told] = (tmp_path / "summary").read_text().strip().splitlines()
    assert heading == head
    [marked] = [line for line in done.stderr.splitlines() if line.startswith("::error title=promote::")]
    assert said in marked
    assert said in html.unescape(told)
    assert SECRET not in done.output + told


def test_what_cannot_be_told_does_not_hide_the_first_fault(inside: Inside, repository: Gitops, tmp_path: Path) -> None:
    words = ("set", "dev", "wbe=1.5.0", "--repo", repository.url)
    done = inside(*words, env={"GITHUB_OUTPUT": str(tmp_path)})
    assert done.code == 2
    assert ["did you mean `web`" in line for line in done.messages] == [True, False]
    assert "correct $GITHUB_OUTPUT" in done.messages[1]
    assert "::error" not in done.stderr  # that is for GitHub Actions alone


def test_a_push_is_not_called_nothing_where_stdout_breaks(promote: Program, repository: Gitops, tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    command = f"{sys.executable} -m promote set dev web=1.5.0 --repo {repository.url} >/dev/full"
    done = in_a_shell(command, promote.cwd, {**promote.environ, "GITHUB_OUTPUT": str(outputs)})
    assert (done.code, len(repository.commits())) == (1, 2)
    assert not outputs.exists()


def test_gitlab(job: Mapping[str, str], kept_up: Gitops) -> None:
    # No input is given: the empty variables count as none, and the clone is taken.
    _run(jobs.component(), job, _detached(kept_up))
    _brought(kept_up)


def test_gitlab_sets_in_another_repository(job: Mapping[str, str], told: Told, tmp_path: Path) -> None:
    repo = "https://gitlab.example.com/acme/gitops.git"
    script = jobs.component(repo=repo, command="set", args="dev web=1.5.0 *", version="1.2.3", extras="aws")
    said = _run(script, job, tmp_path)
    assert said == "pip install --quiet --disable-pip-version-check --no-input gitops-promote[aws]==1.2.3\n"
    assert told() == ["word set", "word dev", "word web=1.5.0", "word *", f"PROMOTE_REPO={repo}"]


def test_jenkins(job: Mapping[str, str], told: Told, tmp_path: Path) -> None:
    environ = {**job, "WORKSPACE_TMP": str(tmp_path / "w s"), "GIT_URL": "https://git.example.com/a.git"}
    _run(jobs.jenkins({"promote-token": SECRET}), environ, tmp_path)
    assert told() == [
        *("word auto", "word --repo", "word https://git.example.com/a.git"), f"PROMOTE_GIT_TOKEN={SECRET}"
    ]  # fmt: skip


def test_azure_pipelines(job: Mapping[str, str], told: Told, tmp_path: Path) -> None:
    environ = {**job, "AGENT_TEMPDIRECTORY": str(tmp_path / "agent")}
    _run(jobs.azure({"System.AccessToken": SECRET}), environ, tmp_path)
    assert told() == ["word auto", f"SYSTEM_ACCESSTOKEN={SECRET}"]


def test_azure_pipelines_ends_where_nothing_is_installed(job: Mapping[str, str], tmp_path: Path) -> None:
    (tmp_path / "bin/python3").write_text("#!/bin/sh\nexit 9\n")
    _run(jobs.azure({"System.AccessToken": ""}), {**job, "AGENT_TEMPDIRECTORY": str(tmp_path)}, tmp_path, code=9)


def test_bitbucket_pipelines(job: Mapping[str, str], told: Told, tmp_path: Path) -> None:
    environ = {**job, "BITBUCKET_TOKEN": SECRET, "BITBUCKET_REPO_FULL_NAME": "acme/gitops"}
    _run(jobs.bitbucket(), environ, tmp_path)
    repo = "PROMOTE_REPO=https://bitbucket.org/acme/gitops.git"
    assert told() == ["word auto", f"PROMOTE_GIT_TOKEN={SECRET}", repo]


def test_tekton(job: Mapping[str, str], repository: Gitops, tmp_path: Path) -> None:
    assert _tekton(job, tmp_path, repository.url, "set", "dev", "web=1.5.0") == {
        "changed": "true",
        "commit": repository.tip(),
        "pull-request-url": "",
    }


def test_tekton_has_results_where_promote_fails(job: dict[str, str], told: Told, tmp_path: Path) -> None:
    job["CODE"] = "3"
    results = _tekton(job, tmp_path, "https://git.example.com/a.git", "hold", "prod", "--reason", "a b", code=3)
    assert results == {"changed": "false", "commit": "", "pull-request-url": ""}
    assert told() == [
        *("word hold", "word prod", "word --reason", "word a b"), "PROMOTE_REPO=https://git.example.com/a.git"
    ]  # fmt: skip


def _tekton(job: Mapping[str, str], tmp_path: Path, repo: str, *words: str, code: int = 0) -> dict[str, str]:
    """The results of the task's step."""
    results = tmp_path / "results"
    results.mkdir()
    _run(jobs.tekton(str(results), repo, words), job, tmp_path, code=code)
    return {name: (results / name).read_text() for name in ("changed", "commit", "pull-request-url")}


def _volumes(tmp_path: Path) -> None:
    for name in ("scratch", "cache"):
        (tmp_path / name).mkdir()


def test_the_cron_job(promote: Program, kept_up: Gitops, tmp_path: Path) -> None:
    words, environ = jobs.container("cronjob.yaml", str(tmp_path))
    _volumes(tmp_path)
    environ["PROMOTE_REPO"] = kept_up.url  # of the Secret
    promote.ok(*words, env=environ)
    _brought(kept_up)
    assert list((tmp_path / "cache").iterdir()) == [tmp_path / "cache" / "promote"]
    assert list((tmp_path / "scratch").iterdir()) == []
    assert promote.ok(*words, env=environ).output == ""  # the next run has nothing to do, and says nothing


def test_the_parts_of_the_indexed_job_together_do_all_of_it(promote: Program, kept_up: Gitops, tmp_path: Path) -> None:
    words, environ = jobs.container("indexed-job.yaml", str(tmp_path))
    _volumes(tmp_path)
    environ["PROMOTE_REPO"] = kept_up.url
    total = int(words[-1].removeprefix("auto/"))
    parts = [promote.start(*words, env={**environ, "JOB_COMPLETION_INDEX": str(n)}) for n in range(total)]
    said = [part.communicate(timeout=120)[1] for part in parts]
    assert [part.returncode for part in parts] == [0] * total, said
    tree = kept_up.tree()
    assert gitops.web_line(gitops.NEW_WEB) in tree[DEV]
    assert gitops.NEW_API.encode() in tree["envs/dev/api/values.yaml"]
