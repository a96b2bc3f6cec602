"""A gate that asks something of each environment that the version comes from: all of them must say yes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from promote.errors import worst
from promote.gates.gate import Case, Origin
from promote.question import Asking, abreast
from promote.verdict import Verdict


def at_every_origin(gate: str, case: Case, look: Callable[[Origin], Asking[Verdict]]) -> Asking[Verdict]:
    """What they say together; failed where the version comes from no environment."""
    if not case.origins:
        return Verdict(gate, "failed", f"{case.environment} takes {case.app} from no environment that could be asked")
    return joined(gate, (yield from abreast({each.environment: look(each) for each in case.origins})).values())


def joined(gate: str, verdicts: Iterable[Verdict]) -> Verdict:
    """One verdict of several that must all pass: the worst, with the reasons of those that are as bad."""
    said = tuple(verdicts)
    # What has failed stays so, whatever is not known of the others.
    for state in ("failed", "unknown", "waiting"):
        found = [each for each in said if each.state == state]
        if found:
            ends = [each.until for each in found if each.until is not None]
            until = max(ends) if len(ends) == len(found) else None
            why = "; ".join(dict.fromkeys(each.why for each in found))
            code = worst({each.exit_code for each in found}) if state == "unknown" else 0
            return Verdict(gate, found[0].state, why, until, code)
    return Verdict(gate, "passed", "; ".join(dict.fromkeys(each.why for each in said)))
