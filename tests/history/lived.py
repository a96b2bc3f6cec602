"""A branch that has lived: commits with their times, authors and messages, in a real repository."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent

from promote.config.load import load
from promote.config.model import Config
from promote.gitrepo.command.git import Git
from promote.gitrepo.past.branch_history import History
from promote.gitrepo.past.objects import Objects
from promote.history.walk import walk
from promote.place import Place
from promote.question import Past, Stretch

WEB, API = "ghcr.io/acme/web", "ghcr.io/acme/api"
START = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = Place("https://git.example.com/acme/gitops.git", "main")
CONFIG = f"""\
version: 1
apps:
  web: {{image: {WEB}}}
  api: {{images: [{API}, {API}-migrate]}}
environments:
  prod: {{path: [base, prod]}}
  test: {{path: test}}
"""


def environment(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }


def web(version: str, *, note: str = "") -> str:
    """A kustomization that sets web's tag, or its digest."""
    key, value = ("digest", version[1:]) if version.startswith("@") else ("newTag", version)
    tag, at, digest = version.partition("@")
    both = f"  newTag: {tag}\n  digest: {digest}\n" if tag and at else f"  {key}: {value}\n"
    return f"# {note}\nkind: Kustomization\nimages:\n- name: {WEB}\n{both}"


@dataclass
class Lived:
    """A bare repository; its clock advances an hour with each commit."""

    folder: Path
    environ: Mapping[str, str]
    hours: int = field(default=0)

    @classmethod
    def begin(cls, home: Path) -> Lived:
        made = cls(home / "lived.git", environment(home))
        made.folder.mkdir()
        made.git("init", "--quiet", "--bare", "--initial-branch=main", "--template=", ".")
        for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant", "http.receivepack"):
            made.git("config", key, "true")
        return made

    def git(self, *words: str, stdin: bytes | None = None, cwd: Path | None = None) -> str:
        where, env = cwd or self.folder, dict(self.environ)
        done = subprocess.run(["git", *words], cwd=where, env=env, input=stdin, capture_output=True, check=False)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout.decode().strip()

    @property
    def tip(self) -> str:
        return self.git("rev-parse", "refs/heads/main")

    def commit(
        self,
        files: Mapping[str, str | None],
        message: str = "a change",
        *,
        branch: str = "main",
        author: str = "Ann <ann@example.com>",
        onto: str | None = None,
        merge: Sequence[str] = (),
    ) -> str:
        """The OID of a commit with these files, None for one that goes; `onto` is its parent, else the branch's tip."""
        self.hours += 1
        stamp = f"{int((START + timedelta(hours=self.hours)).timestamp())} +0000"
        # The author's date is another one: only the committer's counts.
        head = f"commit refs/heads/{branch}\nauthor {author} 1000000000 +0000\ncommitter C <c@example.com> {stamp}\n"
        body = message.encode()
        stream = b"feature done\n" + head.encode() + b"data %d\n" % len(body) + body + b"\n"
        parent = onto or self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")
        if parent:
            stream += f"from {parent}\n".encode()
        stream += b"".join(f"merge {each}\n".encode() for each in merge)
        for name, text in files.items():
            if text is None:
                stream += f"D {name}\n".encode()
            else:
                data = dedent(text).encode()
                stream += f"M 100644 inline {name}\ndata {len(data)}\n".encode() + data + b"\n"
        self.git("fast-import", "--quiet", "--force", stdin=stream + b"done\n")
        return self.git("rev-parse", f"refs/heads/{branch}")

    def history(self) -> History:
        """The whole history, read where it is."""
        git = Git(self.environ, directory=self.folder)
        return History(git, Objects(git, refetch=lambda: None), lambda _: "nobody to ask")

    def past(self, app: str = "web", environment: str = "prod", *, least: int = 10, most: int | None = None) -> Past:
        return walk(config(), self.history(), PLACE, self.tip, environment, {app: least}, most=most)[app]


def config(text: str = CONFIG) -> Config:
    return load("promote.yaml", text.encode(), environ={})


def told(past: Past) -> list[str]:
    """`VERSION HOUR HOW` of each stretch: at which hour it began, and what brought it."""
    return [_told(stretch) for stretch in past.stretches]


def _told(stretch: Stretch) -> str:
    said = stretch.runs if isinstance(stretch.runs, str) else stretch.runs.short
    made = stretch.brought
    if made is None:
        return f"{said} ?"
    hour = int((made.at - START).total_seconds()) // 3600
    return f"{said} {hour} {'by hand' if made.by_hand else f'from {made.source}'}"
