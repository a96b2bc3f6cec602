"""Questions → requests, a round at a time, many at once; each answer is remembered for the run (SEMANTICS 11.3)."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from promote.clock import Clock
from promote.crew import at_once
from promote.errors import ForgeError, GitError, Refused, RegistryAbsent, RegistryError, RegistryUnreadable
from promote.image import Repository
from promote.question import (
    Absent,
    Admitted,
    Answer,
    Answers,
    Facts,
    Known,
    Limits,
    Now,
    Past,
    Probe,
    Probed,
    Question,
    Quota,
    Ran,
    Reviewed,
    Reviews,
    Said,
    SignedIn,
    Standing,
    Stands,
    Statuses,
    Tags,
    Unknown,
    Unreadable,
    What,
)


class Registry(Protocol):
    """What `gather` asks; `promote.registry` answers over HTTP and from layouts."""

    def tags(self, repository: Repository) -> tuple[str, ...]: ...

    def facts(
        self, repository: Repository, reference: str, what: frozenset[What], *, immutable: bool = False
    ) -> Known | Absent: ...

    def limits(self, repository: Repository) -> Quota | None:
        """What this registry has said of its limits so far; nothing is asked for it."""
        ...

    def admitted(self, repository: Repository) -> Admitted | None:
        """As whom this repository was asked so far, None where it was not; nothing is asked for it."""
        ...


class Histories(Protocol):
    """What `gather` asks of the past; `promote.history` answers from Git."""

    def ran(self, questions: frozenset[Ran]) -> Mapping[Ran, Past | Unknown]:
        """An answer to each: those about one environment are answered by one walk."""
        ...


class Requests(Protocol):
    """What `gather` asks of promotion branches, their pull requests and forges; raises GitError and ForgeError."""

    def standing(self, question: Stands) -> Standing: ...

    def statuses(self, question: Statuses) -> Said: ...

    def reviews(self, question: Reviews) -> Reviewed: ...

    def forget(self) -> None:
        """Whatever is asked from now on is asked anew."""
        ...


class Probes(Protocol):
    """What `gather` asks of running clusters and of commands; no answer is `failed`, with the reason."""

    def probe(self, question: Probe) -> Probed: ...


_FLEETING = (Stands, Statuses, Reviews, Probe)
_OPEN = Unknown("it was still under way when the time was over; allow more by --timeout", Refused.exit_code)


def _whom(questions: Sequence[Question]) -> str:
    """Whom they are for; "" where nobody outside is asked."""
    hosts = {each.repository.host for each in questions if isinstance(each, Tags | Facts)}
    whom = [f"{len(hosts)} registr{'y' if len(hosts) == 1 else 'ies'}"] if hosts else []
    whom += ["forges"] if any(isinstance(each, Stands | Statuses | Reviews) for each in questions) else []
    whom += ["checks"] if any(isinstance(each, Probe) for each in questions) else []
    return " and ".join(whom)


class Gather:
    """Answers to questions: each is asked once a run, so that planning again after a lost race chooses the same.

    All but probes and what stands at forges, which are asked anew at each planning (SEMANTICS 11.3): `again` begins
    one.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        jobs: int,
        clock: Clock,
        histories: Histories | None = None,
        requests: Callable[[], Requests | None] = lambda: None,
        probes: Callable[[], Probes | None] = lambda: None,
        tell: Callable[[str], None] = lambda _: None,
        left: Callable[[], float] = lambda: math.inf,
    ) -> None:
        """`tell` hears what is being asked, and how much of it has been answered.

        For the answers to a round nobody waits longer than the seconds that are `left` as it begins.
        """
        self._tell = tell
        self._open_probes = probes
        self._probes: Probes | None = None
        self._open_requests = requests  # most plans propose nothing, and need none
        self._requests: Requests | None = None
        self._registry = registry
        self._histories = histories
        self._jobs = jobs
        self._clock = clock
        self._left = left
        self._known: dict[Question, Answer] = {}
        self._lock = threading.Lock()

    def again(self) -> None:
        """Begin another planning, or another look: what passes by itself is no longer known."""
        self._known = {each: answer for each, answer in self._known.items() if not isinstance(each, _FLEETING)}
        if self._requests is not None:
            self._requests.forget()

    def __call__(self, questions: frozenset[Question]) -> Answers:
        """An answer to every question; a fact that cannot be had is Unknown, with the exit code of what was missing.

        So is what was not answered in the time that was left; that is not remembered.
        """
        new = questions - self._known.keys()
        past = frozenset(question for question in new if isinstance(question, Ran))
        if past:
            self._remember(past)
        fresh = sorted((question for question in new if not isinstance(question, Ran)), key=repr)
        whom = _whom(fresh)

        def tell(answered: int) -> None:
            self._tell(f"asking {whom}: {answered} of {len(fresh)}" if whom else "")

        left = self._left()
        if len(fresh) == 1 and left == math.inf:
            tell(0)
            self._known[fresh[0]] = self._ask(fresh[0])
        elif fresh:
            tell(0)
            come = at_once(self._ask, fresh, jobs=self._jobs, clock=self._clock, seconds=left)
            for number, (question, answer) in enumerate(come, 1):
                self._known[question] = answer
                tell(number)
        return {question: self._known.get(question, _OPEN) for question in questions}

    def _remember(self, questions: frozenset[Ran]) -> None:
        if self._histories is None:
            self._known |= dict.fromkeys(questions, Past((), is_whole=False, ends="there is no Git history here"))
            return
        self._tell(f"reading the history of {', '.join(sorted({each.environment for each in questions}))}")
        for question, past in self._histories.ran(questions).items():
            self._known[question] = past

    def _ask(self, question: Question) -> Answer:
        try:
            match question:
                case Tags(repository):
                    return self._registry.tags(repository)
                case Facts(repository, reference, what, immutable):
                    return self._registry.facts(repository, reference, what, immutable=immutable)
                case Limits(repository):
                    return self._registry.limits(repository)
                case SignedIn(repository):
                    return self._registry.admitted(repository)
                case Now():
                    return self._clock.now()
                case Stands() | Statuses() | Reviews():
                    return self._of_forge(question)
                case Probe():
                    return self._of_probe(question)
                case Ran():
                    raise TypeError("the past is asked for in one walk")
        except RegistryAbsent as exc:
            return Absent(str(exc), cure=exc.cure)
        except RegistryUnreadable as exc:
            return Unreadable(str(exc), cure=exc.cure)
        except RegistryError as exc:
            return Unknown(str(exc), exc.exit_code, cure=exc.cure)

    def _of_forge(self, question: Stands | Statuses | Reviews) -> Answer:
        with self._lock:
            self._requests = self._requests or self._open_requests()
        if self._requests is None:
            if isinstance(question, Stands):
                return Standing(None, None)
            return Unknown("without a remote there is no forge to ask", ForgeError.exit_code)
        try:
            match question:
                case Stands():
                    return self._requests.standing(question)
                case Statuses():
                    return self._requests.statuses(question)
                case Reviews():
                    return self._requests.reviews(question)
        except (GitError, ForgeError) as exc:
            return Unknown(str(exc), exc.exit_code)

    def _of_probe(self, question: Probe) -> Answer:
        with self._lock:
            self._probes = self._probes or self._open_probes()
        if self._probes is None:
            return Unknown("nothing is probed here", Refused.exit_code)
        return self._probes.probe(question)
