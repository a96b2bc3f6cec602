"""Branches of a repository at GitHub: looked at, made, and several of them set at once, or none (GraphQL, updateRefs).

`beforeOid` makes it a compare-and-swap, where 40 zeros stand for a branch that is not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from promote.errors import ForgeAbsent, ForgeRefused
from promote.forge.address import Project
from promote.forge.github import repository
from promote.forge.github_graphql import Refusal, asked, needed
from promote.forge.web import Web

# Below this are the branches on which commits are made.
SCRATCH = "promote-scratch/"
_NONE = "0" * 40
_LOOK = """
query Look($owner: String!, $name: String!, $ref: String!, $scratch: String!) {
  repository(owner: $owner, name: $name) {
    id
    ref(qualifiedName: $ref) {
      target {
        oid
        ... on Commit { history(first: 50) { nodes { oid message parents(first: 1) { nodes { oid } } } } }
      }
    }
    refs(refPrefix: $scratch, first: 50) { nodes { name target { oid } } }
  }
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


class _Named(msgspec.Struct):
    name: str
    target: _Oid | None


class _Refs(msgspec.Struct):
    nodes: list[_Named]


class _Repository(msgspec.Struct):
    id: str
    refs: _Refs | None
    ref: _Ref | None = None


class _Looked(msgspec.Struct):
    repository: _Repository


@dataclass(frozen=True, slots=True)
class Seen:
    """A branch as it is: its tip, None where there is none, and its latest commits as (commit, first parent, message).

    `repository` is GitHub's own name for it, `scratch` are the branches below SCRATCH, each with its commit.
    """

    repository: str
    tip: str | None
    latest: tuple[tuple[str, str, str], ...]
    scratch: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Move:
    """A branch set from one commit to another, None for no branch; with `force` also to one that is not above it."""

    branch: str
    before: str | None
    after: str | None
    force: bool = False


class Refs:
    """The branches of one repository."""

    def __init__(self, project: Project, web: Web) -> None:
        self._project = project
        self._web = web
        self._refs = f"{repository(project)}/git/refs"

    def look(self, branch: str) -> Seen:
        """The branch as it is now."""
        owner, _, name = self._project.path.partition("/")
        variables = {"owner": owner, "name": name, "ref": f"refs/heads/{branch}", "scratch": f"refs/heads/{SCRATCH}"}
        told = needed(self._web, _LOOK, variables, _Looked).repository
        target = None if told.ref is None else told.ref.target
        nodes = [] if target is None or target.history is None else target.history.nodes
        latest = ((each.oid, each.parents.nodes[0].oid if each.parents.nodes else "", each.message) for each in nodes)
        # Whether names are told with what all of them begin with is not documented.
        listed = told.refs.nodes if told.refs else ()
        scratch = {f"{SCRATCH}{each.name.removeprefix(SCRATCH)}": each.target.oid for each in listed if each.target}
        return Seen(told.id, None if target is None else target.oid, tuple(latest), scratch)

    def create(self, branch: str, at: str) -> None:
        """A new branch (REST, Git database, References); sent twice, the second finds the first's, which will do."""
        try:
            self._web.send("POST", self._refs, {"ref": f"refs/heads/{branch}", "sha": at}, again=True)
        except ForgeRefused as exc:
            if "already exists" not in exc.what.lower():
                raise ForgeRefused(f"will not make the branch {branch}: {exc.what}", where=exc.where) from exc

    def move(self, repository_id: str, moves: Sequence[Move], *, again: bool = False) -> Refusal | None:
        """All branches set, or none, and why not; what does not matter when it is done twice may be sent `again`."""
        updates = [
            {
                "name": f"refs/heads/{each.branch}",
                "beforeOid": each.before or _NONE,
                "afterOid": each.after or _NONE,
                "force": each.force,
            }
            for each in moves
        ]
        variables = {"input": {"repositoryId": repository_id, "refUpdates": updates}}
        told = asked(self._web, _MOVE, variables, dict[str, Any], again=again)
        return told if isinstance(told, Refusal) else None

    def drop(self, branch: str) -> None:
        """The branch gone, wherever it was."""
        try:
            self._web.send("DELETE", f"{self._refs}/heads/{quote(branch)}")
        except ForgeAbsent:
            return
        except ForgeRefused as exc:
            if "does not exist" not in exc.what.lower():
                raise

    def remove(self, branch: str, expected: str) -> None:
        """The branch gone if it is still at `expected`; one that is gone or has moved is left as it is."""
        there = self.look(branch)
        if there.tip != expected:
            return
        told = self.move(there.repository, [Move(branch, expected, None, force=True)], again=True)
        if told is not None and self.look(branch).tip == expected:
            raise ForgeRefused(f"will not remove the branch {branch}: {told.said}", where=self._project.page)
