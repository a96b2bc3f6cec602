"""`commit_status`: a status of the commit that brought the version to where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from promote.gates.gate import Case, Origin
from promote.gates.live import live_at, never_ran
from promote.gates.origins import at_every_origin
from promote.question import Asking, Said, Statuses, Unknown
from promote.verdict import Verdict


class CommitStatusSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A status or check that must be a success on the commit that brought the version."""

    context: Annotated[str, Meta(description="The name of the status or check.", examples=["e2e"], min_length=1)]
    environment: Annotated[
        str | UnsetType,
        Meta(description="Of several environments in `from`, the one whose commit bears it. Default: all of them."),
    ] = UNSET


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """Passes where the forge says success, waits while it says nothing yet; asks `environment` alone, if one is."""

    context: str
    environment: str | None = None

    @property
    def name(self) -> str:
        return "commit_status"

    @property
    def is_live(self) -> bool:
        return False

    def judge(self, case: Case) -> Asking[Verdict]:
        asked = tuple(each for each in case.origins if self.environment in (None, each.environment))
        return at_every_origin(self.name, replace(case, origins=asked), lambda origin: self._at(origin, case))

    def _at(self, origin: Origin, case: Case) -> Asking[Verdict]:
        live = yield from live_at(origin, case)
        if isinstance(live, Unknown):
            return Verdict(self.name, "unknown", live.why, exit_code=live.exit_code)
        if not live.stretches:
            return Verdict(self.name, "failed", never_ran(origin, case, live.ends))
        brought = live.stretches[0][0].brought
        if brought is None:
            why = f"the commit that brought it to {origin.environment} cannot be seen: {live.ends}"
            return Verdict(self.name, "failed", why)
        question = Statuses(origin.place, origin.environment, brought.commit)
        said: Any = (yield frozenset({question}))[question]
        if isinstance(said, Unknown):
            return Verdict(self.name, "unknown", said.why, exit_code=said.exit_code)
        if not isinstance(said, Said):
            raise TypeError(f"statuses were answered with {type(said).__name__}")
        return self._verdict(said, f"commit {brought.commit[:12]} of {origin.environment}")

    def _verdict(self, said: Said, where: str) -> Verdict:
        states = {each.context: each for each in said.statuses}
        status = states.get(self.context)
        if status is None:
            return Verdict(self.name, "waiting", f"{self.context} is not there yet on {where}")
        told = f": {status.description}" if status.description else ""
        return Verdict(self.name, _MEANINGS[status.state], f"{self.context} is {status.state} on {where}{told}")


_MEANINGS: Mapping[str, Any] = {"success": "passed", "pending": "waiting", "failure": "failed", "error": "failed"}
