"""Pull requests, once their branches hold what they carry: made, brought up to date, closed where nothing is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from promote.errors import PromoteError
from promote.outcome import Failure, Proposal, Pulled
from promote.place import Place
from promote.publish.shares import failed


class Pulls(Protocol):
    """What makes pull requests; a ForgeError, or a GitError for a branch that could not go, says what it could not."""

    def open(self, proposal: Proposal) -> Pulled:
        """The pull request as it is to be, new or brought up to date."""
        ...

    def close(self, proposal: Proposal) -> Pulled | None:
        """Of what is left without a change: its pull request closed, if there is one, and its branch gone."""
        ...


def pull(
    proposals: Sequence[Proposal], pulls: Pulls, heads: Mapping[Place, str]
) -> tuple[tuple[Pulled, ...], tuple[Failure, ...]]:
    """What was done, in the order of the branches; one that fails stops no other, and the next run finds it again.

    `heads` are the branches that this run has pushed, and the commits that they are at now.
    """
    done: list[Pulled] = []
    failures: list[Failure] = []
    for planned in sorted(proposals, key=lambda each: each.place):
        proposal = replace(planned, expected=heads.get(planned.place, planned.expected))
        try:
            made = pulls.open(proposal) if proposal.apps else pulls.close(proposal)
        except PromoteError as exc:
            apps = proposal.apps or ((proposal.environment, "*"),)
            why = f"branch {proposal.head} is as it should be, but its pull request is not: {exc}"
            failures += failed(apps, "pull-request", why, exc.exit_code)
        else:
            done += [] if made is None else [made]
    return tuple(done), tuple(failures)
