"""What the writing commands share: options → rules, a plan or a delivery, the report, the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from promote.cli import job, waiting
from promote.cli.rules import rules_of
from promote.cli.shown import Show

if TYPE_CHECKING:
    from promote.api import Intent, Session
    from promote.outcome import Delivery, Plan
    from promote.plan.verifying import Verified


def _by_hand(name: str) -> bool:
    """Whether an option was typed, not taken from the environment."""
    return click.get_current_context().get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


@contextmanager
def session(
    options: dict[str, Any],
    show: Show,
    *,
    files: bool = False,
    here: bool = False,
    environments: Sequence[str] = (),
    apps: Sequence[str] = (),
    terse: bool = False,
) -> Iterator[Session]:
    """The session that the options of `where` describe; takes them out of `options`.

    With `files` it reads working files; with `here` it does so where no repository is named. What is waited for
    meanwhile stands on the line of `show`. If `terse`, nothing is said of a promote.yaml here that is not the one which
    is read.
    """
    from promote.api import Where, open_session
    from promote.clock import SystemClock
    from promote.errors import UsageError

    directory, repo = options.pop("directory"), options.pop("repo")
    by_hand = [name for name in ("directory", "repo") if _by_hand(name)]
    if len(by_hand) > 1:
        raise UsageError("-C names a clone and --repo a repository without one", cure="give one of the two")
    if by_hand == ["directory"]:
        repo = None  # what is typed stands above PROMOTE_REPO
    where = Where(
        Path(directory),
        repo,
        options.pop("branch"),
        options.pop("config"),
        files or (here and repo is None),
        tuple(environments),
        tuple(apps),
        keep=options.pop("cache_repos") and not options["no_cache"],
    )
    jobs, cache, allow_run = options.pop("jobs"), not options.pop("no_cache"), options.pop("allow_run", False)
    means = {"jobs": jobs, "cache": cache, "allow_run": allow_run, "tell": show.line.tell}
    try:
        with open_session(where, environ=os.environ, clock=SystemClock(), **means) as opened:
            if opened.passed_over is not None and not terse:
                show.note(f"note: {opened.passed_over}, which is read; --config names another")
            yield opened
    finally:
        show.line.end()


def write(
    name: str,
    options: dict[str, Any],
    show: Show,
    intent: Callable[[Session], tuple[Session, Intent]],
    *,
    environments: Sequence[str] = (),
    apps: Sequence[str] = (),
    terse: bool = False,
) -> None:
    """Runs one writing command to its exit code; `intent` reads what is asked for once the session is open.

    With `terse` nothing is said of what only waits, or has nothing to come.
    """
    from promote.api import Delivery, How
    from promote.errors import Refused, UsageError
    from promote.report.exit import asked

    if options["commit"] and options["pull_request"]:
        raise UsageError("--commit and --pull-request are two ways to deliver", cure="give one of the two")
    if options["write_only"]:
        if options["commit"] or options["pull_request"] or options["no_push"]:
            cure = "leave --commit, --pull-request and --no-push out"
            raise UsageError("--write-only makes no commit", cure=cure)
        if _by_hand("repo"):
            raise UsageError("--write-only edits working files, and --repo has none", cure="give -C instead")
        options["repo"] = None
    tell, dry = options["exit_code"], options["dry_run"]
    waits = options.get("waits", False)
    delivers = not (dry or options["write_only"] or options["no_push"])
    if waits and not delivers:
        raise UsageError("--wait waits for what was delivered, and nothing will be", cure="leave --wait out")
    if not waits and _by_hand("timeout"):
        raise UsageError("--timeout says for how long --wait waits, and that is not given", cure="add --wait")
    terse = terse and not show.verbose
    files = options["write_only"]
    with session(options, show, files=files, environments=environments, apps=apps, terse=terse) as opened:
        opened, wanted = intent(opened)
        rules = rules_of(opened, wanted, options)
        if waits:
            waiting.require(opened, wanted, rules)
        how = How(
            push=not options["no_push"],
            timeout=options["push_timeout"],
            template=options["message"],
            author=options["author"],
            sign=options["sign"],
        )
        if dry:
            done = Delivery(opened.rehearse(wanted, rules, how))
        elif options["write_only"]:
            done = Delivery(opened.write(wanted, rules))
        else:
            done = opened.deliver(wanted, rules, how)
        job.acted()
        named = asked(wanted, done.plan)
        told = partial(_report, name, done, show, dry=dry, in_clone=opened.in_clone, named=named, terse=terse)
        if not (waits and show.json):
            told()
        if delivers:
            for warning in opened.notify(done):
                show.note(f"warning: {warning}")
        if waits:
            found = waiting.watched(opened, waiting.delivered(named, done), options["timeout"], show)
            if show.json:
                told(verified=found)
            waiting.tell(found, show)
            if not all(each.passes for each in found):
                # What else went wrong counts more than that something does not run yet.
                finish(done.plan, named=named, tell=False)
                sys.exit(Refused.exit_code)
        finish(done.plan, named=named, tell=tell)


def finish(plan: Plan, *, named: Sequence[str], tell: bool) -> None:
    """Ends with the exit code that the plan comes to."""
    from promote.report.exit import exit_code

    code = exit_code(plan, named=named, tell_changes=tell)
    if code:
        sys.exit(code)


def _report(
    name: str,
    done: Delivery,
    show: Show,
    *,
    dry: bool,
    in_clone: bool,
    named: Sequence[str],
    terse: bool,
    verified: Sequence[Verified] | None = None,
) -> None:
    from promote.report import rollback, text

    plan = done.plan
    faults = text.faults(plan, named=named, terse=terse)
    for warning in (*plan.warnings, *(each for made in done.pulled for each in made.warnings)):
        show.note(f"warning: {warning}")
    if show.json:
        from promote.report import document

        show.document(document.delivery(name, done, dry_run=dry, verified=verified))
    else:
        for line in (*text.changes(plan), *text.holds(plan)):
            show.result(line, fold=True)
        if dry:
            diff(plan, show)
        for line in text.commits(done, in_clone=in_clone):
            show.result(line, fold=True)
        for line in (*rollback.pending(done), *rollback.way_forth(plan)):
            show.note(line)
        for line in text.pulled(done):
            show.result(line, fold=True)
        for line in () if terse else text.skips(plan, named=named):
            show.note(line)
        if not (plan.does_something or faults or terse):
            show.note("nothing to do")
        elif dry and plan.does_something:
            show.note("dry run: nothing was written")
    for line in faults:
        show.fault(line)
    job.tell(name, done, dry=dry)


def diff(plan: Plan, show: Show) -> None:
    """The unified diff of a plan, coloured as git does."""
    from promote.report.diff import unified

    for line in unified(plan):
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
        show.result(line.removesuffix("\n"), style=None if line.startswith(("+++", "---")) else style)
