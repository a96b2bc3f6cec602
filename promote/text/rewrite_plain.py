"""New values in a file that is no YAML, proven by the expressions that lead to them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from promote.text.change import Wish
from promote.text.edit import Edit, splice
from promote.text.plain import Group, Match, PlainText, matches
from promote.text.proof import Disagreement
from promote.text.rewrite import Rewritten

_UNFIT = re.compile(r"[\s\"'`\\]")


def _unfit(value: str) -> str | None:
    if not value:
        return "a value is empty"
    if _UNFIT.search(value) is not None or not value.isprintable():
        return "a value holds a space, a quote, a backslash or a control character"
    return None


def _edits(text: PlainText, wishes: Sequence[Wish]) -> list[Edit] | Disagreement:
    out: list[Edit] = []
    for part, value in wishes:
        if value is None:
            if part.cut is None:
                return Disagreement("not-removable", "a value cannot be removed from where it stands")
            out.append(Edit(part.cut, text.data[part.cut.start : part.cut.end], b""))
            continue
        wrong = _unfit(value)
        if wrong is not None:
            return Disagreement("not-writable", wrong)
        old = text.data[part.span.start : part.span.end]
        if old != value.encode():
            out.append(Edit(part.span, old, value.encode()))
    return out


def _after(group: Group | None, edits: Sequence[Edit]) -> Group | None:
    """Where a group is to stand when the edits are made; None for one that goes with its whole text."""
    if group is None or any(
        not edit.new and edit.span.start < group[0] and group[1] <= edit.span.end for edit in edits
    ):
        return None
    start, end = group
    for edit in edits:
        growth = len(edit.new) - len(edit.old)
        start += growth if edit.span.start < group[0] else 0
        end += growth if edit.span.start < group[1] or edit.span.start == edit.span.end == group[0] == group[1] else 0
    return start, end


def _moved(match: Match, edits: Sequence[Edit]) -> Match:
    start, end = match.whole
    # An empty value may be all that the match ends with.
    grown = [group for group in match.groups if group[0] == group[1] == end]
    ends = [_after((start, end), edits), *(_after(group, edits) for group in grown)]
    known = [each for each in ends if each is not None]
    whole = known[0][0], max(last for _, last in known)
    return Match(whole, _after(match.tag, edits), _after(match.digest, edits))


def rewrite_plain(text: PlainText, wishes: Sequence[Wish]) -> Rewritten | Disagreement:
    """The file with every part reading its new value; or why it must not be touched.

    Proven by its expressions: each must match at the same places afterwards, with the new values and all else the same.
    """
    edits = _edits(text, wishes)
    if isinstance(edits, Disagreement):
        return edits
    try:
        after = splice(text.data, edits)
    except ValueError as exc:
        return Disagreement("not-writable", f"a value cannot be written: {exc}")
    before = {expression: list(matches(text.data, expression)) for expression in text.expressions}
    known = [group for found in before.values() for match in found for group in match.groups]
    for expression, found in before.items():
        if [_moved(match, edits) for match in found] != list(matches(after, expression)):
            shown = expression.pattern.decode("utf-8", "replace")
            return Disagreement("unproven", f"the expression {shown} would not read back exactly the intended change")
    for edit in edits:
        start, end = edit.span.start, edit.span.end
        inside = any(first <= start and end <= last for first, last in known)
        if not inside and not any(not edit.new and start <= first and last <= end for first, last in known):
            return Disagreement("unproven", "no expression reads back what would be written")
    return Rewritten(after, tuple(edits))
