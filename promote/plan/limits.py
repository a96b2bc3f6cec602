"""How much one run may change by itself: a plan that is larger than that is somebody's mistake (SEMANTICS 6.6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from promote.outcome import Refusal
from promote.plan.draft import Decision, Draft


def limited(decisions: Iterable[Decision], most: Mapping[str, int | None]) -> list[Decision]:
    """The decisions; of an environment in which more apps would change than it has leave for, none does."""
    told = list(decisions)
    counts = Counter(decision.environment for decision in told if isinstance(decision, Draft))
    return [_decided(each, counts[each.environment], most.get(each.environment)) for each in told]


def _decided(decision: Decision, count: int, most: int | None) -> Decision:
    too_many = most is not None and count > most
    return _refused(decision, count, most or 0) if too_many and isinstance(decision, Draft) else decision


def _refused(draft: Draft, count: int, most: int) -> Refusal:
    why = f"{count} apps of {draft.environment} would change at once, and no more than {most} may"
    cure = f"look at it by --dry-run --max-changes {count}, and raise `limits: {{changes: {most}}}` if that is meant"
    return Refusal(draft.environment, draft.app, "too-many-changes", f"{why}: {cure}", version=draft.new)
