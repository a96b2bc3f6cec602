"""What `to` may carry of one app: what its sources run, and what they ran before if that is told to be enough (6.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from promote.estate.estate import Estate
from promote.gates.gate import Origin
from promote.image import Version, alike
from promote.outcome import Failure, Refusal, Skip
from promote.plan.carry import Cargo, cargo, carried
from promote.plan.draft import unfit
from promote.plan.intent import Before
from promote.policy import Policy
from promote.question import Asking, Past, Ran, Stretch, Unknown, look_back
from promote.tree import show

# A version that has waited behind so many others is nobody's choice any more, and history has to end somewhere.
_MOST = 64


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version that could be carried, with the digests that it had in `source`, and whether it is there now."""

    version: Version
    cargo: Cargo
    source: str
    is_present: bool = True


Stop = Skip | Refusal | Failure


def origin(estate: Estate, app: str, before: Before) -> Origin:
    """The environment as gates see it: where the version comes from."""
    running = estate.runs(app)
    present = running if isinstance(running, Version) and running.reference else None
    return Origin(estate.environment.name, estate.place, before.tip(estate, app), present)


def present(estates: Mapping[str, Estate], source: str, target: str, app: str, before: Before) -> Candidate | Stop:
    """What one source runs, or why that cannot be carried."""
    there = estates[source]
    running = there.runs(app)
    if running == "absent":
        fault = unfit(there, app)
        why = fault.reason if fault is not None else ""
        return Skip(target, app, "absent", f"{source} has no {app} to carry: {why}")
    if running == "mixed":
        return Refusal(target, app, "mixed", f"{source} runs {app} in versions that differ: {differing(there, app)}")
    if not running.reference:
        return Skip(target, app, "no-version", f"{source} names {app} without a version")
    if before.moved(there, app):
        return Skip(target, app, "source-moved", f"{source} has changed {app} meanwhile: run again")
    return Candidate(running, cargo(there, estates[target], app), source)


def differing(estate: Estate, app: str) -> str:
    """The versions that the sites of an app have, each with a place that says so."""
    said = {site.version.short: site.anchor for site in estate.sites(app)}
    return ", ".join(f"{version} at {show(said[version].path)}:{said[version].span.line}" for version in sorted(said))


def earlier(
    estates: Mapping[str, Estate], source: str, target: str, app: str, before: Before
) -> Asking[list[Candidate] | Failure]:
    """What a source ran before, the newest first: since the target's own version, and never taken back there."""
    there, here = estates[source], estates[target]
    running = here.runs(app)
    own = running if isinstance(running, Version) else None

    def since(past: Past) -> list[Stretch]:
        return [*_since(past.stretches, own)]

    question = Ran(there.place, before.tip(there, app), source, app)
    past = yield from look_back(question, lambda past: len(since(past)) < len(past.stretches), most=_MOST)
    if isinstance(past, Unknown):
        return Failure(target, app, "history", past.exit_code, past.why)
    chooser = there.apps[app].chooser
    found: list[Candidate] = []
    for number, stretch in enumerate(since(past)):
        version = stretch.runs
        if number == 0 or not isinstance(version, Version) or not version.reference:
            continue
        if any(alike(version, each.version) for each in found) or (
            yield from _taken_back(chooser, there, app, version, past.stretches, number)
        ):
            continue
        found.append(Candidate(version, carried(there, here, app, stretch.images), source, is_present=False))
    return found


def _since(stretches: Sequence[Stretch], own: Version | None) -> Iterator[Stretch]:
    """The stretches up to the one that ran what the target runs: all before it is older."""
    for stretch in stretches:
        if own is not None and isinstance(stretch.runs, Version) and alike(stretch.runs, own):
            return
        yield stretch


def _taken_back(
    chooser: Policy | None, there: Estate, app: str, version: Version, stretches: Sequence[Stretch], number: int
) -> Asking[bool]:
    """Whether what ran in a stretch was given up for something older: by a rollback, or by hand."""
    before = [each.runs for each in stretches[number + 1 :]]
    for stretch in stretches[:number]:
        undone = None if stretch.brought is None else stretch.brought.undone
        if undone is not None and alike(undone, version):
            return True
        newer = stretch.runs
        if not isinstance(newer, Version) or alike(newer, version):
            continue
        if any(isinstance(each, Version) and alike(each, newer) for each in before):
            return True
        sign = None if chooser is None else (yield from chooser.compare(there.apps[app].repositories, newer, version))
        if isinstance(sign, int) and sign < 0:
            return True
    return False


def shared_by_all(found: Sequence[Sequence[Candidate]]) -> list[Candidate]:
    """The candidates of the first source that all the others have had too, in its order."""
    first, *others = found
    return [each for each in first if all(any(alike(each.version, its.version) for its in other) for other in others)]
