"""Decisions of all apps → one Plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from promote.config.settings import Group
from promote.estate.estate import Estate
from promote.outcome import Change, Failure, Plan, Refusal, Skip
from promote.plan.draft import Decision, Draft
from promote.plan.files import File, rewritten
from promote.plan.foreseen import foreseen
from promote.plan.steps import steps
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


def assemble(estates: Mapping[str, Estate], decisions: Iterable[Decision], group: Group) -> Plan:
    """The plan of a run; a draft of which one file cannot be proven is refused whole (SEMANTICS 3.4, 11.6)."""
    drafts: list[Draft] = []
    skips: list[Skip] = []
    refusals: list[Refusal] = []
    failures: list[Failure] = []
    for decision in decisions:
        match decision:
            case Draft():
                drafts.append(decision)
            case Skip():
                skips.append(decision)
            case Refusal():
                refusals.append(decision)
            case Failure():
                failures.append(decision)
    files: dict[File, FileChange] = {}
    while drafts:
        files, refused = rewritten(estates, drafts)
        refused = refused or foreseen(estates, drafts, files)
        if not refused:
            break
        refusals += refused
        gone = {(refusal.environment, refusal.app) for refusal in refused}
        drafts = [draft for draft in drafts if (draft.environment, draft.app) not in gone]
    return Plan(
        tuple(change for draft in drafts for change in _changes(draft)),
        tuple(skips),
        tuple(refusals),
        tuple(failures),
        tuple(warning for draft in drafts for warning in draft.warnings),
        steps(estates, drafts, group, files),
    )
