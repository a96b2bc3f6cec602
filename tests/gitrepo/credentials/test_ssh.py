"""Over a real SSH server: whose key gets in, and whose host key is believed."""

from __future__ import annotations

import logging
import os
import shlex
import signal
import stat
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import asyncssh
import pytest

from promote.errors import GitError, PromoteError, RemoteDenied, UsageError
from promote.gitrepo.credentials.settings import HostAccess, Ssh
from promote.gitrepo.credentials.ssh import command
from promote.gitrepo.key_file import is_locked, private_file
from promote.gitrepo.remote import Remotes
from promote.outcome import Landed
from promote.place import Place
from tests.clock import FakeClock
from tests.gitrepo.person import Person, change
from tests.servers.gitssh import GitSsh, new_key, private, public

KEY, OTHER = new_key(), new_key()


@pytest.fixture
def server(served: Path, other: Person) -> Iterator[GitSsh]:
    with GitSsh(served, allowed=[KEY]) as running:
        yield running


@pytest.fixture
def machine(environ: dict[str, str], server: GitSsh) -> dict[str, str]:
    """An environment that knows the server."""
    environ["PROMOTE_GIT_KNOWN_HOSTS"] = server.known()
    return environ


def opened(environ: Mapping[str, str], server: GitSsh, base: Path) -> Remotes:
    url = server.url("gitops.git")
    return Remotes(environ=environ, clock=FakeClock(), base=base, home=url, deadline_seconds=30)


def reach(environ: Mapping[str, str], server: GitSsh, base: Path) -> None:
    with opened(environ, server, base) as remotes:
        assert remotes.need(Place(remotes.add(server.url("gitops.git")), "main")).oid


def fault(environ: Mapping[str, str], server: GitSsh, base: Path) -> PromoteError:
    with pytest.raises(PromoteError) as caught:
        reach(environ, server, base)
    assert "PRIVATE KEY" not in str(caught.value)
    assert server.started == []
    return caught.value


def written(folder: Path, key: asyncssh.SSHKey, name: str = "key", mode: int = 0o600) -> str:
    file = folder / name
    file.write_text(private(key))
    file.chmod(mode)
    return str(file)


@pytest.mark.parametrize("given", [True, False])
def test_an_unknown_host_is_refused_and_not_learned(
    server: GitSsh, environ: dict[str, str], tmp_path: Path, given: bool
) -> None:
    environ["PROMOTE_GIT_SSH_KEY"] = private(KEY)
    if given:
        environ["PROMOTE_GIT_KNOWN_HOSTS"] = "git.example.com " + public(OTHER)
    for _ in range(2):
        error = fault(environ, server, tmp_path)
        assert isinstance(error, RemoteDenied)
        assert "Host key verification failed" in str(error)
        assert "known_hosts" in str(error)
    assert server.offered == []


def test_a_changed_host_key_is_refused(server: GitSsh, machine: dict[str, str], tmp_path: Path) -> None:
    machine |= {"PROMOTE_GIT_SSH_KEY": private(KEY), "PROMOTE_GIT_KNOWN_HOSTS": server.known(OTHER)}
    error = fault(machine, server, tmp_path)
    assert isinstance(error, RemoteDenied)
    assert "Host key verification failed" in str(error)
    assert server.offered == []


