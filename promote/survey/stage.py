"""Stages: what the name of a folder, a file or a branch says of the way that versions take to production."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# In the order of the usual pipeline; within a rank the name that stands first is the one that others take from.
_RANKS = (
    ("dev", "development", "develop", "sandbox", "playground", "lab", "local", "preview"),
    ("int", "integration", "ci", "sit", "nightly"),
    ("test", "testing", "tst", "e2e"),
    ("qa",),
    ("load", "perf", "performance"),
    ("uat", "acc", "acceptance", "demo"),
    ("staging", "stage", "stg", "preprod", "preproduction", "preprd", "canary"),
    ("prod", "production", "prd", "live"),
)
_WORDS = {word: (rank, place) for rank, words in enumerate(_RANKS) for place, word in enumerate(words)}
_TOKENS = re.compile(r"[-_.]+")
_NUMBERED = re.compile(r"([a-z]+?)([0-9]+)\Z")
# `non-prod` says which stage it is not.
_NOT = frozenset({"non", "not", "no"})
_COMPASS = r"(?:north|south|east|west|central|northeast|northwest|southeast|southwest)"
_REGION = re.compile(
    rf"""
    (?: {_COMPASS} -? )?
    (?: eu | us | usa | uk | gb | de | fr | nl | ie | ch | asia | apac | emea | amer | americas | america | europe | ap
      | sa | ca | au | australia | jp | japan | in | india | cn | china | me | af | africa | sg | kr | br | brazil
      | {_COMPASS} )
    (?: -? (?: gov | {_COMPASS} ) )*
    (?: -? [0-9]{{1,2}} [a-d]? )?
    \Z
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a name stands in the pipeline, and what besides it says: `prod-eu` is prod in the region eu.

    `rank` counts from development, 0, to production; `place` orders the words of one rank.
    """

    rank: int
    place: int
    word: str
    region: str = ""


def is_region(name: str) -> bool:
    """Whether a name is a region's, as clouds and people call them."""
    return _REGION.match(name.lower()) is not None


def is_last(stage: Stage | None) -> bool:
    """Whether a stage is the production at the end of the pipeline."""
    return stage is not None and stage.rank == len(_RANKS) - 1


def _tokens(name: str) -> Sequence[str]:
    """The words of a name, `pre` and what follows it as one."""
    out: list[str] = []
    for token in _TOKENS.split(name.lower()):
        if out and out[-1] == "pre" and f"pre{token}" in _WORDS:
            out[-1] = f"pre{token}"
        else:
            out.append(token)
    return out


def stage_of(name: str) -> Stage | None:
    """The stage that a name says; None where it says none, or more than one (`stage-to-prod`)."""
    found: Stage | None = None
    others: list[str] = []
    for token in _tokens(name):
        numbered = _NUMBERED.match(token)
        word = numbered[1] if numbered is not None and numbered[1] in _WORDS else token
        if word not in _WORDS:
            others.append(token)
        elif found is None and not (others and others[-1] in _NOT):
            found = Stage(*_WORDS[word], word)
            others += [] if numbered is None or word == token else [numbered[2]]
        else:
            return None
    return None if found is None else Stage(found.rank, found.place, found.word, "-".join(others))


def span_of(stem: str) -> tuple[int, int] | None:
    """Where a file's name, without its ending, says a stage, with the region beside it; None where it says no one."""
    if stage_of(stem) is None:
        return None
    pieces = [(found.start(), found.end()) for found in re.finditer(r"[^-_.]+", stem)]
    said = [
        (first, last)
        for first in range(len(pieces))
        for last in range(first, len(pieces))
        if (stage := stage_of(stem[pieces[first][0] : pieces[last][1]])) is not None
        and (not stage.region or is_region(stage.region) or stage.region.isdigit())
    ]
    if not said:
        return None
    first, last = max(said, key=lambda way: (way[1] - way[0], -way[0]))
    return pieces[first][0], pieces[last][1]
