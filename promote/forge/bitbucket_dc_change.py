"""Changes of a pull request at Bitbucket Data Center, each of which must know the version that it changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlencode

from promote.errors import ForgeAbsent, ForgeDenied, ForgeRefused, ForgeUnclear
from promote.forge.bitbucket_dc_answers import BODY, TITLE, AutoMerge, AutoMergeSettings, Page, Pull
from promote.forge.request import Method, Proposal, PullRequest
from promote.forge.web import Answer, Web
from promote.forge.wish import fitting, short

_PAGE = 100
# 409, by PullRequestOutOfDateException.
_OUTDATED = "out-of-date"
# Each time that it is, somebody else has changed it: of many at once all get their turn.
_TRIES = 10
_PAUSE = 0.1
_STRATEGIES: dict[Method, str] = {"merge": "no-ff", "squash": "squash", "rebase": "rebase-ff-only"}


def pages(web: Web, path: str, query: Mapping[str, str]) -> Iterator[Answer]:
    """By "Paged APIs": the next page starts where the last one says."""

    def following(answer: Answer) -> str | None:
        page = answer.read(Page)
        if page.is_last_page or page.next_page_start is None:
            return None
        return f"{web.base}{path}?{urlencode({**query, 'limit': _PAGE, 'start': page.next_page_start})}"

    return web.walk(path, {**query, "limit": _PAGE}, following=following)


class Changes:
    """Changes pull requests of the repository whose API is at `at`."""

    def __init__(self, web: Web, at: str) -> None:
        self._web = web
        self._at = at

    def one(self, number: int) -> str:
        return f"{self._at}/pull-requests/{number}"

    def read(self, number: int) -> Pull:
        return self._web.get(self.one(number)).read(Pull)

    def put(self, pull: Pull, proposal: Proposal, people: Sequence[str]) -> Pull:
        """By "Update pull request metadata": what is sent stands for the whole; tried again on a newer version."""
        for left in reversed(range(_TRIES)):
            try:
                return self._put(pull, proposal, people)
            except ForgeRefused as fault:
                if not left or _OUTDATED not in fault.what:
                    raise
            self._web.pause(_PAUSE * (_TRIES - left))
            pull = self.read(pull.id)
        raise AssertionError("the last try returns")

    def _put(self, pull: Pull, proposal: Proposal, people: Sequence[str]) -> Pull:
        there = [each.user.name for each in pull.reviewers or ()]
        body: dict[str, object] = {
            "version": pull.version,
            "title": short(proposal.title, TITLE),
            "description": fitting(proposal.body, BODY),
            "reviewers": [{"user": {"name": name}} for name in dict.fromkeys([*there, *people])],
        }
        if pull.draft is not None:
            body["draft"] = pull.draft
        return self._web.send("PUT", self.one(pull.id), body).read(Pull)

    def decline(self, number: int) -> None:
        """Nothing where it is declined already."""
        for left in (True, False):
            pull = self.read(number)
            if pull.state == "DECLINED":
                return
            try:
                self._web.send(
                    "POST", f"{self.one(number)}/decline", {"version": pull.version}, query={"version": pull.version}
                )
            except (ForgeRefused, ForgeUnclear) as fault:
                if left and (_OUTDATED in fault.what or isinstance(fault, ForgeUnclear)):
                    continue
                raise
            return

    def arm(self, request: PullRequest, method: Method, trailers: str) -> str | None:
        """By "Merge pull request" with `autoMerge`, which a server before 8.15 would overlook, and merge at once.

        So its settings are read first: they tell both whether the server has it and whether the repository may.
        """
        try:
            settings = self._web.get(f"{self._at}/settings/auto-merge").read(AutoMergeSettings)
        except ForgeAbsent:
            return "Bitbucket Data Center merges by itself since 8.15"
        except ForgeDenied as fault:
            return f"whether the repository may merge by itself cannot be read: {fault.what}"
        if not settings.enabled:
            return "auto-merge is off in the repository's settings"
        pull = self.read(request.number)
        if request.head_oid and pull.from_ref.latest_commit != request.head_oid:
            return "the branch has moved since; the next run tries again"
        body: dict[str, object] = {"autoMerge": True, "strategyId": _STRATEGIES[method], "version": pull.version}
        if method != "rebase":
            body |= {"message": trailers, "autoSubject": True}
        try:
            self._web.send("POST", f"{self.one(pull.id)}/merge", body, query={"version": pull.version})
        except ForgeDenied as fault:
            return f"the token may not merge into {request.base}: {fault.what}"
        except ForgeRefused as fault:
            if self.is_armed(pull.id, pull.from_ref.latest_commit):
                return None
            return f"the server does not take it for auto-merge: {fault.what}"
        return None

    def is_armed(self, number: int, head: str | None) -> bool:
        """Whether that head is merged by itself; a server before 8.15 has no such thing."""
        try:
            return self._web.get(f"{self.one(number)}/auto-merge").read(AutoMerge).from_hash == head
        except ForgeAbsent:
            return False
