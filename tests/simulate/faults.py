"""Several writers against a server that fails by a seeded schedule: whatever goes wrong, each result is there once."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from promote.api import How, Rules, Set, Where, open_session
from promote.clock import SystemClock
from promote.errors import GitError
from promote.image import Version
from promote.outcome import Delivery
from tests.e2e.gitops import Gitops, create, exactly
from tests.servers.githttp import Fault, GitHttp
from tests.servers.githttp import Where as Cut

_CONFIG = (
    "version: 1\n"
    'apps: {"*": {image: "r.example.com/{app}", policy: {semver: "*"}}}\nenvironments: {dev: {path: envs/dev}}\n'
)
APPS = ("one", "two", "three", "shared")
_FILE = "envs/dev/values.yaml"
_FAULTS_A_RUN = 12
_TRIES = 30
_RULES = Rules(verify_tag=False, group="app")
# What each writer sets. Two of them race each other upward on one app.
WISHES: tuple[Mapping[str, str], ...] = (
    {"one": "2.0.0"},
    {"two": "2.0.0", "three": "2.0.0"},
    {"shared": "2.1.0"},
    {"shared": "2.2.0"},
)
_CUTS: tuple[Cut, ...] = ("before", "within", "during", "after")
_STATUSES = (500, 502, 503)
# How often each of a run's requests goes wrong. What decides is the push, so that is where most does.
_CHANCES = {"fetch's offer": 0.08, "fetch's exchange": 0.08, "push's offer": 0.3, "push's exchange": 0.7}


def _line(app: str, version: str) -> bytes:
    return f"{app}: {{image: r.example.com/{app}:{version}}} # {version}".encode()


FILES = {
    "promote.yaml": _CONFIG.encode(),
    _FILE: b"".join(_line(app, "1.0.0") + b"\r\n" for app in APPS),
}


@dataclass
class Tally:
    """What went wrong in how many runs, and what came of it."""

    runs: int = 0
    commits: int = 0
    attempts: int = 0
    again: int = 0
    requests: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.runs + other.runs,
            self.commits + other.commits,
            self.attempts + other.attempts,
            self.again + other.again,
            self.requests + other.requests,
            self.faults + other.faults,
        )


@dataclass
class _Weather:
    """The faults of one run: the n-th request meets the n-th draw, whoever sends it."""

    rng: random.Random
    somebody: Callable[[], None]
    tally: Tally
    left: int = _FAULTS_A_RUN

    def __call__(self, method: str, target: str) -> Fault | None:
        self.tally.requests += 1
        path, _, query = target.partition("?")
        service = "push" if "receive-pack" in target else "fetch"
        name = f"{service}'s {'offer' if query else 'exchange'}"
        drawn = self.rng.random()
        kind = self.rng.choice(("cut", "cut", "status", "stall", "pushed", "cut and pushed"))
        cut = self.rng.choice(_CUTS)
        status = self.rng.choice(_STATUSES)
        if drawn > _CHANCES[name] or self.left == 0:
            return None
        self.left -= 1
        if kind == "status":
            self.tally.faults[f"{name}: {status}"] += 1
            return Fault(path, method, status=status)
        if kind == "stall":
            self.tally.faults[f"{name}: stalled"] += 1
            return Fault(path, method, stall=0.3)
        if kind == "pushed":
            self.tally.faults[f"{name}: somebody pushed"] += 1
            return Fault(path, method, then=self.somebody)
        self.tally.faults[f"{name}: {kind} {cut}"] += 1
        return Fault(path, method, cut=cut, then=self.somebody if kind != "cut" else None)


@dataclass
class _Somebody:
    """A person who pushes now and then, with git's own compare-and-swap."""

    gitops: Gitops
    made: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> None:
        with self.lock:
            name = f"by-hand-{len(self.made)}"
            for _ in range(100):
                try:
                    self.gitops.commit({name: b"theirs\n"}, message="by hand")
                except AssertionError:
                    continue  # a push has the branch just now, or moved it
                self.made.append(name)
                return
            raise AssertionError("nobody else can push any more")


