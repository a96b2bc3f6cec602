"""`max_behind`: no more than so many newer versions wait in the registry."""

from __future__ import annotations

from dataclasses import dataclass

from promote.gates.gate import Case
from promote.image import Version
from promote.question import Asking, Unknown
from promote.verdict import Verdict


@dataclass(frozen=True, slots=True)
class MaxBehind:
    """Fails where the app's policy ranks more than `most` of the tags that it admits above the version.

    Platforms and ages count of those that the policy has looked at: from the best down to the one that it takes.
    """

    most: int

    @property
    def name(self) -> str:
        return "max_behind"

    @property
    def is_live(self) -> bool:
        return False

    def judge(self, case: Case) -> Asking[Verdict]:
        repositories = tuple(repository for repository, _ in case.images)
        if case.chooser is None or not repositories:
            why = f"{case.app} has no policy that tells which versions are newer; give it one, or take the gate away"
            return Verdict(self.name, "failed", why)
        selection = yield from case.chooser.choose(repositories, case.version)
        if selection.failure is not None:
            return self._unknown(selection.failure)
        admitted = [each.tag for each in selection.considered if each.accepted]
        if len(admitted) <= self.most:
            return Verdict(self.name, "passed", f"the policy admits only {len(admitted)} versions in all")
        # They stand best first: it is enough to look at the first one that would be too many.
        beyond = yield from case.chooser.compare(repositories, Version(admitted[self.most]), case.version)
        if isinstance(beyond, Unknown):
            return self._unknown(beyond)
        shown = case.version.short
        if beyond is None:
            return Verdict(self.name, "failed", f"the policy of {case.app} cannot rank {shown} among its versions")
        if beyond > 0:
            newest = f"up to {admitted[0]}"
            return Verdict(self.name, "failed", f"more than {self.most} versions are newer than {shown}, {newest}")
        return Verdict(self.name, "passed", f"at most {self.most} versions are newer than {shown}")

    def _unknown(self, fact: Unknown) -> Verdict:
        return Verdict(self.name, "unknown", fact.why, exit_code=fact.exit_code)
