"""`promote check`: is everything as it must be, and what to do where it is not."""

from __future__ import annotations

import sys
from typing import Any

import click

from promote.cli import completion, options, run
from promote.cli.shown import Show

EXAMPLES = """
promote check
promote check prod -o json
promote check --config promote.yaml
"""

_STYLES = {"warning": "yellow", "error": "red"}


@options.command("check", EXAMPLES)
@click.argument("environments", metavar="[ENV]...", nargs=-1, shell_complete=completion.environments)
@options.where()
@options.output()
def check(environments: tuple[str, ...], **given: Any) -> None:
    """Look at everything that promote needs, and say what is wrong and what to do.

    The configuration, the sites of every app, holds, registries, Git, forges, gates and targets of notifications.
    Nothing is written, sent or started. Every mistake of promote.yaml is shown at once, each with its line and column.
    With -v what is well is shown one by one.
    """
    from promote.errors import worst
    from promote.report import views
    from promote.report.findings import findings

    show = Show.of(given)
    with run.session(given, show, environments=environments) as opened:
        config = opened.config
        chosen = config.choose(environments) if environments else tuple(config.environments.values())
        found = opened.findings([each.name for each in chosen])
    if show.json:
        show.document(views.findings(found))
    else:
        for level, line in findings(found, show.width, whole=show.verbose):
            show.result(line, style=_STYLES.get(level or ""))
    code = worst({one.exit_code for one in found if one.level == "error"})
    if code:
        sys.exit(code)
