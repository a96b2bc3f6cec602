"""`promote status`: the matrix of apps × environments."""

from __future__ import annotations

from typing import Any

import click

from promote.cli import options, run
from promote.cli.shown import Show

EXAMPLES = """
promote status
promote status test prod --app 'web*'
promote status --repo https://git.example.com/acme/gitops.git -o json
"""


@options.command("status", EXAMPLES)
@click.argument("environments", metavar="[ENV]...", nargs=-1)
@options.apps()
@options.where()
@options.output()
def status(environments: tuple[str, ...], apps: tuple[str, ...], **given: Any) -> None:
    """Show what runs where, and what is waiting to come.

    `1.4.2 ← 1.5.0` runs 1.4.2, and 1.5.0 would come from the source environment or the registry; `mixed` are sites that
    differ; `!` marks a place that cannot be edited.
    """
    from promote.config.named import apps_named
    from promote.report import text, views

    show = Show.of(given)
    with run.session(given, environments=environments, apps=apps) as opened:
        config = opened.config
        chosen = config.choose(environments) if environments else tuple(config.environments.values())
        drawn = opened.board([each.name for each in chosen], apps_named(config, apps))
    if show.json:
        show.document(views.board(drawn))
    else:
        show.result(text.board(drawn, show.width))
