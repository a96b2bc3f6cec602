"""When gates that wait pass together: when one is over, another may have begun to wait (SEMANTICS 6.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from promote.gates.gate import Case, Gate
from promote.question import Asking, Now, abreast
from promote.verdict import Verdict

# A window a day, and a freeze that skips a week: two windows that never meet are given up after two months.
_LOOKS = 64
# Before the end of all dates: days and zones are counted on from a moment.
_LAST = datetime(9990, 1, 1, tzinfo=UTC)


def _at(asking: Asking[Verdict], moment: datetime) -> Asking[Verdict]:
    """What is asked, as if it were `moment`."""
    try:
        needs = next(asking)
        while True:
            answers = yield needs
            needs = asking.send({**answers, Now(): moment} if Now() in needs else answers)
    except StopIteration as stop:
        verdict: Verdict = stop.value
        return verdict


def _last(verdicts: Sequence[Verdict]) -> tuple[int, datetime] | None:
    """Which one waits the longest, and until when; None where one does not pass, and nobody knows when it will."""
    last: tuple[int, datetime] | None = None
    for number, each in enumerate(verdicts):
        if each.passes:
            continue
        if each.state != "waiting" or each.until is None:
            return None
        if last is None or each.until > last[1]:
            last = number, each.until
    return last


def _endless(verdicts: Sequence[Verdict]) -> list[Verdict]:
    return [replace(each, until=None) for each in verdicts]


def waiting_together(gates: Sequence[Gate], case: Case, verdicts: Sequence[Verdict]) -> Asking[list[Verdict]]:
    """The verdicts, which are those of `gates`, such that the longest wait ends when all of them pass.

    The gate that keeps the version out in the end waits until then, also where it passes now. Its wait has no end where
    none is found.
    """
    told = list(verdicts)
    last = _last(told)
    if last is None or len(told) < 2:
        return told
    number, until = last
    for _ in range(_LOOKS):
        if until > _LAST:
            return told
        # What runs is looked at now, and at no other time.
        asked = {key: _at(gate.judge(case), until) for key, gate in enumerate(gates) if not gate.is_live}
        then = yield from abreast(asked)
        later = [then.get(key, each) for key, each in enumerate(verdicts)]
        last = _last(later)
        if last is None or last[1] <= until:
            return told if all(each.passes for each in later) else _endless(told)
        number, until = last
        mine = verdicts[number]
        why = f"once the others pass, {later[number].why}" if mine.passes else mine.why
        told = [*verdicts]
        told[number] = Verdict(mine.gate, "waiting", why, until)
    return _endless(told)
