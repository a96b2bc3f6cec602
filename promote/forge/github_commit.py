"""Commits made by GitHub itself, which signs them: `createCommitOnBranch` of its GraphQL API (Commits, Mutations).

It commits on top of a branch that is where it is expected, and it knows no modes: what it writes is an ordinary file.
What is more than one commit on top of a branch is made on a scratch branch, and one `updateRefs` sets the branch from
what is expected there and drops the scratch branch, both or neither. A branch is never first set back, nor made before
its commit is there: a pull request whose head has nothing ahead of its base is closed by GitHub, for good.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from promote.clock import Clock
from promote.errors import ForgeError, ForgeRefused, ForgeUnclear, ForgeUnreachable
from promote.forge.address import Project
from promote.forge.github_files import as_taken
from promote.forge.github_graphql import Refusal, asked
from promote.forge.github_refs import Move, Refs, Seen
from promote.forge.github_scratch import abandoned, new_name
from promote.forge.web import Web
from promote.outcome import Beaten, Landed, Unclear, WordedStep

_LOG = logging.getLogger("promote.http")
_TRIES = 3
# Found before the commit was made, or when the branch was to be set to it.
_STALE = re.compile(r"expected branch to point to|is at [0-9a-f]{40,64} but expected", re.IGNORECASE)
_COMMIT = """
mutation Commit($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}
"""


class _Oid(msgspec.Struct):
    oid: str


class _Created(msgspec.Struct):
    commit: _Oid


class _Committed(msgspec.Struct, rename="camel"):
    create_commit_on_branch: _Created


class Committer:
    """Makes commits in one repository of GitHub.

    Raises ForgeRefused for what the API cannot express (executable files, links) and what rules of the repository
    forbid, and another ForgeError where nothing of it is on the branch.
    """

    def __init__(self, project: Project, web: Web, clock: Clock) -> None:
        self._web = web
        self._clock = clock
        self._refs = Refs(project, web)
        self._full_name = project.path
        self._where = project.page

    def add(self, branch: str, *, parent: str, worded: WordedStep) -> Landed | Beaten | Unclear:
        """One commit on top of a branch, if that is still at `parent`.

        Unclear has no name for it where its answer was lost, and it was not seen on the branch either.
        """
        try:
            made = self._commit(branch, parent, worded)
        except ForgeUnclear as exc:
            return Unclear("", str(exc))
        return Beaten() if made is None else Landed(made)

    def put(
        self, branch: str, *, parent: str, expected: str | None, worded: Sequence[WordedStep], force: bool
    ) -> Landed | Beaten | Unclear:
        """A chain of commits on `parent`, and the branch set to it, if that is still at `expected` (None: not there).

        With `force` they may take the place of others. By way of a scratch branch, which is gone afterwards.
        """
        for each in worded:
            as_taken(each.step.files, self._where)
        there = self._refs.look(branch)
        if there.tip != expected:
            return Beaten()
        scratch = new_name(self._clock.now())
        try:
            self._refs.create(scratch, parent)
            *below, made = self._chain(scratch, parent, worded)
            moves = (Move(branch, expected, made, force=force), Move(scratch, made, None, force=True))
            outcome = self._moved(there.repository, moves)
        except ForgeError as exc:
            raise type(exc)(f"{exc.what}{self._left(scratch)}", where=exc.where, cure=exc.cure) from exc
        except BaseException:
            self._left(scratch)
            raise
        if isinstance(outcome, Landed):
            self._sweep(there)
            return replace(outcome, below=tuple(below))
        left = self._left(scratch)
        if isinstance(outcome, Unclear):
            return replace(outcome, why=f"{outcome.why}{left}", below=tuple(below))
        if left:
            raise ForgeUnreachable(f"somebody else moved {branch} first{left}", where=self._where)
        return outcome

    def remove(self, branch: str, expected: str) -> None:
        """The branch gone if it is still at `expected`; one that is gone or has moved is left as it is."""
        self._refs.remove(branch, expected)

    def _commit(self, branch: str, parent: str, worded: WordedStep) -> str | None:
        """The commit on the branch; None where the branch was not at `parent` any more.

        It takes no commit on another head than the expected one, so what may be lost is sent again. ForgeUnclear where
        it may be there and was not seen.
        """
        headline, _, body = worded.message.partition("\n")
        variables = {
            "input": {
                "branch": {"repositoryNameWithOwner": self._full_name, "branchName": branch},
                "expectedHeadOid": parent,
                "message": {"headline": headline, "body": body.strip("\n")},
                "fileChanges": as_taken(worded.step.files, self._where),
            }
        }
        lost: ForgeUnclear | None = None
        tries = 0
        while True:
            tries += 1
            try:
                told = asked(self._web, _COMMIT, variables, _Committed, again=False)
            except ForgeUnclear as exc:
                lost = exc
                if tries < _TRIES:
                    continue
                found = self._sought(branch, parent, worded.message, lost)
                if found is None:
                    raise
                return found
            except ForgeError as exc:
                if lost is None:
                    raise
                raise lost from exc
            if not isinstance(told, Refusal):
                return told.create_commit_on_branch.commit.oid
            found = None if lost is None else self._sought(branch, parent, worded.message, lost)
            if found is None and told.kind != "STALE_DATA" and _STALE.search(told.said) is None:
                raise ForgeRefused(f"refused the commit: {told.said}", where=self._where)
            return found

    def _sought(self, branch: str, parent: str, message: str, lost: ForgeUnclear) -> str | None:
        """The commit on `parent` with our message; None where all that came since was seen, and it is not there."""
        try:
            seen = self._refs.look(branch)
        except ForgeError as exc:
            raise lost from exc
        for oid, below, said in seen.latest:
            if below == parent and said.strip() == message.strip():
                return oid
        if seen.tip is not None and all(oid != parent for oid, _, _ in seen.latest):
            raise lost
        return None

    def _chain(self, scratch: str, parent: str, worded: Sequence[WordedStep]) -> list[str]:
        """The commits on the scratch branch; whatever comes of them, the branch itself is as it was."""
        made: list[str] = []
        for each in worded:
            try:
                oid = self._commit(scratch, made[-1] if made else parent, each)
            except ForgeUnclear as exc:
                raise ForgeUnreachable(exc.what, where=exc.where, cure=exc.cure) from exc
            if oid is None:
                raise ForgeUnreachable(f"its branch {scratch} is not where it was", where=self._where, cure="try again")
            made.append(oid)
        return made

    def _moved(self, repository: str, moves: tuple[Move, Move]) -> Landed | Beaten | Unclear:
        """Its words for a branch that moved are not documented; where the branch is afterwards says more."""
        branch, expected, made = moves[0].branch, moves[0].before, moves[1].before or ""
        lost = ""
        for _ in range(_TRIES):
            try:
                told = self._refs.move(repository, moves)
                if told is None:
                    return Landed(made)
                tip = self._refs.look(branch).tip
            except ForgeUnclear as exc:
                lost = str(exc)
                continue
            except ForgeError as exc:
                if not lost:
                    raise
                return Unclear(made, f"{lost}; {exc}")
            if tip == made:
                return Landed(made)
            if tip == expected:
                raise ForgeRefused(f"will not set {branch} to its new commit: {told.said}", where=self._where)
            return Unclear(made, f"{lost}; {told.said}") if lost else Beaten()
        return Unclear(made, lost)

    def _sweep(self, there: Seen) -> None:
        """Removes the scratch branches of runs that were killed; what stands against that is told, and no error."""
        old = abandoned(there.scratch, self._clock.now())
        if not old:
            return
        names = ", ".join(each.branch for each in old)
        try:
            told = self._refs.move(there.repository, old, again=True)
        except ForgeError as exc:
            _LOG.warning("%s: branches of killed runs are left, delete them: %s: %s", self._where, names, exc.what)
            return
        # One that another run has removed meanwhile keeps the others, until the next run.
        _LOG.info("%s: %s: %s", self._where, "removed" if told is None else f"left ({told.said})", names)

    def _left(self, scratch: str) -> str:
        """That the scratch branch is left there, and why; "" where it is gone."""
        try:
            self._refs.drop(scratch)
        except ForgeError as exc:
            return f"; its branch {scratch} is left there: {exc.what}"
        return ""
