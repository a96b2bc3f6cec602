"""GitHub's GraphQL API, as far as it is used: an excerpt of its schema, and what answers over the fake's state."""

from __future__ import annotations

import subprocess
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from graphql import GraphQLError, build_schema, execute, parse, validate

from tests.servers.forge.github_shapes import REPOSITORY
from tests.servers.forge.state import ENVIRON, Pull, State

Json = dict[str, Any]

SDL = """
scalar Base64String
scalar GitObjectID
scalar GitRefname
scalar URI

enum PullRequestMergeMethod { MERGE REBASE SQUASH }
enum PullRequestReviewState { APPROVED CHANGES_REQUESTED COMMENTED DISMISSED PENDING }

interface Actor { avatarUrl(size: Int): URI! login: String! resourcePath: URI! url: URI! }
type User implements Actor { avatarUrl(size: Int): URI! login: String! resourcePath: URI! url: URI! }

interface GitObject { oid: GitObjectID! }
type Commit implements GitObject {
  oid: GitObjectID!
  message: String!
  parents(after: String, first: Int): CommitConnection!
  history(after: String, first: Int): CommitHistoryConnection!
}
type CommitConnection { nodes: [Commit] }
type CommitHistoryConnection { nodes: [Commit] }
type Ref { id: ID! name: String! target: GitObject }
type RefConnection { nodes: [Ref] totalCount: Int! }

type PageInfo { endCursor: String hasNextPage: Boolean! }
type PullRequestReview { author: Actor commit: Commit state: PullRequestReviewState! }
type PullRequestReviewConnection { nodes: [PullRequestReview] pageInfo: PageInfo! totalCount: Int! }
type PullRequest {
  id: ID!
  isDraft: Boolean!
  latestOpinionatedReviews(after: String, first: Int, writersOnly: Boolean = false): PullRequestReviewConnection
}
type Repository {
  id: ID!
  ref(qualifiedName: String!): Ref
  refs(after: String, first: Int, query: String, refPrefix: String!): RefConnection
  pullRequest(number: Int!): PullRequest
}
type Query { repository(followRenames: Boolean = true, name: String!, owner: String!): Repository }

input EnablePullRequestAutoMergeInput {
  authorEmail: String
  clientMutationId: String
  commitBody: String
  commitHeadline: String
  expectedHeadOid: GitObjectID
  mergeMethod: PullRequestMergeMethod = MERGE
  pullRequestId: ID!
}
type EnablePullRequestAutoMergePayload { actor: Actor clientMutationId: String pullRequest: PullRequest }
input DisablePullRequestAutoMergeInput { clientMutationId: String pullRequestId: ID! }
type DisablePullRequestAutoMergePayload { actor: Actor clientMutationId: String pullRequest: PullRequest }
input ConvertPullRequestToDraftInput { clientMutationId: String pullRequestId: ID! }
type ConvertPullRequestToDraftPayload { clientMutationId: String pullRequest: PullRequest }
input MarkPullRequestReadyForReviewInput { clientMutationId: String pullRequestId: ID! }
type MarkPullRequestReadyForReviewPayload { clientMutationId: String pullRequest: PullRequest }

input CommittableBranch { branchName: String id: ID repositoryNameWithOwner: String }
input FileAddition { contents: Base64String! path: String! }
input FileDeletion { path: String! }
input FileChanges { additions: [FileAddition!] = [] deletions: [FileDeletion!] = [] }
input CommitMessage { body: String headline: String! }
input CreateCommitOnBranchInput {
  branch: CommittableBranch!
  clientMutationId: String
  expectedHeadOid: GitObjectID!
  fileChanges: FileChanges
  message: CommitMessage!
}
type CreateCommitOnBranchPayload { clientMutationId: String commit: Commit ref: Ref }
input RefUpdate { afterOid: GitObjectID! beforeOid: GitObjectID force: Boolean = false name: GitRefname! }
input UpdateRefsInput { clientMutationId: String refUpdates: [RefUpdate!]! repositoryId: ID! }
type UpdateRefsPayload { clientMutationId: String }

type Mutation {
  enablePullRequestAutoMerge(input: EnablePullRequestAutoMergeInput!): EnablePullRequestAutoMergePayload
  disablePullRequestAutoMerge(input: DisablePullRequestAutoMergeInput!): DisablePullRequestAutoMergePayload
  convertPullRequestToDraft(input: ConvertPullRequestToDraftInput!): ConvertPullRequestToDraftPayload
  markPullRequestReadyForReview(input: MarkPullRequestReadyForReviewInput!): MarkPullRequestReadyForReviewPayload
  createCommitOnBranch(input: CreateCommitOnBranchInput!): CreateCommitOnBranchPayload
  updateRefs(input: UpdateRefsInput!): UpdateRefsPayload
}
"""
_SCHEMA = build_schema(SDL)
_NONE = "0" * 40


