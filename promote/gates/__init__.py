"""Gates: what a version must pass on its way into an environment. Pure; one file a gate.

A new gate is one file with its settings and `judge`, a key in `promote.gates.settings`, and a line in the table below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from msgspec import UNSET

from promote.duration import parse_duration
from promote.gates.approval import Approval, ApprovalSettings
from promote.gates.argocd import ArgocdSettings
from promote.gates.commit_status import CommitStatus, CommitStatusSettings
from promote.gates.freeze import Freeze, FreezeSettings
from promote.gates.gate import Gate
from promote.gates.http import HttpSettings
from promote.gates.max_behind import MaxBehind
from promote.gates.min_age import MinAge
from promote.gates.probing import ProbeGate
from promote.gates.run import RunSettings
from promote.gates.settings import GateSettings, VerifySettings
from promote.gates.signature import SignatureSettings
from promote.gates.soak import Soak
from promote.gates.window import Window, WindowSettings

T = TypeVar("T")


def _several(said: T | list[T]) -> list[T]:
    return said if isinstance(said, list) else [said]


def _window(said: WindowSettings | list[WindowSettings], timezone: str) -> Gate:
    return Window(tuple(each.compile(timezone) for each in _several(said)))


def _freeze(said: FreezeSettings | list[FreezeSettings], timezone: str) -> Gate:
    return Freeze(tuple(each.compile(timezone) for each in _several(said)))


def _commit_status(said: str | CommitStatusSettings, _: str) -> Gate:
    if isinstance(said, str):
        return CommitStatus(said)
    return CommitStatus(said.context, None if said.environment is UNSET else said.environment)


def _approval(said: ApprovalSettings, _: str) -> Gate:
    return Approval(tuple(said.by), said.count)


def _run(said: str | RunSettings, _: str) -> Gate:
    return ProbeGate((RunSettings(command=said) if isinstance(said, str) else said).check())


def _probe(said: ArgocdSettings | HttpSettings | SignatureSettings, _: str) -> Gate:
    return ProbeGate(said.check())


GATES: Mapping[str, Callable[[Any, str], Gate]] = {
    "soak": lambda said, _: Soak(parse_duration(said)),
    "window": _window,
    "freeze": _freeze,
    "commit_status": _commit_status,
    "approval": _approval,
    "min_age": lambda said, _: MinAge(parse_duration(said)),
    "max_behind": lambda said, _: MaxBehind(said),
    "argocd": _probe,
    "http": _probe,
    "run": _run,
    "signature": _probe,
}


def gates_of(settings: Iterable[GateSettings | VerifySettings], timezone: str) -> tuple[Gate, ...]:
    """The gates of these settings, in their order; days and hours that name no time zone are those of `timezone`."""
    return tuple(GATES[each.kind](each.said, timezone) for each in settings)
