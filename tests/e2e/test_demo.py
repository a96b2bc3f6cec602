"""`promote demo`: a sandbox that comes out the same for everybody, and stays usable."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.e2e.program import Program
from tests.kubectl import kustomize


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


def test_the_tour_shows_each_step_and_leaves_the_sandbox_usable(promote: Program, tmp_path: Path) -> None:
    folder = tmp_path / "sand box"
    before = set(tmp_path.rglob("*"))
    shown = promote.ok("demo", folder)
    # Nothing outside of it was touched, and nothing is left there.
    assert {path for path in tmp_path.rglob("*") if folder not in (path, *path.parents)} == before
    steps = [line.removeprefix("$ ") for line in shown.stdout.splitlines() if line.startswith("$ ")]
    assert steps == [
        "promote status",
        "promote update",
        "promote status",
        "promote to test",
        "promote to prod --dry-run",
    ]
    assert "web  1.4.0 ← 1.5.0" in shown.stdout
    assert "+  newTag: 1.5.0      # written by promote" in shown.stdout
    assert "dry run: nothing was written" in shown.stdout
    clone = folder / "gitops"
    for command in ("promote to prod", "promote tags web", "promote find", "promote check"):
        assert f"    {command}\n" in shown.stdout
        promote.ok(*command.split()[1:], cwd=clone)
    assert _git(folder / "gitops.git", "rev-list", "--count", "main") == "4"
    assert _git(clone, "status", "--porcelain") == ""
    _git(clone, "pull", "--quiet", "--ff-only")
    for environment in ("dev", "test", "prod"):
        assert "acme/web:1.5.0" in kustomize(clone / "envs" / environment / "web")
    assert promote.ok("to", "prod", cwd=clone).stdout == ""


def test_it_builds_in_the_folder_here_without_a_name(promote: Program) -> None:
    promote.ok("demo")
    assert sorted(path.name for path in promote.cwd.iterdir()) == ["promote-demo"]
    again = promote("demo")
    assert again.code == 2
    assert "not empty" in again.stderr
    assert "name another folder" in again.stderr


def test_it_refuses_what_is_there(promote: Program, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine").write_text("mine")
    for place in (file, full):
        result = promote("demo", place)
        assert (result.code, len(result.messages)) == (2, 1)
        assert str(place) in result.stderr
    assert file.read_text() == "mine"
    assert [path.name for path in full.iterdir()] == ["mine"]


def test_the_settings_and_variables_of_its_owner_do_not_matter(promote: Program, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    template = tmp_path / "template"
    (template / "hooks").mkdir(parents=True)
    for name in ("pre-commit", "pre-push", "update", "post-receive", "reference-transaction"):
        hook = template / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {mark}\nexit 1\n")
        hook.chmod(0o755)
    home = tmp_path / "odd"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[commit]\n\tgpgsign = true\n[gpg]\n\tprogram = /nowhere\n[core]\n\tautocrlf = true\n"
        f"\thooksPath = {template}/hooks\n\tfsmonitor = {template}/hooks/update\n"
        f"[init]\n\ttemplateDir = {template}\n\tdefaultBranch = trunk\n[user]\n\tuseConfigOnly = true\n"
        '[url "https://nowhere.invalid/"]\n\tinsteadOf = /\n[push]\n\tdefault = nothing\n'
        "[safe]\n\tbareRepository = explicit\n"
    )
    environ = {
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "0",
        "GIT_TEMPLATE_DIR": str(template),
        "GIT_DIR": "/nowhere",
        "PROMOTE_REPO": "https://nowhere.invalid/x.git",
        "PROMOTE_OUTPUT": "json",
        "LC_ALL": "C",
        "COLUMNS": "20",
    }
    folder = tmp_path / "sandbox"
    shown = promote.ok("demo", folder, env=environ)
    assert "web  1.4.0 ← 1.5.0" in shown.stdout
    assert not mark.exists()
    assert b"\r" not in (folder / "gitops/promote.yaml").read_bytes()
    assert _git(folder / "gitops", "symbolic-ref", "HEAD") == "refs/heads/main"
