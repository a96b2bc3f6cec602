"""One change, and one where somebody is faster, over each way to a repository and each kind of server."""

from __future__ import annotations

import shutil
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from tests.e2e.conftest import Create
from tests.e2e.gitops import Gitops, exactly
from tests.e2e.program import Inside
from tests.servers.githttp import GitHttp
from tests.servers.gitssh import GitSsh, new_key, private

CONFIG = (
    "version: 1\napps: {web: {image: r.example.com/web}, api: {image: r.example.com/api}}\n"
    "environments: {dev: {path: envs/dev}}\n"
)
FILE = "envs/dev/values.yaml"
FILES = {
    "promote.yaml": CONFIG.encode(),
    FILE: b"web: {image: r.example.com/web:1.0.0} # 1.0.0\r\napi: {image: r.example.com/api:1.0.0}",
    "envs/prod/values.yaml": b"web: {image: r.example.com/web:1.0.0}\n",
}
WEB = (b"web:1.0.0", b"web:1.1.0")
API = (b"api:1.0.0", b"api:1.2.0")
# Stands before git: when it is first told to push, somebody else's branch arrives just before.
FASTER = """#!/bin/sh
set -C
for word; do
  if [ "$word" = push ] && {{ command : >{mark}; }} 2>/dev/null; then
    {git} --git-dir={folder} update-ref refs/heads/main {theirs}
  fi
done
exec {git} "$@"
"""

@contextmanager
def _file(gitops: Gitops, folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    yield gitops.folder.as_uri(), {}


@contextmanager
def _http(gitops: Gitops, folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    yield gitops.url, {}


@contextmanager
def _https(gitops: Gitops, folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Behind an authority of its own, and with a password."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    with GitHttp(gitops.folder.parent, users={"ci": "s3cret"}, tls=context) as server:
        yield server.url(gitops.folder.name, userinfo="ci:s3cret"), {"GIT_SSL_CAINFO": str(folder / "ca.pem")}


@contextmanager
def _ssh(gitops: Gitops, folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """With a key, and a host that is known."""
    key = new_key()
    (folder / "key").write_text(private(key))
    (folder / "key").chmod(0o600)
    with GitSsh(gitops.folder.parent, allowed=[key]) as server:
        (folder / "known").write_text(server.known())
        command = f"ssh -F none -i {folder / 'key'} -o IdentitiesOnly=yes -o UserKnownHostsFile={folder / 'known'}"
        yield server.url(gitops.folder.name), {"GIT_SSH_COMMAND": f"{command} -o StrictHostKeyChecking=yes"}


WAYS = {"file": _file, "http": _http, "https": _https, "ssh": _ssh}
# name: what the repository is told of itself
SERVERS = {
    "as forges are": {},
    "without filters": {"uploadpack.allowFilter": "false"},
    "without single objects": {"uploadpack.allowFilter": "false", "uploadpack.allowAnySHA1InWant": "false"},
}
ROWS = [
    ("file", "as forges are", 2),
    ("file", "without single objects", 0),
    ("http", "as forges are", 2),
    ("http", "as forges are", 0),
    ("http", "without filters", 2),
    ("http", "without single objects", 0),
    ("https", "as forges are", 2),
    ("https", "without single objects", 0),
    ("ssh", "as forges are", 2),
    ("ssh", "as forges are", 0),
    ("ssh", "without filters", 2),
]


def faster(gitops: Gitops, folder: Path, theirs: str, environ: Mapping[str, str]) -> dict[str, str]:
    """A PATH on which git lets somebody else push first, once."""
    git = shutil.which("git", path=environ["PATH"])
    stand_in = folder / "stand-in" / "git"
    stand_in.parent.mkdir()
    stand_in.write_text(FASTER.format(mark=folder / "pushed", git=git, folder=gitops.folder, theirs=theirs))
    stand_in.chmod(0o755)
    return {"PATH": f"{stand_in.parent}:{environ['PATH']}"}


@pytest.mark.parametrize(("way", "kind", "protocol"), ROWS)
def test_a_change_and_one_that_is_beaten_first(
    way: str,
    kind: str,
    protocol: int,
    create: Create,
    inside: Inside,
    tmp_path: Path,
    leftovers: Callable[[], list[str]],
) -> None:
    gitops = create(FILES)
    for key, value in SERVERS[kind].items():
        gitops.git("config", key, value)
    (tmp_path / "gitconfig").write_text(f"[protocol]\n\tversion = {protocol}\n")
    with WAYS[way](gitops, tmp_path) as (url, reached):
        env = {**reached, "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig")}
        words = ("--no-verify-tag", "--allow-downgrade", "--repo", url)
        inside.ok("set", "dev", "web=1.1.0", *words, env=env)
        exactly(FILES, gitops.tree(), {FILE: [WEB]})
        # Somebody changes the same file, of which we know nothing when we push.
        ours = gitops.tip()
        now = gitops.tree()
        theirs = gitops.commit({FILE: now[FILE].replace(*API)}, message="by hand")
        gitops.git("update-ref", "refs/heads/main", ours)
        env |= faster(gitops, tmp_path, theirs, inside.environ)
        done = inside.ok("set", "dev", "web=1.3.0", "-o", "json", *words, env=env)
    assert (tmp_path / "pushed").exists()
    exactly(FILES, gitops.tree(), {FILE: [(WEB[0], b"web:1.3.0"), API]})
    _, second, third, fourth = gitops.commits()
    assert (second, third) == (ours, theirs)
    assert [commit["sha"] for commit in done.document["commits"]] == [fourth]
    gitops.git("fsck", "--strict")
    assert leftovers() == []
