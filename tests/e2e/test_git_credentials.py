"""The program signs in to Git by each kind of credential, and nobody who may not see a secret sees it."""

from __future__ import annotations

import base64
import json
import shlex
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from promote.clock import SystemClock
from promote.gitrepo.credentials.variables import STEM
from promote.hostvars import unique_part
from tests.e2e import gitops
from tests.e2e.gitops import NEW_WEB, Gitops
from tests.e2e.program import Inside, Program, Result
from tests.servers.githttp import GitHttp
from tests.servers.github import GitHub, new_key, pem_of
from tests.servers.gitssh import GitSsh, private
from tests.servers.gitssh import new_key as new_ssh_key
from tests.servers.processes import Seen, running, wait_until

PASSWORD = "s3cret/w0rd"
FORMS = (PASSWORD, "s3cret%2Fw0rd", base64.b64encode(f"ci:{PASSWORD}".encode()).decode())
SET = ("set", "dev", f"web={NEW_WEB}", "--no-verify-tag", "-v")
KEY = new_ssh_key()
# Those of git's own commands that talk to a remote, or are begun by one that does.
REMOTE = ("git clone", "git fetch", "git push", "git ls-remote", "git remote-http", "git-remote-http", "git send-pack")


@pytest.fixture
def users() -> dict[str, str]:
    return {"ci": PASSWORD}


@pytest.fixture
def locked(tmp_path: Path, users: dict[str, str]) -> Iterator[GitHttp]:
    """A server that asks for a password, and is a GitHub too."""
    root = tmp_path / "locked"
    root.mkdir()
    with GitHttp(root, users=users, api=GitHub(SystemClock(), users, repositories=("acme/gitops",))) as running_:
        yield running_


@pytest.fixture
def repository(locked: GitHttp, environ: Mapping[str, str]) -> Gitops:
    (locked.root / "acme").mkdir()
    content = gitops.files("registry.invalid", digest="sha256:" + "0" * 64)
    return gitops.create(locked, environ, content, "acme/gitops.git")


def url(repository: Gitops) -> str:
    return repository.server.url("acme/gitops.git")


def shows_nothing(result: Result) -> None:
    assert not [form for form in FORMS if form in result.output], result.output
    assert "PRIVATE KEY" not in result.output


