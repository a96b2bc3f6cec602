"""A list of 100,000 tags: how much memory `promote tags` takes, and how long a policy takes to choose.

The first are whole processes that show all tags, as text and as JSON. A policy is timed alone, from the answers that it
gets to its Selection, with every tag a candidate and dates and platforms known. Wanted: at most 200 MB, and 2 s.
"""

from __future__ import annotations

import gc
import json
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from benchmarks._registry import Shelf, registry
from benchmarks._run import environment, medians, promote, scratch
from promote.image import Repository
from promote.policy import build
from promote.policy.selection import Selection
from promote.policy.settings import parse_short
from promote.question import Answer, Answers, Facts, Known, Now, Question, Tags, drive

TAGS = 100_000
ROUNDS = 5
EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
POLICIES: dict[str, Callable[[int], str]] = {
    "semver:*": lambda number: f"{number // 10_000}.{number // 100 % 100}.{number % 100}",
    "semver:>=0-0": lambda number: f"v1.{number // 100}.{number % 100}-rc.{number % 7}",
    "numeric": str,
    "calver:YYYY.0M.MICRO": lambda number: f"{2000 + number // 12_000}.{number // 1000 % 12 + 1:02d}.{number % 1000}",
    "alphabetical": lambda number: f"main-{number * 7919 % TAGS:06d}",
    "created": lambda number: f"main-{number * 7919 % TAGS:06d}",
}


def answered(tags: tuple[str, ...]) -> Callable[[frozenset[Question]], Answers]:
    def one(question: Question) -> Answer:
        match question:
            case Tags():
                return tags
            case Facts():
                moment = EPOCH + timedelta(seconds=hash(question.reference) % 10_000_000)
                return Known("sha256:" + "0" * 64, moment, ("linux/amd64",))
            case Now():
                return EPOCH + timedelta(days=365)
            case _:
                return None

    return lambda questions: {question: one(question) for question in questions}


def chosen(policy: str, tags: tuple[str, ...]) -> float:
    """The seconds of one choice, without those in which it waits for answers."""
    answer = answered(tags)
    asked = 0.0

    def timed(questions: frozenset[Question]) -> Answers:
        nonlocal asked
        start = time.perf_counter()
        answers = answer(questions)
        asked += time.perf_counter() - start
        return answers

    gc.collect()
    start = time.perf_counter()
    selection: Selection = drive(build(parse_short(policy)).choose((Repository("h", "p"),), None), timed)
    took = time.perf_counter() - start - asked
    if selection.winner is None or len(selection.considered) != TAGS:
        raise SystemExit(f"{policy} takes {selection.winner} of {len(selection.considered)} tags")
    return took


def policies() -> None:
    for policy, name in POLICIES.items():
        tags = sorted(map(name, range(TAGS)))
        random.Random(0).shuffle(tags)
        took = statistics.median(chosen(policy, tuple(tags)) for _ in range(ROUNDS))
        print(f"{policy} chooses from {TAGS:,} tags in {took:.2f} s (at most 2)")


def main() -> None:
    with scratch() as home, registry(Shelf(TAGS)) as server:
        argv = ("tags", "-C", home, f"{server.host}/acme/web", "--policy", "semver:*")
        env = environment(home)
        took = medians(
            {
                "all as text": lambda: promote(*argv, env=env),
                "all as JSON": lambda: promote(*argv, "-o", "json", env=env),
                "one": lambda: promote(*argv, "--limit", "1", env=env),
            },
            rounds=3,
        )
    lines, document = took["all as text"].out.count(b"\n"), json.loads(took["all as JSON"].out)
    if lines != TAGS + 2 or len(document["considered"]) != TAGS:
        raise SystemExit("promote has not shown all tags")
    for what, ran in took.items():
        print(f"{TAGS:,} tags, {what}: {ran.seconds:.1f} s, {ran.megabytes:.0f} MB (at most 200)")
    policies()


if __name__ == "__main__":
    main()
