"""Promotion branches and their pull requests: what stands, for the plan, and what is to be, for publishing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from msgspec import UNSET

from promote.api.projects import project_at
from promote.clock import Clock
from promote.config.model import Config, Environment
from promote.config.request_settings import ForgeSettings, PullRequestSettings
from promote.config.secret import resolve_secret
from promote.forge.address import Project
from promote.forge.kinds import OpenForge, no_token, open_forge, token_in
from promote.forge.request import Forge, Proposal, PullRequest
from promote.gitrepo.heads import Head
from promote.gitrepo.remote import Remotes
from promote.outcome import Proposal as Wish
from promote.outcome import (
    Pulled,
)
from promote.place import Place
from promote.question import (
    Answers,
    Proposed,
    Question,
    Request,
    Reviewed,
    Reviews,
    Said,
    Standing,
    Stands,
    Statuses,
    drive,
)
from promote.transport import Tls, Transport
from promote.wording.links import Link, Origins, links
from promote.wording.message import wants_links
from promote.wording.pull_request import Hides, body, closed, read_footer, title
from promote.wording.trailers import base_of, parse, parse_holds, trailers

_HTTP = logging.getLogger("promote.http")
# How often a pull request is written anew, because its branch was pushed to while it was written.
_OVERTAKEN = 5


def proposed(head: Head) -> Proposed:
    """What a promotion branch's commit carries, and whether it is as promote made it: one commit on its base."""
    base = base_of(head.message)
    return Proposed(head.oid, tuple(parse(head.message)), head.parents == (base,), parse_holds(head.message))


def _hides(there: OpenForge) -> Hides:
    return "comment" if there.hides_html else "definition"


def _request(pull: PullRequest) -> Request:
    said = read_footer(pull.body)
    versions = () if said is None else tuple((*key, version) for key, version in said.versions.items())
    is_done = said is not None and said.state == "done"
    return Request(pull.number, pull.url, pull.state, pull.head_oid, versions, is_done, pull.conflicts)


