"""Many apps of one pattern as one family: `"*": {image: "ghcr.io/acme/{app}"}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from promote.estate.estate import Estate
from promote.image import DOCKER_HUB
from promote.survey.proposal import App, Keys, Proposal

# From so many apps on a list is tedious, and one more image of the kind is likely.
LEAST = 10
KEY = "*"
# Docker's own images have nothing to do with one another.
_OFFICIAL = f"{DOCKER_HUB}/library"


def _kind(app: App) -> tuple[str, Keys] | None:
    """The pattern that an app's image fits by its name, and its policy, if one is guessed.

    None where it takes over what is its own.
    """
    lead, slash, last = app.image.rpartition("/")
    is_own = slash and lead != _OFFICIAL and last == app.name
    is_plain = not (app.keys.imagepolicy or app.keys.told or app.keys.lost)
    return (f"{lead}/{{app}}", replace(app.keys, guessed=())) if is_own and is_plain else None


def with_family(proposal: Proposal) -> Proposal | None:
    """The same with the apps of the most common pattern and policy as one family; None where they are too few.

    An app that has a target, or that one environment treats in another way, stays by itself.
    """
    apart = {target.app for target in proposal.targets}
    apart.update(name for each in proposal.environments for name in each.overrides)
    groups: dict[tuple[str, Keys], list[App]] = {}
    for app in proposal.apps:
        kind = _kind(app)
        if kind is not None and app.name not in apart:
            groups.setdefault(kind, []).append(app)
    if not groups:
        return None
    (pattern, keys), members = max(groups.items(), key=lambda item: (len(item[1]), item[0][0]))
    if len(members) < LEAST:
        return None
    guessed = tuple(sorted({tag for app in members for tag in app.keys.guessed}))
    family = App(KEY, pattern, replace(keys, guessed=guessed), tuple(app.name for app in members))
    others = (app for app in proposal.apps if app not in members)
    return replace(proposal, apps=(*others, family))


def are_alike(some: Mapping[str, Estate], others: Mapping[str, Estate]) -> bool:
    """Whether environments run the same apps at the same places, whichever way these are listed."""

    def places(estate: Estate) -> Mapping[str, object]:
        return {
            app: (joined.sites, joined.shadowed, joined.barred)
            for app, joined in estate.joined.items()
            if joined.sites or joined.shadowed or joined.barred
        }

    return all(places(some[name]) == places(others[name]) for name in some)
