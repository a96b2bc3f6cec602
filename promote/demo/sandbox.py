"""The sandbox on disk: a bare repository, a clone of it, and the images."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from promote.demo.files import IMAGES, files
from promote.demo.images import write_layout
from promote.errors import UsageError
from promote.gitrepo.command.git import Git

_WHO = (("user.name", "Demo"), ("user.email", "demo@example.com"))


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Where everything is."""

    remote: Path
    clone: Path
    images: Path


def _git(environ: Mapping[str, str]) -> Git:
    """Git as nobody's: the sandbox must come out the same whatever its owner has configured."""
    return Git({**environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}, config=_WHO)


def build(folder: Path, environ: Mapping[str, str]) -> Sandbox:
    """A new sandbox in `folder`, which must be empty or not be there."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError("is there already and not empty", where=str(folder), cure="name another folder")
    made = Sandbox(folder / "gitops.git", folder / "gitops", folder / "images")
    made.clone.mkdir(parents=True)
    for path, tags in IMAGES.items():
        write_layout(made.images / path, tags)
    for name, text in files():
        file = made.clone / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    git = _git(environ)
    git.output("init", "--quiet", "--bare", "--initial-branch=main", "--", str(made.remote))
    git.output("init", "--quiet", "--initial-branch=main", "--", str(made.clone))
    here = git.at(made.clone, worktree=True)
    here.output("add", "--all")
    here.output("commit", "--quiet", "--no-gpg-sign", "-m", "A GitOps repository of two apps and three environments")
    here.output("remote", "add", "origin", str(made.remote))
    here.output("push", "--quiet", "--set-upstream", "origin", "main")
    return made
