"""A Proposal as somebody wants it: without an environment or an app, in another order, delivered in another way."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from promote.survey.proposal import Proposal


def without_app(proposal: Proposal, name: str, note: str | None) -> Proposal:
    """The same without an app, and a note of why."""
    environments = tuple(
        replace(each, overrides={app: keys for app, keys in each.overrides.items() if app != name})
        for each in proposal.environments
    )
    return replace(
        proposal,
        environments=environments,
        apps=tuple(app for app in proposal.apps if app.name != name),
        targets=tuple(target for target in proposal.targets if target.app != name),
        notes=proposal.notes if note is None else (*proposal.notes, note),
    )


def without_environment(proposal: Proposal, name: str) -> Proposal:
    """The same without an environment; those that took from it take from where it did."""
    gone = next(each for each in proposal.environments if each.name == name)
    environments = tuple(
        replace(
            each,
            from_=gone.from_ if each.from_ == name else each.from_,
        )
        for each in proposal.environments
        if each.name != name
    )
    return replace(proposal, environments=environments)


def chosen(proposal: Proposal, environments: Collection[str] | None, apps: Collection[str] | None) -> Proposal:
    """The same with these environments and these apps alone; None for all."""
    for each in proposal.environments:
        if environments is not None and each.name not in environments:
            proposal = without_environment(proposal, each.name)
    for app in proposal.apps:
        if apps is not None and app.name not in apps:
            proposal = without_app(proposal, app.name, None)
    return proposal


def in_order(proposal: Proposal, sources: Mapping[str, str | None]) -> Proposal:
    """The same where each environment takes from what `sources` says."""
    environments = tuple(replace(each, from_=sources[each.name]) for each in proposal.environments)
    return replace(proposal, environments=environments)


def delivered(proposal: Proposal, names: Collection[str], how: str) -> Proposal:
    """The same where changes of these environments are delivered so."""
    environments = tuple(replace(each, deliver=how) if each.name in names else each for each in proposal.environments)
    return replace(proposal, environments=environments)