@dataclass
class Pulls:
    """The pull requests of a session: forges are opened when they are first asked, and what they told is kept."""

    config: Config
    remotes: Remotes
    home: str
    environ: Mapping[str, str]
    root: Path
    clock: Clock
    jobs: int
    stack: ExitStack
    ask: Callable[[frozenset[Question]], Answers]
    origins: Origins
    asks: bool = True  # whether registries may be asked for what makes a body nicer
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _forges: dict[Project, OpenForge] = field(default_factory=dict)
    _found: dict[Place, PullRequest | None] = field(default_factory=dict)
    _transport: Transport | None = None

    # For the plan.
    def standing(self, question: Stands) -> Standing:
        """What stands on a branch, and its pull request; GitError, ForgeError."""
        place = Place(question.base.repo, question.head)
        head = self.remotes.proposed(place)
        if head is None and not question.is_news:
            return Standing(None, None)
        with self._veiled():
            forge = self._at(self.config.environment(question.environment), question.base.repo).forge
            found = forge.find(question.head, question.base.branch)
        with self._lock:
            self._found[place] = found
        return Standing(None if head is None else proposed(head), None if found is None else _request(found))

    def statuses(self, question: Statuses) -> Said:
        """The statuses and checks of a commit; GitError, ForgeError."""
        with self._veiled():
            forge = self._at(self.config.environment(question.environment), question.place.repo).forge
            return Said(tuple(sorted(forge.statuses(question.commit), key=lambda each: each.context)))

    def reviews(self, question: Reviews) -> Reviewed:
        """Who has reviewed what is proposed on a branch; GitError, ForgeError."""
        place = Place(question.base.repo, question.head)
        with self._veiled():
            forge = self._at(self.config.environment(question.environment), question.base.repo).forge
            with self._lock:
                is_known, found = place in self._found, self._found.get(place)
            if not is_known:
                found = forge.find(question.head, question.base.branch)
            if found is None or found.state != "open":
                return Reviewed(None)
            return Reviewed(found.head_oid, tuple(forge.reviews(found)))

    def forget(self) -> None:
        self.remotes.forget()
        with self._lock:
            self._found.clear()

    # For publishing.
    def open(self, wish: Wish) -> Pulled:
        """The pull request as it is to be, new or brought up to date; ForgeError."""
        with self._veiled():
            return self._opened(wish)

    def close(self, wish: Wish) -> Pulled | None:
        """Its pull request closed with a word why, and its branch gone, where nothing is left of it."""
        with self._veiled():
            return self._closed(wish)

    def rights(self, environment: Environment, repo: str) -> tuple[str, str]:
        """The page of an environment's project, and what the token may do there; ForgeError for too little."""
        with self._veiled():
            there = self._at(environment, repo)
            return there.forge.project.page, there.forge.rights()

    def _asked_by(self) -> Transport:
        """How all forges are asked, open until the session ends."""
        with self._lock:
            if self._transport is None:
                self._transport = self.stack.enter_context(Transport(self.clock, jobs=self.jobs, log=_HTTP.info))
            return self._transport

    def _veiled(self) -> AbstractContextManager[None]:
        return self._asked_by().veil.over_errors()

    def _opened(self, wish: Wish) -> Pulled:
        environment = self.config.environment(wish.environment)
        there = self._at(environment, wish.base.repo)
        forge, before = there.forge, there.web.writes
        found = self._last(forge, wish)
        wanted = self._proposal(environment, wish, there, found)
        if found is None or found.state != "open":
            done = forge.create(wish.head, wish.base.branch, wanted)
            action: Literal["created", "updated", "unchanged"] = "created"
        else:
            done = forge.update(found, wanted)
            action = "unchanged" if there.web.writes == before else "updated"
        for _ in range(_OVERTAKEN):
            newer = self._newer(wish, done.request)
            if newer is None:
                break
            wish = newer
            done = forge.update(done.request, self._proposal(environment, wish, there, done.request))
        lacks = [f"{what}: {why}" for what, why in sorted(done.lacks.items())]
        method = environment.pull_request.auto_merge
        if method is not UNSET and (wish.is_new or not done.request.auto_merge):
            anew = wish.is_new and action != "created"
            why = forge.arm(done.request, method, trailers(wish.carried, holds=wish.holds), anew=anew)
            lacks += [] if why is None else [f"auto-merge: {why}"]
        warnings = tuple(f"{done.request.url}: {each}" for each in lacks)
        return Pulled(wish.base.repo, done.request.number, done.request.url, action, warnings, wish.head)

    def _newer(self, wish: Wish, told: PullRequest) -> Wish | None:
        """What its branch carries by now, where somebody has pushed since: who wrote last may not have pushed last.

        A body has no compare-and-swap. But whoever pushes writes after that, so if all look once more when they have
        written, the last one writes what is on the branch.
        """
        sent = self.remotes.sent(wish.place)
        if not wish.is_new or sent is None or told.head_oid == sent:
            return None
        self.remotes.forget()
        head = self.remotes.proposed(wish.place)
        now = None if head is None else proposed(head)
        if now is None or not now.is_ours or now.oid == sent or (now.carried, now.holds) == (wish.carried, wish.holds):
            return None
        return replace(wish, carried=now.carried, holds=now.holds)

    def _closed(self, wish: Wish) -> Pulled | None:
        there = self._at(self.config.environment(wish.environment), wish.base.repo)
        forge = there.forge
        found = self._last(forge, wish)
        if found is not None and found.state == "open":
            # Said in the body first: who looks at it later must not take it for declined.
            text = closed(found.body, _hides(there))
            forge.update(found, Proposal(found.title, text))
            forge.comment(found, f"{wish.base.branch} has all of this already: there is nothing left to merge.")
            forge.close(replace(found, body=text))
        if wish.expected is not None:
            self.remotes.drop(wish.place, wish.expected)
        if found is None or found.state != "open":
            return None
        return Pulled(wish.base.repo, found.number, found.url, "closed", head=wish.head)

    def _last(self, forge: Forge, wish: Wish) -> PullRequest | None:
        with self._lock:
            if wish.place in self._found:
                return self._found[wish.place]
        return forge.find(wish.head, wish.base.branch)

    def _worded(
        self, said: PullRequestSettings, wish: Wish, there: OpenForge, found: PullRequest | None
    ) -> tuple[str, str]:
        """Title and body; those that are there, where they tell of the same versions and the branch held them before.

        So a run that changes nothing asks no registry for labels, and writes over nobody's words.
        """
        if found is not None and found.state == "open" and not wish.is_new:
            footer = read_footer(found.body)
            versions = {(item.environment, item.app): item.new for item in wish.carried}
            if footer is not None and footer.versions == versions:
                return found.title, found.body
        named = None if said.title is UNSET else said.title
        text = None if said.body is UNSET else said.body
        linked: tuple[Link, ...] = ()
        # The table has them wherever they can be told; a template only where it speaks of them.
        if self.asks and (text is None or wants_links(text) or wants_links(named)):
            linked = drive(links(wish.carried, self.origins), self.ask)
        return title(named, wish.carried, linked, wish.holds), body(
            text, wish.carried, links=linked, holds=wish.holds, limit=there.limit, hides=_hides(there)
        )

    def _proposal(self, environment: Environment, wish: Wish, there: OpenForge, found: PullRequest | None) -> Proposal:
        said = environment.pull_request
        named, text = self._worded(said, wish, there, found)
        return Proposal(
            title=named,
            body=text,
            labels=tuple(said.labels),
            reviewers=tuple(name for name in said.reviewers if not name.startswith("team:")),
            teams=tuple(name.removeprefix("team:") for name in said.reviewers if name.startswith("team:")),
            assignees=tuple(said.assignees),
            milestone=None if said.milestone is UNSET else said.milestone,
            draft=said.draft,
        )

    def _at(self, environment: Environment, repo: str) -> OpenForge:
        """The forge of an environment's repository."""
        project = project_at(self.config, environment, repo)
        with self._lock:
            if project not in self._forges:
                self._forges[project] = self._signed_in(project, environment, repo)
            return self._forges[project]

    def _signed_in(self, project: Project, environment: Environment, repo: str) -> OpenForge:
        said = environment.forge or self.config.forge
        token, source = self._token(said, project, repo)
        _HTTP.info("%s: its token is from %s", project.page, source)
        ca = None if said is None or said.ca is UNSET else self.root / said.ca
        return open_forge(project, token, transport=self._asked_by(), clock=self.clock, tls=Tls(ca))

    def _token(self, said: ForgeSettings | None, project: Project, repo: str) -> tuple[Callable[[], str], str]:
        """The token of a forge, asked each time, and where it is from; ForgeDenied where there is none."""
        if said is not None and said.token is not UNSET:
            secret = resolve_secret(said.token, self.environ)
            return (lambda: secret), "promote.yaml"
        found = token_in(project, self.environ, is_home=repo == self.home)
        if found is not None:
            given, name = found
            return (lambda: given), name
        # Only where the forge is that of the remote's own host: elsewhere it would be told a secret of another.
        if urlsplit(repo).hostname == urlsplit(project.url).hostname:
            by_git = self.remotes.api_token(repo)
            if by_git is not None:
                return by_git
        raise no_token(project)
