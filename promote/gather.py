"""Questions → requests, a round at a time, many at once; each answer is remembered for the run (SEMANTICS 11.3)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from promote.clock import Clock
from promote.errors import RegistryAbsent, RegistryError, RegistryUnreadable
from promote.image import Repository
from promote.question import (
    Absent,
    Answer,
    Answers,
    Facts,
    Known,
    Limits,
    Now,
    Question,
    Quota,
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


class Gather:
    """Answers to questions: each is asked once a run, so that planning again after a lost race chooses the same."""

    def __init__(self, registry: Registry, *, jobs: int, clock: Clock) -> None:
        self._registry = registry
        self._jobs = jobs
        self._clock = clock
        self._known: dict[Question, Answer] = {}

    def __call__(self, questions: frozenset[Question]) -> Answers:
        """An answer to every question; a fact that cannot be had is Unknown, with the exit code of what was missing."""
        fresh = sorted(questions - self._known.keys(), key=repr)
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

    def _ask(self, question: Question) -> Answer:
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
        except RegistryAbsent as exc:
            return Absent(str(exc))
        except RegistryUnreadable as exc:
            return Unreadable(str(exc))
        except RegistryError as exc:
            return Unknown(str(exc), exc.exit_code)
