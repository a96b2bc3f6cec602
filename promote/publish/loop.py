"""The loop: plan, commit, push; beaten, look again and plan again. The only module that changes the world.

Push is compare-and-swap. Where the answer was lost, only ancestry tells whether a commit of this run arrived: it is
looked for in every later tip, and never applied twice, not even when somebody has moved on meanwhile (DESIGN §3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from promote.clock import Clock
from promote.errors import (
    ForgeAbsent,
    ForgeDenied,
    ForgeUnreachable,
    GitError,
    PromoteError,
    PushRejected,
    RemoteUnreachable,
)
from promote.estate.estate import Estate
from promote.outcome import Beaten, Commit, Delivery, Landed, Plan, Step, Unclear, WordedStep
from promote.place import Place
from promote.plan.intent import Before
from promote.publish.deadline import Deadline
from promote.publish.doubts import Doubts
from promote.publish.pulling import pull
from promote.publish.sent import Name, Sent, name_of, stand
from promote.publish.shares import Pair, joined, pairs, part, rest, sources, undone
from promote.publish.terms import Decide, Gatherer, Look, Remote, Terms
from promote.question import drive


class _Loop:
    """One run of the loop; every place ends with a part of some plan that says what came of it."""

    def __init__(
        self, look: Look, decide: Decide, gather: Gatherer, remote: Remote, clock: Clock, terms: Terms
    ) -> None:
        self._look = look
        self._decide = decide
        self._gather = gather
        self._remote = remote
        self._terms = terms
        self._parts: dict[Place, Plan] = {}
        self._commits: list[Commit] = []
        self._doubts = Doubts()
        self._messages: dict[Name, str] = {}
        self._told: dict[Place, frozenset[Pair]] = {}
        self._deadline = Deadline(clock, terms.timeout, terms.jitter)

    def run(self) -> Delivery:
        with self._remote.until(self._deadline.moment):
            return self._delivered()

    def _delivered(self) -> Delivery:
        estates = self._look()
        before = Before.of(estates)
        plan = self._planned(estates, before)
        attempt = 0
        while True:
            attempt += 1
            self._round(plan, estates)
            contested = self._contested(plan)
            late = self._deadline.is_over
            if contested and not late:
                self._deadline.pause(attempt)
            if contested and (self._doubts or not late):
                # Even at the end: a push whose answer was lost may have arrived.
                self._look_again(contested, plan, estates, is_last=late)
                contested = self._contested(plan)
            if not contested or late:
                for place in contested:
                    self._fail(plan, place, "push-timeout", self._doubts.late(place, self._deadline.seconds))
                return self._delivery(plan, attempt)
            try:
                plan, estates = self._planned_again(before)
            except RemoteUnreachable as exc:
                why = f"the files could not be read again within {self._deadline.seconds:g} s: {exc}"
                for place in contested:
                    self._fail(plan, place, "push-timeout", self._doubts.unsettled(place, why))
                return self._delivery(plan, attempt)
            except PromoteError as exc:
                if not self._commits and not self._doubts:
                    raise
                # What has arrived already must be told, so this is no more than the fault of what has not.
                for place in contested:
                    self._fail(plan, place, "again", str(exc), exc.exit_code)
                return self._delivery(plan, attempt)

    def _planned(self, estates: Mapping[str, Estate], before: Before) -> Plan:
        """The next plan with the messages of its commits: all that could be refused is, before anything is sent."""
        plan = drive(self._decide(estates, before), self._gather)
        self._terms.check(plan)
        self._messages = {name_of(step): self._terms.message(step) for step in plan.steps}
        return plan

    def _planned_again(self, before: Before) -> tuple[Plan, Mapping[str, Estate]]:
        """The plan on the new tips; RemoteUnreachable where their files could not be read until the deadline."""
        tries = 0
        while True:
            tries += 1
            try:
                seen = self._look()
                return self._planned(seen, before), seen
            except RemoteUnreachable:
                if self._deadline.is_over:
                    raise
            self._deadline.pause(tries)

    def _contested(self, plan: Plan) -> list[Place]:
        return sorted({step.place for step in plan.steps} - self._parts.keys())

    def _round(self, plan: Plan, estates: Mapping[str, Estate]) -> None:
        """Commit and push what is left to deliver, each place for itself."""
        for place in self._contested(plan):
            steps = [step for step in plan.steps if step.place == place]
            try:
                self._deliver(place, steps, part(plan, place), *stand(steps[0], estates))
            except (PushRejected, ForgeDenied, ForgeAbsent) as exc:
                self._fail(plan, place, "push-rejected", self._doubts.unsettled(place, str(exc)), exc.exit_code)
            except (RemoteUnreachable, ForgeUnreachable) as exc:
                if not self._terms.push:
                    raise
                # Nothing is on the branch: a folder that the commit is made of could not be read, or the forge makes
                # none just now. It is tried again.
                self._doubts.said(place, exc.what)
            except PromoteError as exc:
                if not self._commits and not self._doubts:
                    raise
                self._fail(plan, place, "not-delivered", str(exc), exc.exit_code)

    def _fail(self, plan: Plan, place: Place, code: str, why: str, exit_code: int = GitError.exit_code) -> None:
        """Notes that nothing of a place's share could be delivered."""
        self._told[place] = pairs(plan, place)
        self._parts[place] = undone(part(plan, place), code, why, exit_code)

    def _deliver(
        self, place: Place, steps: Sequence[Step], mine: Plan, tip: str, expected: str | None
    ) -> None:
        """One chain of commits on `tip`, a commit a step, and one push for all of them."""
        worded = [WordedStep(step, self._messages[name_of(step)]) for step in steps]

        def sent(*oids: str) -> Sent:
            return Sent(oids, mine, pairs(mine, place), tip, worded[-1].message)

        if not self._terms.push:
            oids = self._remote.commit(place, parent=tip, worded=worded)
            self._remote.keep(place, oids[-1], base=steps[-1].base)
            self._landed(place, sent(*oids))
            return
        match self._remote.land(place, parent=tip, expected=expected, worded=worded):
            case Landed(oid, below):
                self._landed(place, sent(*below, oid))
            case Unclear(oid, why, refused, below):
                self._doubts.lost(place, sent(*below, oid) if oid else sent(), why, refused)
            case Beaten():
                self._doubts.beaten(place)

    def _landed(self, place: Place, sent: Sent) -> None:
        self._parts[place] = sent.part
        self._told[place] = sent.pairs
        self._commits += [Commit(place, oid, self._terms.push) for oid in sent.oids]

    def _look_again(self, places: Sequence[Place], plan: Plan, estates: Mapping[str, Estate], *, is_last: bool) -> None:
        """Fetch the new tips; a commit of this run that is found below one has arrived after all.

        The places that versions are carried from too, unless nothing will be planned on them: they must still run them
        (SEMANTICS 6.2). What takes from one that cannot be read has failed: its old tree would say what nobody knows.
        """
        self._terms.again()
        bases = {step.place: step.base for step in plan.steps}
        faults = {base: self._refreshed(base) for base in dict.fromkeys(bases[place] for place in places)}
        for place in places:
            fault = faults[bases[place]] or self._settle(place, is_proposed=bases[place] != place)
            refusal = self._doubts.refusal(place)
            if fault is None and refusal and place not in self._parts:
                self._fail(plan, place, "push-rejected", refusal)
            elif fault is not None and not isinstance(fault, RemoteUnreachable):
                why = self._doubts.unsettled(place, str(fault))
                self._fail(plan, place, "remote-denied", why)
            # Else it is asked again after the next round, until the deadline; the lease keeps an old tip harmless.
        if is_last:
            return
        for place in self._contested(plan):
            for source in sources(plan, estates, place):
                if source not in faults:
                    faults[source] = self._refreshed(source)
                fault = faults[source]
                if fault is not None:
                    why = self._doubts.unsettled(place, f"its source cannot be read: {fault}")
                    self._fail(plan, place, "source-unread", why)
                    break

    def _refreshed(self, place: Place) -> GitError | None:
        """What kept the place's new tip from being fetched, if something did."""
        try:
            self._remote.refresh(place)
        except GitError as exc:
            self._doubts.said(place, exc.what)
            return exc
        self._doubts.answered(place)
        return None

    def _settle(self, place: Place, *, is_proposed: bool) -> GitError | None:
        """Notes that a commit of this run has landed, if it is found below the new tip.

        On a promotion branch the head's trailers tell, not ancestry (SEMANTICS 7.1); what keeps them from being read is
        answered.
        """
        doubted = self._doubts.sent(place)
        if not doubted:
            return None
        if not is_proposed:
            landed = next(filter(None, (self._arrived(place, sent) for sent in doubted)), None)
        else:
            try:
                carried = self._remote.carried(place)
            except GitError as exc:
                self._doubts.said(place, exc.what)
                return exc
            landed = next((sent for sent in reversed(doubted) if sent.news <= carried), None)
        if landed is not None:
            self._landed(place, landed)
        return None

    def _arrived(self, place: Place, sent: Sent) -> Sent | None:
        """What was sent, with the names of its commits, where the branch holds it."""
        oids = self._remote.arrived(place, sent)
        return None if oids is None else replace(sent, oids=oids)

    def _delivery(self, plan: Plan, attempt: int) -> Delivery:
        done = joined([*self._parts.values(), rest(plan, self._told)])
        pulls = self._terms.pulls() if self._terms.push and done.proposals else None
        if pulls is None:
            return Delivery(done, tuple(self._commits), attempt)
        pulled, failures = pull(done.proposals, pulls, {each.place: each.oid for each in self._commits})
        return Delivery(
            replace(done, failures=(*done.failures, *failures)), tuple(self._commits), attempt, pulled
        )


def publish(look: Look, decide: Decide, gather: Gatherer, remote: Remote, clock: Clock, terms: Terms) -> Delivery:
    """What was delivered: every change of the last plan is on its branch, or stands there as failed.

    `look` reads the estates at the tips that `remote` last saw; `decide` plans on them, purely.
    """
    return _Loop(look, decide, gather, remote, clock, terms).run()
