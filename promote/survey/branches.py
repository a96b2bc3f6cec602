"""Branches as environments: `dev`, `env/staging`, `prod`."""

from __future__ import annotations

from collections.abc import Iterable

from promote.config import fault
from promote.survey.environment import Found, merged
from promote.survey.stage import is_region, stage_of

_BEFORE = ("env/", "envs/", "environment/", "environments/", "deploy/", "cluster/", "clusters/")


def branches(names: Iterable[str]) -> tuple[Found, ...]:
    """The environments that branches are, in the order of the pipeline: of two stages at least, else none."""
    out: list[Found] = []
    for branch in sorted(names):
        name = next((branch.removeprefix(each) for each in _BEFORE if branch.startswith(each)), branch)
        stage = stage_of(name)
        plain = stage is not None and (not stage.region or is_region(stage.region))
        if plain and fault.of_name(name) is None and fault.of_branch(branch) is None:
            out.append(Found(name, stage, (".",), "A branch of its own.", branch=branch))
    words = {each.stage.word for each in out if each.stage is not None}
    return merged(out) if len(words) > 1 else ()
