"""The entry point: the group of all commands, and the one place where errors become exit codes."""

from __future__ import annotations

import gc
import io
import logging
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

import click

from promote import __version__
from promote.cli import job
from promote.cli.auto import auto
from promote.cli.check import check
from promote.cli.demo import demo
from promote.cli.diff import diff
from promote.cli.find import find
from promote.cli.folded import folded
from promote.cli.history import history
from promote.cli.hold import hold
from promote.cli.init import init
from promote.cli.release import release
from promote.cli.rollback import rollback
from promote.cli.schema import schema
from promote.cli.set import set_
from promote.cli.shown import unwritable
from promote.cli.status import status
from promote.cli.tags import tags
from promote.cli.to import to
from promote.cli.update import update
from promote.cli.wait import wait
from promote.errors import Interrupted, OutputError, PromoteError, UsageError

_READER_GONE = 141  # as a shell has it for a program that SIGPIPE has ended
COMPLETE = "_PROMOTE_COMPLETE"
# How rarely reference cycles are looked for: a big file is a million values without one, and half the time to parse.
COLLECTS = (50_000, 20, 100)
EPILOG = (
    "Exit codes: 0 done, 1 a fault of promote's own, 2 usage or configuration, 3 refused, 4 registry, 5 Git, 6 forge."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EPILOG)
@click.version_option(__version__, prog_name="promote")
def cli() -> None:
    """Write newly published image tags into a GitOps repository, and carry them from environment to environment.

    CI ends when an image is published; a reconciler makes clusters look like a Git repository. promote is the link
    between the two. For a first look: promote demo
    """


_WRITING = (set_, update, to, auto, rollback, hold, release)
_READING = (wait, status, diff, history, find, tags, check, schema)
for _command in (*_WRITING, *_READING, init, demo):
    cli.add_command(_command)


def main() -> NoReturn:
    """Runs the command line and exits; every expected fault is one sentence on stderr."""
    # What a cancelled CI job is sent ends like ^C: temporary repositories are removed, children are stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    gc.set_threshold(*COLLECTS)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # `→` must not turn a finished push into a fault
    code = _completed() if COMPLETE in os.environ else _run()
    if code == Interrupted.exit_code:
        # Requests that are still under way would be waited for at exit.
        os._exit(code)
    gc.freeze()  # else the interpreter looks through all of it once more as it ends: a tenth of a short run
    sys.exit(code)


def _completed() -> int:
    """What a shell asks when TAB is pressed, and the script that makes it ask."""
    from click.shell_completion import shell_complete

    return shell_complete(cli, {}, "promote", COMPLETE, os.environ[COMPLETE])


def _run() -> int:
    context: click.Context | None = None
    try:
        # Not `cli.main`: it would end a closed pipe with 1, which is promote's own fault here.
        with cli.make_context("promote", sys.argv[1:]) as context:
            cli.invoke(context)
        _flush()
    except click.exceptions.Exit as exc:
        return exc.exit_code
    except click.Abort:
        return _interrupted()
    except click.ClickException as exc:
        exc.show()
        _tell_the_job(context, [exc.format_message()])
        return 2
    except PromoteError as exc:
        code = _told(exc)
        _tell_the_job(context, str(exc).splitlines())
        return code
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        _close_stdout()
        return _READER_GONE
    except OSError as exc:
        failed = _stdout_fault()  # click writes helps by itself
        return _own_fault(exc) if failed is None else _told(unwritable(failed))
    except Exception as exc:  # noqa: BLE001 - the one boundary: a fault of promote's own is told as such
        return _own_fault(exc)
    return 0


def _told(exc: PromoteError) -> int:
    if isinstance(exc, OutputError):
        _close_stdout()
    told = "\n".join(f"promote: {line}" for line in str(exc).splitlines())
    click.echo(folded(told, sys.stderr), err=True)
    return exc.exit_code


def _tell_the_job(context: click.Context | None, faults: Sequence[str]) -> None:
    try:
        job.gave_up(context, faults)
    except UsageError as exc:
        _told(exc)  # the exit code is that of the first fault


def _stdout_fault() -> OSError | None:
    """What keeps stdout from taking what it still holds, if anything does."""
    try:
        sys.stdout.flush()
    except OSError as exc:
        return exc
    return None


def _flush() -> None:
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as exc:
        raise unwritable(exc) from exc


def _close_stdout() -> None:
    """Python would complain again when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _interrupted() -> int:
    click.echo("promote: interrupted", err=True)
    return Interrupted.exit_code


def _own_fault(exc: Exception) -> int:
    if logging.getLogger("promote").isEnabledFor(logging.INFO):
        # Frames without the exception's text and without values: either may hold what must not be shown.
        click.echo("".join(traceback.format_tb(exc.__traceback__)), err=True, nl=False)
    told = f"a fault of promote's own: {type(exc).__name__}; please report it, with what -v shows"
    click.echo(f"promote: {told}", err=True)
    job.mark(told)
    return 1
