"""Options that several commands share. Only those that say where read environment variables (SEMANTICS 9.4)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar

import click

from promote.cli import completion
from promote.cli.examples import Examples

F = TypeVar("F", bound=Callable[..., Any])


class Text(click.ParamType[str]):
    """Any text but none: `--from "$SRC"` with SRC unset must not mean that nothing was said."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("is empty", param, ctx)
        return value


class File(click.Path):
    """A path, which an empty text is not."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("is empty", param, ctx)
        return super().convert(value, param, ctx)


class Reason(Text):
    """A text that is recorded, and shown on the terminals of others."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from promote.config.leaf import has_control

        value = super().convert(value, param, ctx)
        if has_control(" ".join(value.split())):
            self.fail("holds a control character, which a terminal would obey: leave it out", param, ctx)
        return value


TEXT, REASON = Text(), Reason()


def text(*names: str, **settings: Any) -> Callable[[F], F]:
    """An option that takes any text but none."""
    return click.option(*names, type=TEXT, **settings)


def command(name: str, examples: str) -> Callable[[Callable[..., Any]], Examples]:
    """A click command with examples in its help."""
    return click.command(name, cls=Examples, examples=examples)


def _all(options: list[Callable[[F], F]]) -> Callable[[F], F]:
    return lambda function: reduce(lambda inner, option: option(inner), reversed(options), function)


def spoken() -> Callable[[F], F]:
    """-v, -q and --color: how a command speaks."""
    return _all(
        [
            click.option(
                "-v", "--verbose", is_flag=True, help="Show each request and each git command with its time."
            ),
            click.option("-q", "--quiet", is_flag=True, help="Show nothing but results and errors."),
            click.option(
                "--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True,
                envvar="PROMOTE_COLOR", help="Colours; auto heeds NO_COLOR, FORCE_COLOR and the terminal.",
            ),
        ]
    )  # fmt: skip


def output(*forms: str) -> Callable[[F], F]:
    """-o, -v, -q and --color: how results are shown; as text, as JSON, and in these `forms`."""
    return _all(
        [
            click.option(
                "-o", "--output", type=click.Choice(["text", "json", *forms]), default="text", show_default=True,
                envvar="PROMOTE_OUTPUT", help="The form of the result.",
            ),
            spoken(),
        ]
    )  # fmt: skip


def directory() -> Callable[[F], F]:
    """-C: the clone."""
    return click.option(
        "-C", "--directory", type=File(path_type=Path), default=Path(), envvar="PROMOTE_DIRECTORY",
        metavar="DIR", help="A directory in the GitOps repository's clone [default: here].",
    )  # fmt: skip


def where() -> Callable[[F], F]:
    """-C, --repo, --branch, --config, --jobs, --no-cache, --cache-repos: what is read."""
    return _all(
        [
            directory(),
            text(
                "--repo", metavar="URL", envvar="PROMOTE_REPO", help="The repository itself, without a checkout."
            ),
            text(
                "--branch", metavar="NAME", envvar="PROMOTE_BRANCH",
                help="The branch to read and write [default: the remote's default branch].",
            ),
            click.option(
                "--config", type=File(path_type=Path), envvar="PROMOTE_CONFIG", metavar="FILE",
                help="Another promote.yaml than the repository's.",
            ),
            click.option(
                "--jobs", type=click.IntRange(1, 128), default=16, show_default=True, envvar="PROMOTE_JOBS",
                metavar="N", help="How many requests may be under way at once.",
            ),
            click.option(
                "--no-cache", is_flag=True, help="Take nothing from the cache of earlier runs, and keep nothing in it."
            ),
            click.option(
                "--cache-repos", is_flag=True,
                help="Keep what is fetched of repositories for the next run, in the cache."
            ),
        ]
    )  # fmt: skip


def apps() -> Callable[[F], F]:
    """--app, repeatable, with globs."""
    told = "Only this app; repeatable, globs too."
    return text("--app", "apps", multiple=True, metavar="APP", help=told, shell_complete=completion.apps)


