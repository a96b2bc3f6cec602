"""Somebody else, who works on the same repository with git as people do, and what tests write into commits."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from promote.gitrepo.write.identity import Author, Identity
from promote.text.edit import FileChange

WHO = Identity(Author("Ann", "ann@example.com"), Author("Ann", "ann@example.com"))
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class Person:
    """A clone, and whose it is."""

    environ: Mapping[str, str]
    folder: Path
    count: int = 0

    def git(self, *args: str, cwd: Path | None = None, stdin: bytes | None = None) -> str:
        done = subprocess.run(
            ["git", *args],
            cwd=cwd or self.folder,
            env=dict(self.environ),
            input=stdin,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, (args, done.stderr)
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def write(self, files: Mapping[str, bytes]) -> None:
        for name, data in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(data)

    def push(self, files: Mapping[str, bytes], *, branch: str = "main") -> str:
        """The OID of a commit with `files`, which is now the remote's `branch`."""
        self.count += 1
        self.write(files)
        self.git("add", "-A")
        self.git("commit", "--quiet", "--allow-empty", "-m", f"change {self.count}")
        self.git("push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{branch}")
        return self.git("rev-parse", "HEAD")


OTHER = {
    "GIT_AUTHOR_NAME": "Other",
    "GIT_AUTHOR_EMAIL": "other@example.com",
    "GIT_COMMITTER_NAME": "Other",
    "GIT_COMMITTER_EMAIL": "other@example.com",
}


def change(path: str | bytes, after: bytes | None, *, mode: int = 0o100644, before: bytes | None = b"") -> FileChange:
    return FileChange(path.encode() if isinstance(path, str) else path, mode, before, after, ())
