"""GitHub's GraphQL API, for what its REST API does not have: drafts, auto-merge, reviews that count, signed commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from promote.errors import ForgeAbsent, ForgeDenied, ForgeRefused, ForgeUnclear, ForgeUnreachable
from promote.forge.web import Web, sentence

T = TypeVar("T")

CURE = (
    "set GITHUB_TOKEN to a token that may write contents, pull requests and commit statuses of this repository, and "
    "read its issues and checks (in a workflow: permissions: {contents: write, pull-requests: write, statuses: write, "
    "issues: read, checks: read})"
)
_DENIED = frozenset({"FORBIDDEN", "INSUFFICIENT_SCOPES"})
# A fault or a time-out of its own, which has no type: what was asked for may be done all the same.
_FAULT = "something went wrong while executing your query"


class _Error(msgspec.Struct):
    message: str = ""
    type: str = ""


class _Answer(msgspec.Struct):
    data: dict[str, Any] | None = None
    errors: list[_Error] | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a query was not answered: GitHub's type of error (STALE_DATA, UNPROCESSABLE, …) and its own words."""

    kind: str
    said: str


def asked(
    web: Web, document: str, variables: Mapping[str, object], kind: type[T], *, again: bool = True
) -> T | Refusal:
    """The data of a query as a `kind`, or why there is none: GraphQL says so with a 200.

    `again` says that it may be sent twice. Raises a ForgeError where the answer is none, or the token may not ask;
    ForgeUnclear where something may have been done.
    """
    answer = web.send("POST", "/graphql", {"query": document, "variables": variables}, again=again)
    told = answer.read(_Answer)
    where = f"{web.base}/graphql"
    if told.errors:
        said = sentence(error.message for error in told.errors)
        kinds = {error.type for error in told.errors}
        if kinds & _DENIED:
            raise ForgeDenied(f"denied: {said}", where=where, cure=CURE)
        if "RATE_LIMITED" in kinds:
            raise ForgeUnreachable(f"asked too often: {said}", where=where, cure="try again later")
        if _FAULT in said.lower():
            fault = ForgeUnreachable if again else ForgeUnclear
            raise fault(f"failed: {said}", where=where, cure="try again later")
        return Refusal(told.errors[0].type, said)
    try:
        return msgspec.convert(told.data, kind)
    except msgspec.ValidationError as exc:
        raise ForgeUnreachable(
            f"answered with what its API does not have ({exc})",
            where=where,
            cure="check that forge.kind and forge.url of promote.yaml are this forge's",
        ) from exc


def needed(web: Web, document: str, variables: Mapping[str, object], kind: type[T]) -> T:
    """As `asked`; a refusal is raised, as ForgeAbsent or ForgeRefused."""
    told = asked(web, document, variables, kind)
    if not isinstance(told, Refusal):
        return told
    fault = ForgeAbsent if told.kind == "NOT_FOUND" else ForgeRefused
    raise fault(f"refused: {told.said}", where=f"{web.base}/graphql", cure=CURE if told.kind == "NOT_FOUND" else "")
