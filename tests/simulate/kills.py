"""Every way of writing, killed at each of its checkpoints: what must hold after that, and after the next run."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from tests.e2e.gitops import Gitops, create, exactly, working_files
from tests.e2e.program import Inside
from tests.servers.githttp import GitHttp
from tests.simulate.checkpoints import Stopped, Victim, run_to_child, run_to_step, was_killed

How = Literal["repo", "new cache", "cache", "clone", "no-push", "write-only"]
HOWS: tuple[How, ...] = get_args(How)
_CONFIG = (
    "version: 1\ncommit: {group: app}\n"
    "apps: {web: {image: r.example.com/web}, api: {image: r.example.com/api}}\nenvironments: {dev: {path: envs/dev}}\n"
)
FILES = {
    "promote.yaml": _CONFIG.encode(),
    "envs/dev/web.yaml": b"image: r.example.com/web:1.0.0 # web\r\n",
    "envs/dev/api.yaml": b"image: r.example.com/api:1.0.0 # api\n",
    "README": b"1.0.0\n",
}
EDITS = {f"envs/dev/{app}.yaml": [(f"{app}:1.0.0".encode(), f"{app}:2.0.0".encode())] for app in ("web", "api")}
_WORDS = ("set", "dev", "web=2.0.0", "api=2.0.0", "--no-verify-tag", "--allow-downgrade")


@dataclass
class Ground:
    """One repository behind a server, a clone of it, and how a run is started on them."""

    how: How
    folder: Path
    server: GitHttp
    environ: Mapping[str, str]
    gitops: Gitops = field(init=False)
    clone: Path = field(init=False)

    def __post_init__(self) -> None:
        self._anew()

    def _anew(self) -> None:
        number = sum(1 for _ in self.server.root.iterdir())
        self.gitops = create(self.server, self.environ, FILES, f"gitops-{number}.git")
        self.clone = self.folder / f"clone-{number}"
        self.gitops.git("clone", "--quiet", self.gitops.url, str(self.clone))
        if self.how == "cache":
            self.program.ok("status", "dev", "--repo", self.gitops.url, "--cache-repos")

    @property
    def words(self) -> tuple[str, ...]:
        if self.how == "repo":
            return (*_WORDS, "--repo", self.gitops.url)
        if self.how in ("new cache", "cache"):
            return (*_WORDS, "--repo", self.gitops.url, "--cache-repos")
        return (*_WORDS, "-C", str(self.clone), *([] if self.how == "clone" else [f"--{self.how}"]))

    @property
    def program(self) -> Inside:
        return Inside(self.environ, self.folder)

    def run(self, *, at: int, victim: Victim | None) -> Stopped:
        """One run; without a victim it is killed at its own steps."""
        place = self.folder / "checkpoints"
        if victim is None:
            return run_to_step(self.words, place, at=at, environ=self.environ, cwd=self.folder)
        return run_to_child(self.words, place, at=at, victim=victim, environ=self.environ, cwd=self.folder)

    def checked(self, *, is_done: bool) -> None:
        """All that may be there is there whole; with `is_done` all of it."""
        tips = [self.gitops.commits()]
        self.gitops.git("fsck", "--strict")
        self.gitops.git("fsck", "--strict", "--connectivity-only", cwd=self.clone)
        assert self.gitops.git("symbolic-ref", "HEAD", cwd=self.clone) == "refs/heads/main"
        assert self.gitops.git("rev-parse", "HEAD", cwd=self.clone) == tips[0][0]
        assert [path.name for path in (self.clone / ".git").rglob("*.lock")] == []
        files = working_files(self.clone)
        if self.how == "write-only":
            # Each file is the old one or the new one.
            for name, pairs in EDITS.items():
                new = FILES[name].replace(*pairs[0])
                assert files[name] == new or (not is_done and files[name] == FILES[name]), files
            assert len(tips[0]) == 1
        else:
            assert files == FILES
        if self.how == "no-push":
            assert len(tips[0]) == 1
            kept = self.gitops.git("for-each-ref", "--format=%(objectname)", "refs/promote/", cwd=self.clone).split()
            tips = [self.gitops.git("rev-list", "--reverse", oid, cwd=self.clone).split() for oid in kept]
            assert len(tips) == 1 or not is_done
        for commits in tips:
            self._whole(commits, is_done=is_done)

    def _whole(self, commits: list[str], *, is_done: bool) -> None:
        if self.how == "write-only" or (len(commits) == 1 and not is_done):
            return
        where = self.clone if self.how == "no-push" else self.gitops.folder
        assert len(commits) == 3, "one commit for each of two apps, in one push"
        there = Gitops(self.server, where, self.environ)
        carried = [line for oid in commits[1:] for line in there.trailers(oid) if line.startswith("Promote-App:")]
        assert sorted(carried) == ["Promote-App: api", "Promote-App: web"]
        exactly(FILES, there.tree(commits[-1]), EDITS)

    def killed_at(self, at: int, victim: Victim | None) -> bool:
        """Kills one run, sees what is there, and lets the next one complete it; False where it ended before `at`."""
        stopped = self.run(at=at, victim=victim)
        if victim in ("interrupted", "terminated"):
            assert stopped.code in (0, 130), stopped
            assert self.left() == [], stopped
        elif victim == "child":
            assert stopped.code in (0, 5), stopped
            assert self.left() == [], stopped
        else:
            assert was_killed(stopped) or stopped.code == 0, stopped
        self.checked(is_done=stopped.code == 0)
        again = self.program(*self.words)
        assert again.code == 0, (at, again)
        self.checked(is_done=True)
        assert sorted(working_files(self.clone)) == sorted(FILES), "a file that was being made is left"
        assert self.left() == []
        kept = Path(self.environ["HOME"]) / ".cache"
        assert [path for path in kept.rglob("*") if path.name.startswith("tmp_") or path.suffix == ".lock"] == []
        shutil.rmtree(kept, ignore_errors=True)
        self._anew()
        return stopped.code != 0

    def left(self) -> list[str]:
        """What stands in the temporary folder."""
        return sorted(path.name for path in Path(self.environ["TMPDIR"]).iterdir())

    def checkpoints(self, victim: Victim | None) -> range:
        """The numbers of all checkpoints of a run that nobody kills."""
        whole = self.run(at=0, victim=victim)
        assert whole.code == 0, whole
        self.checked(is_done=True)
        self._anew()
        return range(1, whole.reached + 1)
