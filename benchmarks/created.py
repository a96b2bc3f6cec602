"""The policy `created` over 5,000 tags of a registry that answers in 20 ms: each image is asked for its date.

Sixteen requests in flight against one at a time: whole processes, each with an empty cache, in turns. One at a time is
measured on a twentieth of the tags, and what that takes beyond the start is multiplied. Wanted: at least 10 times
faster; a second run, which has a cache, asks at most one HEAD a candidate, and none with `immutable_tags: true`.
"""

from __future__ import annotations

import shutil
import statistics
from collections import Counter
from pathlib import Path

from benchmarks._registry import Running, Shelf, newest, registry
from benchmarks._run import Ran, environment, promote, scratch

TAGS = 5_000
PART = 20
ROUNDS = 5
ASKED = ("head", "manifest", "config")
PROMOTE = """\
version: 1
apps:
  web: {{image: {host}/acme/web, policy: {{order: created}}}}
  kept: {{image: {host}/acme/kept, policy: {{order: created}}, immutable_tags: true}}
environments:
  dev: {{path: envs/dev}}
"""


def choose(home: Path, server: Running, tags: int, *more: str) -> Ran:
    """Which tag `created` takes, with an empty cache."""
    shutil.rmtree(home / "cache", ignore_errors=True)
    image = f"{server.host}/acme/web"
    ran = promote("tags", "-C", home, image, "--policy", "created", "--limit", "1", *more, env=environment(home))
    if f": {newest(tags)}\n".encode() not in ran.out:
        raise SystemExit(f"the newest is {newest(tags)}, and promote says: {ran.out[:200].decode()}")
    return ran


def start(home: Path, server: Running) -> Ran:
    """The same without a date: what the start and the list take."""
    image = f"{server.host}/acme/web"
    return promote("tags", "-C", home, image, "--policy", "alphabetical", "--limit", "1", env=environment(home))


def told(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[kind]:,} {kind}" for kind in ASKED if counts[kind]) or "none"


def twice(home: Path, server: Running) -> None:
    """How much a second run asks, by an app whose tags may move and by one whose tags do not."""
    shutil.rmtree(home / "cache", ignore_errors=True)
    (home / "promote.yaml").write_text(PROMOTE.format(host=server.host))
    for app, most in (("web", "at most one HEAD a candidate"), ("kept", "none wanted")):
        for run in ("first", "second"):
            server.counts()
            promote("tags", "-C", home, app, "--limit", "1", env=environment(home))
            wanted = f" ({most})" if run == "second" else ""
            print(f"{app}, {run} run over {TAGS:,} candidates asks {told(server.counts())}{wanted}")


def main() -> None:
    some = TAGS // PART
    with scratch() as home, registry(Shelf(TAGS, images=True)) as all_, registry(Shelf(some, images=True)) as few:
        rounds = []
        peak = 0
        for _ in range(ROUNDS):
            all_.counts()
            many = choose(home, all_, TAGS)
            counts = all_.counts()
            peak = max(peak, counts["peak"])
            if counts["manifest"] < TAGS:
                raise SystemExit(f"only {counts['manifest']} manifests were asked for")
            alone = choose(home, few, some, "--jobs", "1")
            rounds.append((many.seconds, alone.seconds, start(home, few).seconds))
        many, one, bare = (statistics.median(column) for column in zip(*rounds, strict=True))
        serial = bare + (one - bare) * PART
        print(f"{TAGS:,} tags, {peak} requests in flight at most: {many:.1f} s ({TAGS / many:.0f} tags a second)")
        print(f"one at a time: {serial:.0f} s ({one:.1f} s for {some}): {serial / many:.1f} times (at least 10)")
        twice(home, all_)


if __name__ == "__main__":
    main()
