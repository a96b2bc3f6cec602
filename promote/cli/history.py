"""`promote history`: what ran when."""

from __future__ import annotations

from typing import Any

import click

from promote.cli import completion, options, run
from promote.cli.shown import Show

EXAMPLES = """
promote history prod
promote history prod web --limit 3
promote history prod web --links -o markdown
promote history dev --repo https://git.example.com/acme/gitops.git -o json
"""


@options.command("history", EXAMPLES)
@click.argument("environment", metavar="ENV", shell_complete=completion.environments)
@click.argument("words", metavar="[APP]...", nargs=-1, shell_complete=completion.apps)
@options.apps()
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=10, show_default=True, metavar="N",
    help="How many versions of each app to show.",
)
@click.option(
    "--links", is_flag=True,
    help="Ask the registries for pages: what lies between two versions, and their release notes.",
)
@options.where()
@options.output("markdown")
def history(
    environment: str, words: tuple[str, ...], apps: tuple[str, ...], limit: int, links: bool, **given: Any
) -> None:
    """Show what ENV ran when, and who put it there.

    From Git alone, so what was changed by hand is there too: each version with the commit that brought it onto the
    branch. All apps that ENV runs now, or those that are named.
    """
    from promote.report import text, views

    show = Show.of(given)
    with run.session(given, show, environments=[environment], apps=words) as opened:
        opened.config.environment(environment)
        told = opened.history(environment, opened.named((*words, *apps), (environment,)), limit=limit, links=links)
    if show.json:
        show.document(views.history(told))
    elif show.form == "markdown":
        from promote.report import markdown

        show.result(markdown.history(told))
    else:
        show.result(text.history(told, show.width))
        if not told.apps:
            show.note(f"{environment} runs no app now; name one to see when it did")
        for line in text.ends(told):
            show.note(line)
