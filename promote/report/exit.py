"""How a run ends: its exit code (SEMANTICS §9)."""

from __future__ import annotations

from collections.abc import Collection

from promote.errors import Refused, worst
from promote.outcome import Plan

CHANGED = 10
_FINE = frozenset({"already", "overtaken"})
_PATIENT = frozenset({"waiting", "held"})


def exit_code(plan: Plan, *, named: Collection[str], tell_changes: bool) -> int:
    """0, or the first of 1, 5, 6, 4, 3 that occurred; `named` are the apps that the command line names (9.1, 9.2).

    With `tell_changes` a run without a fault that changed something, or would have, ends with 10.
    """
    codes = {failure.exit_code for failure in plan.failures}
    if any(refusal.code not in _PATIENT or refusal.app in named for refusal in plan.refusals):
        codes.add(Refused.exit_code)
    if any(skip.code not in _FINE and skip.app in named for skip in plan.skips):
        codes.add(Refused.exit_code)
    code = worst(codes)
    return CHANGED if code == 0 and tell_changes and plan.changes else code
