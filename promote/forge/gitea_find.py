"""Which pull request leads from one branch into another at Gitea and Forgejo, and the pages of their lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from urllib.parse import quote, urlencode

from promote.errors import ForgeAbsent
from promote.forge.address import Kind
from promote.forge.gitea_answers import Commit, Pull, told
from promote.forge.request import PullRequest
from promote.forge.web import Answer, Query, Web

_PAGE = 50  # what servers give at most, unless somebody set it higher
_DEEP = 20  # pages; what ended longer ago than all on these is taken for the last as well as any


class Pages:
    """Lists, page by page."""

    def __init__(self, web: Web) -> None:
        self._web = web

    def of(self, path: str, query: Query) -> Iterator[Answer]:
        """Pages by number: the server's links are on its ROOT_URL, which need not be the address that is used here."""
        number = 1

        def following(answer: Answer) -> str | None:
            nonlocal number
            number += 1
            whole = urlencode({**query, "limit": _PAGE, "page": number})
            return None if answer.next is None else f"{self._web.base}{path}?{whole}"

        return self._web.walk(path, {**query, "limit": _PAGE}, following=following)


class Finder:
    """Looks for the pull requests of the repository whose API is at `at`."""

    def __init__(self, web: Web, pages: Pages, at: str, kind: Kind) -> None:
        self._web = web
        self._pages = pages
        self._at = at
        self._kind = kind

    def find(self, head: str, base: str) -> PullRequest | None:
        """By the list of what changed last, which is one request in all but big repositories.

        `GET …/pulls/{base}/{head}` alone will not do: of several it gives any (GetPullRequestByBaseHeadInfo has no
        order). There it tells only whether there is one at all, before older pages are read.
        """
        query: dict[str, str | int] = {"state": "all", "sort": "recentupdate"}
        # Gitea 1.25 and Forgejo 16 filter so; older ones know neither, and give all.
        query |= {"base": base, "head": head} if self._kind == "forgejo" else {"base_branch": base}
        first = next(self._pages.of(f"{self._at}/pulls", query))
        found = self._of(first, head, base)
        if first.next is None or any(pull.state == "open" for pull in found):
            return self._last(found)
        for page in self._pages.of(f"{self._at}/pulls", {**query, "state": "open"}):
            if still := self._of(page, head, base):
                return self._last(still)
        if found:
            return self._last(found)
        some = self._any(head, base)
        if some is None:
            return None
        for page in islice(self._pages.of(f"{self._at}/pulls", {**query, "state": "closed"}), _DEEP):
            if closed := self._of(page, head, base):
                return self._last(closed)
        return self._last([some])

    def _of(self, page: Answer, head: str, base: str) -> list[Pull]:
        return [pull for pull in page.read(list[Pull]) if pull.leads(head, base)]

    def _last(self, found: list[Pull]) -> PullRequest | None:
        """The open one, else the one that ended last.

        Of an ended one whose branch is still there the server tells the branch's present tip, which may have moved on
        since; its own head is kept as refs/pull/N/head, of which "Get commits for a pull request" tells.
        """
        chosen = max(found, key=lambda pull: (pull.state == "open", pull.ended), default=None)
        if chosen is None:
            return None
        request = told(chosen)
        if request.state == "open" or chosen.head.ref != chosen.head.label:
            return request
        few: dict[str, str | int] = {"limit": 1, "files": "false", "verification": "false"}
        commits = self._web.get(f"{self._at}/pulls/{request.number}/commits", few).read(list[Commit])
        return replace(request, head_oid=commits[0].sha) if commits else request

    def _any(self, head: str, base: str) -> Pull | None:
        try:
            return self._web.get(f"{self._at}/pulls/{quote(base, safe='')}/{quote(head)}").read(Pull)
        except ForgeAbsent:
            return None
