"""Pull requests, once their branches hold what they carry: made, brought up to date, closed where nothing is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from promote.errors import PromoteError
from promote.outcome import Failure, Proposal, Pulled
from promote.publish.shares import failed


class Pulls(Protocol):
    """What makes pull requests; a ForgeError, or a GitError for a branch that could not go, says what it could not."""

    def open(self, proposal: Proposal) -> Pulled:
        """The pull request as it is to be, new or brought up to date."""
        ...

    def close(self, proposal: Proposal) -> Pulled | None:
        """Of what is left without a change: its pull request closed, if there is one, and its branch gone."""
        ...


def pull(proposals: Sequence[Proposal], pulls: Pulls) -> tuple[tuple[Pulled, ...], tuple[Failure, ...]]:
    """What was done, in the order of the branches; one that fails stops no other, and the next run finds it again."""
    done: list[Pulled] = []
    failures: list[Failure] = []
    for proposal in sorted(proposals, key=lambda each: each.place):
        try:
            made = pulls.open(proposal) if proposal.apps else pulls.close(proposal)
        except PromoteError as exc:
            apps = proposal.apps or ((proposal.environment, "*"),)
            why = f"branch {proposal.head} is as it should be, but its pull request is not: {exc}"
            failures += failed(apps, "pull-request", why, exc.exit_code)
        else:
            done += [] if made is None else [made]
    return tuple(done), tuple(failures)
