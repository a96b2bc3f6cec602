"""The order of environments: from which one each takes its versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promote.survey.environment import Found, place_of


def _region(found: Found) -> str:
    return found.stage.region if found.stage is not None else ""


def _of_rank(below: Sequence[Found], region: str) -> Found | None:
    """The one environment of a stage that another one, of this region, takes from, if that is plain."""
    for wanted in (region, ""):
        alike = [each for each in below if _region(each) == wanted]
        if alike:
            return alike[0]
    return below[0] if len(below) == 1 else None


def _source_of(found: Found, every: Sequence[Found]) -> Found | None:
    """The environment that `found` takes from: the stage before it in its region, else the one of no region.

    None for the first stage, and for what has no stage.
    """
    if found.stage is None:
        return None
    rank = found.stage.rank
    ranks: dict[int, list[Found]] = {}
    for each in sorted(every, key=place_of):
        if each.stage is not None and each.stage.rank < rank:
            ranks.setdefault(each.stage.rank, []).append(each)
    for below in sorted(ranks, reverse=True):
        one = _of_rank(ranks[below], _region(found))
        if one is not None:
            return one
    return ranks[max(ranks)][0] if ranks else None


def pipeline(every: Sequence[Found]) -> Mapping[str, str]:
    """The source of each environment that has one, by name."""
    sources = ((found.name, _source_of(found, every)) for found in every)
    return {name: source.name for name, source in sources if source is not None}
