"""What the gates say of a pull request, as the one status that its head gets."""

from __future__ import annotations

from collections.abc import Sequence

from promote.moment import show_minute
from promote.question import StatusState
from promote.verdict import Verdict

CONTEXT = "promote/gates"
# Azure and GitHub take no more.
_MOST = 140


def of_gates(verdicts: Sequence[tuple[str, str, Verdict]]) -> tuple[str, StatusState, str]:
    """(context, state, description) of verdicts, which are (environment, app, what a gate says)."""
    against = [each for each in verdicts if not each[2].passes]
    if not against:
        return CONTEXT, "success", "every gate has passed"
    worst = next((each for each in against if each[2].state in ("failed", "unknown")), against[0])
    environment, app, verdict = worst
    state: StatusState = "pending" if verdict.state == "waiting" else "failure"
    until = "" if verdict.until is None else f" until {show_minute(verdict.until)}"
    more = f" (and {len(against) - 1} more)" if len(against) > 1 else ""
    told = f"{environment}: {app}: {verdict.gate}{until}{more}: {verdict.why}"
    shown = "".join(char if char.isprintable() else " " for char in told)
    return CONTEXT, state, shown if len(shown) <= _MOST else f"{shown[: _MOST - 1]}…"
