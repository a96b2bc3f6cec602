"""What git gets to see of our environment: an allow-list, with the reason beside each name.

Left out on purpose, besides all that nobody thought of:
- GIT_DIR, GIT_WORK_TREE, GIT_COMMON_DIR, GIT_INDEX_FILE, GIT_NAMESPACE, GIT_PREFIX, GIT_CEILING_DIRECTORIES: they point
  git at another repository, as when promote is started from a hook.
- GIT_OBJECT_DIRECTORY, GIT_ALTERNATE_OBJECT_DIRECTORIES, GIT_SHALLOW_FILE, GIT_GRAFT_FILE, GIT_REPLACE_REF_BASE: they
  change what a repository holds.
- GIT_CONFIG, GIT_CONFIG_PARAMETERS, GIT_CONFIG_COUNT with its KEY_n and VALUE_n: they outrank every file, and some of
  their settings run programs.
- GIT_TEMPLATE_DIR, GIT_EXTERNAL_DIFF, GIT_PAGER, GIT_EDITOR, GIT_PROXY_COMMAND: programs that we never need.
- GIT_TRACE and its kin: they would write headers, so credentials, where we do not look.
- GIT_QUARANTINE_PATH, GIT_PUSH_OPTION_*: they belong to somebody else's push.
- LANGUAGE, LC_*: git's words are read by `failure` and `push`, in English.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

# name: why git needs it
KEPT: Mapping[str, str] = {
    "PATH": "git finds ssh and the credential helpers by it",
    "HOME": "~/.gitconfig, ~/.ssh, ~/.git-credentials",
    "USER": "the name to log in with over ssh",
    "LOGNAME": "as USER",
    "XDG_CONFIG_HOME": "git/config and git/credentials may be there",
    "XDG_CACHE_HOME": "the socket of git-credential-cache",
    "XDG_RUNTIME_DIR": "sockets of agents and of keyrings",
    "DBUS_SESSION_BUS_ADDRESS": "git-credential-libsecret asks the keyring by it",
    "TMPDIR": "where temporary files belong here",
    "SSH_AUTH_SOCK": "the agent that holds the key",
    "SSH_ASKPASS": "asks for a key's passphrase without a terminal",
    "SSH_ASKPASS_REQUIRE": "as SSH_ASKPASS",
    "GIT_ASKPASS": "how many CI systems hand over a password",
    "GIT_SSH": "the ssh program of this machine",
    "GIT_SSH_COMMAND": "how many CI systems name a deploy key",
    "GIT_SSH_VARIANT": "goes with GIT_SSH",
    # The three that say where the user's own settings are: CI keeps credentials there. What such settings could run, or
    # turn off, is overridden on every command (OVERRIDES).
    "GIT_CONFIG_GLOBAL": "the user's settings, where they are not in HOME",
    "GIT_CONFIG_SYSTEM": "the machine's settings, where they are not in /etc",
    "GIT_CONFIG_NOSYSTEM": "says that the machine's settings do not count",
    "GIT_EXEC_PATH": "git's own programs, where git was moved",
    "GIT_SSL_CAINFO": "the authorities to trust",
    "GIT_SSL_CAPATH": "as GIT_SSL_CAINFO",
    "GIT_SSL_CERT": "a client's certificate",
    "GIT_SSL_KEY": "and its key",
    "GIT_SSL_CERT_PASSWORD_PROTECTED": "and whether that is locked",
    "GIT_SSL_NO_VERIFY": "the user's own choice, as http.sslVerify is",
    "GIT_PROXY_SSL_CAINFO": "the authorities to trust for a proxy",
    "GIT_PROXY_SSL_CERT": "a client's certificate for a proxy",
    "GIT_PROXY_SSL_KEY": "and its key",
    "GIT_HTTP_PROXY_AUTHMETHOD": "how to log in to a proxy",
    "GIT_HTTP_USER_AGENT": "some gateways look at it",
    "SSL_CERT_FILE": "the authorities to trust, for OpenSSL",
    "SSL_CERT_DIR": "as SSL_CERT_FILE",
    "http_proxy": "the way out",
    "https_proxy": "the way out",
    "HTTPS_PROXY": "the way out",
    "all_proxy": "the way out",
    "ALL_PROXY": "the way out",
    "no_proxy": "and what is inside",
    "NO_PROXY": "and what is inside",
    "KRB5CCNAME": "the ticket for http.emptyAuth",
    "GNUPGHOME": "the key that signs commits",
    "GPG_TTY": "where its passphrase is asked for",
    "LD_LIBRARY_PATH": "git's libraries, where git was moved",
    "GITHUB_TOKEN": "gh's credential helper",
    "GITLAB_TOKEN": "glab's credential helper",
    "CI_JOB_TOKEN": "the usual one-line credential helper in GitLab CI",
    "SYSTEM_ACCESSTOKEN": "the usual one-line credential helper in Azure Pipelines",
    "GOOGLE_APPLICATION_CREDENTIALS": "gcloud's credential helper",
}
# beginning: why git needs what begins so
KEPT_PREFIXES: Mapping[str, str] = {
    "GH_": "gh's credential helper",
    "AWS_": "CodeCommit's credential helper",
    "CLOUDSDK_": "gcloud's credential helper",
}

# Programs that answer whoever asks: what they know is for the host that promote was pointed at (SEMANTICS 10.3).
_ASKING = frozenset({"GIT_ASKPASS", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE"})

# What helpers need to answer for a remote. A git that talks to none starts none, and what it starts (gpg) needs nothing
# of it.
_ANSWERS = frozenset(
    {
        "GIT_ASKPASS",
        "GITHUB_TOKEN",
        "GITLAB_TOKEN",
        "CI_JOB_TOKEN",
        "SYSTEM_ACCESSTOKEN",
        "GOOGLE_APPLICATION_CREDENTIALS",
    }
)

# Settings that outrank those of every file: what could run a program, ask, wait, or write more than we asked for.
OVERRIDES: tuple[tuple[str, str], ...] = (
    ("core.hooksPath", os.devnull),
    ("core.fsmonitor", "false"),
    ("core.attributesFile", os.devnull),
    ("core.alternateRefsCommand", ""),
    ("diff.external", ""),
    ("log.showSignature", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("fetch.writeCommitGraph", "false"),
    ("fetch.prune", "false"),
    ("transfer.bundleURI", "false"),
    ("push.followTags", "false"),
    ("push.gpgSign", "false"),
    ("push.recurseSubmodules", "no"),
    ("submodule.recurse", "false"),
    ("advice.detachedHead", "false"),
)

# One `protocol.allow=never` and its exceptions in a form that no setting can widen.
_PROTOCOLS = "https:http:ssh:git:file"

_FIXED: Mapping[str, str] = {
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "GIT_TERMINAL_PROMPT": "0",
    "GCM_INTERACTIVE": "never",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_PAGER": "cat",
    # Empty: core.gitProxy, which runs a program, counts where this is not set at all.
    "GIT_PROXY_COMMAND": "",
    "GIT_ALLOW_PROTOCOL": _PROTOCOLS,
}


def _kept(name: str) -> bool:
    return name in KEPT or name.startswith(tuple(KEPT_PREFIXES))


def unasking(environ: Mapping[str, str]) -> dict[str, str]:
    """The same environment for another host, which only promote.yaml names: without what hands over a password."""
    return {name: value for name, value in environ.items() if name not in _ASKING}


def _answers(name: str) -> bool:
    return name in _ANSWERS or name.startswith(tuple(KEPT_PREFIXES))


def for_git(environ: Mapping[str, str], config: Sequence[tuple[str, str]] = (), *, asks: bool = True) -> dict[str, str]:
    """The whole environment of a git process; `config` travels in it, where no listing of processes shows it.

    One that `asks` no remote gets nothing of what credential helpers need.
    """
    out = {name: value for name, value in environ.items() if _kept(name) and (asks or not _answers(name))}
    out |= _FIXED
    settings = [*config, *OVERRIDES]
    out["GIT_CONFIG_COUNT"] = str(len(settings))
    for number, (key, value) in enumerate(settings):
        out[f"GIT_CONFIG_KEY_{number}"] = key
        out[f"GIT_CONFIG_VALUE_{number}"] = value
    return out
