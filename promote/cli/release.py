"""`promote release`: what was held back may be brought in again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promote.cli import completion, options, run
from promote.cli.shown import Show

if TYPE_CHECKING:
    from promote.api import Intent, Session

EXAMPLES = """
promote release prod web
promote release prod web --version 1.5.0
promote release prod
"""


@options.command("release", EXAMPLES)
@click.argument("environment", metavar="ENV", shell_complete=completion.environments)
@click.argument("words", metavar="[APP]...", nargs=-1, shell_complete=completion.apps)
@options.apps()
@options.text("--version", "version", metavar="TAG", help="Only this version [default: whatever is held].")
@options.writing()
@options.where()
@options.output()
def release(
    environment: str, words: tuple[str, ...], apps: tuple[str, ...], version: str | None, **given: Any
) -> None:
    """Release what `promote hold` or a rollback holds back.

    Of the apps that are named; or the hold of every app at once. Nothing is brought in by it: the next `update` or `to`
    does that.
    """
    from promote.cli.versions import version_of

    show = Show.of(given)
    one, named = version_of(version), (*words, *apps)

    def intent(opened: Session) -> tuple[Session, Intent]:
        from promote.api import Release

        opened.config.environment(environment)
        return opened, Release(environment, opened.named(named, (environment,)), one)

    run.write("release", given, show, intent, environments=[environment], apps=named)
