"""Candidates of several sources, the newest first."""

from __future__ import annotations

from collections.abc import Sequence

from promote.estate.estate import Estate
from promote.image import agree
from promote.plan.candidates import Candidate
from promote.policy.created import Created
from promote.policy.filter import Filter
from promote.question import Asking


def ranked(estate: Estate, app: str, candidates: Sequence[Candidate]) -> Asking[list[Candidate]]:
    """The candidates by the app's policy, else by the dates of the images; what neither ranks stays in its order.

    Of one version that a source has twice, the one that runs now counts; of several sources each may still give it.
    """
    out: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda each: not each.is_present):
        if any(each.source == candidate.source and agree(each.version, candidate.version) for each in out):
            continue
        place = 0
        while place < len(out) and not (yield from _is_newer(estate, app, candidate, out[place])):
            place += 1
        out.insert(place, candidate)
    return out


def _is_newer(estate: Estate, app: str, a: Candidate, b: Candidate) -> Asking[bool]:
    its = estate.apps[app]
    for policy in (its.chooser, Created(Filter())):
        sign = None if policy is None else (yield from policy.compare(its.repositories, a.version, b.version))
        if isinstance(sign, int) and sign != 0:
            return sign > 0
    return False
