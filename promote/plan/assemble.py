"""Decisions of all apps → one Plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from promote.config.settings import Group
from promote.estate.estate import Estate
from promote.outcome import Change, Failure, Onto, Plan, Proposal, Refusal, Skip, Step
from promote.plan.draft import Decision, Draft
from promote.plan.files import File, rewritten
from promote.plan.foreseen import foreseen
from promote.plan.proposing import Branch
from promote.plan.steps import proposed, steps
from promote.plan.write import Written
from promote.sites.site import Site
from promote.text.edit import FileChange, Span
from promote.text.part import Part


def _changes(draft: Draft) -> Iterable[Change]:
    for written in draft.written:
        old = written.site.version
        if old != written.version:
            was = old if old.tag or old.digest else None
            yield Change(draft.environment, draft.app, _where(written), was, written.version, draft.reason)


def _where(written: Written) -> Site:
    """The site as a report shows it: what is added stands in another file than what it sets over."""
    for addition in written.additions:
        # Where in the file it comes to stand only the rewritten file tells.
        part = Part(addition.path, Span(0, 0, 1, 1), addition.keys, "", "plain", 0, (b"", b""), addition.keys[-1])
        return replace(written.site, name=None, tag=part, digest=None)
    return written.site


def _proven(
    estates: Mapping[str, Estate], drafts: Sequence[Draft]
) -> tuple[Mapping[File, FileChange], list[Draft], list[Refusal]]:
    """The files with all drafts in them; a draft of which one file cannot be proven is refused whole (3.4, 11.6)."""
    files: Mapping[File, FileChange] = {}
    left, refusals = list(drafts), list[Refusal]()
    while left:
        files, refused = rewritten(estates, left)
        refused = refused or foreseen(estates, left, files)
        if not refused:
            break
        refusals += refused
        gone = {(refusal.environment, refusal.app) for refusal in refused}
        left = [draft for draft in left if (draft.environment, draft.app) not in gone]
    return files, left, refusals


def assemble(
    estates: Mapping[str, Estate], decisions: Iterable[Decision], group: Group, branches: Sequence[Branch] = ()
) -> Plan:
    """The plan of a run: what is pushed as `decisions` say, and what is proposed on `branches`.

    Each branch is one commit with all of its drafts, on the tip of its base and apart from all others.
    """
    drafts = [decision for decision in decisions if isinstance(decision, Draft)]
    refusals = [decision for decision in decisions if isinstance(decision, Refusal)]
    files, pushed, refused = _proven(estates, drafts)
    refusals += refused
    todo: list[Step] = [*steps(estates, pushed, group, files)]
    shown = list(pushed)
    proposals: list[Proposal] = []
    for branch in branches:
        files, left, refused = _proven(estates, branch.drafts)
        refusals += [each for each in refused if not branch.stands(each.environment, each.app)]
        step = proposed(estates, left, branch.place, files)
        carried = () if step is None else step.carried
        if step is not None and branch.is_pushed:
            standing = frozenset((draft.environment, draft.app) for draft in left if draft.is_standing)
            todo.append(replace(step, onto=Onto(branch.base, branch.tip, branch.expected, standing)))
        head = branch.place.branch
        there = {(item.environment, item.app) for item in carried}
        missing = (each for each in (*branch.left, *refused) if (each.environment, each.app) not in there)
        verdicts = tuple((draft.environment, draft.app, each) for draft in left for each in draft.verdicts)
        proposals.append(
            Proposal(
                branch.base,
                head,
                branch.environment,
                carried,
                branch.expected,
                is_new=branch.is_pushed,
                verdicts=verdicts,
                holds=() if step is None else step.holds,
                left=tuple(missing),
            )
        )
        shown += [draft for draft in left if not draft.is_standing]
    return Plan(
        tuple(change for draft in shown for change in _changes(draft)),
        tuple(decision for decision in decisions if isinstance(decision, Skip)),
        tuple(refusals),
        tuple(decision for decision in decisions if isinstance(decision, Failure)),
        tuple(dict.fromkeys(warning for draft in shown for warning in draft.warnings)),
        tuple(todo),
        tuple(proposals),
        tuple(change for draft in shown for change in draft.holding),
    )
