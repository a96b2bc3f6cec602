"""What `promote init` asks on a terminal: environments, their order, apps, and how production is delivered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from promote.policy.settings import PolicySettings
    from promote.survey.proposal import Proposal

_ALL = "all"


def _way(proposal: Proposal) -> str:
    """The environments as a line, from those that take from none on: `dev → test → (eu, us), tools`."""
    names = [each.name for each in proposal.environments]
    onward: dict[str, list[str]] = {}
    for each in proposal.environments:
        if each.from_ is not None:
            onward.setdefault(each.from_, []).append(each.name)

    def line(name: str) -> str:
        further = [line(each) for each in onward.get(name, [])]
        if not further:
            return name
        return f"{name} → {further[0]}" if len(further) == 1 else f"{name} → ({', '.join(further)})"

    fed = {name for source in names for name in onward.get(source, [])}
    return ", ".join(line(name) for name in names if name not in fed)


def summary(proposal: Proposal) -> str:
    """How many environments and apps there are, and in which order."""
    environments, apps = len(proposal.environments), sum(max(len(app.members), 1) for app in proposal.apps)
    counted = f"{environments} environment{'' if environments == 1 else 's'}, {apps} app{'' if apps == 1 else 's'}"
    return f"{counted} ({_way(proposal)})"


def _names(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """Reads names and globs, separated by spaces or commas; those that mean nothing are asked for again."""

    def read(text: str) -> tuple[str, ...]:
        patterns = ["*"] if text.strip() == _ALL and _ALL not in known else text.replace(",", " ").split()
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in known):
                raise click.BadParameter(f"there is no {pattern!r}; there are {', '.join(known[:20])}")
        if not patterns:
            raise click.BadParameter("name at least one")
        return tuple(name for name in known if any(fnmatchcase(name, pattern) for pattern in patterns))

    return read


def _several(what: str, known: Sequence[str]) -> tuple[str, ...]:
    every = "*" if _ALL in known else _ALL
    found: tuple[str, ...] = click.prompt(
        f"{what} ({len(known)} found: {', '.join(known[:12])}{', …' if len(known) > 12 else ''})",
        default=every, value_proc=_names(known), err=True,
    )  # fmt: skip
    return found


def _source(name: str, before: Sequence[str], default: str | None) -> str | None:
    answer: str = click.prompt(
        f"{name} takes from", type=click.Choice([*before, "none"]), default=default or "none", err=True
    )
    return None if answer == "none" else answer


def _ordered(proposal: Proposal) -> Proposal:
    from promote.survey.alter import in_order

    if len(proposal.environments) < 2:
        return proposal
    click.echo(f"Order: {_way(proposal)}", err=True)
    if click.confirm("Is this the order?", default=True, err=True):
        return proposal
    sources: dict[str, str | None] = {}
    for each in proposal.environments:
        # What takes from this one already, by whatever way, cannot give to it.
        others = [other.name for other in proposal.environments if not _leads(sources, other.name, each.name)]
        sources[each.name] = _source(each.name, others, each.from_ if each.from_ in others else None)
    return in_order(proposal, sources)


def _leads(sources: dict[str, str | None], start: str, to: str) -> bool:
    here: str | None = start
    while here is not None and here != to:
        here = sources.get(here)
    return here == to


def wants(guesses: Mapping[str, PolicySettings]) -> bool:
    """Whether somebody at the terminal wants the policies that are guesses; click.Abort where they leave."""
    shown = [f"{name} {policy.kind}" for name, policy in guesses.items()]
    told = f"{', '.join(shown[:12])}{', …' if len(shown) > 12 else ''}"
    click.echo(f"Policies, guessed from the tags in use: {told}", err=True)
    return click.confirm("Write them?", default=True, err=True)


def ask(proposal: Proposal) -> Proposal:
    """The proposal as somebody at the terminal wants it; click.Abort where they leave."""
    from promote.survey.alter import chosen, delivered

    if not proposal.environments:
        return proposal
    environments = _several("Environments", [each.name for each in proposal.environments])
    proposal = _ordered(chosen(proposal, environments, None))
    if proposal.apps:
        proposal = chosen(proposal, None, _several("Apps", [app.name for app in proposal.apps]))
    last = [each.name for each in proposal.environments if each.is_last] or [proposal.environments[-1].name]
    how = click.prompt(
        f"How are changes of {', '.join(last)} delivered?",
        type=click.Choice(["commit", "pull-request"]), default="commit", err=True,
    )  # fmt: skip
    return delivered(proposal, last, how)
