"""What is to be told of a rollback once it is done: what runs still, and how what it holds back is let in again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promote.report.table import one_line

if TYPE_CHECKING:
    from promote.outcome import Delivery, Plan


def pending(done: Delivery) -> list[str]:
    """What runs until the pull requests of rollbacks are merged: one that is open has changed nothing yet."""
    out = []
    opened = {pulled.head: pulled for pulled in done.pulled if pulled.action != "closed"}
    for proposal in done.plan.proposals:
        runs = [f"{item.app} {item.undone.short}" for item in proposal.carried if item.undone is not None]
        if runs and proposal.head in opened:
            until = f"until pull request {opened[proposal.head].number} is merged"
            out.append(one_line(f"{proposal.environment} runs {', '.join(runs)} {until}; --commit does it at once"))
    return out


def way_forth(plan: Plan) -> list[str]:
    """How what a rollback holds back is let in again: one command an environment."""
    held: dict[str, list[str]] = {}
    for step in plan.steps:
        undone = {(item.environment, item.app) for item in step.carried if item.undone is not None}
        for change in step.holds:
            if (change.environment, change.app) in undone:
                held.setdefault(change.environment, []).append(change.app)
    return [one_line(f"`promote release {name} {' '.join(apps)}` ends what is held") for name, apps in held.items()]
