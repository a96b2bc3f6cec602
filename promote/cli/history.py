"""`promote history`: what ran when."""

from __future__ import annotations

from typing import Any

import click

from promote.cli import completion, options, run
from promote.cli.shown import Show

EXAMPLES = """
promote history prod
promote history --since 2h
promote history prod web --limit 3
promote history 'prod*' --since 2026-01-05 --app web
promote history prod web --links -o markdown
promote history dev --repo https://git.example.com/acme/gitops.git -o json
"""


@options.command("history", EXAMPLES)
@click.argument("environment", metavar="[ENV]", required=False, shell_complete=completion.environments)
@click.argument("words", metavar="[APP]...", nargs=-1, shell_complete=completion.apps)
@options.apps()
@options.text(
    "--since", "since", metavar="TIME",
    help="Only what came since then, by time: 2h, 3d, 2026-12-24 or 2026-12-24T09:00:00Z (UTC).",
)
@click.option(
    "--limit", type=click.IntRange(1, 10_000), metavar="N",
    help="How many versions of each app to show [default: 10, or all with --since].",
)
@click.option(
    "--links", is_flag=True,
    help="Ask the registries for pages: what lies between two versions, and their release notes.",
)
@options.where()
@options.output("markdown")
def history(
    environment: str | None,
    words: tuple[str, ...],
    apps: tuple[str, ...],
    since: str | None,
    limit: int | None,
    links: bool,
    **given: Any,
) -> None:
    """Show what ENV ran when, and who put it there.

    From Git alone, so what was changed by hand is there too: each version with the commit that brought it onto the
    branch. All apps that ENV runs now, or those that are named. Of every environment where ENV is left out, or of those
    that fit it as a glob, and with --since, all changes stand together, the newest first.
    """
    from promote.cli.times import time_past
    from promote.report import text, views

    show, wanted = Show.of(given), () if environment is None else (environment,)
    with run.session(given, show, environments=wanted, apps=words) as opened:
        config = opened.config
        chosen = config.choose(wanted) if wanted else tuple(config.environments.values())
        named = opened.named((*words, *apps), [each.name for each in chosen])
        start = None if since is None else time_past(since, opened.now, where="--since")
        several = [opened.history(each.name, named, limit=limit, links=links, since=start) for each in chosen]
    by_time = start is not None or len(several) != 1
    if show.json:
        show.document(views.history(several))
        return
    if show.form == "markdown":
        from promote.report import markdown, timeline

        show.result(timeline.markdown(several) if by_time else markdown.history(several[0]))
    elif by_time:
        from promote.report import timeline

        show.result(timeline.text(several, show.width))
    else:
        show.result(text.history(several[0], show.width))
    for told in several if show.form == "text" else ():
        if not told.apps:
            show.note(_nothing(told.environment, since))
        for line in text.ends(told):
            show.note(line)


def _nothing(environment: str, since: str | None) -> str:
    if since is not None:
        return f"nothing has changed in {environment} since {since}"
    return f"{environment} runs no app now; name one to see when it did"
