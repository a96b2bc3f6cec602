"""Gates that ask something outside of Git and registries: one probe each, and its word is the verdict."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from promote.gates.gate import Case
from promote.image import Version
from promote.question import Asking, Probe, Probed, Unknown
from promote.verdict import Verdict

# Beside {app}, {environment} and vars, in the texts of checks.
OF_THE_VERSION = frozenset({"tag", "digest"})


class Check(Hashable, Protocol):
    """What is probed, as promote.yaml says it. The same checks serve as gates and to `verify` a delivery."""

    NAME: ClassVar[str]
    IS_LIVE: ClassVar[bool]

    def filled(self, values: Mapping[str, str]) -> Check:
        """The same with its placeholders filled in."""
        ...


def standing_for(app: str, environment: str, version: Version, values: Mapping[str, str]) -> Mapping[str, str]:
    """What the placeholders of a check stand for: `values` are the `vars`, and never hide the others."""
    own = {"app": app, "environment": environment, "tag": version.tag or "", "digest": version.digest or ""}
    return {**values, **own}


@dataclass(frozen=True, slots=True)
class ProbeGate:
    """The gate that `check` makes: it passes, waits or fails as the probe does (SEMANTICS 9.1)."""

    check: Check

    @property
    def name(self) -> str:
        return self.check.NAME

    @property
    def is_live(self) -> bool:
        return self.check.IS_LIVE

    def judge(self, case: Case) -> Asking[Verdict]:
        values = standing_for(case.app, case.environment, case.version, case.values)
        question = Probe(
            self.check.filled(values),
            case.environment,
            case.app,
            case.version,
            case.images,
            ",".join(origin.environment for origin in case.origins) or None,
            case.old,
        )
        answer: Any = (yield frozenset({question}))[question]
        if isinstance(answer, Unknown):
            return Verdict(self.name, "unknown", answer.why, exit_code=answer.exit_code)
        if not isinstance(answer, Probed):
            raise TypeError(f"a probe is not answered with {answer!r}")
        return Verdict(self.name, answer.state, answer.why)
