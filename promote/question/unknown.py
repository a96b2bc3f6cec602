"""That a fact could not be had."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reason:
    """Why there is no fact, as a sentence, and what to do: `why` ends with `cure`, where it names one."""

    why: str
    cure: str = field(default="", kw_only=True, compare=False)

    @property
    def told(self) -> str:
        """The sentence without what to do."""
        return self.why.removesuffix(f"; {self.cure}") if self.cure else self.why


@dataclass(frozen=True, slots=True)
class Unknown(Reason):
    """A fact that could not be had: why, and the exit code of what was missing (SEMANTICS 9.1)."""

    exit_code: int
