"""`promote to`: what one environment runs, into the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promote.cli import completion, options, run
from promote.cli.shown import Show

if TYPE_CHECKING:
    from promote.api import Intent, Session

EXAMPLES = """
promote to test
promote to prod web --dry-run
promote to prod --from staging-eu -o json
"""


@options.command("to", EXAMPLES)
@click.argument("environment", metavar="ENV", shell_complete=completion.environments)
@click.argument("words", metavar="[APP]...", nargs=-1, shell_complete=completion.apps)
@options.text(
    "--from", "source", metavar="ENV", help="Another environment than the one that ENV takes from.",
    shell_complete=completion.environments,
)
@options.apps()
@options.adding()
@options.awaiting()
@options.overruling()
@options.writing()
@options.where()
@options.output()
def to(
    environment: str, words: tuple[str, ...], source: str | None, apps: tuple[str, ...], add: bool, **given: Any
) -> None:
    """Carry what the source environment runs into ENV.

    Tag and digest exactly: what was tested is what ships. All apps, or those that are named.
    """
    show = Show.of(given)

    def intent(opened: Session) -> tuple[Session, Intent]:
        return opened, promotion(opened, environment, source, (*words, *apps), add=add)

    run.write("to", given, show, intent, environments=[environment, *([source] if source else [])], apps=words)


def promotion(
    opened: Session, environment: str, source: str | None, words: tuple[str, ...], *, add: bool = False
) -> Intent:
    """The promotion into `environment`; UsageError where nothing says from where."""
    from promote.api import Promote, Sources
    from promote.errors import UsageError

    target = opened.config.environment(environment)
    sources = Sources.of(target) if source is None else Sources((opened.config.environment(source).name,))
    if not sources.names:
        raise UsageError(f"{environment} has no `from`", cure="name the source: --from ENV")
    if environment in sources.names:
        raise UsageError(f"{environment} cannot take from itself", cure="name two environments")
    return Promote(environment, sources, opened.named(words, (environment, *sources.names)), add)
