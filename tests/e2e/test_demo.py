"""`promote demo`: a sandbox that comes out the same for everybody, and stays usable."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
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
    for command in ("promote to prod", "promote tags web", "promote check"):
        assert f"    {command}\n" in shown.stdout
        promote.ok(*command.split()[1:], cwd=clone)
    assert _git(folder / "gitops.git", "rev-list", "--count", "main") == "4"
    assert _git(clone, "status", "--porcelain") == ""
    # Before a pull it shows what ran before, and says so.
    stale = promote.ok("find", cwd=clone)
    assert ("1.4.0" in stale.stdout, stale.stderr) == (
        True,
        "these are the working files: what was pushed since your last git pull is not in them\n",
    )
    _git(clone, "pull", "--quiet", "--ff-only")
    assert shown.stdout.index("    git pull && ") < shown.stdout.index("    promote find ")
    assert "1.4.0" not in promote.ok("find", "--app", "web", cwd=clone).stdout
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


def test_what_it_proposes_can_be_typed_where_nothing_put_promote_on_path(
    promote: Program, tmp_path: Path, shell: Mapping[str, str]
) -> None:
    """After `make demo` in a checkout there was no `promote`."""
    bare = {**promote.environ, "PATH": "/usr/bin:/bin"}
    words = promote.ok("demo", tmp_path / "sand box", env=bare).stdout.partition("# It is yours now. Try, in ")[2]
    place, _, rest = words.partition(":\n")
    typed = [line.strip() for line in rest.splitlines()][:2]
    script = "\n".join(["shopt -s expand_aliases", f"cd {place}", *typed])
    done = subprocess.run(["bash", "-c", script], env=bare, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, (script, done)
    assert "prod: web 1.4.0 → 1.5.0" in done.stdout
    assert " PATH=" not in promote.ok("demo", tmp_path / "other", env=shell).stdout


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
