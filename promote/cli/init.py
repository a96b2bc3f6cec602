"""`promote init`: a repository looked at, and a promote.yaml written for it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from promote.cli import options
from promote.cli.shown import Show, say

EXAMPLES = """
promote init --yes
promote init --dry-run -C envs/dev
promote init --force -q
"""


@options.command("init", EXAMPLES)
@options.directory()
@click.option("--yes", is_flag=True, help="Ask nothing: write what is found.")
@click.option("--force", is_flag=True, help="Replace a promote.yaml that is there already.")
@click.option("--dry-run", is_flag=True, help="Print the promote.yaml; write nothing.")
@options.spoken()
def init(directory: Path, *, yes: bool, force: bool, dry_run: bool, **given: Any) -> None:
    """Look at a repository, find its environments and images, and write a commented promote.yaml.

    Of the working files. It asks on a terminal; no remote and no registry is asked. Policies of Flux's image automation
    and of Argo CD Image Updater are taken over.
    """
    from promote.api.starting import settle, start, unguessed, write
    from promote.cli.asking import ask, summary, wants
    from promote.survey.guess import guesses

    show = Show.of(given)
    begun = start(directory, os.environ, force=force or dry_run)
    asks = not yes and sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
    if not yes and not asks:
        show.note("this is no terminal: nothing is asked, as with --yes")
    settled = settle(begun, ask(begun.proposal) if asks else begun.proposal)
    guessed = guesses(settled.proposal)
    if guessed and asks and not wants(guessed):
        settled, guessed = unguessed(settled), {}
    if dry_run:
        say(settled.text.removesuffix("\n"), color=False)
    else:
        path = write(begun.root, settled.text, force=force)
        show.result(f"{path}: {summary(settled.proposal)}", fold=True)
        if guessed:
            show.note(f"policies that are guesses, from the tags in use: {', '.join(guessed)}")
        show.note(f"look at it, then: promote check --config {path}")
    remarks = len(settled.proposal.notes)
    if remarks:
        show.note(
            f"{remarks} remark{'s' if remarks > 1 else ''} on what was left out, or is to be looked at: at its end"
        )
