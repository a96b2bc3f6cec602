"""What every fake forge keeps: pull requests over a real bare repository, whose heads, merges and branches are real."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

ENVIRON = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Forge", "GIT_AUTHOR_EMAIL": "forge@example.com",
    "GIT_COMMITTER_NAME": "Forge", "GIT_COMMITTER_EMAIL": "forge@example.com",
    "GIT_AUTHOR_DATE": "1767700000 +0000", "GIT_COMMITTER_DATE": "1767700000 +0000",
}  # fmt: skip


class ConflictError(Exception):
    """What a forge refuses; its text is what the fake answers with."""


@dataclass
class Said:
    """One review: the newest of each person counts."""

    by: str
    approves: bool
    commit: str


@dataclass
class Pull:
    number: int
    head: str
    base: str
    title: str
    body: str
    author: str = "promote-bot"
    draft: bool = False
    state: Literal["open", "merged", "closed"] = "open"
    labels: list[str] = field(default_factory=list)
    reviewers: list[str] = field(default_factory=list)
    teams: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    milestone: str | None = None
    armed: str | None = None  # the method by which it is merged once it may
    message: str | None = None  # of the commit that merges it then; what each forge does with it, its fake has done
    last_head: str = ""  # where the head stood when it was last seen: it may be deleted since
    merged_as: str | None = None
    closed_by: str | None = None
    comments: list[str] = field(default_factory=list)
    reviews: list[Said] = field(default_factory=list)


@dataclass(frozen=True)
class Status:
    context: str
    state: str
    description: str
    url: str


class State:
    """One project. Every method may be called by a test (as a person at the forge) or by the fake's API."""

    def __init__(self, repository: Path) -> None:
        self.repository = repository
        self.lock = threading.RLock()
        self.pulls: list[Pull] = []
        self.statuses: dict[str, list[Status]] = {}
        self.people = ["alice", "bob", "carol", "promote-bot"]
        self.teams = ["sre"]
        self.members = {"sre": ["alice", "carol"]}
        self.labels = ["promotion", "prod"]
        self.milestones = ["Q1"]
        self.required: set[str] = set()  # contexts that must be a success before auto-merge merges
        self.deletes_merged = False

    def git(self, *words: str, ok: bool = True) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.repository, env=ENVIRON, capture_output=True, check=False, timeout=60
        )
        assert not ok or done.returncode == 0, (words, done.stderr)
        return done.stdout.decode().strip() if done.returncode == 0 else ""

    def tip(self, branch: str) -> str:
        """The OID of a branch, "" where there is none."""
        return self.git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", ok=False)

    def head_of(self, pull: Pull) -> str:
        with self.lock:
            if pull.state == "open":
                pull.last_head = self.tip(pull.head) or pull.last_head
            return pull.last_head

    def conflicts(self, pull: Pull) -> bool:
        head, base = self.tip(pull.head), self.tip(pull.base)
        if not head or not base:
            return True
        done = subprocess.run(
            ["git", "merge-tree", "--write-tree", base, head],
            cwd=self.repository, env=ENVIRON, capture_output=True, check=False, timeout=60,
        )  # fmt: skip
        return done.returncode != 0

    def get(self, number: int) -> Pull | None:
        return next((pull for pull in self.pulls if pull.number == number), None)

    def open(self, head: str, base: str, title: str, body: str, *, draft: bool = False) -> Pull:
        with self.lock:
            if not self.tip(head) or not self.tip(base):
                raise ConflictError(f"branch {head if not self.tip(head) else base} does not exist")
            if any(pull.state == "open" and (pull.head, pull.base) == (head, base) for pull in self.pulls):
                raise ConflictError(f"a pull request already exists for {head}")
            if self.git("rev-list", "--count", f"{base}..{head}") == "0":
                raise ConflictError(f"no commits between {base} and {head}")
            pull = Pull(len(self.pulls) + 1, head, base, title, body, draft=draft)
            self.pulls.append(pull)
            self.head_of(pull)
            return pull

    def close(self, pull: Pull, by: str = "alice") -> None:
        with self.lock:
            self.head_of(pull)
            pull.state, pull.closed_by, pull.armed = "closed", by, None

    def merge(self, pull: Pull, method: str = "merge", message: str | None = None) -> str:
        """The commit on the base that brings it in; ConflictError where it does not merge.

        Without a `message` it is the title alone, as some forge has it for each method.
        """
        with self.lock:
            head, base = self.head_of(pull), self.tip(pull.base)
            if pull.state != "open" or self.conflicts(pull):
                raise ConflictError("is not mergeable")
            tree = self.git("merge-tree", "--write-tree", base, head).splitlines()[0]
            parents = ["-p", base, "-p", head] if method == "merge" else ["-p", base]
            message = f"{pull.title} (#{pull.number})" if message is None else message
            made = self.git("commit-tree", *parents, "-m", message, tree)
            self.git("update-ref", f"refs/heads/{pull.base}", made, base)
            pull.state, pull.merged_as, pull.armed = "merged", made, None
            if self.deletes_merged:
                self.git("update-ref", "-d", f"refs/heads/{pull.head}")
            return made

    def set_status(self, commit: str, status: Status) -> None:
        with self.lock:
            self.statuses.setdefault(commit, []).append(status)
            self.settle()

    def newest(self, commit: str) -> dict[str, Status]:
        return {status.context: status for status in self.statuses.get(commit, ())}

    def settle(self) -> None:
        """Merge what is armed and may be merged, as forges do when a check ends."""
        with self.lock:
            for pull in self.pulls:
                if pull.state == "open" and pull.armed is not None and not pull.draft:
                    newest = self.newest(self.head_of(pull))
                    done = all(name in newest and newest[name].state == "success" for name in self.required)
                    if done and self.required and not self.conflicts(pull):
                        self.merge(pull, pull.armed, pull.message)

    def said(self, pull: Pull) -> list[Said]:
        """The last word of each person, in the order of their names."""
        return sorted({each.by: each for each in pull.reviews}.values(), key=lambda each: each.by)


@dataclass
class Fault:
    """What goes wrong, once, at the next request that fits.

    `cut` ends the connection: before anything was done, or after it was done and before the answer.
    """

    method: str
    path: str  # what the path must contain
    status: int | None = None
    cut: Literal["before", "after"] | None = None
    body: str = "{}"
    headers: dict[str, str] = field(default_factory=dict)
    then: Callable[[], None] | None = None