def put(source: str, repository: Gitops, base: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """Variables and words by which a run has the password."""
    host = repository.server.host
    config = base / "promote.yaml"
    text = gitops.config("registry.invalid")
    login = {f"{STEM}_USERNAME": "ci", f"{STEM}_PASSWORD": PASSWORD}
    words: tuple[str, ...] = ("--repo", url(repository))
    match source:
        case "url":
            return {"PROMOTE_REPO": repository.server.url("acme/gitops.git", userinfo=f"ci:{FORMS[1]}")}, ()
        case "variables":
            return login, words
        case "token":
            return {f"{STEM}_USERNAME": "ci", f"{STEM}_TOKEN": PASSWORD}, words
        case "host":
            stem = f"{STEM}_{unique_part(host)}"
            return {f"{stem}_USERNAME": "ci", f"{stem}_PASSWORD": PASSWORD}, words
        case "settings":
            config.write_text(f'{text}git: {{"{host}": {{username: ci, password: {{env: PROMOTE_X}}}}}}\n')
            return {"PROMOTE_X": PASSWORD}, (*words, "--config", str(config))
        case "file":
            (base / "word").write_text(f"{PASSWORD}\n")
            config.write_text(f'{text}git: {{"{host}": {{username: ci, token: {{file: {base}/word}}}}}}\n')
            return {"PROMOTE_ALLOW_SECRETS": f"{base}/word"}, (*words, "--config", str(config))
        case _:
            return {f"{STEM}_APP_ID": "1234", f"{STEM}_APP_KEY": pem_of(new_key())}, words


SOURCES = ("url", "variables", "token", "host", "settings", "file", "app")


@pytest.mark.parametrize("source", SOURCES)
def test_a_run_signs_in_by_each_source_and_shows_no_secret(
    inside: Inside, repository: Gitops, tmp_path: Path, source: str
) -> None:
    environ, words = put(source, repository, tmp_path)
    result = inside(*SET, *words, env=environ)
    shows_nothing(result)
    assert result.code == 0, result
    assert "signs in by" in result.stderr
    assert len(repository.commits()) == 2


@pytest.mark.parametrize("source", ["variables", "app"])
def test_a_secret_is_in_no_arguments_and_in_no_environment_that_does_not_need_it(
    promote: Program, repository: Gitops, tmp_path: Path, environ: dict[str, str], source: str
) -> None:
    given, words = put(source, repository, tmp_path)
    seen: list[Seen] = []

    def look(method: str, path: str) -> None:
        seen.extend(running(f"TMPDIR={environ['TMPDIR']}"))

    repository.server.schedule = look
    # Commands of git that talk to nobody are over too soon to be watched: each leaves what it was given.
    local = tmp_path / "local"
    folder = tmp_path / "shim"
    folder.mkdir()
    (folder / "git").write_text(
        f'#!/bin/sh\nPATH={environ["PATH"]}\necho "$*" >> {local}.argv\n'
        f'case " $* " in *" clone "*|*" fetch "*|*" push "*|*" ls-remote "*) ;; *) env >> {local}.environ;; esac\n'
        'exec git "$@"\n'
    )
    (folder / "git").chmod(0o755)
    more = {**given, "PATH": f"{folder}:{environ['PATH']}", "GITHUB_TOKEN": "s3cret-of-the-job", "GH_TOKEN": "s3cret"}
    promote.ok(*SET, *words, env=more)
    secrets = [secret.encode() for secret in (*FORMS, "ghs_s3cret", *given.values())]
    assert {one.name for one in seen if one.name.startswith(("git", "ssh"))} & set(REMOTE)
    for one in seen:
        assert not [secret for secret in secrets if secret in " ".join(one.argv).encode()], one.argv
        if b"s3cret" in one.environ and "promote" not in one.argv:
            assert one.name.startswith(REMOTE) or one.name.startswith("git index-pack"), one.name
    assert b"s3cret" not in Path(f"{local}.argv").read_bytes()
    assert Path(f"{local}.environ").read_bytes()
    assert b"s3cret" not in Path(f"{local}.environ").read_bytes()
    assert b"PRIVATE KEY" not in Path(f"{local}.environ").read_bytes()


@pytest.mark.parametrize("form", FORMS)
def test_what_a_server_says_back_is_not_shown(inside: Inside, repository: Gitops, tmp_path: Path, form: str) -> None:
    hook = repository.folder / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\necho 'Authorization: Basic {form}, {form}' >&2\nexit 1\n")
    hook.chmod(0o755)
    environ, words = put("variables", repository, tmp_path)
    result = inside(*SET, *words, env=environ)
    shows_nothing(result)
    assert result.code == 5
    assert "***" in result.stderr


@pytest.mark.parametrize("source", SOURCES)
def test_a_wrong_secret_names_its_source_and_not_itself(
    inside: Inside, repository: Gitops, users: dict[str, str], tmp_path: Path, source: str
) -> None:
    environ, words = put(source, repository, tmp_path)
    users["ci"] = "another"
    if source == "app":
        environ[f"{STEM}_APP_KEY"] = pem_of(new_key(1))
    result = inside("status", *words, env=environ)
    shows_nothing(result)
    assert result.code == 5
    ours = f"of {tmp_path}/promote.yaml"
    told = {"url": "its URL", "settings": ours, "file": ours, "app": "the app 1234"}
    assert told.get(source, STEM) in result.stderr
    assert len(result.messages) == 1


def test_another_repository_by_what_promote_yaml_says_of_its_host(
    inside: Inside, repository: Gitops, server: GitHttp, environ: Mapping[str, str]
) -> None:
    host = repository.server.host
    text = gitops.config("registry.invalid").replace(
        "dev:  {path: envs/dev}", f"dev:  {{path: envs/dev, repo: {url(repository)}}}"
    )
    more = f'git: {{"{host}": {{username: ci, password: {{env: PROMOTE_OTHER}}}}}}\n'
    home = gitops.create(server, environ, {"promote.yaml": f"{text}{more}".encode()}, "home.git")
    wrong = {f"{STEM}_USERNAME": "ci", f"{STEM}_PASSWORD": "for the host of --repo alone"}
    result = inside(*SET, "--repo", home.url, env={"PROMOTE_OTHER": PASSWORD, **wrong})
    shows_nothing(result)
    assert result.code == 0, result
    assert len(repository.commits()) == 2
    result = inside("check", "dev", "--repo", home.url, "-o", "json", env={"PROMOTE_OTHER": PASSWORD})
    [found] = [one for one in json.loads(result.stdout)["findings"] if one["code"] == "credential"]
    assert (found["subject"], found["what"]) == (url(repository), f"signs in by `git: {host}` of promote.yaml")
    # Without what promote.yaml names, nobody else is asked.
    result = inside(*SET, "--repo", home.url)
    assert result.code == 2
    assert f"git: {host}: password: the secret PROMOTE_OTHER is not set" in result.stderr


@pytest.fixture
def ssh(repository: Gitops) -> Iterator[GitSsh]:
    with GitSsh(repository.server.root, allowed=[KEY]) as running_:
        yield running_


def by_ssh(ssh: GitSsh) -> dict[str, str]:
    return {
        "PROMOTE_REPO": ssh.url("acme/gitops.git"),
        f"{STEM}_SSH_KEY": private(KEY),
        f"{STEM}_KNOWN_HOSTS": ssh.known(),
    }


def test_a_run_over_ssh_by_a_key_that_nobody_sees(
    promote: Program, repository: Gitops, ssh: GitSsh, environ: dict[str, str], tmp_path: Path
) -> None:
    line = private(KEY).splitlines()[1].encode()
    seen: list[Seen] = []
    files: list[Path] = []

    def look() -> None:
        seen.extend(running(f"TMPDIR={environ['TMPDIR']}"))
        files.extend(path for path in tmp_path.rglob("*") if path.is_file() and line in path.read_bytes())

    ssh.watch = look
    result = promote(*SET, env=by_ssh(ssh))
    assert result.code == 0, result
    shows_nothing(result)
    assert len(repository.commits()) == 2
    started = [shlex.split(" ".join(one.argv)) for one in seen if one.argv[0].endswith("ssh")]
    assert started
    assert all("StrictHostKeyChecking=yes" in words for words in started)
    for one in seen:
        assert line not in " ".join(one.argv).encode()
        assert line not in one.environ or "promote" in one.argv
    assert files == []


def test_a_run_that_is_killed_leaves_no_key(
    promote: Program, repository: Gitops, ssh: GitSsh, environ: dict[str, str], tmp_path: Path
) -> None:
    line = private(KEY).splitlines()[1].encode()
    started: list[int] = []
    child = promote.start(*SET, env=by_ssh(ssh))

    def kill() -> None:
        started.append(child.pid)
        child.send_signal(signal.SIGKILL)

    ssh.watch = kill
    child.communicate(timeout=60)
    assert started
    assert child.returncode == -signal.SIGKILL
    wait_until(lambda: not running(f"TMPDIR={environ['TMPDIR']}"))
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and line in path.read_bytes()]
    ssh.watch = lambda: None
    promote.ok(*SET, env=by_ssh(ssh))
