"""How runs of `auto` fare: alone, killed, two at once, overtaken by people, and in shards."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor

from promote.api import Auto, Delivery
from tests.simulate import people
from tests.simulate.ground import ENVIRONMENTS, SOURCES
from tests.simulate.ledger import Key, Ledger, reading
from tests.simulate.promoting import Killed, Stage
from tests.simulate.scene import Scene

_STAGES: tuple[Stage, ...] = ("decided", "about to push", "pushed")


def alone(scene: Scene) -> None:
    """Whatever is due has come in, and nothing else."""
    due = scene.oracle.due()
    scene.auto()
    scene.look()
    scene.must(due)


def killed(scene: Scene) -> None:
    """All of it has come in or nothing has; the next run is for the rest."""
    due, before = scene.oracle.due(), scene.stays()
    last = scene.rng.choice(_STAGES)

    def die(stage: Stage) -> None:
        if stage == last:
            raise Killed

    try:
        scene.auto(die)
    except Killed:
        scene.tally.counts["kills"] += 1
        due = due if last == "pushed" else before
    scene.look()
    scene.must(due, f"a run killed when it had {last}")


def meeting(scene: Scene) -> None:
    """Another run begins and ends while this one is about to push: nothing comes in twice."""
    due = scene.oracle.due()
    others: list[Delivery] = []

    def meet(stage: Stage) -> None:
        if stage == "about to push" and not others:
            others.append(scene.auto())
            scene.clock.advance(1)  # within one second both would make the very same commit

    done = scene.auto(meet)
    assert not (others and done.commits), "two runs have brought in the same"
    scene.tally.counts["meetings"] += len(others)
    scene.look()
    scene.must(due, "two runs at once")


def overtaken(scene: Scene) -> None:
    """While a run is about to push, somebody takes back what it carries, or holds it back in its target."""
    due, news = scene.oracle.due(), scene.news()
    if not news:
        alone(scene)
        return
    environment, app = scene.rng.choice(news)
    goes_back = next(((name, app) for name in SOURCES[environment] if scene.oracle.rolled_back((name, app))), None)
    if scene.rng.random() < 0.5:
        goes_back = None
    stay: dict[Key, frozenset[str]] = {}
    acted: list[Stage] = []

    def overtake(stage: Stage) -> None:
        nonlocal due
        if stage != "about to push" or acted:
            return
        acted.append(stage)
        # What takes from a source that has moved meanwhile takes nothing in this run (SEMANTICS 6.2).
        moved = [(name, app) for name in ENVIRONMENTS if goes_back is not None and goes_back[0] in SOURCES[name]]
        stay.update({key: frozenset({scene.ledger.tag(key)}) for key in moved})
        if goes_back is not None:
            people.roll_back(scene, goes_back)
        else:
            people.hold(scene, environment, app, None, scene.sky.moment + scene.step / 2)
        due = scene.oracle.due()

    scene.auto(overtake)
    scene.tally.counts["overtaken"] += len(acted)
    scene.look()
    scene.must(due | stay, f"a run overtaken at {environment} {app}")


def sharded(scene: Scene) -> None:
    """Shards come to what one run comes to: one after the other, and all at once."""
    count = scene.rng.randint(2, 5)
    if len({app for _, app in scene.news()}) < count:
        alone(scene)
        return
    copies = [scene.folder / "in-turn.git", scene.folder / "at-once.git"]
    for copy in copies:
        shutil.copytree(scene.gitops.folder, copy)
    alone(scene)
    shards = [Auto(ENVIRONMENTS, shard=(number, count)) for number in range(count)]
    for shard in shards:
        scene.promoter(copies[0], shard)
    with ThreadPoolExecutor(count) as pool:
        [*pool.map(lambda shard: scene.promoter(copies[1], shard), shards)]
    for copy in copies:
        with reading(copy, scene.environ) as reader:
            other = Ledger(reader, scene.ledger.paths)
            other.read()
            assert other.files == scene.ledger.files, f"{scene.sky.moment}: {count} shards, {copy.stem}"
        shutil.rmtree(copy)
    scene.tally.counts["shards"] += 2 * count
