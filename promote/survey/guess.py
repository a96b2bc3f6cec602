"""Policies guessed from the tags that stand in the files, for apps of which no other tool says one.

There is no default policy (SEMANTICS 5.1): a guess is written into promote.yaml, and marked there as one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from promote.policy.settings import FilterSettings, PolicySettings
from promote.survey.proposal import App, Keys, Proposal

_SEMVER = re.compile(r"v?(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}")
# `main-101-4a5b6c7`, `101-4a5b6c7`, `build-17`. Seven digits with no commit behind them may be a commit themselves, and
# a number alone is as likely a line of releases, as of databases.
_BUILT = re.compile(r"(?P<before>([A-Za-z]\w*[-.])*)[0-9]{1,14}(?P<commit>-g?)[0-9a-f]{7,40}", re.ASCII)
_COUNTED = re.compile(r"(?P<before>([A-Za-z]\w*[-.])+)[0-9]{1,6}", re.ASCII)


def policy_for(tags: Collection[str]) -> PolicySettings | None:
    """The policy by which all of these tags could have been chosen; None where nothing is plain."""
    if not tags:
        return None
    if all(map(_SEMVER.fullmatch, tags)):
        return PolicySettings(semver="*")
    for form, end in ((_BUILT, "[0-9a-f]+"), (_COUNTED, "")):
        found = [form.fullmatch(tag) for tag in tags]
        parts = {None if each is None else each.group("before") for each in found}
        ends = {None if each is None else each.groupdict().get("commit", "") for each in found}
        if None not in parts and len(parts) == len(ends) == 1:
            before = str(parts.pop()).replace(".", "[.]")
            match = f"^{before}(?P<n>[0-9]+){ends.pop()}{end}$"
            return PolicySettings(order="numeric", filter=FilterSettings(match=match, extract="{n}"))
    return None


def guessed(proposal: Proposal, tags: Mapping[str, Collection[str]]) -> Proposal:
    """The same with a policy for each app of which nothing says one, if its `tags` in use tell it."""
    elsewhere = {name for each in proposal.environments for name in each.overrides}

    def with_guess(app: App) -> App:
        used = tuple(sorted(tags.get(app.name, ())))
        policy = policy_for(used) if app.keys == Keys() and app.name not in elsewhere else None
        return app if policy is None else replace(app, keys=Keys(policy=policy, guessed=used))

    return replace(proposal, apps=tuple(map(with_guess, proposal.apps)))


def guesses(proposal: Proposal) -> Mapping[str, PolicySettings]:
    """The policies that are guesses, by the names of their apps."""
    return {app.name: app.keys.policy for app in proposal.apps if app.keys.guessed and app.keys.policy is not None}


def without_guesses(proposal: Proposal) -> Proposal:
    """The same, where nobody wants them."""
    return replace(
        proposal, apps=tuple(replace(app, keys=Keys()) if app.keys.guessed else app for app in proposal.apps)
    )
