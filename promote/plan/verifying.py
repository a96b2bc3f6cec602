"""What the `verify` checks of an environment say of what it runs now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promote.estate.estate import Estate
from promote.gates import gates_of
from promote.image import Version
from promote.plan.gating import Way, case_of
from promote.plan.intent import Before
from promote.question import Asking, abreast
from promote.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Verified:
    """What every check says of one app; `version` is None where it runs no one version that could be checked."""

    environment: str
    app: str
    version: Version | None
    verdicts: tuple[Verdict, ...]

    @property
    def passes(self) -> bool:
        return all(verdict.passes for verdict in self.verdicts)

    @property
    def why(self) -> str:
        """What keeps it from passing, in the order of the checks."""
        return "; ".join(f"{verdict.gate}: {verdict.why}" for verdict in self.verdicts if not verdict.passes)


def verified_apps(
    estates: Mapping[str, Estate], wanted: Sequence[tuple[str, str]]
) -> Asking[tuple[Verified, ...]]:
    """What the checks say of these (environment, app), all asked in one batch."""
    found = yield from abreast({key: _app(estates, *key) for key in wanted})
    return tuple(found[key] for key in wanted)


def _app(estates: Mapping[str, Estate], environment: str, app: str) -> Asking[Verified]:
    estate = estates[environment]
    running = estate.runs(app)
    if not isinstance(running, Version) or not running.reference:
        said = running if isinstance(running, str) else "without a version"
        return Verified(environment, app, None, (Verdict("version", "failed", f"{app} is {said} in {environment}"),))
    images = estate.versions(app).items()
    # What is checked is the environment itself: the commit that brought the version in is its own.
    case = case_of(estates, environment, app, running, images, Way((environment,)), Before())
    checks = gates_of(estate.environment.verify, estate.environment.timezone)
    verdicts = yield from abreast({number: check.judge(case) for number, check in enumerate(checks)})
    return Verified(environment, app, running, tuple(verdicts.values()))
