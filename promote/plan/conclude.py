"""The end of every intent: its decisions, with what is proposed already, as one Plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from promote.estate.estate import Estate
from promote.outcome import Plan
from promote.plan.assemble import assemble
from promote.plan.draft import Decision
from promote.plan.intent import Before, Rules
from promote.plan.limits import limited
from promote.plan.proposing import proposing
from promote.question import Asking


def conclude(
    estates: Mapping[str, Estate], decisions: Iterable[Decision], rules: Rules, before: Before
) -> Asking[Plan]:
    """The plan that `decisions` come to: pushed, or proposed where an environment is delivered so."""
    allowed = limited(decisions, dict.fromkeys(estates, rules.most), by_option=True)
    kept, branches = yield from proposing(estates, allowed, rules, before)
    return assemble(estates, kept, rules.group, branches)