class RefusedError(Exception):
    """What GitHub answers a query with that it understood and will not answer: its type of error, and its words."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Host(Protocol):
    """What of the fake the resolvers need."""

    state: State
    allows_auto_merge: bool
    drafts: bool
    dismissed: set[tuple[int, str]]
    most_reviews: int
    rules: str

    @property
    def url(self) -> str: ...

    def happened(self, pull: Pull, event: str, **more: Any) -> None: ...

    def standing(self, pull: Pull) -> str: ...

    def worded(self, pull: Pull, body: str | None) -> str | None: ...

    def moved(self) -> None: ...


class Resolvers:
    """The roots of both kinds of operation."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._state = host.state

    def answer(self, body: Any) -> Json:
        """What a query is answered with; AssertionError where the schema does not have it."""
        document = parse(body["query"])
        wrong = validate(_SCHEMA, document)
        assert not wrong, [error.message for error in wrong]
        variables = body.get("variables") or {}
        with self._state.lock:
            done = execute(_SCHEMA, document, root_value=self._roots(), variable_values=variables)
        assert not hasattr(done, "__await__")
        answer: Json = {"data": done.data}
        if done.errors:
            answer["errors"] = [self._error(error) for error in done.errors]
        return answer

    def _error(self, error: GraphQLError) -> Json:
        cause = error.original_error
        assert isinstance(cause, RefusedError), (error.message, cause)
        return {"type": cause.kind, "path": error.path, "message": error.message}

    def _roots(self) -> Mapping[str, Callable[..., Any]]:
        return {
            "repository": self._repository,
            "enablePullRequestAutoMerge": self._enable,
            "disablePullRequestAutoMerge": self._disable,
            "convertPullRequestToDraft": self._to_draft,
            "markPullRequestReadyForReview": self._to_ready,
            "createCommitOnBranch": self._commit,
            "updateRefs": self._update,
        }

    def _actor(self, login: str) -> Json:
        page = f"{self._host.url}/{login}"
        return {"__typename": "User", "login": login, "avatarUrl": page, "resourcePath": f"/{login}", "url": page}

    def _repository(self, _: Any, *, owner: str, name: str, **__: Any) -> Json:
        if f"{owner}/{name}".lower() != REPOSITORY:
            raise RefusedError("NOT_FOUND", f"Could not resolve to a Repository with the name '{owner}/{name}'.")
        return {"id": "R_1", "ref": self._ref, "refs": self._refs, "pullRequest": self._pull_request}

    def _ref(self, _: Any, *, qualifiedName: str) -> Json | None:  # noqa: N803  # the schema's name
        tip = self._state.tip(qualifiedName.removeprefix("refs/heads/"))
        return {"id": qualifiedName, "name": qualifiedName, "target": self._object(tip)} if tip else None

    def _refs(self, _: Any, *, refPrefix: str, first: int) -> Json:  # noqa: N803  # the schema's name
        found = self._state.git("for-each-ref", "--format=%(objectname) %(refname)", refPrefix).splitlines()
        pairs = [line.split(" ") for line in found]
        nodes = [{"id": ref, "name": ref.removeprefix(refPrefix), "target": self._object(oid)} for oid, ref in pairs]
        return {"nodes": nodes[:first], "totalCount": len(nodes)}

    def _object(self, oid: str) -> Json:
        def parents(_: Any, first: int = 100, **__: Any) -> Json:
            listed = self._state.git("log", "-1", "--format=%P", oid).split()
            return {"nodes": [self._object(each) for each in listed[:first]]}

        def history(_: Any, first: int = 100, **__: Any) -> Json:
            listed = self._state.git("rev-list", f"--max-count={first}", oid).split()
            return {"nodes": [self._object(each) for each in listed]}

        message = self._state.git("log", "-1", "--format=%B", oid)
        return {"__typename": "Commit", "oid": oid, "message": message, "parents": parents, "history": history}

    def _pull_request(self, _: Any, *, number: int) -> Json:
        pull = self._state.get(number)
        if pull is None:
            raise RefusedError("NOT_FOUND", f"Could not resolve to a PullRequest with the number of {number}.")

        def reviews(
            _: Any,
            first: int,
            after: str | None = None,
            writersOnly: bool = False,  # noqa: N803
        ) -> Json:
            told = [
                {
                    "author": self._actor(each.by),
                    "state": self._word(pull, each.by, approves=each.approves),
                    "commit": {"oid": each.commit},
                }
                for each in self._state.said(pull)
                if each.by in self._state.people or not writersOnly
            ]
            start = int(after or 0)
            end = start + min(first, self._host.most_reviews)
            page = {"hasNextPage": end < len(told), "endCursor": str(end)}
            return {"nodes": told[start:end], "pageInfo": page, "totalCount": len(told)}

        return {"id": f"PR_{number}", "isDraft": pull.draft, "latestOpinionatedReviews": reviews}

    def _word(self, pull: Pull, by: str, *, approves: bool) -> str:
        if (pull.number, by) in self._host.dismissed:
            return "DISMISSED"
        return "APPROVED" if approves else "CHANGES_REQUESTED"

    def _found(self, given: Json) -> Pull:
        node = given["pullRequestId"]
        pull = self._state.get(int(node.removeprefix("PR_"))) if node.startswith("PR_") else None
        if pull is None:
            raise RefusedError("NOT_FOUND", f"Could not resolve to a node with the global id of '{node}'")
        return pull

    def _told(self, given: Json) -> Json:
        return {"clientMutationId": given.get("clientMutationId"), "actor": self._actor("promote-bot")}

    def _enable(self, _: Any, input: Json) -> Json:  # noqa: A002  # the schema's name
        pull = self._found(input)
        if not self._host.allows_auto_merge:
            raise RefusedError("UNPROCESSABLE", "Pull request Auto merge is not allowed for this repository")
        status = self._host.standing(pull)
        if status in ("clean", "unstable", "draft", "dirty"):
            raise RefusedError("UNPROCESSABLE", f"Pull request Pull request is in {status} status")
        if pull.armed is not None:
            raise RefusedError("UNPROCESSABLE", "Pull request Auto merge is already enabled")
        pull.armed = input["mergeMethod"].lower()
        pull.message = self._host.worded(pull, input.get("commitBody"))
        return self._told(input)

    def _disable(self, _: Any, input: Json) -> Json:  # noqa: A002  # the schema's name
        pull = self._found(input)
        if pull.armed is None:
            raise RefusedError("UNPROCESSABLE", "Can't disable auto-merge for this pull request.")
        pull.armed = None
        return self._told(input)

    def _to_draft(self, _: Any, input: Json) -> Json:  # noqa: A002  # the schema's name
        return self._draft(input, is_draft=True)

    def _to_ready(self, _: Any, input: Json) -> Json:  # noqa: A002  # the schema's name
        return self._draft(input, is_draft=False)

    def _draft(self, given: Json, *, is_draft: bool) -> Json:
        pull = self._found(given)
        if is_draft and not self._host.drafts:
            raise RefusedError("UNPROCESSABLE", "Draft pull requests are not supported in this repository.")
        pull.draft = is_draft
        self._host.happened(pull, "convert_to_draft" if is_draft else "ready_for_review")
        return {**self._told(given), "pullRequest": {"id": f"PR_{pull.number}", "isDraft": is_draft}}

    def _commit(self, _: Any, input: Json) -> Json:  # noqa: A002  # the schema's name
        where, expected = input["branch"], input["expectedHeadOid"]
        assert where["repositoryNameWithOwner"].lower() == REPOSITORY
        branch = where["branchName"]
        if self._state.tip(branch) != expected:
            raise RefusedError(
                "STALE_DATA", f'Expected branch to point to "{expected}" but it did not. Pull and try again.'
            )
        self._ruled(branch)
        changes = input.get("fileChanges") or {}
        index = self._state.repository / f"index-{branch.replace('/', '-')}"
        environ = {**ENVIRON, "GIT_INDEX_FILE": str(index)}

        def git(*words: str, stdin: bytes = b"") -> str:
            done = subprocess.run(
                ["git", *words],
                cwd=self._state.repository,
                env=environ,
                input=stdin,
                capture_output=True,
                check=True,
                timeout=60,
            )
            return done.stdout.decode().strip()

        git("read-tree", expected)
        for each in changes.get("deletions") or ():
            if not git("ls-files", "--", each["path"]):
                raise RefusedError("UNPROCESSABLE", f"A path was requested for deletion which does not exist: {each}")
            git("update-index", "--index-info", stdin=f"0 {_NONE}\t{each['path']}\n".encode())
        for each in changes.get("additions") or ():
            blob = git("hash-object", "-w", "--stdin", stdin=b64decode(each["contents"], validate=True))
            # It knows one mode, whatever the file had.
            git("update-index", "--add", "--cacheinfo", f"100644,{blob},{each['path']}")
        message = input["message"]
        text = "\n\n".join(part for part in (message["headline"], message.get("body")) if part)
        made = git("commit-tree", "-p", expected, git("write-tree"), stdin=text.encode())
        index.unlink()
        self._state.git("update-ref", f"refs/heads/{branch}", made, expected)
        self._host.moved()
        return {"clientMutationId": input.get("clientMutationId"), "commit": self._object(made)}

    def _ruled(self, branch: str) -> None:
        if self._host.rules and not branch.startswith("promote-scratch/"):
            raise RefusedError("UNPROCESSABLE", self._host.rules)

    def _update(self, _: Any, input: Json) -> Json:  # noqa: A002  # the schema's name
        assert input["repositoryId"] == "R_1"
        for each in input["refUpdates"]:
            self._ruled(each["name"].removeprefix("refs/heads/"))
            there = self._state.tip(each["name"].removeprefix("refs/heads/")) or _NONE
            if each.get("beforeOid") not in (None, there):
                raise RefusedError("UNPROCESSABLE", f"{each['name']} is at {there}")
            after = each["afterOid"]
            if _NONE not in (there, after) and not each["force"]:
                forward = self._state.git("rev-list", "--count", f"{after}..{there}")
                if forward != "0":
                    raise RefusedError("UNPROCESSABLE", "Update is not a fast forward")
        for each in input["refUpdates"]:
            after = each["afterOid"]
            self._state.git(
                *(("update-ref", "-d", each["name"]) if after == _NONE else ("update-ref", each["name"], after))
            )
        self._host.moved()
        return {"clientMutationId": input.get("clientMutationId")}
