"""`promote hold`: a version that must not be brought in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promote.cli import completion, options, run
from promote.cli.shown import Show
from promote.errors import UsageError

if TYPE_CHECKING:
    from promote.api import Intent, Session

EXAMPLES = """
promote hold prod web --reason 'it leaks memory' --version 1.5.0
promote hold prod web --reason 'a freeze for the audit' --until 3d
promote hold prod --reason 'moving the cluster' --until 2026-12-24
"""


@options.command("hold", EXAMPLES)
@click.argument("environment", metavar="ENV", shell_complete=completion.environments)
@click.argument("words", metavar="[APP]...", nargs=-1, shell_complete=completion.apps)
@options.apps()
@options.text("--version", "version", metavar="TAG", help="Only this version [default: every version].")
@options.text(
    "--until", "until", metavar="TIME", help="When it ends by itself: 3d, 2026-12-24 or 2026-12-24T09:00:00Z (UTC)."
)
@options.reason("Why; it is what others read when it stops them. Must be given.")
@options.writing()
@options.where()
@options.output()
def hold(
    environment: str,
    words: tuple[str, ...],
    apps: tuple[str, ...],
    version: str | None,
    until: str | None,
    **given: Any,
) -> None:
    """Hold versions back: nothing brings them into ENV until they are released.

    Of the apps that are named, or of every app. What runs stays as it is. It stands in a file of the repository,
    .promote/holds/ENV.yaml, with --reason, which must be given.
    """
    from promote.cli.versions import version_of

    show = Show.of(given)
    one, named = version_of(version), (*words, *apps)
    reason = " ".join((given["reason"] or "").split())
    if not reason:
        raise UsageError("a hold needs --reason", cure="say why: it is what others read when it stops them")

    def intent(opened: Session) -> tuple[Session, Intent]:
        from promote.api import Hold
        from promote.cli.times import time_to_come

        opened.config.environment(environment)
        chosen = opened.named(named, (environment,))
        end = None if until is None else time_to_come(until, opened.now, where="--until")
        return opened, Hold(environment, chosen, one, reason, end, opened.person(given["author"]))

    run.write("hold", given, show, intent, environments=[environment], apps=named)
