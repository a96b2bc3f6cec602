"""How a command speaks: results to stdout, everything else to stderr, logs where they are asked for."""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import click

from promote.cli import job
from promote.cli.folded import folded, said_columns
from promote.cli.progress import Line, progress_line
from promote.errors import OutputError


def say(text: str, *, color: bool | None = None) -> None:
    """A line to stdout; OutputError where that is full or broken, but for a reader who has simply gone."""
    try:
        click.echo(text, color=color)
    except BrokenPipeError:
        raise
    except OSError as exc:
        raise unwritable(exc) from exc


def unwritable(exc: OSError) -> OutputError:
    """What to say where stdout takes no more: the work itself is done by then."""
    return OutputError(
        f"the output could not be written to stdout ({exc.strerror})",
        cure="send it elsewhere: what was done before stays done",
    )


def _by_environment(environ: Mapping[str, str]) -> bool | None:
    """Whether there are colours by NO_COLOR (no-color.org), which goes first, and FORCE_COLOR (force-color.org)."""
    if environ.get("NO_COLOR"):
        return False
    return True if environ.get("FORCE_COLOR") else None


@dataclass(frozen=True, slots=True)
class Show:
    """What -o, -v, -q and --color say; `line` tells what is waited for, and gives way to all else."""

    form: str
    quiet: bool
    color: bool | None
    verbose: bool = False
    line: Line = field(default_factory=lambda: Line(None), compare=False)

    @classmethod
    def of(cls, options: dict[str, Any]) -> Show:
        """Takes its own options out of `options`, and starts the logs that -v asks for."""
        verbose = options.pop("verbose")
        if verbose:
            handler = logging.StreamHandler(sys.stderr)
            handler.setFormatter(logging.Formatter("promote: %(message)s"))
            logger = logging.getLogger("promote")
            logger.handlers[:] = [handler]
            logger.setLevel(logging.INFO)
        color = {"always": True, "never": False, "auto": _by_environment(os.environ)}
        form, quiet = options.pop("output", "text"), options.pop("quiet")
        line = progress_line(quiet=quiet, verbose=verbose)
        return cls(form, quiet, color[options.pop("color")], verbose, line)

    @property
    def json(self) -> bool:
        return self.form == "json"

    @property
    def width(self) -> int | None:
        """The width that COLUMNS says, or else the terminal's; None where there is neither."""
        is_there = sys.stdout is not None and sys.stdout.isatty()
        return said_columns() or (shutil.get_terminal_size().columns if is_there else None)

    def result(self, text: str, *, style: str | None = None, fold: bool = False) -> None:
        """A line, or a whole document, of the result; with `fold` within the width of a terminal."""
        self.line.clear()
        text = folded(text, sys.stdout) if fold else text
        say(click.style(text, fg=style) if style else text, color=self.color)

    def document(self, document: Mapping[str, object]) -> None:
        from promote.report.document import dump

        self.line.clear()
        say(dump(document).removesuffix("\n"), color=False)

    def note(self, text: str) -> None:
        """Something beside the result, for people."""
        self.line.clear()
        if not self.quiet:
            click.echo(folded(text, sys.stderr), err=True, color=self.color)

    def fault(self, text: str) -> None:
        """Something that went wrong; -q does not hide it."""
        self.line.clear()
        click.echo(folded(f"promote: {text}", sys.stderr), err=True, color=self.color)
        job.mark(text)
