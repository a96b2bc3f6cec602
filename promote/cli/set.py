"""`promote set`: write a given version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promote.cli import completion, options, run
from promote.cli.shown import Show

if TYPE_CHECKING:
    from promote.api import Intent, Session

EXAMPLES = """
promote set dev web=1.5.0
promote set dev ghcr.io/acme/web:1.5.0 ghcr.io/acme/api:2.1.0
promote set --repo https://git.example.com/acme/gitops.git dev web=1.5.0@sha256:...
promote set prod web=1.5.1 --skip-gate from --reason 'hotfix for INC-7' --dry-run
"""


@options.command("set", EXAMPLES)
@click.argument("environment", metavar="ENV", shell_complete=completion.environments)
@click.argument("versions", metavar="APP=TAG...", nargs=-1, required=True, shell_complete=completion.apps_to_set)
@options.adding()
@options.awaiting()
@options.overruling()
@options.writing()
@options.where()
@options.output()
def set_(environment: str, versions: tuple[str, ...], add: bool, **given: Any) -> None:
    """Write a given tag into ENV.

    APP is an app's name or an image's; IMAGE:TAG works too, with a digest or without. Without a promote.yaml, ENV is a
    folder. The command is atomic: all of its apps are set, or none.
    """
    from promote.config.named import app_named, wish
    from promote.errors import UsageError

    show = Show.of(given)
    wishes = [wish(environment, text) for text in versions]
    words = [word.rpartition("/")[2] for word, _ in wishes]

    def intent(opened: Session) -> tuple[Session, Intent]:
        from promote.api import Set

        if not opened.has_config:
            return opened.without_config(environment, wishes, add=add)
        opened.config.environment(environment)
        named = [(app_named(opened.config, word), version) for word, version in wishes]
        for app, version in named:
            if (app, version) != next(item for item in named if item[0] == app):
                raise UsageError(f"{app} is given two versions", cure="give one")
        return opened, Set(environment, tuple(dict(named).items()), add)

    run.write("set", given, show, intent, environments=[environment], apps=words)
