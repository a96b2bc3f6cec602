"""ssh as git starts it where a key or the hosts' keys are given: those are used and nothing else (ssh_config(5))."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from pathlib import Path

from promote.errors import UsageError
from promote.gitrepo.credentials.grant import Grant
from promote.gitrepo.credentials.settings import Ssh
from promote.gitrepo.key_file import key_file, private_file

# An unknown host is refused and never learned: who answers first would else be believed for good.
_ALWAYS = (
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "UpdateHostKeys=no",
    "ConnectTimeout=20",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=4",
)
# No agent and no other key: what was given is what is meant, even where another would get in.
_OWN_KEY = ("IdentitiesOnly=yes", "IdentityAgent=none", "PreferredAuthentications=publickey")


def _quoted(path: Path) -> str:
    # For ssh's own reader of options, which splits at white space and fills in %h and its like.
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text}"'


def command(key: Path | None, known_hosts: Path | None) -> str:
    """The line for GIT_SSH_COMMAND, which git hands to a shell."""
    options = list(_ALWAYS)
    if key is not None:
        options += [*_OWN_KEY, f"IdentityFile={_quoted(key)}"]
    if known_hosts is not None:
        options += [f"UserKnownHostsFile={_quoted(known_hosts)}", "GlobalKnownHostsFile=/dev/null"]
    # The user's settings may name more keys, and those are tried as well: with a key of ours they are not read.
    words = ["ssh", *(["-F", "none"] if key is not None else [])]
    return shlex.join([*words, *(word for option in options for word in ("-o", option))])


def ssh_grant(ssh: Ssh, where: str, stack: ExitStack) -> Grant:
    """The grant for a remote at `where`; the files that ssh reads are there until `stack` ends.

    UsageError where a secret is not to be had, or is no private key, or has a passphrase.
    """
    key = known_hosts = None
    try:
        if ssh.key is not None:
            key = stack.enter_context(key_file(ssh.key()))
        if ssh.known_hosts is not None:
            text = ssh.known_hosts().replace("\r\n", "\n").strip()
            known_hosts = stack.enter_context(private_file(f"{text}\n".encode()))
    except UsageError as exc:
        raise UsageError(f"{exc.what} ({ssh.source})", where=exc.where or where, cure=exc.cure) from exc
    return Grant(ssh.source, environ={"GIT_SSH_COMMAND": command(key, known_hosts), "GIT_SSH_VARIANT": "ssh"})
