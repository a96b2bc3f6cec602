"""The policies of what registries feed: whether each takes any of the tags that there are."""

from __future__ import annotations

from collections.abc import Sequence

from promote.check.finding import Finding
from promote.estate.estate import Estate
from promote.image import Version
from promote.question import Asking, abreast


def _barren(estate: Estate, app: str) -> Asking[Finding | None]:
    """That no tag passes; what keeps lists of tags and images away is told of the registries themselves."""
    its, present = estate.apps[app], estate.runs(app)
    policy = its.chooser
    if policy is None:
        return None
    selection = yield from policy.choose(its.repositories, present if isinstance(present, Version) else None)
    if selection.failure is not None or selection.winner is not None or not selection.considered:
        return None
    cure = f"correct `policy`: `promote tags {app}` says more"
    return Finding("warning", f"{estate.environment.name}/{app}", "no-candidate", selection.why_none(app), cure)


def policies(estates: Sequence[Estate]) -> Asking[tuple[Finding, ...]]:
    """A finding for each app whose policy takes none of the tags that there are, as `status` and `update` say it."""
    fed = [(estate, app) for estate in estates if estate.environment.source == "registry" for app in estate.apps]
    found = yield from abreast({number: _barren(*each) for number, each in enumerate(fed) if each[0].sites(each[1])})
    return tuple(finding for finding in found.values() if finding is not None)
