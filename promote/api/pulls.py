"""Promotion branches and their pull requests: what stands, for the plan, and what is to be, for publishing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from msgspec import UNSET

from promote.api.forges import Forges
from promote.api.merging import let_merge
from promote.api.request_words import needs_links, words
from promote.config.model import Config, Environment
from promote.forge.kinds import OpenForge
from promote.forge.request import Forge, Proposal, PullRequest
from promote.gitrepo.heads import Head
from promote.gitrepo.remote import Remotes
from promote.outcome import Proposal as Wish
from promote.outcome import Pulled
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
from promote.wording.links import Link, Origins, links
from promote.wording.pull_request import Hides, closed, read_footer
from promote.wording.trailers import base_of, holds_on_of, parse, parse_holds

# How often a pull request is written anew, because its branch was pushed to while it was written.
_OVERTAKEN = 5


def proposed(head: Head) -> Proposed:
    """What a promotion branch's commit carries, and whether it is as promote made it: one commit on its base."""
    base = base_of(head.message)
    carried, holds = tuple(parse(head.message)), parse_holds(head.message)
    return Proposed(head.oid, carried, head.parents == (base,), holds, holds_on_of(head.message))


def _hides(there: OpenForge) -> Hides:
    return "comment" if there.hides_html else "definition"


def _request(pull: PullRequest) -> Request:
    said = read_footer(pull.body)
    versions = () if said is None else tuple((*key, version) for key, version in said.versions.items())
    is_done = said is not None and said.state == "done"
    return Request(pull.number, pull.url, pull.state, pull.head_oid, versions, is_done, pull.conflicts)


