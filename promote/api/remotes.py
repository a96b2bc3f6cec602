"""Where a session's trees come from when they are the tips of remotes, and how those are written to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from promote.config.model import Environment
from promote.gitrepo.remote import Remotes
from promote.gitrepo.write.identity import Attribution
from promote.outcome import Beaten, Landed, Plan, Unclear, WordedStep
from promote.place import Place
from promote.publish.sent import Sent, news_of
from promote.tree import Tree
from promote.wording.trailers import parse, parse_holds


@dataclass(frozen=True, slots=True)
class RemoteTrees:
    """The tips of branches; `home` is where environments are that name no repository and no branch of their own."""

    remotes: Remotes
    home: Place

    def place(self, environment: Environment) -> Place:
        if environment.repo is None:
            return Place(self.home.repo, environment.branch or self.home.branch)
        repo = self.remotes.add(environment.repo)
        return Place(repo, environment.branch or self.remotes.default_branch(repo))

    def tree(self, place: Place) -> Tree:
        return self.remotes.need(place)

    def at(self, environment: Environment, place: Place) -> bool:
        repo = self.home.repo if environment.repo is None else self.remotes.add(environment.repo)
        return repo == place.repo and self.place(environment) == place

    def sources(self, environments: Iterable[Environment]) -> dict[str, str]:
        """Who gives the credential for each remote that the environments are in; "" where git finds one by itself.

        Repositories of this machine need none, and are left out.
        """
        repos = dict.fromkeys(self.place(environment).repo for environment in environments)
        return {repo: self.remotes.source(repo) for repo in repos if not repo.startswith("file://")}


@dataclass(frozen=True, slots=True)
class Writer:
    """Remotes as the loop writes to them: with what this run says of who its commits are by."""

    remotes: Remotes
    said: Attribution

    def check(self, plan: Plan) -> None:
        """Refuses a plan that could not be carried out here, before anything is sent; git takes every one."""

    def until(self, moment: float) -> AbstractContextManager[None]:
        return self.remotes.until(moment)

    def refresh(self, place: Place) -> Tree | None:
        return self.remotes.refresh(place)

    def arrived(self, place: Place, sent: Sent) -> tuple[str, ...] | None:
        return sent.oids if sent.oids and sent.oids[-1] == self.remotes.arrived(place) else None

    def commit(self, place: Place, *, parent: str, worded: Sequence[WordedStep]) -> tuple[str, ...]:
        oids: list[str] = []
        for each in worded:
            files, on = each.step.files, oids[-1] if oids else parent
            oids.append(self.remotes.commit(place, parent=on, files=files, message=each.message, said=self.said))
        return tuple(oids)

    def land(
        self, place: Place, *, parent: str, expected: str | None, worded: Sequence[WordedStep]
    ) -> Landed | Beaten | Unclear:
        *first, last = worded
        below = self.commit(place, parent=parent, worded=first)
        came = self.remotes.land(
            place,
            parent=below[-1] if below else parent,
            expected=expected,
            files=last.step.files,
            message=last.message,
            said=self.said,
        )
        return came if isinstance(came, Beaten) else replace(came, below=below)

    def keep(self, place: Place, oid: str, *, base: Place) -> str:
        return self.remotes.keep(place, oid, base=base)

    def carried(self, place: Place) -> frozenset[tuple[str, str, str]]:
        head = self.remotes.proposed(place)
        return frozenset() if head is None else news_of(parse(head.message), parse_holds(head.message))
