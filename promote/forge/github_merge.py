"""Merging by itself at GitHub: auto-merge, by its GraphQL API alone, and the merge at once where nothing holds it."""

from __future__ import annotations

from typing import Any

from promote.errors import ForgeRefused
from promote.forge.github_answers import Pull
from promote.forge.github_graphql import Refusal, asked, needed
from promote.forge.request import Method, PullRequest
from promote.forge.web import Web
from promote.forge.wish import same

_ENABLE = """
mutation Arm($id: ID!, $method: PullRequestMergeMethod!, $body: String) {
  enablePullRequestAutoMerge(input: {pullRequestId: $id, mergeMethod: $method, commitBody: $body}) { clientMutationId }
}
"""
_DISABLE = """
mutation Disarm($id: ID!) {
  disablePullRequestAutoMerge(input: {pullRequestId: $id}) { clientMutationId }
}
"""
# Words of a refusal, in lower case, and what they mean to who reads them.
_WHY = (
    (
        "auto merge is not allowed",
        "the repository does not allow auto-merge: tick it in its settings (General, Pull Requests)",
    ),
    (
        "protected branch rules not configured",
        "no rule holds a pull request into this branch: protect it with required checks or reviews",
    ),
    (
        "unstable status",
        "a check that is not required is pending or failed, and nothing else holds it: make that check required",
    ),
    ("draft", "it is a draft"),
    ("dirty status", "it has conflicts with its base"),
)
# Nothing is left to wait for; `has_hooks` is the same where a server has hooks of its own.
_READY = ("clean status", "has_hooks status")


class Merging:
    """The auto-merge of one repository's pull requests."""

    def __init__(self, web: Web, path: str) -> None:
        """`path` is the repository's, in the REST API."""
        self._web = web
        self._path = path

    def _now(self, number: int) -> Pull:
        return self._web.get(f"{self._path}/pulls/{number}").read(Pull)

    def arm(self, request: PullRequest, method: Method, trailers: str) -> str | None:
        """Why it cannot be merged by itself, or None; one that nothing holds is merged at once, if its head stands."""
        pull = self._now(request.number)
        if pull.state != "open":
            return None if pull.merged_at is not None else "it is closed"
        if pull.auto_merge is not None:
            if pull.auto_merge.merge_method == method and (
                method == "rebase" or same(pull.auto_merge.commit_message or "", trailers)
            ):
                return None
            needed(self._web, _DISABLE, {"id": pull.node_id}, dict[str, Any])
        body = None if method == "rebase" else trailers
        told = asked(self._web, _ENABLE, {"id": pull.node_id, "method": method.upper(), "body": body}, dict[str, Any])
        if not isinstance(told, Refusal):
            return None
        words = told.said.lower()
        if any(ready in words for ready in _READY):
            return self._merged(request, method, body)
        return next((why for word, why in _WHY if word in words), told.said)

    def _merged(self, request: PullRequest, method: Method, message: str | None) -> str | None:
        """Merged, if its head is still the one that was looked at (Pulls, Merge a pull request); or why not."""
        wanted = {"sha": request.head_oid, "merge_method": method, "commit_message": message}
        body = {key: value for key, value in wanted.items() if value is not None}
        try:
            self._web.send("PUT", f"{self._path}/pulls/{request.number}/merge", body)
        except ForgeRefused as exc:
            # Asked twice after a lost answer, the second finds it merged.
            return None if self._now(request.number).merged_at is not None else exc.what
        return None

    def disarm(self, request: PullRequest) -> None:
        """Looks first: it may have been armed since `request` was told."""
        pull = self._now(request.number)
        if pull.state == "open" and pull.auto_merge is not None:
            needed(self._web, _DISABLE, {"id": pull.node_id}, dict[str, Any])