def test_a_wrong_key_is_refused_and_no_other_is_offered(
    server: GitSsh, machine: dict[str, str], agent: None, tmp_path: Path
) -> None:
    machine["PROMOTE_GIT_SSH_KEY"] = private(OTHER)
    error = fault(machine, server, tmp_path)
    assert isinstance(error, RemoteDenied)
    assert "Permission denied (publickey)" in str(error)
    assert "(the credential is from PROMOTE_GIT_SSH_KEY and PROMOTE_GIT_KNOWN_HOSTS)" in str(error)
    assert set(server.offered) == {public(OTHER)}


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("s3cret", "is no private key"),
        (public(KEY), "is no private key"),
        (private(KEY, passphrase="word"), "has a passphrase, and nobody is asked for one"),
        (private(KEY, passphrase="word", form="pkcs8-pem"), "has a passphrase, and nobody is asked for one"),
    ],
    ids=["no key", "public", "locked", "locked PEM"],  # the keys are new in each process of a parallel run
)
@pytest.mark.parametrize("is_file", [True, False])
def test_what_is_no_key_that_can_be_used(
    server: GitSsh, machine: dict[str, str], tmp_path: Path, key: str, told: str, is_file: bool
) -> None:
    (tmp_path / "key").write_text(key)
    name, value = ("_FILE", str(tmp_path / "key")) if is_file else ("", key)
    machine[f"PROMOTE_GIT_SSH_KEY{name}"] = value
    error = fault(machine, server, tmp_path)
    assert isinstance(error, UsageError)
    assert told in str(error)
    assert f"PROMOTE_GIT_SSH_KEY{name}" in str(error)
    assert "s3cret" not in str(error)


@pytest.fixture
def agent(machine: dict[str, str], tmp_path: Path) -> Iterator[None]:
    """An agent that holds the key that gets in."""
    done = subprocess.run(["ssh-agent", "-s"], env=machine, capture_output=True, text=True, check=True)
    values = dict(word.split("=", 1) for word in done.stdout.replace(";", "").split() if "=" in word)
    machine["SSH_AUTH_SOCK"] = values["SSH_AUTH_SOCK"]
    try:
        subprocess.run(["ssh-add", "-q", written(tmp_path, KEY, "of the agent")], env=machine, check=True)
        yield
    finally:
        os.kill(int(values["SSH_AGENT_PID"]), signal.SIGTERM)


def test_a_key_from_an_agent(server: GitSsh, machine: dict[str, str], agent: None, tmp_path: Path) -> None:
    reach(machine, server, tmp_path)
    assert public(KEY) in server.offered


@pytest.mark.parametrize("mode", [0o600, 0o666])
def test_a_key_from_a_file_whatever_its_mode(
    server: GitSsh, machine: dict[str, str], tmp_path: Path, mode: int
) -> None:
    # CI systems hand over files that all may read, and ssh itself would not take those.
    machine["PROMOTE_GIT_SSH_KEY_FILE"] = written(tmp_path, KEY, mode=mode)
    known = tmp_path / "known hosts"
    known.write_text(machine.pop("PROMOTE_GIT_KNOWN_HOSTS"))
    machine["PROMOTE_GIT_KNOWN_HOSTS_FILE"] = str(known)
    reach(machine, server, tmp_path)
    assert set(server.offered) == {public(KEY)}


@pytest.mark.parametrize(
    "text",
    [
        private(KEY),
        private(KEY).replace("\n", "\r\n"),
        private(KEY).strip(),
        "\n" + private(KEY),
    ],
)
def test_a_key_from_a_variable_as_ci_systems_keep_it(
    server: GitSsh, machine: dict[str, str], agent: None, tmp_path: Path, text: str
) -> None:
    machine["PROMOTE_GIT_SSH_KEY"] = text
    reach(machine, server, tmp_path)
    assert set(server.offered) == {public(KEY)}


def test_a_key_from_promote_yaml_outranks_the_environment(
    server: GitSsh, machine: dict[str, str], tmp_path: Path
) -> None:
    machine["PROMOTE_GIT_SSH_KEY"] = private(OTHER)
    with opened(machine, server, tmp_path) as remotes:
        ssh = Ssh(lambda: private(KEY), server.known, "promote.yaml")
        remotes.know({f"127.0.0.1:{server.port}": HostAccess(ssh=ssh)})
        place = Place(remotes.add(server.url("gitops.git")), "main")
        tip = remotes.need(place).oid
        outcome = remotes.land(place, parent=tip, expected=tip, files=[change("a", b"1")], message="m")
        assert isinstance(outcome, Landed)
        assert remotes.source(place.repo) == "promote.yaml"
    assert set(server.offered) == {public(KEY)}
    assert {line.split()[0] for line in server.started} == {"git-upload-pack", "git-receive-pack"}


