"""`promote rollback`: the version before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promote.cli import completion, options, run
from promote.cli.shown import Show
from promote.errors import UsageError

if TYPE_CHECKING:
    from promote.api import Intent, Session

EXAMPLES = """
promote rollback prod web
promote rollback prod web --to 1.4.0 --dry-run
promote rollback prod --all --yes
promote rollback prod --all --since 2h --dry-run
"""


@options.command("rollback", EXAMPLES)
@click.argument("environment", metavar="ENV", shell_complete=completion.environments)
@click.argument("words", metavar="[APP]...", nargs=-1, shell_complete=completion.apps)
@options.text("--to", "to", metavar="TAG", help="Go back to this version, which ENV ran before; for one app.")
@options.apps()
@options.text(
    "--since", "since", metavar="TIME",
    help="Only what came since then, back to what ran before: 2h, 2026-12-24 or 2026-12-24T09:00:00Z (UTC).",
)
@click.option("--all", "everything", is_flag=True, help="Roll back every app of ENV; needs --yes.")
@click.option("--yes", is_flag=True, help="Do it: what --all asks for.")
@options.reason("Why; it stands in the commit, and with what is held back.")
@options.writing()
@options.where()
@options.output()
def rollback(
    environment: str,
    words: tuple[str, ...],
    to: str | None,
    apps: tuple[str, ...],
    since: str | None,
    everything: bool,
    yes: bool,
    **given: Any,
) -> None:
    """Bring apps of ENV back to the version that ran before.

    From history, with the digest that it had then. It is a commit like any other: nothing is taken out of the history.
    The same commit holds the version back that it takes away, until `promote release`. Each app goes back by itself. No
    gate, no freeze and no rule against downgrades stands in the way. What a rollback brought stays without --to.
    """
    from promote.cli.versions import version_of

    show = Show.of(given)
    version, named = version_of(to), (*words, *apps)
    if version is not None and since is not None:
        raise UsageError("--to names a version, and --since a time", cure="give one of the two")
    if everything and named:
        raise UsageError("--all rolls back every app, and apps are named too", cure="leave one of the two out")
    if everything and not (yes or given["dry_run"]):
        raise UsageError("--all rolls back every app", cure="add --yes if that is meant, or look first by --dry-run")

    def intent(opened: Session) -> tuple[Session, Intent]:
        from promote.api import Rollback
        from promote.cli.times import time_past

        opened.config.environment(environment)
        if not everything and not named:
            raise UsageError("no app is named", cure="name the apps, or --all --yes for every app")
        chosen = opened.named(named, (environment,))
        if version is not None and len(chosen) != 1:
            raise UsageError("--to is the version of one app", cure="name one app")
        reason = " ".join((given["reason"] or "").split())
        start = None if since is None else time_past(since, opened.now, where="--since")
        return opened, Rollback(environment, chosen, version, reason, opened.person(given["author"]), start)

    run.write("rollback", given, show, intent, environments=[environment], apps=named)
