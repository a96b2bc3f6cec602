"""An environment that a repository seems to have, before anything is known of what it runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from promote.survey.stage import Stage, stage_of


@dataclass(frozen=True, slots=True)
class Found:
    """One environment: its name, the folders and files that are its own, and what told of it.

    `base` are files of values that its own lie over, and that other environments have too; `slots` are its own files
    with `{environment}` in the place of its name; `applied` are folders that are applied to it and not to it alone.
    `within` is its part of each file, `branch` its branch; without one
    it lies on the branch that is looked at.
    """

    name: str
    stage: Stage | None
    own: tuple[str, ...]
    told: str
    base: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()
    applied: tuple[str, ...] = ()
    within: str | None = None
    branch: str | None = None


def merged(each: Iterable[Found]) -> tuple[Found, ...]:
    """The same with one environment a name, in the order of the pipeline; what told of it first is kept."""
    out: dict[str, Found] = {}
    for one in each:
        known = out.get(one.name)
        if known is None:
            out[one.name] = one
        else:
            out[one.name] = replace(
                known,
                own=tuple(sorted({*known.own, *one.own})),
                base=tuple(sorted({*known.base, *one.base})),
                slots=tuple(sorted({*known.slots, *one.slots})),
                applied=tuple(sorted({*known.applied, *one.applied})),
            )
    return tuple(sorted(out.values(), key=place_of))


def place_of(found: Found) -> tuple[int, int, str, str]:
    """What orders environments: the pipeline, then their names; those without a stage come last."""
    stage = found.stage or stage_of(found.name)
    if stage is None:
        return (99, 0, "", found.name)
    return (stage.rank, stage.place, stage.region, found.name)
