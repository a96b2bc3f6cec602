"""`promote find`: every place where an image is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promote.cli import options, run
from promote.cli.shown import Show

if TYPE_CHECKING:
    from promote.api import Session
    from promote.estate.estate import Estate

EXAMPLES = """
promote find
promote find envs/prod charts/web/values.yaml
promote find --app web -o json
"""


@options.command("find", EXAMPLES)
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@options.apps()
@options.where()
@options.output()
def find(paths: tuple[str, ...], apps: tuple[str, ...], **given: Any) -> None:
    """Show every site: file, line and column, format, image and tag.

    Of the working files, or of --repo. Without a promote.yaml every image below PATH is shown; with one, those of its
    apps, by environment, with what shadows them or keeps them from being edited.
    """
    from promote.report import document, text

    show = Show.of(given)
    with run.session(given, show, here=True, apps=apps) as opened:
        rows = document.site_rows(_estates(opened, paths, apps), configured=opened.has_config)
        if opened.has_config:
            for path in paths:
                opened.require(path)
    if paths and opened.has_config:
        rows = [row for row in rows if any(_under(str(row["file"]), path) for path in paths)]
    if opened.may_be_behind:
        show.note("these are the working files: what was pushed since your last git pull is not in them")
    if show.json:
        show.document(document.sites(rows))
    elif rows:
        show.result(text.sites(rows))
    else:
        show.note("no image is named here")


def _estates(opened: Session, paths: tuple[str, ...], apps: tuple[str, ...]) -> list[Estate]:
    if not opened.has_config:
        return [opened.everything(path) for path in dict.fromkeys(path.rstrip("/") or "/" for path in paths or (".",))]
    names = list(opened.config.environments)
    chosen = opened.named(apps, names)
    return list(opened.estates(names, chosen or None).values())


def _under(file: str, path: str) -> bool:
    folder = path.strip("/").removeprefix("./")
    return folder in ("", ".") or file == folder or file.startswith(f"{folder}/")
