"""`promote auto` over 500 apps and 4 environments with nothing to do, ten apps a file, from a repository at a URL.

Three registries answer in 20 ms; two of them send ETags. Wanted: one list request an app (a conditional one where there
are ETags), at most 15 s and 200 MB. Then planning alone, in this process, with the files in a folder and answers that
are given at once: for 500 and for 5,000 apps, with nothing to do and with a new version of each. Wanted: at most 2 s
for 500, and ten times that for 5,000.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from benchmarks._registry import Running, Shelf, asked, by_version, registry, told
from benchmarks._run import Ran, environment, git, promote, scratch
from promote.api import Auto, Rules, Where, open_session
from promote.cli.main import COLLECTS
from promote.clock import SystemClock
from promote.outcome import Plan
from promote.plan.intent import Before
from promote.question import Answers, Facts, Known, Limits, Now, Question, Tags, drive

APPS, MANY = 500, 5_000
A_FILE = 10
TAGS = 480
ROUNDS = 3
ETAGS = (True, True, False)
ENVIRONMENTS = ("dev", "test", "staging", "prod")
PROMOTE = """\
defaults: {auto: true}
environments:
  dev: {path: envs/dev}
  test: {path: envs/test, from: dev}
  staging: {path: envs/staging, from: test, gates: [{soak: 4h}]}
  prod:
    path: envs/prod
    from: staging
    gates:
      - soak: 24h
      - window: {days: mon-thu, hours: "09:00-16:00"}
      - freeze: {from: 2026-12-18, until: 2027-01-04}
"""


def write(top: Path, apps: int, hosts: tuple[str, ...], tag: str) -> None:
    """Every app runs `tag` in each environment; its image is at one of the hosts."""
    images = {f"app-{number:04d}": f"{hosts[number % len(hosts)]}/acme/app-{number:04d}" for number in range(apps)}
    lines = "".join(f"  {name}: {{image: {image}, policy: {{semver: '*'}}}}\n" for name, image in images.items())
    top.mkdir()
    (top / "promote.yaml").write_text(f"version: 1\napps:\n{lines}{PROMOTE}")
    entries = [f"- name: {image}\n  newTag: {tag}\n" for image in images.values()]
    for name in ENVIRONMENTS:
        for first in range(0, apps, A_FILE):
            folder = top / "envs" / name / f"part-{first // A_FILE:03d}"
            folder.mkdir(parents=True)
            (folder / "kustomization.yaml").write_text("images:\n" + "".join(entries[first : first + A_FILE]))


def bare(home: Path, top: Path) -> Path:
    """A bare repository with what is in `top`."""
    git(top, "init", "-q", "--initial-branch=main")
    git(top, "add", ".")
    git(top, "commit", "-q", "-m", "all")
    git(home, "clone", "-q", "--bare", top, "remote.git")
    git(home / "remote.git", "config", "uploadpack.allowFilter", "true")
    return home / "remote.git"


def auto(home: Path, remote: Path, servers: list[Running]) -> tuple[Ran, Counter[str]]:
    """One run with nothing to do, and what it asked of all registries; SystemExit where it found something."""
    ran = promote("auto", "--exit-code", "--repo", f"file://{remote}", env=environment(home))
    if ran.out:
        raise SystemExit(f"it should be silent, and says: {ran.out[:300].decode()}")
    return ran, asked(servers)


def whole(home: Path) -> None:
    """Whole processes, against registries."""
    newest = by_version(TAGS)[-1]
    with ExitStack() as stack:
        servers = [stack.enter_context(registry(Shelf(TAGS, etag=etag))) for etag in ETAGS]
        write(home / "gitops", APPS, tuple(server.host for server in servers), newest)
        remote = bare(home, home / "gitops")
        _, first = auto(home, remote, servers)
        rounds = [auto(home, remote, servers) for _ in range(ROUNDS)]
    seconds = statistics.median(ran.seconds for ran, _ in rounds)
    megabytes = max(ran.megabytes for ran, _ in rounds)
    print(f"{APPS} apps, {len(ENVIRONMENTS)} environments, {len(ETAGS)} registries: the first run asks {told(first)}")
    wanted = f"at most {APPS} lists, about {round(APPS * sum(ETAGS) / len(ETAGS))} of them not modified"
    print(f"every other run asks {told(rounds[-1][1])} ({wanted})")
    print(f"nothing to do: {seconds:.2f} s (at most 15), {megabytes:.0f} MB (at most 200)")


def answers(tag: str) -> dict[type[Question], object]:
    """What is told of each kind of question, whatever image it is about."""
    known = Known("sha256:" + "0" * 64)
    return {Tags: ("1.0.0", tag), Facts: known, Limits: None, Now: datetime(2026, 11, 25, 12, tzinfo=UTC)}


def planned(top: Path, tag: str) -> tuple[float, float, Plan]:
    """Seconds of work to read the files and to plan on them where `tag` is the newest of each app, and the plan."""
    known = answers(tag)

    def ask(questions: frozenset[Question]) -> Answers:
        return {question: known[type(question)] for question in questions}  # type: ignore[misc]

    with open_session(Where(top, files=True), environ=environment(top.parent), clock=SystemClock()) as session:
        began = time.process_time()
        estates = session.estates(ENVIRONMENTS)
        read = time.process_time()
        plan = drive(session.decide(Auto(ENVIRONMENTS), Rules())(estates, Before.of(estates)), ask)
        return read - began, time.process_time() - read, plan


def alone(home: Path) -> None:
    """Planning without a network."""
    gc.set_threshold(*COLLECTS)  # as every run does; else a third of the time for 5,000 goes there
    for apps in (APPS, MANY):
        write(home / f"files-{apps}", apps, ("r.example.com",), "1.0.0")
    for tag, what, changes in (("1.0.0", "nothing to do", 0), ("1.1.0", "a new version of each", 1)):
        took: dict[int, tuple[float, float]] = {}
        for apps in (APPS, MANY):
            rounds = [planned(home / f"files-{apps}", tag) for _ in range(ROUNDS)]
            if len(rounds[0][2].changes) != changes * apps or rounds[0][2].failures:
                raise SystemExit(f"the plan of {apps} apps has {len(rounds[0][2].changes)} changes")
            took[apps] = statistics.median(each[0] for each in rounds), statistics.median(each[1] for each in rounds)
        few, many = sum(took[APPS]), sum(took[MANY])
        print(
            f"planning, {what}: {few:.2f} s for {APPS} apps ({took[APPS][0]:.2f} s to read the files; at most 2), "
            f"{many:.2f} s for {MANY:,}: {many / few:.1f} times (10 is linear)"
        )


def main() -> None:
    with scratch() as home:
        whole(home)
        alone(home)


if __name__ == "__main__":
    main()