@dataclass
class _Writer:
    """A CI job that is started again until it ends well."""

    wish: Mapping[str, str]
    url: str
    environ: Mapping[str, str]
    tally: Tally
    landed: list[str] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)

    def _once(self) -> Delivery | None:
        wish = Set("dev", tuple((app, Version(tag)) for app, tag in self.wish.items()))
        try:
            with open_session(Where(Path("/"), repo=self.url), environ=self.environ, clock=SystemClock()) as session:
                return session.deliver(wish, _RULES, How(timeout=60))
        except GitError:
            return None

    def __call__(self) -> None:
        try:
            for _ in range(_TRIES):
                done = self._once()
                if done is not None:
                    self.tally.attempts += done.attempts
                    self.landed += [commit.oid for commit in done.commits]
                    if not done.plan.failures:
                        # Started again, it may find that the other one has been there.
                        assert all((each.app, each.code) == ("shared", "downgrade") for each in done.plan.refusals)
                        return
                self.tally.again += 1
            raise AssertionError("it never ended well")
        except BaseException as exc:  # noqa: BLE001 - told by the thread that waits
            self.faults.append(exc)


def _checked(gitops: Gitops, writers: Sequence[_Writer], somebody: _Somebody) -> int:
    """What must hold in the end; how many commits are promote's."""
    gitops.git("fsck", "--strict")
    first, *commits = gitops.commits()
    tree, seen, ours = gitops.tree(first), [], []
    for oid in commits:
        now = gitops.tree(oid)
        lines = gitops.trailers(oid)
        if lines:
            ours.append(oid)
            told = {line.split(": ")[0]: line.split(": ")[1] for line in lines}
            app, old, new = told["Promote-App"], told["Promote-Previous"], told["Promote-Version"]
            seen.append((app, new))
            old_line = _line(app, old).partition(b" #")[0]
            exactly(tree, now, {_FILE: [(old_line, _line(app, new).partition(b" #")[0])]})
        else:
            assert {name: data for name, data in now.items() if name in tree} == tree
        tree = now
    assert all(tree[name] == b"theirs\n" for name in somebody.made)
    assert len(commits) == len(ours) + len(somebody.made)
    assert len(set(seen)) == len(seen), f"doubled: {seen}"
    assert {(app, "2.0.0") for app in ("one", "two", "three")} <= set(seen)
    shared = [version for app, version in seen if app == "shared"]
    assert shared in (["2.2.0"], ["2.1.0", "2.2.0"]), shared
    told_landed = [oid for writer in writers for oid in writer.landed]
    assert len(set(told_landed)) == len(told_landed)
    assert set(told_landed) <= set(ours)
    return len(ours)


def run(seed: int, folder: Path, environ: Mapping[str, str]) -> Tally:
    """One run: all writers at once, under the faults of `seed`; AssertionError where anything is lost or doubled."""
    rng = random.Random(seed)
    tally = Tally(runs=1)
    root = folder / f"run-{seed}"
    root.mkdir()
    with GitHttp(root, keep_alive=rng.random() < 0.5, v0=rng.random() < 0.2) as server:
        gitops = create(server, environ, FILES, "gitops.git")
        somebody = _Somebody(gitops)
        server.schedule = _Weather(rng, somebody, tally)
        writers = [_Writer(wish, gitops.url, environ, tally) for wish in WISHES]
        threads = [threading.Thread(target=writer) for writer in writers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for writer in writers:
            for fault in writer.faults:
                raise AssertionError(f"seed {seed}: {writer.wish}") from fault
        tally.commits = _checked(gitops, writers, somebody)
    left = sorted(path.name for path in Path(environ["TMPDIR"]).iterdir())
    assert left == [], left
    return tally
