"""What pull requests say, in promote's words or by the templates of promote.yaml."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET

from promote.config.model import Config, Environment
from promote.outcome import Plan
from promote.outcome import Proposal as Wish
from promote.wording.links import Link
from promote.wording.message import wants_links
from promote.wording.pull_request import Hides, body, notes, title

# What the most generous of the forges takes.
_LIMIT = 1_000_000


def _templates(environment: Environment) -> tuple[str | None, str | None]:
    said = environment.pull_request
    return None if said.title is UNSET else said.title, None if said.body is UNSET else said.body


def needs_links(environment: Environment) -> bool:
    """Whether links are to be asked for: the table has them wherever they can be told, a template where it says so."""
    named, text = _templates(environment)
    return text is None or wants_links(text) or wants_links(named)


def words(
    environment: Environment, wish: Wish, links: Sequence[Link], *, limit: int, hides: Hides = "comment"
) -> tuple[str, str]:
    """Title and body of a pull request; UsageError, which says where in promote.yaml, for one that does not render."""
    named, text = _templates(environment)
    return (
        title(named, wish.carried, links, wish.holds, where=environment.title_at),
        body(
            text,
            wish.carried,
            links=links,
            notes=notes(wish),
            holds=wish.holds,
            limit=limit,
            hides=hides,
            where=environment.body_at,
        ),
    )


def rehearse(plan: Plan, config: Config) -> None:
    """UsageError for words that do not render, while nothing is sent; those that wait for links are left for later."""
    for wish in plan.proposals:
        environment = config.environment(wish.environment)
        if wish.apps and wish.is_new and not any(map(wants_links, _templates(environment))):
            words(environment, wish, (), limit=_LIMIT)
