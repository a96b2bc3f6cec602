"""What is decided for one app of one environment, before the edits of all are put together."""

from __future__ import annotations

from dataclasses import dataclass

from promote.estate.estate import Estate
from promote.image import Version
from promote.outcome import Failure, Refusal, Skip
from promote.plan.write import Written
from promote.question import HoldChange
from promote.sites.cure import CURES
from promote.sites.site import where
from promote.tree import show
from promote.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Draft:
    """One app is to get `new`: what is written at each of its sites, and why.

    `is_standing` says that a pull request proposes it already. `verdicts` are what gates say of it. `holding` is what
    is held back in the same commit.
    """

    environment: str
    app: str
    new: Version
    written: tuple[Written, ...]
    reason: str
    source: str | None = None
    skipped_gates: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    undone: Version | None = None
    is_standing: bool = False
    verdicts: tuple[Verdict, ...] = ()
    holding: tuple[HoldChange, ...] = ()


Decision = Draft | Skip | Refusal | Failure


def unfit(estate: Estate, app: str) -> Skip | Refusal | None:
    """Why `app` cannot be written in this environment whatever the version, or None where it can."""
    name = estate.environment.name
    for bar in estate.barred(app):
        return Refusal(name, app, bar.code, f"{where(bar)}: cannot be edited: {bar.why}; {CURES[bar.code]}")
    if estate.places(app):
        return None
    refused = estate.unaddable.get(app)
    if refused is not None:
        return Refusal(name, app, refused.code, refused.why)
    if estate.unread:
        item = estate.unread[0]
        why = f"{show(item.entry.path)} could not be read ({item.why}) and no other file of {name} names {app}"
        return Refusal(name, app, "unread", f"{why}: point `path` at real files")
    if estate.addable is not None:
        why = f"no kustomization of {name} leads to a manifest that runs {app}"
        return Refusal(name, app, "nowhere-to-add", f"{why}: add its manifests first, or name its place by a target")
    its = estate.apps.get(app)  # the API takes any name
    images = "" if its is None else ", ".join(map(str, its.repositories))
    looked = f"looked in {', '.join(estate.environment.layers)}"
    return Skip(name, app, "absent", f"no file of {name} names {app}{f' ({images})' if images else ''}: {looked}")
