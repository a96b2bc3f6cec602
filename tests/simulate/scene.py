"""One pipeline under way: its repository and clock, what is outside, the model beside it, and what must hold."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from promote.api import Auto, Delivery, Intent
from tests.clock import FakeClock
from tests.e2e.gitops import Gitops, create
from tests.servers.githttp import GitHttp
from tests.simulate import ground
from tests.simulate.ground import ENVIRONMENTS
from tests.simulate.ledger import Key, Ledger, reading
from tests.simulate.oracle import Oracle
from tests.simulate.promoting import Meddle, Promoter
from tests.simulate.sky import Sky, answering

# A Monday; in the 30 days after it Europe changes to summer time.
START = datetime(2026, 3, 9, 6, 0, tzinfo=UTC)


@dataclass
class Tally:
    """What was seen in all."""

    runs: int = 0
    commits: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        told = ", ".join(f"{count} {name}" for name, count in sorted(self.counts.items()))
        return f"{self.runs} runs, {self.commits} commits, {told}, no violation"


@dataclass
class Scene:
    """What people and cron act on; `step` is the time between two runs of cron."""

    rng: random.Random
    clock: FakeClock
    step: timedelta
    sky: Sky
    folder: Path
    environ: Mapping[str, str]
    gitops: Gitops
    ledger: Ledger
    oracle: Oracle
    promoter: Promoter
    tally: Tally = field(default_factory=Tally)

    def write(self, intent: Intent, meddle: Meddle | None = None) -> Delivery:
        """One run of promote on the repository."""
        return self._counted(self.promoter(self.gitops.folder, intent, meddle))

    def auto(self, meddle: Meddle | None = None) -> Delivery:
        """One run of cron; AssertionError where an app has no outcome, or two."""
        done = self.write(Auto(ENVIRONMENTS), meddle)
        plan = done.plan
        told = [(each.environment, each.app) for each in plan.skips]
        told += [(each.environment, each.app) for each in plan.refusals]
        told += [(each.environment, each.app) for each in plan.failures]
        told += dict.fromkeys((each.environment, each.app) for each in plan.changes)
        wanted = Counter([*self.ledger.lives])
        odd = Counter(told) - wanted, wanted - Counter(told)
        assert not any(odd), f"{self.sky.moment}: outcomes too many and too few: {odd}"
        return done

    def look(self) -> None:
        """Reads what is new in the repository."""
        for each in self.ledger.read():
            self.tally.commits += 1
            if not each.is_rollback:
                self.tally.counts["promotions"] += len(each.changed)
                self.tally.counts["promotions to prod"] += sum(name == "prod" for name, _ in each.changed)

    def must(self, wanted: Mapping[Key, frozenset[str]], what: str = "cron") -> None:
        """AssertionError where an environment runs anything else."""
        tags = self.ledger.tags()
        wrong = {key: (tags[key], set(wanted[key])) for key in tags if tags[key] not in wanted[key]}
        assert not wrong, f"{self.sky.moment}: {what}: what runs, and what should: {wrong}"

    def news(self) -> list[Key]:
        """What is due to change."""
        return sorted(key for key, tags in self.oracle.due().items() if self.ledger.tag(key) not in tags)

    def stays(self) -> dict[Key, frozenset[str]]:
        """What is wanted where nothing changes."""
        return {key: frozenset({tag}) for key, tag in self.ledger.tags().items()}

    def _counted(self, done: Delivery) -> Delivery:
        counts = self.tally.counts
        for refusal in done.plan.refusals:
            counts[{"waiting": "waits", "held": "held back"}.get(refusal.code, "refusals")] += 1
        counts["failures"] += len(done.plan.failures)
        return done


def begin(
    seed: int, folder: Path, environ: Mapping[str, str], *, apps: int, days: int, hours: int, stack: ExitStack
) -> Scene:
    """A new repository in `folder`, with its world by `seed`."""
    folder.mkdir()
    sky = Sky(seed, apps, START, days)
    port = stack.enter_context(answering(lambda: sky))
    frozen: date = (START + timedelta(days=max(3, days // 3))).date()
    thawed = frozen + timedelta(days=2)
    # Read and written as file://, which is the fastest; the server only gives the repository its folder.
    server = stack.enter_context(GitHttp(folder))
    gitops = create(server, environ, ground.files(apps, ground.config(port, frozen, thawed)), "gitops.git")
    ledger = Ledger(stack.enter_context(reading(gitops.folder, environ)), ground.paths(apps))
    ledger.read()
    clock = FakeClock(START)
    return Scene(
        random.Random(f"{seed} people"),
        clock,
        timedelta(hours=hours),
        sky,
        folder,
        environ,
        gitops,
        ledger,
        Oracle(sky, ledger, frozen, thawed),
        Promoter(environ, clock, sky, ledger),
    )
