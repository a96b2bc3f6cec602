"""What a session has asked of everything outside: each answer is remembered as long as it may be."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from promote.api.means import Means
from promote.api.past import Histories
from promote.api.where import Opened
from promote.patience import Patience
from promote.question import Answers, Question

if TYPE_CHECKING:  # `find` asks nobody
    from promote.api.pulls import Pulls
    from promote.gather import Gather


class Outside:
    """Registries, Git's past, forges and probes, as one session asks them."""

    def __init__(self, opened: Opened, means: Means) -> None:
        self._opened = opened
        self._means = means
        self._pulls: Pulls | None = None
        self._gather: Gather | None = None
        self._patience = Patience(means.clock)

    def ask(self, questions: frozenset[Question]) -> Answers:
        """An answer to each question, remembered for the session or until `forget` (SEMANTICS 11.3)."""
        from promote.gather import Gather

        if self._gather is None:
            self._gather = Gather(
                self._means.registries(self._opened),
                jobs=self._means.jobs,
                clock=self._means.clock,
                histories=Histories(self._opened),
                requests=lambda: self.pulls,
                probes=lambda: self._means.probes(self._opened),
                tell=self._means.tell,
                left=lambda: self._patience.left,
            )
        return self._gather(questions)

    def until(self, moment: float) -> AbstractContextManager[None]:
        """Meanwhile no answer is waited for beyond `moment`, in the clock's monotonic seconds."""
        return self._patience.until(moment)

    def forget(self) -> None:
        """From here on what may change from one planning to the next is asked anew."""
        if self._gather is not None:
            self._gather.again()

    @property
    def pulls(self) -> Pulls | None:
        """Promotion branches and pull requests; None where there is no remote for them."""
        if self._pulls is None and self._opened.config is not None:
            self._pulls = self._means.pulls(self._opened, self.ask)
        return self._pulls

    def pulls_asking(self, *, registries: bool) -> Pulls | None:
        """The same; without `registries` those are let alone in what makes a body nicer."""
        pulls = self.pulls
        if pulls is not None:
            pulls.asks = registries
        return pulls
