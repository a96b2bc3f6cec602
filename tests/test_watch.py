"""Waiting for what was delivered: asked again and again, of what runs by then, until it passes or the time is over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from promote.estate.estate import Estate
from promote.plan.verifying import Verified
from promote.question import Answers, Probe, Probed, Question, Unknown
from promote.report import text, views
from promote.watch import watch
from tests.clock import FakeClock
from tests.estate.building import Built, build
from tests.plan.outside import APPS, BROKEN, HTTP, STARTING, WELL, runs

CONFIG = f"{APPS}environments: {{prod: {{path: prod, verify: [{HTTP}]}}}}\n"
DOWN = Unknown("no answer", 1)


@dataclass
class Scene:
    """What a check says at each round, the last word for ever; `runs` is what the environment runs at each."""

    says: Sequence[Probed | Unknown]
    estates: Sequence[Built]
    clock: FakeClock = field(default_factory=FakeClock)
    round: int = 0
    told: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    bounds: list[float] = field(default_factory=list)
    is_bounded: bool = False

    def look(self) -> Mapping[str, Estate]:
        assert self.is_bounded
        return self.estates[min(self.round, len(self.estates) - 1)].estates

    def ask(self, questions: frozenset[Question]) -> Answers:
        assert self.is_bounded
        probes = [each for each in questions if isinstance(each, Probe)]
        self.asked += [f"{each.app} {each.version}" for each in probes]
        return {each: self.says[min(self.round, len(self.says) - 1)] for each in probes}

    def again(self) -> None:
        self.round += 1

    @contextmanager
    def until(self, moment: float) -> Iterator[None]:
        self.bounds.append(moment)
        assert not self.is_bounded
        self.is_bounded = True
        yield
        self.is_bounded = False

    def watch(self, seconds: float, *apps: str) -> tuple[Verified, ...]:
        return watch(
            self.look,
            self.ask,
            self.again,
            [("prod", app) for app in apps or ("web",)],
            clock=self.clock,
            seconds=seconds,
            until=self.until,
            tell=lambda found: self.told.append(text.progress(found)),
        )


def built(folder: Path, web: str | None) -> Built:
    return build(folder, CONFIG, runs("prod", web=web))


@pytest.mark.parametrize(
    ("says", "seconds", "passes", "slept"),
    [
        # Nothing is waited for where there is no time, and no longer than there is.
        ([STARTING], 0, False, []),
        ([STARTING], 3, False, [2.0, 1.0]),
        # What fails while it is rolled out, or cannot be asked for a moment, is asked again.
        ([BROKEN], 3, False, [2.0, 1.0]),
        ([DOWN], 3, False, [2.0, 1.0]),
        ([BROKEN, DOWN, STARTING, WELL], 600, True, [2.0, 3.0, 4.5]),
        ([WELL], 600, True, []),
        ([*[STARTING] * 8, WELL], 600, True, [2.0, 3.0, 4.5, 6.75, 10.125, 15.0, 15.0, 15.0]),
        # What passes in the last moment has passed.
        ([STARTING, STARTING, WELL], 3, True, [2.0, 1.0]),
    ],
)
def test_it_asks_until_it_passes_or_the_time_is_over(
    tmp_path: Path, says: list[Probed | Unknown], seconds: float, passes: bool, slept: list[float]
) -> None:
    scene = Scene(says, [built(tmp_path, "1.5.0")])
    (found,) = scene.watch(seconds)
    assert (found.passes, scene.clock.slept) == (passes, slept)
    # A look and its questions end when all of it does.
    assert scene.bounds == [seconds] * len(scene.told)
    assert len(scene.told) == len(slept) + 1
    assert scene.told[-1].startswith("1 of 1" if passes else "0 of 1")


def test_it_checks_what_runs_by_then(tmp_path: Path) -> None:
    scene = Scene([STARTING, WELL], [built(tmp_path / "a", "1.5.0"), built(tmp_path / "b", "1.6.0")])
    (found,) = scene.watch(60)
    assert scene.asked == ["web 1.5.0", "web 1.6.0"]
    assert text.verified([found]) == ["prod: web 1.6.0 verified"]


@pytest.mark.parametrize(("web", "state"), [(None, "absent"), ("1.5.0", "mixed")])
def test_what_runs_no_one_version_is_not_verified(tmp_path: Path, web: str | None, state: str) -> None:
    files = runs("prod", web=web)
    more = {f"prod/more/{path.partition('/')[2]}": said for path, said in runs("prod", web="1.4.0").items() if web}
    scene = Scene([WELL], [build(tmp_path, CONFIG, {**files, **more})])
    (found,) = scene.watch(0)
    assert (found.passes, scene.asked) == (False, [])
    assert text.unverified([found]) == [f"prod: web is not verified: version: web is {state} in prod"]


def test_one_app_that_fails_is_named_and_the_others_are_told(tmp_path: Path) -> None:
    files = {**runs("prod", web="1.5.0"), **runs("prod", api=None)}
    scene = Scene([WELL], [build(tmp_path, CONFIG, files)])
    found = scene.watch(0, "web", "api")
    assert text.progress(found) == "1 of 2 verified; api: version: api is absent in prod"
    told = views.verified(found)
    assert (told["verified"], [each.passes for each in found]) == (False, [True, False])
