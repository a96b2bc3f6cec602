"""How a run ends: its exit code (SEMANTICS §9)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from promote.errors import Refused, worst

if TYPE_CHECKING:
    from promote.outcome import Plan, Refusal, Skip
    from promote.plan.intent import Intent

CHANGED = 10
_FINE = frozenset({"already", "overtaken", "proposed"})


def asked(intent: Intent, plan: Plan) -> tuple[str, ...]:
    """The apps that a command asks for by name; a rollback of all of them names each that it could bring back."""
    from promote.plan.intent import UNMEANT, Rollback, Set  # `find` plans nothing

    if isinstance(intent, Set):
        return tuple(app for app, _ in intent.versions)
    if intent.apps or not isinstance(intent, Rollback):
        return intent.apps
    skips = [skip for skip in plan.skips if skip.code not in UNMEANT]
    return tuple(dict.fromkeys(item.app for items in (plan.refusals, plan.failures, skips) for item in items))


def _found(plan: Plan) -> frozenset[str]:
    """The apps that some environment of the run has."""
    skips = [skip for skip in plan.skips if skip.code != "absent"]
    return frozenset(item.app for items in (plan.changes, plan.refusals, plan.failures, skips) for item in items)


def faulty(plan: Plan, named: Collection[str]) -> tuple[Skip, ...]:
    """The skips that are no mere news: their apps are asked for by name, and do not get what was asked (9.1).

    That a named app is absent counts where no environment of the run has it: with several environments, to name an app
    is not to say that it is in all of them.
    """
    found = _found(plan)
    return tuple(
        skip
        for skip in plan.skips
        if skip.code not in _FINE and skip.app in named and not (skip.code == "absent" and skip.app in found)
    )


def is_patient(refusal: Refusal, named: Collection[str]) -> bool:
    """Whether it is only a matter of time, or of somebody's release, and nobody has asked for the app (9.1)."""
    return refusal.is_patient and refusal.app not in named


def exit_code(plan: Plan, *, named: Collection[str], tell_changes: bool) -> int:
    """0, or the first of 1, 5, 6, 4, 3 that occurred; `named` are the apps that the command line names (9.1, 9.2).

    With `tell_changes` a run without a fault that changed, held back or released something, or would have, ends with
    10.
    """
    codes = {failure.exit_code for failure in plan.failures}
    if not all(is_patient(refusal, named) for refusal in plan.refusals):
        codes.add(Refused.exit_code)
    if faulty(plan, named):
        codes.add(Refused.exit_code)
    code = worst(codes)
    return CHANGED if code == 0 and tell_changes and plan.does_something else code
