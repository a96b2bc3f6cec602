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
"""


@options.command("rollback", EXAMPLES)
@click.argument("environment", metavar="ENV", shell_complete=completion.environments)
@click.argument("words", metavar="[APP]...", nargs=-1, shell_complete=completion.apps)
@options.text("--to", "to", metavar="TAG", help="Go back to this version, which ENV ran before; for one app.")
@click.option("--all", "everything", is_flag=True, help="Roll back every app of ENV; needs --yes.")
@click.option("--yes", is_flag=True, help="Do it: what --all asks for.")
@options.reason("Why; it stands in the commit, and with what is held back.")
@options.writing()
@options.where()
@options.output()
def rollback(
    environment: str, words: tuple[str, ...], to: str | None, everything: bool, yes: bool, **given: Any
) -> None:
    """Bring apps of ENV back to the version that ran before.

    From history, with the digest that it had then. It is a commit like any other: nothing is taken out of the history.
    The same commit holds the version back that it takes away, until `promote release`. Each app goes back by itself. No
    gate and no rule against downgrades stands in the way.
    """
    from promote.cli.versions import version_of
    show = Show.of(given)
    version = version_of(to)
    _count(words, everything=everything, sure=yes or given["dry_run"])

    def intent(opened: Session) -> tuple[Session, Intent]:
        from promote.api import Rollback

        opened.config.environment(environment)
        apps = opened.named(words, (environment,))
        if version is not None and len(apps) != 1:
            raise UsageError("--to is the version of one app", cure="name one app")
        reason = " ".join((given["reason"] or "").split())
        return opened, Rollback(environment, apps, version, reason, opened.author(given["author"]))

    run.write("rollback", given, show, intent, environments=[environment], apps=words)


def _count(words: tuple[str, ...], *, everything: bool, sure: bool) -> None:
    if everything and words:
        raise UsageError("--all rolls back every app, and apps are named too", cure="leave one of the two out")
    if not everything and not words:
        raise UsageError("no app is named", cure="name the apps, or --all --yes for every app")
    if everything and not sure:
        raise UsageError("--all rolls back every app", cure="add --yes if that is meant, or look first by --dry-run")
