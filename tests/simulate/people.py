"""What people do to a pipeline: they find out what is bad and take it back, hold back, and let in again."""

from __future__ import annotations

from datetime import datetime, timedelta

from promote.api import Hold, Release, Rollback
from promote.image import Version
from tests.simulate.ground import ENVIRONMENTS
from tests.simulate.ledger import Key
from tests.simulate.oracle import Held
from tests.simulate.scene import Scene

_ANN = "Ann <ann@example.com>"


def act(scene: Scene) -> None:
    """What they do between two runs of cron."""
    for key in _bad(scene):
        roll_back(scene, key)
    if scene.rng.random() < 0.15:
        _hold_something(scene)
    if scene.oracle.holds and scene.rng.random() < 0.15:
        _release_something(scene)


def _bad(scene: Scene) -> list[Key]:
    """Where somebody has found out by now that what runs is bad."""
    out = []
    for key, lives in scene.ledger.lives.items():
        its = scene.sky.release(key[1], lives[-1].tag)
        if its.bad_in == key[0] and lives[-1].since + its.bad_after <= scene.sky.moment:
            out.append(key)
    return out


def roll_back(scene: Scene, key: Key) -> None:
    """One app goes back to what the model says, and what it ran is held from then on; or nothing is written."""
    environment, app = key
    wanted, leads = scene.stays(), scene.oracle.rolled_back(key)
    bad = scene.ledger.tag(key)
    # Further back than where a rollback has led goes only who says so.
    to = Version(leads) if leads is not None and scene.oracle.came_back(key) else None
    done = scene.write(Rollback(environment, (app,), to, reason="it fails at night", by=_ANN))
    scene.look()
    if leads is None:
        assert not done.commits, f"{key} went back, and there is no place to go to"
    else:
        wanted[key] = frozenset({leads})
        scene.oracle.holds.append(Held(environment, app, bad))
        scene.tally.counts["rollbacks"] += 1
    scene.must(wanted, f"a rollback of {key}")


def hold(scene: Scene, environment: str, app: str, tag: str | None, until: datetime | None) -> None:
    """It changes no version."""
    wanted = scene.stays()
    apps = () if app == "*" else (app,)
    scene.write(Hold(environment, apps, None if tag is None else Version(tag), "not now", until, _ANN))
    scene.look()
    scene.must(wanted, "a hold")
    scene.oracle.holds.append(Held(environment, app, tag, until))
    scene.tally.counts["holds"] += 1


def _hold_something(scene: Scene) -> None:
    rng = scene.rng
    app = "*" if rng.random() < 0.1 else rng.choice([*scene.sky.releases])
    tag = None if app == "*" or rng.random() < 0.5 else scene.sky.newest(app)
    until = scene.sky.moment + timedelta(hours=rng.choice([3, 11, 26]), minutes=30)
    # All apps together are held back for a while only, or the pipeline would stand still.
    hold(scene, rng.choice(ENVIRONMENTS), app, tag, until if app == "*" or rng.random() < 0.6 else None)


def _release_something(scene: Scene) -> None:
    chosen = scene.rng.choice(scene.oracle.holds)
    wanted = scene.stays()
    scene.write(Release(chosen.environment, () if chosen.app == "*" else (chosen.app,)))
    scene.look()
    scene.must(wanted, "a release")
    released = (chosen.environment, chosen.app)
    scene.oracle.holds = [each for each in scene.oracle.holds if (each.environment, each.app) != released]
    scene.tally.counts["releases"] += 1
