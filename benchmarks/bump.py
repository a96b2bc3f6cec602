"""One bump over HTTP on loopback, whole processes, in repositories of 24,000 and of 240,000 files.

Against the bare plumbing (git by hand: a fetch, fast-import, a push) and against what a script does: clone --depth=1
with a checkout, edit, add -A, commit, pull --rebase, push. All in turns against the same server, which takes its share
of the same processor. Of promote also: processes that talk to the network (counted at the server), bytes that the
server sent, and the peak of the memory of the whole process group (the sum of what its processes have resident,
sampled). Then a run for 200 apps that changes nothing, in a working directory.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks._run import ROOT, scratch
from tests.servers.githttp import GitHttp

ENVIRONMENTS = ("dev", "test", "prod")
IMAGE = "ghcr.io/acme/app-{app:04d}"
PROMOTE = """\
version: 1
apps:
  "app-*": {image: "ghcr.io/acme/{app}", policy: {semver: "*"}}
environments:
  dev: {path: "apps/{app}/overlays/dev"}
  test: {path: "apps/{app}/overlays/test", from: dev}
  prod: {path: "apps/{app}/overlays/prod", from: test}
"""
FILE = "apps/app-{app:04d}/overlays/dev/kustomization.yaml"
# A process that talks to the network begins with one of these.
HELLO = "/info/refs"


def environment(home: Path) -> dict[str, str]:
    home.mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    who = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Bench"), ("EMAIL", "bench@example.com"))
    }
    nothing = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return {**kept, **who, **nothing, "HOME": str(home), "TMPDIR": str(home), "PYTHONPATH": str(ROOT)}


def overlay(app: int, name: str, tag: str = "1.0.0") -> str:
    return (
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- ../../base\n"
        f"namespace: {name}\nimages:\n- name: {IMAGE.format(app=app)}\n  newTag: {tag}\n"
    )


def app_files(app: int) -> list[tuple[str, str]]:
    """Twelve files an app."""
    root = f"apps/app-{app:04d}"
    out = [(f"{root}/README.md", f"# {app}\n"), (f"{root}/OWNERS", "acme\n")]
    for name in ("deployment", "service", "config", "kustomization"):
        out.append((f"{root}/base/{name}.yaml", f"# {name} of {app}\nkind: {name}\n"))
    for name in ENVIRONMENTS:
        folder = f"{root}/overlays/{name}"
        out.append((f"{folder}/kustomization.yaml", overlay(app, name)))
        out.append((f"{folder}/patch.yaml", f"# patch of {app} in {name}\nreplicas: {app}\n"))
    return out


def build(repo: Path, apps: int, env: dict[str, str]) -> None:
    subprocess.run(["git", "init", "-q", "--bare", "--initial-branch=main", str(repo)], check=True, env=env)
    for key in ("http.receivepack", "uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        subprocess.run(["git", "-C", str(repo), "config", key, "true"], check=True, env=env)
    child = subprocess.Popen(["git", "-C", str(repo), "fast-import", "--quiet"], stdin=subprocess.PIPE, env=env)
    assert child.stdin is not None
    child.stdin.write(b"commit refs/heads/main\ncommitter B <b@example.com> 1700000000 +0000\ndata 0\n")
    files = [("promote.yaml", PROMOTE)]
    for app in range(apps):
        files += app_files(app)
        for path, text in files:
            data = text.encode()
            child.stdin.write(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
        files = []
    child.stdin.close()
    if child.wait() != 0:
        raise SystemExit("the repository could not be made")
    subprocess.run(["git", "-C", str(repo), "repack", "-adq"], check=True, env=env)


@dataclass(frozen=True)
class Cost:
    seconds: float
    megabytes: float = 0.0


class Memory:
    """The peak of what a process and all below it have resident, in MB; sampled as long as it lives."""

    def __init__(self, pid: int) -> None:
        self.peak = 0.0
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()

    def _sample(self) -> None:
        page = os.sysconf("SC_PAGE_SIZE")
        while not self._over.wait(0.005):
            parents: dict[int, int] = {}
            pages: dict[int, int] = {}
            for entry in Path("/proc").iterdir():
                if entry.name.isdigit():
                    try:
                        parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                        pages[int(entry.name)] = int((entry / "statm").read_text().split()[1])
                    except (OSError, ValueError, IndexError):
                        continue  # it has ended meanwhile
            total = sum(size for pid, size in pages.items() if self._is_below(pid, parents))
            self.peak = max(self.peak, total * page / 1e6)

    def _is_below(self, pid: int, parents: dict[int, int]) -> bool:
        while pid > 1:
            if pid == self._pid:
                return True
            pid = parents.get(pid, 0)
        return False

    def end(self) -> float:
        self._over.set()
        self._thread.join()
        return self.peak


def timed(argv: list[str], env: dict[str, str], cwd: Path | None = None, *, weigh: bool = False) -> Cost:
    start = time.perf_counter()
    child = subprocess.Popen(argv, env=env, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    memory = Memory(child.pid) if weigh else None
    _, said = child.communicate()
    seconds = time.perf_counter() - start
    peak = 0.0 if memory is None else memory.end()
    if child.returncode != 0:
        raise SystemExit(f"{argv} ended with {child.returncode}: {said[-2000:].decode(errors='replace')}")
    return Cost(seconds, peak)


def script(*lines: str) -> list[str]:
    return ["sh", "-ec", "\n".join(lines)]


def plumbing(url: str, home: Path, number: int) -> list[str]:
    """The least that git must do by hand: fetch, make the commit, push it."""
    data = overlay(1, "dev", f"1.1.{number}")
    return script(
        f"rm -rf {home}/bare.git; git clone -q --bare --depth=1 --filter=blob:none --no-tags {url} {home}/bare.git",
        f"cd {home}/bare.git; tip=$(git rev-parse HEAD)",
        f"cat > stream <<END\nfeature done\ncommit refs/heads/bump\ncommitter B <b@x> 17000{number:05d} +0000\ndata 4\n"
        f"bump\nfrom $tip\nM 100644 inline {FILE.format(app=1)}\ndata {len(data)}\n{data}\ndone\nEND",
        "git fast-import --quiet < stream",
        f"git push -q --force-with-lease=main:$tip {url} bump:main",
    )


def checkout(url: str, home: Path, number: int) -> list[str]:
    """What a script in CI does."""
    return script(
        f"rm -rf {home}/work; git clone -q --depth=1 {url} {home}/work; cd {home}/work",
        f"sed -i 's/newTag: .*/newTag: 1.2.{number}/' {FILE.format(app=2)}",
        "git add -A; git commit -qm bump; git pull -q --rebase; git push -q origin HEAD:main",
    )


def promote(url: str, number: int) -> list[str]:
    words = ["set", "--repo", url, "--no-verify-tag", "-q", "dev", f"app-0003=1.3.{number}"]
    return [sys.executable, "-m", "promote", *words]


@dataclass(frozen=True)
class Size:
    """What one size came to: seconds by who did it, and what it took promote."""

    seconds: dict[str, float]
    megabytes: float
    talks: int
    sent: int


def measure(folder: Path, apps: int, rounds: dict[str, int], env: dict[str, str]) -> Size:
    repo = folder / f"r{apps}.git"
    build(repo, apps, env)
    home = folder / "home"
    with GitHttp(folder) as server:
        url = server.url(repo.name)
        ways: dict[str, Callable[[int], list[str]]] = {
            "plumbing": lambda number: plumbing(url, home, number),
            "promote": lambda number: promote(url, number),
            "checkout": lambda number: checkout(url, home, number),
        }
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(max(rounds.values())):
            for name, way in ways.items():
                if number < rounds[name]:
                    taken[name].append(timed(way(number), env).seconds)
        # Apart from the others: to look at the memory takes time itself.
        before = len(server.log)
        weighed = timed(promote(url, 99_999), env, weigh=True)
        asked = server.log.requests[before:]
    shutil.rmtree(home / "work")
    # The first of several was there for the caches.
    seconds = {name: statistics.median(each[1:] or each) for name, each in taken.items()}
    talks = sum(1 for request in asked if request.path.endswith(HELLO))
    return Size(seconds, weighed.megabytes, talks, sum(request.sent for request in asked))


def nothing_to_do(folder: Path, env: dict[str, str]) -> float:
    """200 apps in a working directory, each as it should be already."""
    repo = folder / "r2000.git"
    with GitHttp(folder) as server:
        work = folder / "work"
        timed(["git", "clone", "-q", server.url(repo.name), str(work)], env)
        apps = [f"app-{app:04d}=1.0.0" for app in range(100, 300)]
        argv = [sys.executable, "-m", "promote", "set", "--write-only", "--no-verify-tag", "-q", "dev", *apps]
        return statistics.median(timed(argv, env, work).seconds for _ in range(5))


def main() -> None:
    with scratch() as folder:
        env = environment(folder / "home")
        small = measure(folder, 2_000, {"plumbing": 8, "promote": 8, "checkout": 4}, env)
        large = measure(folder, 20_000, {"plumbing": 4, "promote": 4, "checkout": 1}, env)
        idle = nothing_to_do(folder, env)
    for name, size in (("24,000", small), ("240,000", large)):
        told = ", ".join(f"{way} {seconds:.2f} s" for way, seconds in size.seconds.items())
        print(f"{name} files: {told}")
        print(
            f"  promote: {size.talks} processes that talk to the network (at most 4), {size.sent / 1024:,.0f} KiB from "
            f"the server, {size.megabytes:.0f} MB for the whole group (at most 150)"
        )
    one, other = small.seconds, large.seconds
    print(f"24,000: {one['promote'] / one['plumbing']:.2f} times the plumbing (at most 2.5)")
    print(f"24,000: {one['checkout'] / one['promote']:.1f} times as fast as with a checkout (at least 2.5)")
    print(f"240,000: {other['checkout'] / other['promote']:.1f} times as fast as with a checkout (at least 12)")
    print(f"240,000 to 24,000: {other['promote'] / one['promote']:.2f} times the time (at most 2), "
          f"{large.megabytes / small.megabytes:.2f} times the memory (at most 2)")  # fmt: skip
    print(f"nothing to do for 200 apps in a working directory: {idle:.2f} s (at most 1)")


if __name__ == "__main__":
    main()
