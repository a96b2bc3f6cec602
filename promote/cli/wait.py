"""`promote wait`: until what was delivered is seen to run."""

from __future__ import annotations

import sys
from typing import Any

import click

from promote.cli import completion, options, run, waiting
from promote.cli.shown import Show

EXAMPLES = """
promote wait test
promote wait prod web --timeout 20m
promote wait prod --repo https://git.example.com/acme/gitops.git -o json
"""


@options.command("wait", EXAMPLES)
@click.argument("environment", metavar="ENV", shell_complete=completion.environments)
@click.argument("words", metavar="[APP]...", nargs=-1, shell_complete=completion.apps)
@options.apps()
@options.patience()
@options.running()
@options.where()
@options.output()
def wait(environment: str, words: tuple[str, ...], apps: tuple[str, ...], timeout: float, **given: Any) -> None:
    """Wait until the `verify` checks of ENV pass.

    For all apps that it runs, or those that are named; ends with 3, and why, where they do not pass in time.
    """
    from promote.errors import Refused

    show = Show.of(given)
    with run.session(given, show, environments=[environment], apps=words) as opened:
        opened.config.environment(environment)
        named = opened.named((*words, *apps), (environment,)) or opened.running(environment)
        found = waiting.watched(opened, [(environment, app) for app in named], timeout, show)
    if show.json:
        from promote.report import views

        show.document(views.verified(found))
    waiting.tell(found, show)
    if not all(each.passes for each in found):
        sys.exit(Refused.exit_code)
