"""What a repository and its settings name to be run: nothing of it is, and each that is would leave a mark."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.bad_cases import WEB_FILE
from tests.e2e.conftest import Create
from tests.e2e.gitops import NEW_WEB, OLD_WEB, Gitops, exactly, files, web_line
from tests.e2e.program import Inside
from tests.servers.githttp import GitHttp

SET = ("set", "dev", f"web={NEW_WEB}", "--no-verify-tag")
EDIT = {WEB_FILE: [(web_line(OLD_WEB), web_line(NEW_WEB))]}

# Settings of a clone that name a program, by git-config(1).
PROGRAMS = (
    "core.fsmonitor",
    "core.pager",
    "core.editor",
    "core.askPass",
    "core.gitProxy",
    "core.alternateRefsCommand",
    "sequence.editor",
    "pager.status",
    "alias.status",
    "alias.fetch",
    "alias.push",
    "alias.ls-files",
    "diff.external",
    "diff.bad.command",
    "diff.bad.textconv",
    "diff.tool",
    "difftool.x.cmd",
    "merge.bad.driver",
    "mergetool.x.cmd",
    "filter.bad.clean",
    "filter.bad.smudge",
    "filter.bad.process",
    "gpg.program",
    "gpg.ssh.program",
    "gpg.ssh.defaultKeyCommand",
    "gpg.x509.program",
    "trailer.x.cmd",
    "trailer.x.command",
    "uploadpack.packObjectsHook",
    "receive.procReceiveRefs",
    "remote.origin.uploadpack",
    "remote.origin.receivepack",
    "remote.origin.vcs",
    "submodule.sub.update",
    "browser.x.cmd",
    "man.x.cmd",
    "web.browser",
    "imap.tunnel",
    "sendemail.smtpServer",
    "interactive.diffFilter",
    "instaweb.httpd",
    "init.templateDir",
    "tar.x.command",
    "bundle.x.uri",
    "maintenance.strategy",
    "ssh.variant",
)
HOOKS = (
    *("applypatch-msg", "pre-applypatch", "post-applypatch", "pre-commit"),
    *("pre-merge-commit", "prepare-commit-msg", "commit-msg", "post-commit"),
    *("pre-rebase", "post-checkout", "post-merge", "pre-push"),
    *("pre-auto-gc", "post-rewrite", "reference-transaction", "post-index-change"),
    *("fsmonitor-watchman", "push-to-checkout", "proc-receive"),
)


@pytest.fixture
def gitops(create: Create) -> Gitops:
    content = files("registry.invalid", digest="sha256:" + "0" * 64)
    return create(
        content | {".gitattributes": b"* filter=bad diff=bad merge=bad\n", ".gitmodules": b'[submodule "x"]\n'}
    )


@pytest.fixture
def trapped(gitops: Gitops, tmp_path: Path) -> tuple[Path, Path]:
    """A clone in which everything that could be run leaves a mark, and the file where it would."""
    clone = gitops.clone()
    mark, script = tmp_path / "marks", tmp_path / "run"
    script.write_text(f'#!/bin/sh\necho "$0 $*" >> {mark}\nexec cat\n')
    script.chmod(0o755)
    gitops.git("config", "include.path", str(tmp_path / "more"), cwd=clone)
    (tmp_path / "more").write_text("".join(f"[pager]\n\t{name} = {script}\n" for name in ("fetch", "push", "log")))
    for key in PROGRAMS:
        gitops.git("config", key, "ssh" if key == "ssh.variant" else str(script), cwd=clone)
    for key in ("filter.bad.required", "push.gpgSign", "tag.gpgSign", "core.useBuiltinFSMonitor"):
        gitops.git("config", key, "true", cwd=clone)
    folder = clone / ".git" / "hooks"
    folder.mkdir(exist_ok=True)
    for name in HOOKS:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(script)
    gitops.git("config", "core.hooksPath", str(folder), cwd=clone)
    # A file whose time has changed is read again: through a filter, if there were one.
    (clone / WEB_FILE).touch()
    return clone, mark


def test_a_clone_that_is_full_of_traps(gitops: Gitops, trapped: tuple[Path, Path], inside: Inside) -> None:
    clone, mark = trapped
    before, refs = gitops.tree(), gitops.refs()
    for words in (("status",), ("find",), ("check",), (*SET, "--dry-run"), (*SET, "--no-push")):
        inside(*words, cwd=clone)
        assert not mark.exists(), (words, mark.read_text())
    assert gitops.refs() == refs
    result = inside(*SET, cwd=clone)
    assert result.code == 0, result
    exactly(before, gitops.tree(), EDIT)
    assert inside(*SET, "--write-only", cwd=clone).code == 0
    assert not mark.exists(), mark.read_text()


def test_a_password_that_is_missing_is_asked_of_no_program_of_the_clone(
    gitops: Gitops, trapped: tuple[Path, Path], inside: Inside
) -> None:
    clone, mark = trapped
    with GitHttp(gitops.server.root, users={"ann": "word"}) as asking:
        gitops.git("remote", "set-url", "origin", asking.url("gitops.git"), cwd=clone)
        for more in ((), ("--no-push",)):
            result = inside(*SET, *more, cwd=clone)
            assert result.code == 5, result
    assert not mark.exists(), mark.read_text()


def test_no_program_of_the_clone_is_asked_while_a_commit_is_left_in_it(
    gitops: Gitops, trapped: tuple[Path, Path], inside: Inside
) -> None:
    # The one command that talks to the remote from within the clone: the new tip is fetched into it.
    clone, mark = trapped
    gitops.commit({"README.md": b"newer\n"})
    with GitHttp(gitops.server.root, users={"ann": "word"}) as asking:
        url = asking.url("gitops.git", userinfo="ann:word")
        gitops.git("remote", "set-url", "origin", url, cwd=clone)
        inside(*SET, "--no-push", cwd=clone)
    assert not mark.exists(), mark.read_text()


def test_a_program_of_the_clone_does_not_sign(gitops: Gitops, trapped: tuple[Path, Path], inside: Inside) -> None:
    clone, mark = trapped
    gitops.git("config", "commit.gpgSign", "true", cwd=clone)
    for kind in ("openpgp", "ssh"):
        gitops.git("config", "gpg.format", kind, cwd=clone)
        inside(*SET, cwd=clone)
    assert not mark.exists(), mark.read_text()


@pytest.mark.parametrize("helper", ["ext::{} %S /x", "fd::7", "transport::x"])
def test_an_address_that_the_clone_rewrites_to_a_command_is_not_run(
    helper: str, gitops: Gitops, trapped: tuple[Path, Path], inside: Inside, tmp_path: Path
) -> None:
    clone, mark = trapped
    refs = gitops.refs()
    gitops.git("config", f"url.{helper.format(tmp_path / 'run')}.insteadOf", gitops.url, cwd=clone)
    for more in ((), ("--no-push",)):
        result = inside(*SET, *more, cwd=clone)
        assert (result.code, len(result.messages)) == (5, 1), result
        assert "not allowed" in result.stderr
    assert not mark.exists(), mark.read_text()
    assert gitops.refs() == refs


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("repo", "ext::sh -c RUN% %S"),
        ("repo", "--upload-pack=RUN"),
        ("repo", "ssh://-oProxyCommand=RUN/x"),
        ("repo", "host:-oProxyCommand=RUN"),
        ("repo", "https://git.example.com/x%0ahost=evil"),
        ("repo", "file://host/x"),
        ("branch", "--upload-pack=RUN"),
        ("branch", "main:refs/heads/other"),
        ("branch", "a\\u001b[2J"),
        ("branch", "refs/heads/main"),
        ("branch", "\\u202emain"),
    ],
)
def test_a_place_in_promote_yaml_that_would_be_more_than_a_name(
    key: str, value: str, create: Create, inside: Inside, tmp_path: Path
) -> None:
    mark, script = tmp_path / "marks", tmp_path / "run"
    script.write_text(f"#!/bin/sh\ntouch {mark}\n")
    script.chmod(0o755)
    content = files("registry.invalid", digest="sha256:" + "0" * 64)
    text = f'dev:  {{path: envs/dev, {key}: "{value.replace("RUN", str(script))}"}}'
    changed = content["promote.yaml"].replace(b"dev:  {path: envs/dev}", text.encode())
    gitops = create(content | {"promote.yaml": changed}, "placed.git")
    refs = gitops.refs()
    for words in (SET, ("status",)):
        result = inside(*words, "--repo", gitops.url)
        assert (result.code, len(result.messages)) == (2, 1), result
        assert all(line.isprintable() for line in result.output.splitlines())
    assert not mark.exists()
    assert gitops.refs() == refs


@pytest.mark.parametrize(
    "branch", ["--upload-pack=x", "-x", "a b", "main:x", "a\x1bb", "HEAD", "refs/heads/main", "\udcff"]
)
def test_a_branch_of_the_command_line_that_would_be_more_than_a_name(
    branch: str, gitops: Gitops, inside: Inside
) -> None:
    refs = gitops.refs()
    result = inside(*SET, "--repo", gitops.url, f"--branch={branch}")
    assert (result.code, len(result.messages)) == (2, 1), result
    assert result.stderr.removesuffix("\n").isprintable()
    assert gitops.refs() == refs
