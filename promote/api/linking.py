"""The pages that show what lies between what a plan changes, and between what ran one after the other."""

from __future__ import annotations

from itertools import pairwise

from promote.api.origins import origins_of
from promote.api.where import Opened
from promote.history.chronicle import Chronicle
from promote.image import Version
from promote.outcome import Plan
from promote.question import Asking, Carried, abreast
from promote.wording.links import Link, Origins, links


def _origins(opened: Opened) -> Origins:
    if opened.config is None:
        raise TypeError("there are no environments without a configuration")
    return origins_of(opened.config, opened.repo)


def of_plan(opened: Opened, plan: Plan) -> Asking[tuple[Link, ...]]:
    """The links of what this run brings in, app by app; none where the images do not tell."""
    return links([item for step in plan.steps for item in step.news], _origins(opened))


def of_history(opened: Opened, told: Chronicle) -> Asking[dict[tuple[str, int], tuple[Link, ...]]]:
    """The links of each version and the one that ran before it, by app and number of the stretch."""
    origins = _origins(opened)
    steps: dict[tuple[str, int], Asking[tuple[Link, ...]]] = {}
    for app, past in told.apps.items():
        for number, (new, old) in enumerate(pairwise((*past.stretches, None))):
            if new is not None and isinstance(new.runs, Version):
                before = None if old is None or not isinstance(old.runs, Version) else old.runs
                steps[app, number] = links([Carried(told.environment, app, before, new.runs)], origins)
    found = yield from abreast(steps)
    return {key: each for key, each in found.items() if each}
