"""What a CI job is told besides its log: errors as its system marks them, outputs, and a summary.

GitHub Docs, "Workflow commands for GitHub Actions"; Gitea and Forgejo took it over.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from promote.errors import UsageError

if TYPE_CHECKING:
    from promote.outcome import Delivery

_ACTED = "promote.cli.job.acted"


def mark(text: str) -> None:
    """Has GitHub Actions show `text` as an error of the step; nothing elsewhere."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from promote.report.actions import error

        click.echo(error(text), err=True)


def acted() -> None:
    """From here on it would be wrong to say that this command has done nothing."""
    click.get_current_context().meta[_ACTED] = True


def tell(name: str, done: Delivery, *, dry: bool) -> None:
    """Appends what was done to the files that a job names for it; UsageError where they cannot be written."""
    if _wanted():
        from promote.report import actions

        _append(actions.outputs(done), actions.summary(name, done, dry_run=dry))


def gave_up(context: click.Context | None, faults: Sequence[str]) -> None:
    """Tells of a command that ended before anything was done, and why; UsageError as above."""
    for fault in faults:
        mark(fault)
    if _wanted() and not (context is not None and _ACTED in context.meta):
        from promote.outcome import Delivery, Plan
        from promote.report import actions

        name = None if context is None else context.invoked_subcommand
        _append(actions.outputs(Delivery(Plan())), actions.unplanned(name or "", faults))


def _wanted() -> bool:
    return bool(os.environ.get("GITHUB_OUTPUT") or os.environ.get("GITHUB_STEP_SUMMARY"))


def _append(outputs: str, summary: str) -> None:
    for variable, text in (("GITHUB_OUTPUT", outputs), ("GITHUB_STEP_SUMMARY", summary)):
        path = os.environ.get(variable, "")
        if not path or not text:
            continue
        try:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError as exc:
            raise UsageError(f"cannot be written: {exc.strerror}", where=path, cure=f"correct ${variable}") from exc
