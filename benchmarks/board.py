"""`promote status` of 200 apps in three environments, in a clone of a local repository: whole processes.

A registry answers in 20 ms. Every other app of prod is one version behind, and would be carried. Wanted in at most 3 s;
and then with `--age`, where each of 100 commits has brought one app into dev.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks._registry import Running, Shelf, by_version, registry
from benchmarks._run import Ran, environment, git, medians, promote, scratch
from benchmarks.many_apps import FILE

APPS = 200
TAGS = 100
COMMITS = 100
ROUNDS = 3


def clone(home: Path, server: Running) -> Path:
    """A clone in which dev and test run the newest tag of each app, and prod that or the one before it."""
    top = home / "gitops"
    newest = by_version(TAGS)

    def write(environment: str, number: int, tag: str) -> None:
        image = f"{server.host}/acme/app-{number:03d}"
        folder = top / f"envs/{environment}/app-{number:03d}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "kustomization.yaml").write_text(FILE.format(image=image, tag=tag))

    for number in range(APPS):
        write("dev", number, newest[-1] if number >= COMMITS else newest[-2])
        write("test", number, newest[-1])
        write("prod", number, newest[-1 - number % 2])
    (top / "promote.yaml").write_text(
        f'version: 1\napps:\n  "app-*": {{image: "{server.host}/acme/{{app}}", policy: {{semver: "*"}}}}\n'
        "environments:\n  dev: {path: 'envs/dev/{app}'}\n  test: {path: 'envs/test/{app}', from: dev}\n"
        "  prod: {path: 'envs/prod/{app}', from: test}\n"
    )
    git(home, "init", "-q", "--bare", "--initial-branch=main", "remote.git")
    git(top, "init", "-q", "--initial-branch=main")
    git(top, "add", ".")
    git(top, "commit", "-q", "-m", "all")
    for number in range(COMMITS):
        write("dev", number, newest[-1])
        git(top, "commit", "-q", "-a", "-m", f"dev: app-{number:03d}")
    git(top, "remote", "add", "origin", home / "remote.git")
    git(top, "push", "-q", "-u", "origin", "main")
    return top


def main() -> None:
    with scratch() as home, registry(Shelf(TAGS, images=True)) as server:
        top = clone(home, server)

        def status(*words: str) -> Ran:
            return promote("status", "-C", top, *words, env=environment(home))

        found = medians({"status": status, "age": lambda: status("--age")}, ROUNDS)
    plain, age = found["status"], found["age"]
    arrows = plain.out.decode().count("←")
    if arrows != APPS // 2:
        raise SystemExit(f"{arrows} apps would move and not {APPS // 2}")
    print(f"status of {APPS} apps in 3 environments: {plain.seconds:.2f} s (at most 3), {plain.megabytes:.0f} MB")
    print(f"with --age, {COMMITS} commits: {age.seconds:.2f} s, {age.seconds / plain.seconds:.1f} times")


if __name__ == "__main__":
    main()
