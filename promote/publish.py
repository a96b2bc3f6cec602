"""The loop: plan, commit, push; beaten, look again and plan again. The only module that changes the world.

Push is compare-and-swap. Where the answer was lost, only ancestry tells whether a commit of this run arrived: it is
looked for in every later tip, and never applied twice, not even when somebody has moved on meanwhile (DESIGN §3).
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from promote.clock import Clock
from promote.errors import GitError, PromoteError, PushRejected, Refused, RemoteUnreachable
from promote.estate.estate import Estate
from promote.outcome import Beaten, Carried, Commit, Delivery, Failure, Landed, Place, Plan, Step, Unclear
from promote.plan.intent import Before
from promote.question import Answers, Asking, Question, drive
from promote.text.edit import FileChange
from promote.tree import Tree, show

Look = Callable[[], Mapping[str, Estate]]
Decide = Callable[[Mapping[str, Estate], Before], Asking[Plan]]
Gatherer = Callable[[frozenset[Question]], Answers]
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 3.0


class Remote(Protocol):
    """Where commits go: `promote.gitrepo` by plumbing."""

    def refresh(self, place: Place) -> Tree | None: ...

    def arrived(self, place: Place) -> str | None: ...

    def commit(self, place: Place, *, parent: str, files: Sequence[FileChange], message: str) -> str: ...

    def land(
        self, place: Place, *, parent: str, expected: str | None, files: Sequence[FileChange], message: str
    ) -> Landed | Beaten | Unclear: ...

    def keep(self, place: Place, oid: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Terms:
    """How to deliver: what a commit says, what a plan must pass before anything is written, whether to push.

    `timeout` is in seconds, over all tries; `jitter` gives factors around 1 for the pauses between them.
    """

    message: Callable[[Sequence[Carried]], str]
    check: Callable[[Plan], None]
    push: bool = True
    timeout: float = 300.0
    jitter: Callable[[], float] = lambda: 1.0


@dataclass(frozen=True, slots=True)
class _Sent:
    """One push of this run: its last commit, all its commits, and the part of the plan that they carry out."""

    oids: tuple[str, ...]
    part: Plan


def part(plan: Plan, environments: frozenset[str]) -> Plan:
    """What a plan says of these environments alone."""
    return Plan(
        tuple(item for item in plan.changes if item.environment in environments),
        tuple(item for item in plan.skips if item.environment in environments),
        tuple(item for item in plan.refusals if item.environment in environments),
        tuple(item for item in plan.failures if item.environment in environments),
        plan.warnings,
        tuple(step for step in plan.steps if any(item.environment in environments for item in step.carried)),
    )


def _joined(plans: Sequence[Plan]) -> Plan:
    return Plan(
        tuple(item for plan in plans for item in plan.changes),
        tuple(item for plan in plans for item in plan.skips),
        tuple(item for plan in plans for item in plan.refusals),
        tuple(item for plan in plans for item in plan.failures),
        tuple(dict.fromkeys(item for plan in plans for item in plan.warnings)),
        tuple(item for plan in plans for item in plan.steps),
    )


def _at(estates: Mapping[str, Estate], place: Place) -> frozenset[str]:
    return frozenset(name for name, estate in estates.items() if estate.place == place)


def _sources(plan: Plan, estates: Mapping[str, Estate], places: Sequence[Place]) -> list[Place]:
    """The other places from which the steps in `places` take their versions."""
    names = {item.environment for step in plan.steps if step.place in places for item in step.carried}
    names |= {item.source for step in plan.steps for item in step.carried if item.source is not None}
    names |= {estates[name].environment.from_ or name for name in names if name in estates}
    return sorted({estates[name].place for name in names if name in estates} - {*places})


def _undone(plan: Plan, code: str, why: str, exit_code: int = GitError.exit_code) -> Plan:
    """The plan where nothing of it could be delivered: each app that was to change has failed."""
    apps = dict.fromkeys((item.environment, item.app) for step in plan.steps for item in step.carried)
    failures = tuple(Failure(environment, app, code, exit_code, why) for environment, app in apps)
    return replace(plan, changes=(), steps=(), failures=(*plan.failures, *failures))


class _Loop:
    """One run of the loop; every place ends with a part of some plan that says what came of it."""

    def __init__(
        self, look: Look, decide: Decide, gather: Gatherer, remote: Remote, clock: Clock, terms: Terms
    ) -> None:
        self._look = look
        self._decide = decide
        self._gather = gather
        self._remote = remote
        self._clock = clock
        self._terms = terms
        self._parts: dict[Place, Plan] = {}
        self._commits: list[Commit] = []
        self._sent: dict[Place, list[_Sent]] = {}
        self._messages: dict[tuple[Carried, ...], str] = {}
        self._deadline = clock.monotonic() + terms.timeout

    def run(self) -> Delivery:
        estates = self._look()
        before = Before.of(estates)
        plan = self._planned(estates, before)
        attempt = 0
        while True:
            attempt += 1
            self._round(plan, estates)
            contested = self._contested(plan)
            late = self._clock.monotonic() >= self._deadline
            if contested and not late:
                self._pause(attempt)
            if contested and (self._sent or not late):
                # Even at the end: a push whose answer was lost may have arrived.
                self._look_again(contested, plan, estates)
                contested = self._contested(plan)
            if not contested or late:
                for place in contested:
                    self._parts[place] = _undone(part(plan, _at(estates, place)), "push-timeout", self._late(place))
                return self._delivery(plan, estates, attempt)
            try:
                seen = self._look()
                plan, estates = self._planned(seen, before), seen
            except PromoteError as exc:
                if not self._commits and not self._sent:
                    raise
                # What has arrived already must be told, so this is no more than the fault of what has not.
                for place in contested:
                    self._parts[place] = _undone(part(plan, _at(estates, place)), "again", str(exc), exc.exit_code)
                return self._delivery(plan, estates, attempt)

    def _planned(self, estates: Mapping[str, Estate], before: Before) -> Plan:
        """The next plan with the messages of its commits: all that could be refused is, before anything is sent."""
        plan = drive(self._decide(estates, before), self._gather)
        self._terms.check(plan)
        self._messages = {step.carried: self._terms.message(step.carried) for step in plan.steps}
        return plan

    def _contested(self, plan: Plan) -> list[Place]:
        return sorted({step.place for step in plan.steps} - self._parts.keys())

    def _round(self, plan: Plan, estates: Mapping[str, Estate]) -> None:
        """Commit and push what is left to deliver, each place for itself."""
        for place in self._contested(plan):
            steps = [step for step in plan.steps if step.place == place]
            mine = part(plan, _at(estates, place))
            try:
                self._deliver(place, steps, mine, next(iter(_tips(estates, place))))
            except PushRejected as exc:
                self._parts[place] = _undone(mine, "push-rejected", str(exc))
            except PromoteError as exc:
                if not self._commits and not self._sent:
                    raise
                self._parts[place] = _undone(mine, "not-delivered", str(exc), exc.exit_code)

    def _deliver(self, place: Place, steps: Sequence[Step], mine: Plan, tip: str) -> None:
        """One chain of commits on `tip`, a commit a step, and one push for all of them."""
        oids: list[str] = []
        *first, last = steps
        for step in first:
            oids.append(self._commit(place, step, oids[-1] if oids else tip))
        parent = oids[-1] if oids else tip
        if not self._terms.push:
            oids.append(self._commit(place, last, parent))
            self._remote.keep(place, oids[-1])
            self._landed(place, _Sent(tuple(oids), mine))
            return
        message = self._messages[last.carried]
        match self._remote.land(place, parent=parent, expected=tip, files=last.files, message=message):
            case Landed(oid):
                self._landed(place, _Sent((*oids, oid), mine))
            case Unclear(oid, _):
                self._sent.setdefault(place, []).append(_Sent((*oids, oid), mine))
            case Beaten():
                pass

    def _commit(self, place: Place, step: Step, parent: str) -> str:
        return self._remote.commit(place, parent=parent, files=step.files, message=self._messages[step.carried])

    def _landed(self, place: Place, sent: _Sent) -> None:
        self._parts[place] = sent.part
        self._commits += [Commit(place, oid, self._terms.push) for oid in sent.oids]

    def _look_again(self, places: Sequence[Place], plan: Plan, estates: Mapping[str, Estate]) -> None:
        """Fetch the new tips; a commit of this run that is found below one has arrived after all.

        The places that versions are carried from too: they must still run them (SEMANTICS 6.2).
        """
        for place in _sources(plan, estates, places):
            with suppress(RemoteUnreachable):
                self._remote.refresh(place)
        for place in places:
            try:
                self._remote.refresh(place)
            except RemoteUnreachable:
                continue  # asked again after the next round, until the deadline; the lease keeps an old tip harmless
            arrived = self._remote.arrived(place)
            for sent in self._sent.get(place, ()):
                if sent.oids[-1] == arrived:
                    self._landed(place, sent)
                    break

    def _pause(self, attempt: int) -> None:
        pause = min(_FIRST_PAUSE * 2 ** min(attempt - 1, 10), _LONGEST_PAUSE) * self._terms.jitter()
        self._clock.sleep(max(0.0, min(pause, self._deadline - self._clock.monotonic())))

    def _late(self, place: Place) -> str:
        if place in self._sent:
            why = "the answer to a push was lost, and whether it arrived could not be told"
        else:
            why = "others kept pushing first"
        return f"{place.repo}: branch {place.branch}: {why} within {self._terms.timeout:g} s; run again"

    def _delivery(self, plan: Plan, estates: Mapping[str, Estate], attempt: int) -> Delivery:
        told = frozenset[str]().union(*(_at(estates, place) for place in self._parts))
        rest = part(plan, frozenset(estates) - told)
        return Delivery(_joined([*self._parts.values(), rest]), tuple(self._commits), attempt)


def _tips(estates: Mapping[str, Estate], place: Place) -> Iterator[str]:
    return (estate.tip for estate in estates.values() if estate.place == place and estate.tip is not None)


def publish(look: Look, decide: Decide, gather: Gatherer, remote: Remote, clock: Clock, terms: Terms) -> Delivery:
    """What was delivered: every change of the last plan is on its branch, or stands there as failed.

    `look` reads the estates at the tips that `remote` last saw; `decide` plans on them, purely.
    """
    return _Loop(look, decide, gather, remote, clock, terms).run()


def write_files(root: Path, plan: Plan) -> None:
    """Write a plan into working files, each replaced at once and with its mode (`--write-only`).

    Raises Refused, with nothing written, where a file is not what was planned on or cannot be written.
    """
    first: dict[bytes, FileChange] = {}
    last: dict[bytes, FileChange] = {}
    for change in (change for step in plan.steps for change in step.files):
        first.setdefault(change.path, change)
        last[change.path] = change
    with ExitStack() as staged:
        ready: list[tuple[Path, Path]] = []
        for name, change in first.items():
            path = root / os.fsdecode(name)
            try:
                ready.append((_staged(path, change.before, last[name].after or b"", staged), path))
            except OSError as exc:
                raise Refused(f"cannot be written ({exc.strerror})", where=show(name), cure="run again") from exc
        for made, path in ready:
            made.replace(path)


def _staged(path: Path, before: bytes | None, after: bytes, staged: ExitStack) -> Path:
    """A file beside `path` with its new bytes and its mode, removed by `staged` unless it is moved."""
    mode = path.lstat().st_mode
    if not stat.S_ISREG(mode) or path.read_bytes() != before:
        raise Refused("the file has changed since it was read", where=show(os.fsencode(path)), cure="run again")
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        made = Path(file.name)
        staged.callback(made.unlink, missing_ok=True)
        file.write(after)
        file.flush()
        os.fsync(file.fileno())
    made.chmod(stat.S_IMODE(mode))
    return made
