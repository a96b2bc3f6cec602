"""`promote history` of one app in 24,000 files and 300 commits over HTTP on loopback, whole processes.

Against git by hand: a blobless bare clone and `git log --raw` of the app's folder, without anything read. Half of the
commits change the app. Then all 200 apps of an environment of 400 files, in each commit of which something changes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks._run import Ran, medians, run, scratch
from benchmarks.bump import FILE, build, environment, overlay
from tests.servers.githttp import GitHttp

APPS = 2_000
COMMITS = 300
ROUNDS = 3
FEW = 200
ALL = 'version: 1\napps: {"app-*": {image: "ghcr.io/acme/{app}"}}\nenvironments: {prod: {path: prod}}\n'
MANIFEST = (
    "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{{name: c, image: {image}}}]}}\n"
)


def _commit(number: int, files: Iterator[tuple[str, str]]) -> bytes:
    head = f"commit refs/heads/main\ncommitter B <b@example.com> {1_700_000_100 + 60 * number} +0000\ndata 0\n"
    out = head.encode() + (b"from refs/heads/main^0\n" if number == 0 else b"")
    for path, text in files:
        data = text.encode()
        out += f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n"
    return out


def _import(repo: Path, commits: Iterator[bytes], env: dict[str, str]) -> None:
    stream = b"feature done\n" + b"".join(commits) + b"done\n"
    subprocess.run(["git", "-C", str(repo), "fast-import", "--quiet"], input=stream, check=True, env=env)
    subprocess.run(["git", "-C", str(repo), "repack", "-adq"], check=True, env=env)


def large(repo: Path, env: dict[str, str]) -> None:
    """24,000 files; every other commit changes the first app, the others one of the rest."""
    build(repo, APPS, env)
    apps = [1 if number % 2 else 2 + number for number in range(COMMITS)]
    files = [iter([(FILE.format(app=app), overlay(app, "dev", f"1.1.{n}"))]) for n, app in enumerate(apps)]
    _import(repo, (_commit(number, each) for number, each in enumerate(files)), env)


def dense(repo: Path, env: dict[str, str]) -> None:
    """One environment of 200 apps; each commit changes one of them."""
    build(repo, 1, env)

    def app(number: int, tag: str) -> Iterator[tuple[str, str]]:
        name = f"app-{number:04d}"
        yield f"prod/{name}/kustomization.yaml", overlay(number, "prod", tag).replace("../../base", "pod.yaml")
        yield f"prod/{name}/pod.yaml", MANIFEST.format(name=name, image=f"ghcr.io/acme/{name}")

    first = (file for number in range(FEW) for file in app(number, "1.0.0"))
    begin = _commit(0, iter([("promote.yaml", ALL), *first]))
    rest = (_commit(1 + n, app(n % FEW, f"1.1.{n}")) for n in range(COMMITS))
    _import(repo, iter([begin, *rest]), env)


def by_hand(url: str, folder: Path, env: dict[str, str]) -> Ran:
    store = folder / "store.git"
    clone = run("git", "clone", "-q", "--bare", "--filter=blob:none", "--no-tags", url, store, env=env)
    path = FILE.format(app=1)
    log = run("git", "-C", store, "log", "--first-parent", "--raw", "--no-abbrev", "main", "--", path, env=env)
    shutil.rmtree(store)
    return Ran(clone.seconds + log.seconds, max(clone.megabytes, log.megabytes), log.out)


def main() -> None:
    with scratch() as folder:
        env = environment(folder / "home")
        large(folder / "large.git", env)
        dense(folder / "dense.git", env)

        def history(url: str, *words: str) -> Ran:
            argv = (sys.executable, "-m", "promote", "history", "--repo", url, "--limit", "1000", *words)
            return run(*argv, env=env)

        with GitHttp(folder) as server:
            url, other = server.url("large.git"), server.url("dense.git")
            found = medians(
                {
                    "git": lambda: by_hand(url, folder, env),
                    "one": lambda: history(url, "dev", "app-0001"),
                    "all": lambda: history(other, "prod"),
                },
                ROUNDS,
            )
    assert len(found["one"].out.splitlines()) == 2 + COMMITS // 2
    assert len(found["all"].out.splitlines()) == 1 + FEW + COMMITS
    git, one, every = found["git"], found["one"], found["all"]
    told = f"{one.seconds / git.seconds:.1f} times (at most 8)"
    size = f"24,000 files, {COMMITS} commits"
    print(f"{size}: git by hand {git.seconds:.2f} s, promote history {one.seconds:.2f} s: {told}")
    told = f"{every.seconds:.2f} s, {every.megabytes:.0f} MB"
    print(f"{FEW} apps in 400 files, {COMMITS} commits that each change one: {told}")


if __name__ == "__main__":
    main()
