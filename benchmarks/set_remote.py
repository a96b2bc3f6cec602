"""`promote set --repo` in 24,000 files over HTTP on loopback, to the finished push, against the bare plumbing alone.

The plumbing is git by hand: a blobless bare clone, fast-import of the one file, push. Both are whole processes against
the same server, in turns. Wanted: at most 2.5 times, with at most 8 HTTP requests.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.servers.githttp import GitHttp

APPS = 2_000
ENVIRONMENTS = ("dev", "test", "prod")
ROUNDS = 7
IMAGE = "ghcr.io/acme/app-{app:04d}"
PROMOTE = """\
version: 1
apps:
  "app-*": {image: "ghcr.io/acme/{app}"}
environments:
  dev: {path: "apps/{app}/overlays/dev"}
  test: {path: "apps/{app}/overlays/test", from: dev}
  prod: {path: "apps/{app}/overlays/prod", from: test}
"""


def environment(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Bench", "GIT_AUTHOR_EMAIL": "bench@example.com",
        "GIT_COMMITTER_NAME": "Bench", "GIT_COMMITTER_EMAIL": "bench@example.com",
        "PYTHONPATH": str(Path(__file__).parent.parent),
    }  # fmt: skip


def overlay(app: int, environment: str) -> str:
    return (
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- ../../base\n"
        f"namespace: {environment}\nimages:\n- name: {IMAGE.format(app=app)}\n  newTag: 1.0.0\n"
    )


def files() -> list[tuple[str, str]]:
    """24,000 files and promote.yaml: twelve an app."""
    out = [("promote.yaml", PROMOTE)]
    for app in range(APPS):
        root = f"apps/app-{app:04d}"
        for name in ("deployment", "service", "config", "kustomization"):
            out.append((f"{root}/base/{name}.yaml", f"# {name} of {app}\nkind: {name}\n"))
        for name in ENVIRONMENTS:
            folder = f"{root}/overlays/{name}"
            out.append((f"{folder}/kustomization.yaml", overlay(app, name)))
            out.append((f"{folder}/patch.yaml", f"# patch of {app} in {name}\nreplicas: {app}\n"))
        out += [(f"{root}/README.md", f"# {app}\n"), (f"{root}/OWNERS", "acme\n")]
    return out


def build(repo: Path, env: dict[str, str]) -> None:
    subprocess.run(["git", "init", "-q", "--bare", "--initial-branch=main", str(repo)], check=True, env=env)
    stream = bytearray(b"feature done\ncommit refs/heads/main\ncommitter B <b@example.com> 1700000000 +0000\ndata 0\n")
    for path, text in files():
        data = text.encode()
        stream += f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n"
    stream += b"done\n"
    subprocess.run(["git", "-C", str(repo), "fast-import", "--quiet"], input=bytes(stream), check=True, env=env)
    for key in ("http.receivepack", "uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        subprocess.run(["git", "-C", str(repo), "config", key, "true"], check=True, env=env)
    subprocess.run(["git", "-C", str(repo), "repack", "-adq"], check=True, env=env)


def plumbing(url: str, folder: Path, number: int, env: dict[str, str]) -> float:
    """The least that git must do: fetch the trees, make the commit, push it."""
    store = folder / "bare.git"
    data = overlay(0, "dev").replace("1.0.0", f"1.0.{number}").encode()
    start = time.perf_counter()
    git = ["git", "-C", str(store)]
    subprocess.run(
        ["git", "clone", "-q", "--bare", "--depth=1", "--filter=blob:none", "--no-tags", url, str(store)],
        check=True, env=env,
    )  # fmt: skip
    found = subprocess.run([*git, "rev-parse", "HEAD"], check=True, env=env, capture_output=True, text=True)
    tip = found.stdout.strip()
    stream = (
        f"feature done\ncommit refs/heads/bump\ncommitter B <b@example.com> 1700000{number:03d} +0000\ndata 4\nbump\n"
        f"from {tip}\nM 100644 inline apps/app-0000/overlays/dev/kustomization.yaml\ndata {len(data)}\n"
    ).encode() + data + b"\ndone\n"
    subprocess.run([*git, "fast-import", "--quiet"], input=stream, check=True, env=env)
    subprocess.run([*git, "push", "-q", f"--force-with-lease=main:{tip}", url, "bump:main"], check=True, env=env)
    elapsed = time.perf_counter() - start
    shutil.rmtree(store)
    return elapsed


def promote(url: str, number: int, env: dict[str, str]) -> float:
    argv = [sys.executable, "-m", "promote", "set", "--repo", url, "--no-verify-tag", "-q", "dev"]
    start = time.perf_counter()
    subprocess.run([*argv, f"app-0001=1.0.{number}"], check=True, env=env, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    base = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=base) as scratch:
        folder = Path(scratch)
        env = environment(folder)
        build(folder / "gitops.git", env)
        with GitHttp(folder) as server:
            url = server.url("gitops.git")
            bare: list[float] = []
            ours: list[float] = []
            requests = 0
            for number in range(1, ROUNDS + 2):
                bare.append(plumbing(url, folder, number, env))
                before = len(server.log)
                ours.append(promote(url, number, env))
                requests = len(server.log) - before
    one, other = statistics.median(bare[1:]), statistics.median(ours[1:])
    told = f"{other / one:.2f} times (at most 2.5)"
    print(f"{len(files()):,} files: plumbing {one:.2f} s, promote set --repo {other:.2f} s: {told}")
    print(f"HTTP requests of one set: {requests} (at most 8)")


if __name__ == "__main__":
    main()
