"""`promote status`: the matrix of apps × environments."""

from __future__ import annotations

from typing import Any

import click

from promote.cli import completion, options, run
from promote.cli.shown import Show
from promote.errors import UsageError

EXAMPLES = """
promote status
promote status test prod --app 'web*' --age
promote status prod --only waiting --only held
promote status -o markdown
promote status -o html > board.html
promote status prod --trends -o json
promote status --repo https://git.example.com/acme/gitops.git -o json
"""


@options.command("status", EXAMPLES)
@click.argument("environments", metavar="[ENV]...", nargs=-1, shell_complete=completion.environments)
@options.apps()
@click.option("--age", is_flag=True, help="Read Git's history too: since when each version runs, and how far behind.")
@click.option("--trends", is_flag=True, help="With -o json: more of the history, how often versions come and how soon.")
@click.option(
    "--only", "wanted", multiple=True,
    type=click.Choice(
        ["refused", "failed", "mixed", "moved", "held", "waiting", "stopped", "proposed", "coming", "behind"]
    ),
    help="Only apps that are in this state in an environment that is shown; repeatable.",
)
@options.where()
@options.output("markdown", "html")
def status(
    environments: tuple[str, ...],
    apps: tuple[str, ...],
    age: bool,
    trends: bool,
    wanted: tuple[str, ...],
    **given: Any,
) -> None:
    """Show what runs where, what is waiting to come, and what for.

    `1.4.2 ← 1.5.0` runs 1.4.2, and 1.5.0 would come from the source environment or the registry; `⇠` waits for a gate,
    or is held; `mixed` are sites that differ; `!` marks a place that cannot be edited. `-o html` is a page that needs
    nothing else, with the history, and links to commits and pull requests.
    """
    show = Show.of(given)
    page = show.form == "html"
    if trends and not (show.json or page):
        raise UsageError("--trends is shown by -o json, and by the page of -o html", cure="add one of them")
    with run.session(given, show, environments=environments, apps=apps) as opened:
        config = opened.config
        chosen = config.choose(environments) if environments else tuple(config.environments.values())
        names = [each.name for each in chosen]
        drawn = opened.board(names, opened.named(apps, names), past=age or page, trends=trends or page)
        title, links = opened.title, opened.links(drawn) if page else ()
    if wanted:
        from promote.report.states import only

        drawn = only(drawn, wanted)
    if show.json:
        from promote.report import views

        show.document(views.board(drawn))
    elif show.form == "markdown":
        from promote.report import markdown

        show.result(markdown.board(drawn))
    elif page:
        from promote.report.html.page import board

        show.result(board(drawn, title=title, links=links))
    else:
        from promote.report import matrix

        show.result(matrix.board(drawn, show.width))
        if wanted or len(drawn.apps) > matrix.MANY:
            from promote.report.states import totals

            show.result(totals(drawn))
