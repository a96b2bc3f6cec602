"""`promote check`: is everything as it must be, and what to do where it is not."""

from __future__ import annotations

import sys
from typing import Any

import click

from promote.cli import options, run
from promote.cli.shown import Show

EXAMPLES = """
promote check
promote check prod -o json
promote check --config promote.yaml
"""


@options.command("check", EXAMPLES)
@click.argument("environments", metavar="[ENV]...", nargs=-1)
@options.where()
@options.output()
def check(environments: tuple[str, ...], **given: Any) -> None:
    """Validate the configuration, the sites of every app, and the registries.

    Every mistake of promote.yaml is shown at once, each with its line and column.
    """
    from promote.errors import worst
    from promote.report import text, views

    show = Show.of(given)
    with run.session(given, environments=environments) as opened:
        config = opened.config
        chosen = config.choose(environments) if environments else tuple(config.environments.values())
        found = opened.findings([each.name for each in chosen])
    if show.json:
        show.document(views.findings(found))
    else:
        show.result(text.findings(found, show.width))
    code = worst({one.exit_code for one in found if one.level == "error"})
    if code:
        sys.exit(code)
