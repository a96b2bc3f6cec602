"""Questions → requests, a round at a time, many at once; each answer is remembered for the run (SEMANTICS 11.3)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from promote.clock import Clock
from promote.errors import ForgeError, GitError, RegistryAbsent, RegistryError, RegistryUnreadable
from promote.image import Repository
from promote.question import (
    Absent,
    Answer,
    Answers,
    Facts,
    Known,
    Limits,
    Now,
    Past,
    Question,
    Quota,
    Ran,
    Standing,
    Stands,
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


class Histories(Protocol):
    """What `gather` asks of the past; `promote.history` answers from Git."""

    def ran(self, questions: frozenset[Ran]) -> Mapping[Ran, Past | Unknown]:
        """An answer to each: those about one environment are answered by one walk."""
        ...


class Requests(Protocol):
    """What `gather` asks of promotion branches and their pull requests."""

    def standing(self, question: Stands) -> Standing:
        """Raises GitError and ForgeError."""
        ...

    def forget(self) -> None:
        """Whatever is asked from now on is asked anew."""
        ...


class Gather:
    """Answers to questions: each is asked once a run, so that planning again after a lost race chooses the same.

    All but what stands at forges, which is asked anew at each planning (SEMANTICS 11.3): `again` begins one.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        jobs: int,
        clock: Clock,
        histories: Histories | None = None,
        requests: Callable[[], Requests | None] = lambda: None,
    ) -> None:
        self._open_requests = requests  # most plans propose nothing, and need none
        self._requests: Requests | None = None
        self._registry = registry
        self._histories = histories
        self._jobs = jobs
        self._clock = clock
        self._known: dict[Question, Answer] = {}
        self._lock = threading.Lock()

    def again(self) -> None:
        """Begin another planning: what stands at forges is no longer known."""
        self._known = {each: answer for each, answer in self._known.items() if not isinstance(each, Stands)}
        if self._requests is not None:
            self._requests.forget()

    def __call__(self, questions: frozenset[Question]) -> Answers:
        """An answer to every question; a fact that cannot be had is Unknown, with the exit code of what was missing."""
        new = questions - self._known.keys()
        past = frozenset(question for question in new if isinstance(question, Ran))
        if past:
            self._remember(past)
        fresh = sorted((question for question in new if not isinstance(question, Ran)), key=repr)
        if len(fresh) == 1:
            self._known[fresh[0]] = self._ask(fresh[0])
        elif fresh:
            pool = ThreadPoolExecutor(min(self._jobs, len(fresh)), "promote-gather")
            try:
                self._known.update(zip(fresh, pool.map(self._ask, fresh), strict=True))
            finally:
                # After ^C nobody waits for the answers to questions that are still open.
                pool.shutdown(wait=False, cancel_futures=True)
        return {question: self._known[question] for question in questions}

    def _remember(self, questions: frozenset[Ran]) -> None:
        if self._histories is None:
            self._known |= dict.fromkeys(questions, Past((), is_whole=False, ends="there is no Git history here"))
            return
        for question, past in self._histories.ran(questions).items():
            self._known[question] = past

    def _ask(self, question: Tags | Facts | Limits | Now | Stands) -> Answer:
        try:
            match question:
                case Tags(repository):
                    return self._registry.tags(repository)
                case Facts(repository, reference, what, immutable):
                    return self._registry.facts(repository, reference, what, immutable=immutable)
                case Limits(repository):
                    return self._registry.limits(repository)
                case Now():
                    return self._clock.now()
                case Stands():
                    return self._stands(question)
        except RegistryAbsent as exc:
            return Absent(str(exc))
        except RegistryUnreadable as exc:
            return Unreadable(str(exc))
        except RegistryError as exc:
            return Unknown(str(exc), exc.exit_code)

    def _stands(self, question: Stands) -> Answer:
        with self._lock:
            self._requests = self._requests or self._open_requests()
        if self._requests is None:
            return Standing(None, None)
        try:
            return self._requests.standing(question)
        except (GitError, ForgeError) as exc:
            return Unknown(str(exc), exc.exit_code)
