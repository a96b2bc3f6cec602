"""How much one run may change by itself: a plan that is larger than that is somebody's mistake (SEMANTICS 6.6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from promote.outcome import Refusal
from promote.plan.draft import Decision, Draft


def limited(decisions: Iterable[Decision], most: Mapping[str, int | None], *, by_option: bool) -> list[Decision]:
    """The decisions; of an environment in which more apps would change than it has leave for, none does.

    `by_option` tells whether --max-changes gives that leave, or `limits` of the environment.
    """
    told = list(decisions)
    counts = Counter(decision.environment for decision in told if isinstance(decision, Draft))
    out: list[Decision] = []
    for each in told:
        count, may = counts[each.environment], most.get(each.environment)
        if isinstance(each, Draft) and may is not None and count > may:
            out.append(_refused(each, count, may, by_option=by_option))
        else:
            out.append(each)
    return out


def _refused(draft: Draft, count: int, most: int, *, by_option: bool) -> Refusal:
    may = f"--max-changes allows no more than {most}" if by_option else f"no more than {most} may"
    why = f"{count} app{'s' if count > 1 else ''} of {draft.environment} would change at once, and {may}"
    raised = "then without --dry-run" if by_option else f"raise `limits: {{changes: {most}}}`"
    cure = f"look at it by --dry-run --max-changes {count}, and {raised} if that is meant"
    return Refusal(draft.environment, draft.app, "too-many-changes", f"{why}: {cure}", version=draft.new)
