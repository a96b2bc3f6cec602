"""Where a version goes that must not go to its site: the environment's `override` (SEMANTICS 3.2), or a new entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from promote.estate.estate import Estate, shared
from promote.estate.overriding import additions, pairs, unfit
from promote.outcome import Refusal
from promote.plan.write import Written
from promote.sites.site import where
from promote.text.addition import Addition


def added(written: Written) -> Written:
    """The same as a new entry of a kustomization that has none for the image (6.3)."""
    site = written.site
    entry = Addition(site.anchor.path, ("images",), pairs(site.identity[-1], written.version))
    return replace(written, wishes=(), additions=(entry,))


def override(
    estates: Mapping[str, Estate], estate: Estate, app: str, made: Sequence[Written]
) -> tuple[Written, ...] | Refusal:
    """The same, but what would change a shared place is written into the environment's `override` instead."""
    name = estate.environment.name
    file = estate.environment.override_for(estate.apps[app])
    found = shared(estates, name, app)
    if file is None or found is None:
        return tuple(made)
    out: list[Written] = []
    for each in made:
        if each.site not in found.sites or each.stands:
            out.append(each)
            continue
        why = unfit(estate, app, each.site, file)
        if why is not None:
            return Refusal(name, app, "no-override", f"{where(each.site.anchor)}: {file} cannot stand above it: {why}")
        # Several containers of one image have one entry: what is added twice is written once.
        out.append(replace(each, wishes=(), additions=additions(each.site, each.wishes, each.version, file.encode())))
    return tuple(out)