@dataclass
class Pulls:
    """The pull requests of a session; what the forges told of them is kept until `forget`."""

    config: Config
    remotes: Remotes
    forges: Forges
    ask: Callable[[frozenset[Question]], Answers]
    origins: Origins
    asks: bool = True  # whether registries may be asked for what makes a body nicer
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _found: dict[Place, PullRequest | None] = field(default_factory=dict)

    # For the plan.
    def standing(self, question: Stands) -> Standing:
        """What stands on a branch, and its pull request; GitError, ForgeError."""
        place = Place(question.base.repo, question.head)
        head = self.remotes.proposed(place)
        if head is None and not question.is_news:
            return Standing(None, None)
        with self.forges.veiled():
            forge = self.forges.at(self.config.environment(question.environment), question.base.repo).forge
            found = forge.find(question.head, question.base.branch)
        with self._lock:
            self._found[place] = found
        return Standing(None if head is None else proposed(head), None if found is None else _request(found))

    def statuses(self, question: Statuses) -> Said:
        """The statuses and checks of a commit; GitError, ForgeError."""
        with self.forges.veiled():
            forge = self.forges.at(self.config.environment(question.environment), question.place.repo).forge
            return Said(tuple(sorted(forge.statuses(question.commit), key=lambda each: each.context)))

    def reviews(self, question: Reviews) -> Reviewed:
        """Who has reviewed what is proposed on a branch; GitError, ForgeError."""
        place = Place(question.base.repo, question.head)
        with self.forges.veiled():
            forge = self.forges.at(self.config.environment(question.environment), question.base.repo).forge
            with self._lock:
                is_known, found = place in self._found, self._found.get(place)
            if not is_known:
                found = forge.find(question.head, question.base.branch)
            if found is None or found.state != "open":
                return Reviewed(None)
            reviews = tuple(forge.reviews(found))
            # Who is in a team matters once somebody has said something.
            teams = question.teams if reviews else ()
            return Reviewed(found.head_oid, reviews, tuple((team, forge.members(team)) for team in teams))

    def forget(self) -> None:
        self.remotes.forget()
        with self._lock:
            self._found.clear()

    # For publishing.
    def open(self, wish: Wish) -> Pulled:
        """The pull request as it is to be, new or brought up to date; ForgeError."""
        with self.forges.veiled():
            return self._opened(wish)

    def close(self, wish: Wish) -> Pulled | None:
        """Its pull request closed with a word why, and its branch gone, where nothing is left of it."""
        with self.forges.veiled():
            return self._closed(wish)

    def rights(self, environment: Environment, repo: str) -> tuple[str, str]:
        """The page of an environment's project, and what the token may do there; ForgeError for too little."""
        with self.forges.veiled():
            there = self.forges.at(environment, repo)
            return there.forge.project.page, there.forge.rights()

    def _opened(self, wish: Wish) -> Pulled:
        environment = self.config.environment(wish.environment)
        there = self.forges.at(environment, wish.base.repo)
        forge, before = there.forge, there.web.writes
        found = self._last(forge, wish)
        wanted = self._proposal(environment, wish, there, found)
        if found is None or found.state != "open":
            done = forge.create(wish.head, wish.base.branch, wanted)
            action: Literal["created", "updated", "unchanged"] = "created"
        else:
            done = forge.update(found, wanted)
            action = "unchanged" if there.web.writes == before else "updated"
        now = wish
        for _ in range(_OVERTAKEN):
            newer = self._newer(now, done.request)
            if newer is None:
                break
            now = newer
            done = forge.update(done.request, self._proposal(environment, now, there, done.request))
        lacks = [f"{what}: {why}" for what, why in sorted(done.lacks.items())]
        if now is wish:
            # Else whoever pushed last says whether that may be merged: only there its gates were asked.
            anew = wish.is_new and action != "created"
            disarmed, why = let_merge(forge, environment.pull_request, wish, done.request, anew=anew)
            lacks += [] if why is None else [f"auto-merge: {why}"]
            action = "updated" if disarmed and action == "unchanged" else action
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
        there = self.forges.at(self.config.environment(wish.environment), wish.base.repo)
        forge = there.forge
        found = self._last(forge, wish)
        if found is not None and found.state == "open":
            # Said in the body first: who looks at it later must not take it for declined.
            text = closed(found.body, _hides(there))
            forge.update(found, Proposal(found.title, text))
            why = f"{wish.base.branch} has all of this already, or it is held back, or a gate has failed"
            forge.comment(found, f"There is nothing left to merge: {why}.")
            forge.close(replace(found, body=text))
        if wish.expected is not None:
            self._drop(wish, wish.expected)
        if found is None or found.state != "open":
            return None
        return Pulled(wish.base.repo, found.number, found.url, "closed", head=wish.head)

    def _drop(self, wish: Wish, expected: str) -> None:
        """Its branch gone, in the way in which its commit came."""
        if self.config.commit.via == "git":
            self.remotes.drop(wish.place, expected)
        else:
            environment = self.config.environment(wish.environment)
            self.forges.committer(environment, wish.base.repo).remove(wish.head, expected)

    def _last(self, forge: Forge, wish: Wish) -> PullRequest | None:
        with self._lock:
            if wish.place in self._found:
                return self._found[wish.place]
        return forge.find(wish.head, wish.base.branch)

    def _worded(
        self, environment: Environment, wish: Wish, there: OpenForge, found: PullRequest | None
    ) -> tuple[str, str]:
        """Title and body; those that are there, where they tell of the same versions and the branch held them before.

        So a run that changes nothing asks no registry for labels, and writes over nobody's words.
        """
        if found is not None and found.state == "open" and not wish.is_new:
            footer = read_footer(found.body)
            versions = {(item.environment, item.app): item.new for item in wish.carried}
            if footer is not None and footer.versions == versions:
                return found.title, found.body
        linked: tuple[Link, ...] = ()
        if self.asks and needs_links(environment):
            linked = drive(links(wish.carried, self.origins), self.ask)
        return words(environment, wish, linked, limit=there.limit, hides=_hides(there))

    def _proposal(self, environment: Environment, wish: Wish, there: OpenForge, found: PullRequest | None) -> Proposal:
        said = environment.pull_request
        named, text = self._worded(environment, wish, there, found)
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
