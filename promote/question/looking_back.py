"""A look into the past of an app, no farther than it takes to find what is looked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from promote.question.asking import Asking
from promote.question.past import Past, Ran
from promote.question.unknown import Unknown

# How many stretches are asked for at first; twice as many each time where they do not do.
_FIRST = 4


def look_back(question: Ran, is_enough: Callable[[Past], bool], *, most: int | None = None) -> Asking[Past | Unknown]:
    """The past that is enough, or all of it that can be seen; where `most` is given, no more than so many stretches.

    How many stretches `question` asks for does not matter.
    """
    least = _FIRST
    while True:
        asked = replace(question, least=least)
        past = (yield frozenset({asked}))[asked]
        if isinstance(past, Unknown):
            return past
        if not isinstance(past, Past):
            raise TypeError(f"the past was answered with {type(past).__name__}")
        if past.is_whole or past.ends or is_enough(past) or (most is not None and least >= most):
            return past
        least *= 2
