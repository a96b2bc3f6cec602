"""Commits that GitHub makes itself (`commit: {via: api}`), in the place of those that git makes and pushes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from promote.api.forges import Forges
from promote.api.projects import committing
from promote.api.remotes import Writer
from promote.config.model import Config
from promote.errors import ForgeRefused, GitError, PushRejected
from promote.forge.github_commit import Committer
from promote.forge.github_files import as_taken
from promote.gitrepo.write.refusal import remedy
from promote.outcome import Beaten, Landed, Plan, Step, Unclear, WordedStep
from promote.place import Place
from promote.publish.sent import Sent

_LOG = logging.getLogger("promote.git")


def foresee(config: Config, plan: Plan) -> None:
    """Refuses what `ForgeWriter.check` would refuse, as far as it shows without asking a forge: a dry run asks none.

    UsageError where it is another forge than GitHub, or none; ForgeRefused for a file that its API cannot write.
    """
    for step in plan.steps:
        environment, _ = step.apps[0]
        committing(config, config.environment(environment), step.place.repo)
        as_taken(step.files, step.place.repo)


@dataclass(frozen=True, slots=True)
class ForgeWriter(Writer):
    """Remotes as the loop writes to them, where the forge makes the commits: nothing is pushed by git."""

    forges: Forges

    def check(self, plan: Plan) -> None:
        """Refuses a plan that the forge could not carry out, before anything is sent.

        UsageError where it is another forge than GitHub, ForgeDenied without a token, ForgeRefused for a file that its
        API cannot write.
        """
        for step in plan.steps:
            self._committer(step)
            as_taken(step.files, step.place.repo)

    def arrived(self, place: Place, sent: Sent) -> tuple[str, ...] | None:
        if sent.oids:
            return Writer.arrived(self, place, sent)
        found = self.remotes.made_on(place, sent.parent, sent.message)
        return None if found is None else (found,)

    def land(
        self, place: Place, *, parent: str, expected: str | None, worded: Sequence[WordedStep]
    ) -> Landed | Beaten | Unclear:
        first, *more = worded
        is_proposed = first.step.onto is not None
        with self.forges.veiled():
            committer = self._committer(first.step)
            try:
                if more or is_proposed:
                    came = committer.put(
                        place.branch, parent=parent, expected=expected, worded=worded, force=is_proposed
                    )
                else:
                    came = committer.add(place.branch, parent=parent, worded=first)
            except ForgeRefused as exc:
                raise PushRejected(exc.what, where=exc.where, cure=exc.cure or remedy(exc.what)) from exc
        if not isinstance(came, Beaten):
            self.remotes.note(place, came.commit)
        if isinstance(came, Unclear):
            self.remotes.lost(place, came.commit)
        elif isinstance(came, Landed) and not is_proposed:
            self._fetch(place)
        return came

    def _committer(self, step: Step) -> Committer:
        environment, _ = step.apps[0]
        return self.forges.committer(self.forges.config.environment(environment), step.place.repo)

    def _fetch(self, place: Place) -> None:
        """The tip as it is now: this run did not make it, so it does not have it."""
        try:
            self.refresh(place)
        except GitError as exc:
            # It has landed all the same; who reads the branch later in this run sees it as it was.
            _LOG.info("%s: branch %s cannot be fetched after its commit: %s", place.repo, place.branch, exc.what)