def adding() -> Callable[[F], F]:
    """--add: an app that the environment does not have."""
    return click.option(
        "--add", is_flag=True, help="Add an app that ENV does not have to the kustomization that leads to its manifest."
    )


def _number(_: click.Context, __: click.Parameter, value: float) -> float:
    # Python reads `nan` as a number, it passes any range, and a deadline that is none never comes.
    if math.isnan(value):
        raise click.BadParameter("nan is no number")
    return value


class Span(click.ParamType[float]):
    """A span of time, such as 90s, 10m or 1h30m; in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from promote.duration import parse_duration

        if isinstance(value, float):
            return value
        try:
            return parse_duration(str(value)).total_seconds()
        except ValueError as exc:
            self.fail(str(exc), param, ctx)


def patience() -> Callable[[F], F]:
    """--timeout: for how long to wait."""
    return click.option(
        "--timeout", type=Span(), default="10m", show_default=True, metavar="TIME", help="For how long to wait."
    )


def awaiting() -> Callable[[F], F]:
    """--wait and --timeout: until what was delivered is seen to run."""
    return _all(
        [
            click.option("--wait", "waits", is_flag=True, help="Then wait until the `verify` checks of ENV pass."),
            patience(),
        ]
    )


def reason(what: str) -> Callable[[F], F]:
    """--reason: why something is done that is not the rule; it is recorded, and shown on terminals."""
    return click.option("--reason", type=REASON, metavar="TEXT", help=what)


def overruling() -> Callable[[F], F]:
    """What a person may decide against the rules, and cron may not."""
    return _all(
        [
            click.option("--allow-downgrade", is_flag=True, help="Write a version although it is older."),
            text(
                "--skip-gate", "skip_gates", multiple=True, metavar="NAME",
                help="Pass this gate unasked; `from` is the rule that the source environment runs the version.",
            ),
            reason("Why a gate is skipped; it is recorded."),
        ]
    )  # fmt: skip


def running() -> Callable[[F], F]:
    """--allow-run: leave for the commands of promote.yaml, which no variable gives (SEMANTICS 10.2)."""
    return click.option(
        "--allow-run", is_flag=True, help="Start the commands of `run` checks, which are the default branch's."
    )


def writing() -> Callable[[F], F]:
    """Everything that the writing commands have in common."""
    return _all(
        [
            click.option("--dry-run", is_flag=True, help="Write nothing; show what would change, as a diff."),
            click.option("--write-only", is_flag=True, help="Edit the working files; no commit, no push."),
            click.option("--commit", is_flag=True, help="Commit and push, whatever promote.yaml says."),
            click.option(
                "--pull-request", is_flag=True, help="Open or update a pull request, whatever promote.yaml says."
            ),
            click.option("--no-push", is_flag=True, help="Leave the commit at refs/promote/BRANCH of this clone."),
            text("-m", "--message", metavar="TEMPLATE", help="The commit message, a Jinja template."),
            text("--author", metavar="'NAME <EMAIL>'", help="The commit's author."),
            click.option(
                "--sign/--no-sign", default=None,
                help="Sign commits, or do not [default: commit.sign, else as git does].",
            ),
            click.option("--exit-code", is_flag=True, help="Exit with 10 when something changed, or would change."),
            click.option(
                "--max-changes", type=click.IntRange(0), metavar="N",
                help="Change nothing in an environment where more than N apps would [auto: limits.changes].",
            ),
            running(),
            click.option("--no-verify-tag", is_flag=True, help="Do not ask the registry whether the tag exists."),
            click.option(
                "--push-timeout", type=click.FloatRange(0.1, 86_400), default=300.0, show_default=True,
                callback=_number, metavar="SECONDS",
                help="For how long to try when others push first, or answers are lost.",
            ),
        ]
    )  # fmt: skip
