"""One commit made by GitHub itself, which signs it: `createCommitOnBranch` of its GraphQL API (Commits, Mutations).

It commits on top of a branch that is where it is expected, and it knows no modes: what it writes is an ordinary file.
To give a branch another commit in the place of those it has, the branch is not first set back: a pull request whose
head has nothing ahead of its base is closed by GitHub, for good. The commit is made on a scratch branch, and one
`updateRefs` sets the branch from what is expected there and drops the scratch branch, both or neither.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from promote.errors import ForgeAbsent, ForgeRefused, ForgeUnclear, ForgeUnreachable
from promote.forge.address import Project
from promote.forge.github import repository
from promote.forge.github_files import as_taken
from promote.forge.github_graphql import Refusal, asked, needed
from promote.forge.web import Web
from promote.outcome import Beaten, Landed, Unclear
from promote.text.edit import FileChange

SCRATCH = "promote-scratch/"
_NONE = "0" * 40
_TRIES = 3
# How far below the tip our own commit may be, where others committed on top of it since.
_LOOK = """
query Look($owner: String!, $name: String!, $ref: String!) {
  repository(owner: $owner, name: $name) {
    id
    ref(qualifiedName: $ref) {
      target {
        oid
        ... on Commit { history(first: 50) { nodes { oid message parents(first: 1) { nodes { oid } } } } }
      }
    }
  }
}
"""
_COMMIT = """
mutation Commit($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}
"""
_MOVE = """
mutation Move($input: UpdateRefsInput!) {
  updateRefs(input: $input) { clientMutationId }
}
"""


class _Oid(msgspec.Struct):
    oid: str


class _Parents(msgspec.Struct):
    nodes: list[_Oid]


class _Ancestor(msgspec.Struct):
    oid: str
    message: str
    parents: _Parents


class _History(msgspec.Struct):
    nodes: list[_Ancestor]


class _Target(msgspec.Struct):
    oid: str
    history: _History | None = None


class _Ref(msgspec.Struct):
    target: _Target


class _Repository(msgspec.Struct):
    id: str
    ref: _Ref | None = None


class _Looked(msgspec.Struct):
    repository: _Repository


class _Created(msgspec.Struct):
    commit: _Oid


class _Committed(msgspec.Struct, rename="camel"):
    create_commit_on_branch: _Created


class Committer:
    """Makes commits in one repository of GitHub."""

    def __init__(self, project: Project, web: Web) -> None:
        self._web = web
        self._path = repository(project)
        self._full_name = project.path
        self._where = project.page

    def land(
        self, branch: str, *, parent: str, expected: str | None, files: Sequence[FileChange], message: str
    ) -> Landed | Beaten | Unclear:
        """Commits `files` on `parent` and sets the branch to it, if that is still at `expected` (None: not there).

        Unclear says which commit was lost sight of; where not even that is known, ForgeUnclear is raised. Raises
        ForgeRefused for what the API cannot express (executable files, links) and what rules of the repository forbid.
        """
        headline, _, body = message.partition("\n")
        change = {
            "message": {"headline": headline, "body": body.strip("\n")},
            "fileChanges": as_taken(files, self._where),
        }
        if expected is None:
            if not self._create(branch, parent):
                return Beaten()
            expected = parent
        if expected == parent:
            made = self._commit(branch, parent, change, message)
            return Beaten() if made is None else Landed(made)
        return self._replace(branch, parent, expected, change, message)

    def _look(self, branch: str) -> _Repository:
        owner, _, name = self._full_name.partition("/")
        variables = {"owner": owner, "name": name, "ref": f"refs/heads/{branch}"}
        return needed(self._web, _LOOK, variables, _Looked).repository

    def _tip(self, branch: str) -> str | None:
        ref = self._look(branch).ref
        return None if ref is None else ref.target.oid

    def _create(self, branch: str, at: str) -> bool:
        """A new branch (Git database, References); False where there is one already, elsewhere."""
        body = {"ref": f"refs/heads/{branch}", "sha": at}
        try:
            self._web.send("POST", f"{self._path}/git/refs", body, again=True)
        except ForgeRefused as exc:
            if "already exists" not in exc.what.lower():
                raise
            # Sent twice, the second found the first's; and a branch at that commit is as good from anybody.
            return self._tip(branch) == at
        return True

    def _commit(self, branch: str, parent: str, change: dict[str, Any], message: str) -> str | None:
        """The commit on the branch; None where the branch was not at `parent` any more.

        It takes no commit on another head than the expected one, so what may be lost is sent again.
        """
        variables = {
            "input": {
                "branch": {"repositoryNameWithOwner": self._full_name, "branchName": branch},
                "expectedHeadOid": parent,
                **change,
            }
        }
        lost: ForgeUnclear | None = None
        for _ in range(_TRIES):
            try:
                told = asked(self._web, _COMMIT, variables, _Committed, again=False)
            except ForgeUnclear as exc:
                lost = exc
                continue
            if not isinstance(told, Refusal):
                return told.create_commit_on_branch.commit.oid
            if told.kind != "STALE_DATA" and "expected branch to point to" not in told.said.lower():
                raise ForgeRefused(f"refused the commit: {told.said}", where=self._where)
            return None if lost is None else self._ours(branch, parent, message)
        found = self._ours(branch, parent, message)
        if found is None and lost is not None:
            raise lost
        return found

    def _ours(self, branch: str, parent: str, message: str) -> str | None:
        """The commit on `parent` with our message, among the branch's latest."""
        ref = self._look(branch).ref
        nodes = [] if ref is None or ref.target.history is None else ref.target.history.nodes
        for commit in nodes:
            parents = [each.oid for each in commit.parents.nodes]
            if parents == [parent] and commit.message.strip() == message.strip():
                return commit.oid
        return None

    def _replace(
        self, branch: str, parent: str, expected: str, change: dict[str, Any], message: str
    ) -> Landed | Beaten | Unclear:
        """By way of a scratch branch, which is gone afterwards, whatever comes of it."""
        there = self._look(branch)
        if there.ref is None or there.ref.target.oid != expected:
            return Beaten()
        scratch = f"{SCRATCH}{secrets.token_hex(8)}"
        if not self._create(scratch, parent):
            raise ForgeUnclear(f"its branch {scratch} is not where it was made", where=self._where, cure="try again")
        outcome: Landed | Beaten | Unclear | None = None
        try:
            made = self._commit(scratch, parent, change, message)
            if made is None:
                raise ForgeUnclear(f"somebody else moved its branch {scratch}", where=self._where, cure="try again")
            outcome = self._moved(there.id, branch, expected, scratch, made)
            return outcome
        finally:
            if not isinstance(outcome, Landed):
                self._drop(scratch)

    def _moved(
        self, repository_id: str, branch: str, expected: str, scratch: str, made: str
    ) -> Landed | Beaten | Unclear:
        """Its words for a branch that moved are not documented; where the branch is afterwards says more."""
        updates = [
            {"name": f"refs/heads/{branch}", "beforeOid": expected, "afterOid": made, "force": True},
            {"name": f"refs/heads/{scratch}", "beforeOid": made, "afterOid": _NONE, "force": True},
        ]
        variables = {"input": {"repositoryId": repository_id, "refUpdates": updates}}
        lost = ""
        for _ in range(_TRIES):
            try:
                told = asked(self._web, _MOVE, variables, dict[str, Any], again=False)
                if not isinstance(told, Refusal):
                    return Landed(made)
                tip = self._tip(branch)
            except (ForgeUnclear, ForgeUnreachable) as exc:
                lost = str(exc)
                continue
            if tip == made:
                return Landed(made)
            if tip == expected:
                raise ForgeRefused(f"will not set {branch} to its new commit: {told.said}", where=self._where)
            return Unclear(made, f"{lost}; {told.said}") if lost else Beaten()
        return Unclear(made, lost)

    def _drop(self, branch: str) -> None:
        try:
            self._web.send("DELETE", f"{self._path}/git/refs/heads/{quote(branch)}")
        except ForgeAbsent:
            return
        except ForgeRefused as exc:
            if "does not exist" not in exc.what.lower():
                raise
