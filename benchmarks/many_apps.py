"""`promote update --dry-run` for 200 apps over three registries, with nothing new, in a clone of a local repository.

Each registry answers in 20 ms; two of them send ETags. Wanted: one list request an app (a conditional one where there
are ETags), at most 5 s and 120 MB.
"""

from __future__ import annotations

import statistics
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from benchmarks._registry import Running, Shelf, asked, by_version, registry, told
from benchmarks._run import Ran, environment, git, promote, scratch

APPS = 200
TAGS = 480  # not a number of hundreds: what ends there without a link may be cut off, and is asked for once more
ROUNDS = 5
ETAGS = (True, True, False)
FILE = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
images:
- name: {image}
  newTag: {tag}
"""


def clone(home: Path, servers: list[Running]) -> Path:
    """A clone in which every app runs the newest of its tags, of a bare repository beside it."""
    top = home / "gitops"
    top.mkdir()
    newest = by_version(TAGS)[-1]
    lines = ["version: 1\n", "apps:\n"]
    for number in range(APPS):
        name = f"app-{number:03d}"
        image = f"{servers[number % len(servers)].host}/acme/{name}"
        lines.append(f"  {name}: {{image: {image}, policy: {{semver: '*'}}}}\n")
        folder = top / "envs/dev" / name
        folder.mkdir(parents=True)
        (folder / "kustomization.yaml").write_text(FILE.format(image=image, tag=newest))
    lines += ["environments:\n", "  dev: {path: 'envs/dev/{app}'}\n"]
    (top / "promote.yaml").write_text("".join(lines))
    git(home, "init", "-q", "--bare", "--initial-branch=main", "remote.git")
    git(top, "init", "-q", "--initial-branch=main")
    git(top, "add", ".")
    git(top, "commit", "-q", "-m", "all")
    git(top, "remote", "add", "origin", home / "remote.git")
    git(top, "push", "-q", "-u", "origin", "main")
    return top


def update(home: Path, top: Path, servers: list[Running]) -> tuple[Ran, Counter[str]]:
    """One run, and what it asked of all registries."""
    ran = promote("update", "--dry-run", "--exit-code", "-C", top, env=environment(home))
    return ran, asked(servers)


def main() -> None:
    with scratch() as home, ExitStack() as stack:
        servers = [stack.enter_context(registry(Shelf(TAGS, etag=etag))) for etag in ETAGS]
        top = clone(home, servers)
        _, first = update(home, top, servers)
        rounds = [update(home, top, servers) for _ in range(ROUNDS)]
    seconds = statistics.median(ran.seconds for ran, _ in rounds)
    megabytes = max(ran.megabytes for ran, _ in rounds)
    print(f"{APPS} apps of {TAGS} tags, {len(ETAGS)} registries: the first run asks {told(first)}")
    conditional = round(APPS * sum(ETAGS) / len(ETAGS))
    wanted = f"at most {APPS} lists, about {conditional} of them not modified"
    print(f"every other run asks {told(rounds[-1][1])} ({wanted})")
    print(f"nothing new: {seconds:.2f} s (at most 5), {megabytes:.0f} MB (at most 120)")


if __name__ == "__main__":
    main()
