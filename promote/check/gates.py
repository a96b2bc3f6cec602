"""The gates of environments and the checks of `verify`: each that asks something outside is tried for one app."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from promote.check.finding import Finding
from promote.estate.estate import Estate
from promote.estate.pinning import unpinned
from promote.gates import gates_of
from promote.gates.gate import Case
from promote.gates.probing import ProbeGate
from promote.gates.run import RunCheck
from promote.gates.signature import SignatureCheck
from promote.image import Version
from promote.question import Asking, abreast
from promote.sites.site import where

# What to do where a gate that is tried does not pass, by what it says.
OF_STATES = {
    "failed": "see to what it asks, if it is to pass; else correct its settings",
    "unknown": "see that it can be reached from here, and correct its settings if they name something else",
}


@dataclass(frozen=True, slots=True)
class _Trial:
    """One gate, and an app that it can be asked about."""

    gate: ProbeGate
    case: Case

    def finding(self, subject: str) -> Asking[Finding]:
        verdict = yield from self.gate.judge(self.case)
        told = f"asked of {self.case.app} {self.case.version.short}: {verdict.why}"
        if verdict.state in ("passed", "waiting"):
            return Finding("ok", subject, "gate", told)
        return Finding("warning", subject, "gate", told, OF_STATES[verdict.state])


def _case(estates: Mapping[str, Estate], environment: str, origin: str, *, by_digest: bool = False) -> Case | None:
    """The first app that runs one version at `origin`, known `by_digest`, and that `environment` knows too."""
    there, here = estates[origin], estates[environment]
    for app in sorted(there.joined.keys() & here.apps.keys()):
        version = there.runs(app)
        if by_digest and not all(each.digest for each in there.versions(app).values()):
            continue
        if isinstance(version, Version) and version.reference:
            old = here.runs(app)
            return Case(
                environment,
                app,
                version,
                tuple(there.versions(app).items()),
                old=old if isinstance(old, Version) else None,
                chooser=here.apps[app].chooser,
                values=here.environment.values(here.apps[app]),
                base=here.place,
            )
    return None


def _unsigned(estate: Estate, subject: str) -> Iterator[tuple[str, Finding]]:
    """Of each app whose images would come without a digest: no signature is found for what a tag alone names."""
    for app in sorted(estate.joined.keys() & estate.apps.keys()):
        site = next(unpinned(estate, app), None)
        if site is not None:
            what = f"{where(site.anchor)} will hold no digest of {app}, and only what has one is signed"
            yield f"{subject} {app}", Finding("warning", subject, "gate", what, f"set `pin: both` for {app}")


def _of(estates: Mapping[str, Estate], name: str) -> Iterator[tuple[str, _Trial | Finding]]:
    """Every gate and check of an environment, by what it is called: tried, or told."""
    its = estates[name].environment
    sources = [source for source in its.sources if source in estates]
    of_gates = _case(estates, name, sources[0] if sources else name)
    for kind, settings, case in (("gates", its.gates, of_gates), ("verify", its.verify, _case(estates, name, name))):
        for number, gate in enumerate(gates_of(settings, its.timezone)):
            subject = f"{name}/{kind}[{number}].{gate.name}"
            if not isinstance(gate, ProbeGate):
                yield subject, Finding("ok", subject, "gate", "its settings are fine")
            elif isinstance(gate.check, RunCheck):
                # Started where that is allowed, and then for what is promoted; whoever can look for it tells of it.
                continue
            elif isinstance(gate.check, SignatureCheck):
                yield from _unsigned(estates[name], subject)
                signed = _case(estates, name, sources[0] if sources else name, by_digest=True)
                untried = Finding("ok", subject, "gate", "not tried: no app runs one version with its digest")
                yield subject, untried if signed is None else _Trial(gate, signed)
            elif case is None:
                yield subject, Finding("ok", subject, "gate", "not tried: no app runs one version")
            else:
                yield subject, _Trial(gate, case)


def gates(estates: Mapping[str, Estate], names: Sequence[str]) -> Asking[tuple[Finding, ...]]:
    """What comes of every gate and check of these environments; all are asked in one batch."""
    found = {where: each for name in names for where, each in _of(estates, name)}
    tried = yield from abreast({w: each.finding(w) for w, each in found.items() if isinstance(each, _Trial)})
    return tuple(tried[where] if isinstance(each, _Trial) else each for where, each in found.items())