def test_10_3_the_key_is_for_the_run_s_own_host(server: GitSsh, machine: dict[str, str], tmp_path: Path) -> None:
    machine |= {"PROMOTE_GIT_SSH_KEY": private(KEY), "GIT_SSH_COMMAND": shlex.join(["ssh", "-F", "none"])}
    home = "git@git.example.invalid:a/b"
    with Remotes(environ=machine, clock=FakeClock(), base=tmp_path, home=home) as remotes, pytest.raises(RemoteDenied):
        remotes.need(Place(remotes.add(server.url("gitops.git")), "main"))
    assert server.offered == []


def test_the_user_s_own_ssh_stands_where_nothing_is_given(
    server: GitSsh, environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "hosts").write_text(server.known())
    own = ["ssh", "-F", "none", "-i", written(tmp_path, KEY), "-o", f"UserKnownHostsFile={tmp_path / 'hosts'}"]
    environ["GIT_SSH_COMMAND"] = shlex.join(own)
    reach(environ, server, tmp_path)
    assert set(server.offered) == {public(KEY)}


def test_nothing_of_the_key_is_on_a_disk_or_in_the_log(
    server: GitSsh, machine: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    machine["PROMOTE_GIT_SSH_KEY"] = private(KEY)
    line = private(KEY).splitlines()[1]
    with opened(machine, server, tmp_path) as remotes:
        remotes.need(Place(remotes.add(server.url("gitops.git")), "main"))
        assert not [path for path in tmp_path.rglob("*") if path.is_file() and line.encode() in path.read_bytes()]
    assert line not in caplog.text


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_private_file_is_ours_alone_and_gone_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_memory: bool
) -> None:
    if not in_memory:
        monkeypatch.delattr(os, "memfd_create")
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with private_file(b"s3cret") as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_bytes() == b"s3cret"
        assert path.read_bytes() == b"s3cret"  # each reader begins at the beginning
        assert bool(list(tmp_path.iterdir())) is not in_memory
    assert not path.exists()
    with pytest.raises(GitError), private_file(b"s3cret") as path:
        raise GitError("in the midst of it")
    assert not path.exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["a b", 'a"b', "a'b", "a%hb", "a$(id)b", "a;b", "ä"])
def test_paths_are_quoted_for_the_shell_and_for_ssh(
    server: GitSsh, environ: dict[str, str], tmp_path: Path, folder: str
) -> None:
    (tmp_path / folder).mkdir()
    known = tmp_path / folder / "hosts"
    known.write_text(server.known())
    environ["GIT_SSH_COMMAND"] = command(Path(written(tmp_path / folder, KEY)), known)
    environ["GIT_SSH_VARIANT"] = "ssh"
    reach(environ, server, tmp_path)
    assert set(server.offered) == {public(KEY)}


def test_the_line_is_strict_whatever_is_given() -> None:
    for line in (command(Path("/k"), None), command(None, Path("/h")), command(Path("/k"), Path("/h"))):
        assert "StrictHostKeyChecking=yes" in shlex.split(line)
        assert "BatchMode=yes" in shlex.split(line)
        assert any(word.startswith("ConnectTimeout=") for word in shlex.split(line))


@pytest.mark.parametrize("form", ["openssh", "pkcs8-pem"])
def test_a_passphrase_is_told_from_none(form: str) -> None:
    assert is_locked(private(KEY, passphrase="word", form=form))
    assert not is_locked(private(KEY, form=form))


def test_an_old_form_of_key_with_a_passphrase() -> None:
    key = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    assert is_locked(private(key, passphrase="word", form="pkcs1-pem"))
    assert not is_locked(private(key, form="pkcs1-pem"))
    assert not is_locked("-----BEGIN OPENSSH PRIVATE KEY-----\n*\n-----END OPENSSH PRIVATE KEY-----")
