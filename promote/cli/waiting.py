"""What `wait` and `--wait` share: which apps are waited for, what is told meanwhile, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from promote.cli.shown import Show

if TYPE_CHECKING:
    from promote.api import Delivery, Intent, Rules, Session
    from promote.plan.verifying import Verified


def require(opened: Session, wanted: Intent, rules: Rules) -> None:
    """UsageError, before anything is delivered, where there would be nothing to wait for."""
    from promote.api import Promote, Set
    from promote.errors import UsageError

    if not isinstance(wanted, Set | Promote):
        raise TypeError(f"nobody waits for {wanted!r}")
    environment = opened.config.environment(wanted.environment)
    if (rules.deliver or environment.deliver) == "pull-request":
        why = f"{environment.name} is delivered by pull request, and nothing runs before that is merged"
        raise UsageError(why, cure=f"run `promote wait {environment.name}` then")
    if not environment.verify:
        raise UsageError(f"{environment.name} has no `verify` checks to wait for", cure="leave --wait out, or add some")


def delivered(named: Collection[str], done: Delivery) -> list[tuple[str, str]]:
    """The (environment, app) to wait for: what was changed, and what is as it was to be already, if it was named."""
    changed = [(each.environment, each.app) for each in done.plan.changes]
    there = [(each.environment, each.app) for each in done.plan.skips if each.code == "already"]
    return list(dict.fromkeys([*changed, *(key for key in there if key[1] in named)]))


def watched(opened: Session, wanted: Sequence[tuple[str, str]], timeout: float, show: Show) -> Sequence[Verified]:
    """What the checks said in the end; each round that says something new is told meanwhile."""
    from promote.report import text

    told: list[str] = []

    def tell_progress(found: Sequence[Verified]) -> None:
        line = text.progress(found)
        if line not in told[-1:] and not all(each.passes for each in found):
            told.append(line)
            show.note(line)
        show.line.tell(f"waiting: {line}")

    return opened.wait(wanted, seconds=timeout, tell=tell_progress) if wanted else ()


def tell(found: Sequence[Verified], show: Show) -> None:
    """One line an app: that it runs as it should, or what keeps it from that."""
    from promote.report import text

    if not show.json:
        for line in text.verified(found):
            show.result(line, fold=True)
    for line in text.unverified(found):
        show.fault(line)
