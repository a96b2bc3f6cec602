"""`promote auto`: cron, for every environment that is kept up by itself."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from promote.cli import completion, options, run
from promote.cli.shown import Show
from promote.errors import UsageError

if TYPE_CHECKING:
    from promote.api import Intent, Session

EXAMPLES = """
promote auto
promote auto test --dry-run
promote auto --shard 1/4 --repo https://git.example.com/acme/gitops.git
"""
_SHARD = re.compile(r"(auto|[0-9]{1,6})(?:/([0-9]{1,6}))?\Z")


@options.command("auto", EXAMPLES)
@click.argument("environments", metavar="[ENV]...", nargs=-1, shell_complete=completion.environments)
@options.apps()
@options.text(
    "--shard", "shard", metavar="I/N",
    help="Only every N-th part of the apps, this being part I; auto[/N] takes I, and N, from the CI job.",
)
@options.writing()
@options.where()
@options.output()
def auto(environments: tuple[str, ...], apps: tuple[str, ...], shard: str | None, **given: Any) -> None:
    """Update and carry over, in every environment with `auto: true`.

    From the registry where that is the source, and else from the environment before, through the gates; a version goes
    one hop a run. Made for cron: an app that fails stops no other, and nothing is said where there is nothing to do (-v
    tells what waits).
    """
    show = Show.of(given)
    mine = _shard(shard, os.environ)

    def intent(opened: Session) -> tuple[Session, Intent]:
        from promote.api import Auto

        config = opened.config
        chosen = config.choose(environments) if environments else tuple(config.environments.values())
        for each in chosen:
            if environments and not each.auto:
                if each.source == "none":
                    raise UsageError(f"{each.name} is fed by `set` alone (`source: none`)", cure="leave it out")
                raise UsageError(f"{each.name} has no `auto: true`", cure="add it there, or leave it out")
        names = tuple(each.name for each in chosen if each.auto)
        if not names:
            cure = "add it to those that are to be kept up by themselves"
            raise UsageError("no environment has `auto: true`", cure=cure)
        return opened, Auto(names, opened.named(apps, names), mine)

    run.write("auto", given, show, intent, environments=environments, apps=apps, terse=True)


def _shard(text: str | None, environ: Mapping[str, str]) -> tuple[int, int]:
    """(number, of how many), counted from 0; UsageError where it is none.

    A job of a Kubernetes Indexed Job knows its number from 0 on and not of how many; one of GitLab's parallel jobs
    knows both, from 1 on.
    """
    if text is None:
        return 0, 1
    found = _SHARD.match(text)
    if found is None:
        cure = "write one as 1/4, or auto/4 where the CI job knows which it is"
        raise UsageError(f"--shard {text[:40]!r} is no part", cure=cure)
    part, count = found[1], found[2]
    index, first = part, 1
    if part == "auto":
        index, first, count = _of_job(environ, count)
    if count is None:
        raise UsageError("--shard does not say of how many", cure="write 1/4 or auto/4")
    number, total = int(index), int(count)
    if not first <= number < total + first:
        raise UsageError(f"--shard: there is no part {index} of {count}", cure=f"they are counted from {first}")
    return number - first, total


def _of_job(environ: Mapping[str, str], count: str | None) -> tuple[str, int, str | None]:
    if environ.get("JOB_COMPLETION_INDEX"):
        return _told(environ, "JOB_COMPLETION_INDEX"), 0, count
    if environ.get("CI_NODE_INDEX"):
        if count is None and environ.get("CI_NODE_TOTAL"):
            count = _told(environ, "CI_NODE_TOTAL")
        return _told(environ, "CI_NODE_INDEX"), 1, count
    what = "--shard auto: neither $JOB_COMPLETION_INDEX nor $CI_NODE_INDEX is set"
    raise UsageError(what, cure="write the part itself, as 1/4")


def _told(environ: Mapping[str, str], name: str) -> str:
    if not re.fullmatch(r"[0-9]{1,6}", environ[name]):
        what = f"--shard auto: {environ[name][:20]!r} in ${name} is no number"
        raise UsageError(what, cure="write the part itself, as 1/4")
    return environ[name]
