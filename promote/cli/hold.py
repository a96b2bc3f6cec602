"""`promote hold`: a version that must not be brought in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promote.cli import completion, options, run
from promote.cli.shown import Show
from promote.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from promote.api import Intent, Session

EXAMPLES = """
promote hold prod web --reason 'it leaks memory' --version 1.5.0
promote hold prod web --reason 'a freeze for the audit' --until 3d
promote hold prod --reason 'moving the cluster' --until 2026-12-24
"""


@options.command("hold", EXAMPLES)
@click.argument("environment", metavar="ENV", shell_complete=completion.environments)
@click.argument("words", metavar="[APP]...", nargs=-1, shell_complete=completion.apps)
@options.text("--version", "version", metavar="TAG", help="Only this version [default: every version].")
@options.text(
    "--until", "until", metavar="TIME", help="When it ends by itself: 3d, 2026-12-24 or 2026-12-24T09:00:00Z (UTC)."
)
@options.reason("Why; it is what others read when it stops them. Must be given.")
@options.writing()
@options.where()
@options.output()
def hold(environment: str, words: tuple[str, ...], version: str | None, until: str | None, **given: Any) -> None:
    """Hold versions back: nothing brings them into ENV until they are released.

    Of the apps that are named, or of every app. What runs stays as it is. It stands in a file of the repository,
    .promote/holds/ENV.yaml, with --reason, which must be given.
    """
    from promote.cli.versions import version_of
    show = Show.of(given)
    one = version_of(version)
    reason = " ".join((given["reason"] or "").split())
    if not reason:
        raise UsageError("a hold needs --reason", cure="say why: it is what others read when it stops them")

    def intent(opened: Session) -> tuple[Session, Intent]:
        from promote.api import Hold

        opened.config.environment(environment)
        apps = opened.named(words, (environment,))
        end = None if until is None else _until(until, opened.now)
        return opened, Hold(environment, apps, one, reason, end, opened.author(given["author"]))

    run.write("hold", given, show, intent, environments=[environment], apps=words)


def _until(text: str, now: datetime) -> datetime:
    """The time that --until names, from now on where it is a duration; UsageError where it is none, or is over."""
    from promote.duration import parse_duration
    from promote.moment import parse_moment

    try:
        end = now.replace(microsecond=0) + parse_duration(text) if text[-1:] in "dhms" else parse_moment(text)
    except (ValueError, OverflowError) as exc:
        raise UsageError(str(exc), where="--until", cure="write 3d, 2026-12-24 or 2026-12-24T09:00:00Z") from exc
    if end <= now:
        raise UsageError(f"{text[:40]!r} is over already", where="--until", cure="name a time to come")
    return end
