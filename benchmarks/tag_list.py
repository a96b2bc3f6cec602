"""`promote tags` against `skopeo list-tags`: 5,000 tags of a registry that answers a page in 20 ms.

Both are whole processes against the same server, in turns; promote also ranks all tags. Wanted: at most 1.3 times for
50 pages of 100, and at most 3 times for 5 pages of 1,000.
"""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks._registry import Shelf, by_version, registry
from benchmarks._run import environment, medians, promote, run, scratch

TAGS = 5_000
PAGES = ((100, 1.3), (1_000, 3.0))
ROUNDS = 9


def compare(home: Path, size: int, most: float) -> None:
    env = environment(home)
    # From a folder without a repository: nothing of the time is git's.
    with registry(Shelf(TAGS, page=size)) as server:
        image = f"{server.host}/acme/web"
        skopeo = ("skopeo", "list-tags", "--tls-verify=false", f"docker://{image}")
        ours = ("tags", "-C", home, image, "--policy", "semver:*", "--limit", "1")
        took = medians(
            {"skopeo": lambda: run(*skopeo, env=env), "promote": lambda: promote(*ours, env=env)}, ROUNDS
        )
        asked = server.counts()["list"] / (ROUNDS + 1) / 2
    best = by_version(TAGS)[-1]
    if len(json.loads(took["skopeo"].out)["Tags"]) != TAGS or f": {best}\n".encode() not in took["promote"].out:
        raise SystemExit("one of the two has not read all tags")
    theirs, mine = took["skopeo"].seconds, took["promote"].seconds
    told = f"{mine / theirs:.2f} times (at most {most:g})"
    print(f"{asked:.0f} pages of {size:,}: skopeo {theirs:.3f} s, promote tags {mine:.3f} s: {told}")


def main() -> None:
    with scratch() as home:
        for size, most in PAGES:
            compare(home, size, most)


if __name__ == "__main__":
    main()
