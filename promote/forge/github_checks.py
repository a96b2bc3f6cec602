"""What is said of a commit and of a pull request at GitHub: statuses, check runs, reviews."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from promote.errors import ForgeDenied, ForgeUnreachable
from promote.forge.github_graphql import needed
from promote.forge.web import Web
from promote.question import CommitStatus, Review, StatusState

_PAGE, _PAGES = 100, 50
_STATES: dict[str, StatusState] = {
    "pending": "pending",
    "success": "success",
    "failure": "failure",
    "error": "error",
}
# Checks, Runs: what a run that is `completed` came to. What is not known here does not pass.
_CONCLUSIONS: dict[str, StatusState] = {
    "success": "success",
    "neutral": "success",
    "skipped": "success",
    "failure": "failure",
    "cancelled": "failure",
    "timed_out": "failure",
    "action_required": "failure",
    "startup_failure": "failure",
    "stale": "failure",
}
_WORST: tuple[StatusState, ...] = ("error", "failure", "pending", "success")

_REVIEWS = """
query Reviews($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      latestOpinionatedReviews(first: 100, after: $after, writersOnly: true) {
        nodes { author { login } state commit { oid } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""


class _Status(msgspec.Struct):
    context: str
    state: str
    description: str | None = None
    target_url: str | None = None


class _Statuses(msgspec.Struct):
    statuses: list[_Status]


class _Output(msgspec.Struct):
    title: str | None = None


class _Run(msgspec.Struct):
    name: str
    status: str
    conclusion: str | None = None
    html_url: str | None = None
    details_url: str | None = None
    output: _Output | None = None


class _Runs(msgspec.Struct):
    check_runs: list[_Run]


class _Author(msgspec.Struct):
    login: str


class _Oid(msgspec.Struct):
    oid: str


class _Review(msgspec.Struct):
    state: str
    author: _Author | None = None
    commit: _Oid | None = None


class _Page(msgspec.Struct, rename="camel"):
    has_next_page: bool
    end_cursor: str | None = None


class _Reviews(msgspec.Struct, rename="camel"):
    nodes: list[_Review | None]
    page_info: _Page


class _PullReviews(msgspec.Struct, rename="camel"):
    latest_opinionated_reviews: _Reviews | None = None


class _Repository(msgspec.Struct, rename="camel"):
    pull_request: _PullReviews


class _Data(msgspec.Struct):
    repository: _Repository


def _outcome(run: _Run) -> StatusState:
    if run.status != "completed":
        return "pending"
    return _CONCLUSIONS.get(run.conclusion or "", "error")


def _runs(web: Web, path: str) -> Iterator[CommitStatus]:
    try:
        pages = web.pages(f"{path}/check-runs", {"per_page": _PAGE, "filter": "latest"})
    except ForgeDenied as exc:
        raise ForgeDenied(
            exc.what,
            where=exc.where,
            cure="checks are read by a GitHub App or GITHUB_TOKEN with checks: read, or a classic token with repo; "
            "no fine-grained personal token may read those of a private repository",
        ) from exc
    for page in pages:
        for run in page.read(_Runs).check_runs:
            title = (run.output.title if run.output is not None else None) or ""
            yield CommitStatus(run.name, _outcome(run), title, run.html_url or run.details_url or "")


def _worst(told: Iterable[CommitStatus]) -> list[CommitStatus]:
    """One of each context: two workflows may have jobs of one name, and both are the latest to GitHub."""
    kept: dict[str, CommitStatus] = {}
    for each in told:
        there = kept.get(each.context)
        if there is None or _WORST.index(each.state) < _WORST.index(there.state):
            kept[each.context] = each
    return list(kept.values())


def statuses(web: Web, repository: str, commit: str) -> Sequence[CommitStatus]:
    """Combined status of a commit (Commits, Statuses) and its latest check runs (Checks, Runs), all pages of both."""
    path = f"{repository}/commits/{commit}"
    pages = web.pages(f"{path}/status", {"per_page": _PAGE})
    told = [
        CommitStatus(each.context, _STATES.get(each.state, "error"), each.description or "", each.target_url or "")
        for page in pages
        for each in page.read(_Statuses).statuses
    ]
    return _worst((*told, *_runs(web, path)))


def reviews(web: Web, owner: str, name: str, number: int) -> Sequence[Review]:
    """The latest approval or request for changes of each person who may write: others may review, and do not count.

    GitHub picks them (GraphQL, PullRequest.latestOpinionatedReviews): a comment changes nothing, and a review that was
    dismissed says nothing any more.
    """
    found: list[Review] = []
    after: str | None = None
    for _ in range(_PAGES):
        variables = {"owner": owner, "name": name, "number": number, "after": after}
        page = needed(web, _REVIEWS, variables, _Data).repository.pull_request.latest_opinionated_reviews
        for each in () if page is None else page.nodes:
            if each is not None and each.author is not None and each.state in ("APPROVED", "CHANGES_REQUESTED"):
                commit = None if each.commit is None else each.commit.oid
                found.append(Review(each.author.login, approves=each.state == "APPROVED", commit=commit))
        if page is None or not page.page_info.has_next_page or page.page_info.end_cursor in (None, after):
            return found
        after = page.page_info.end_cursor
    raise ForgeUnreachable("its reviews do not end", where=f"{web.base}/graphql", cure="ask who runs the forge")
