"""`promote diff`: exactly what `promote to` would carry."""

from __future__ import annotations

from typing import Any

import click

from promote.cli import completion, options, run
from promote.cli.shown import Show
from promote.cli.to import promotion

EXAMPLES = """
promote diff test prod
promote diff test prod --app web -o json
promote diff test prod -o markdown
"""


@options.command("diff", EXAMPLES)
@click.argument("source", metavar="ENV_A", shell_complete=completion.environments)
@click.argument("target", metavar="ENV_B", shell_complete=completion.environments)
@options.apps()
@click.option("--exit-code", is_flag=True, help="Exit with 10 where they differ.")
@click.option("--no-verify-tag", is_flag=True, help="Do not ask the registry whether the tags exist.")
@options.running()
@options.where()
@options.output("markdown")
def diff(
    source: str, target: str, apps: tuple[str, ...], exit_code: bool, no_verify_tag: bool, **given: Any
) -> None:
    """Show what `promote to ENV_B --from ENV_A` would change."""
    from promote.api import Rules
    from promote.report import document, text

    show = Show.of(given)
    with run.session(given, show, environments=[source, target], apps=apps) as opened:
        intent = promotion(opened, target, source, apps)
        plan = opened.plan(intent, Rules(verify_tag=not no_verify_tag))
        links = () if no_verify_tag else opened.links(plan)
    if show.json:
        show.document(document.difference(source, target, plan, links))
    elif show.form == "markdown":
        from promote.report import markdown

        show.result(markdown.difference(source, target, plan, links))
    else:
        for line in (*text.changes(plan), *text.linked(links)):
            show.result(line, fold=True)
        run.diff(plan, show)
        for line in text.skips(plan, named=()):
            show.note(line)
        if not plan.changes and not plan.refusals and not plan.failures:
            show.note(f"{target} has what {source} runs")
    for line in text.faults(plan, named=()):
        show.fault(line)
    run.finish(plan, named=(), tell=exit_code)
