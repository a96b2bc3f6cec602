"""Which tags are there to choose from: those that all images have, and the reason for each of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from promote.errors import worst
from promote.image import Repository
from promote.policy.filter import shown
from promote.policy.selection import Considered, Rejected
from promote.question import Absent, Answers, Asking, Question, Tags, Unknown

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Candidates(Generic[T]):
    """The candidates with what they are judged by, the lexically greatest first, and the tags that are none."""

    accepted: tuple[tuple[T, str], ...]
    rejected: tuple[Considered, ...]


def _failure(repositories: Sequence[Repository], answers: Answers) -> Unknown | None:
    whys: list[str] = []
    codes: set[int] = set()
    for repository in repositories:
        answer = answers[Tags(repository)]
        if isinstance(answer, Unknown):
            codes.add(answer.exit_code)
        elif isinstance(answer, Absent):
            codes.add(4)
        else:
            continue
        why = answer.why
        whys.append(why if str(repository) in why else f"{repository}: {why}")
    return Unknown("; ".join(whys), worst(codes)) if whys else None


def _listed(repositories: Sequence[Repository], answers: Answers) -> Mapping[Repository, frozenset[str]]:
    out: dict[Repository, frozenset[str]] = {}
    for repository in repositories:
        answer = answers[Tags(repository)]
        if not isinstance(answer, tuple):
            raise TypeError(f"the tags of {repository} were answered with {type(answer).__name__}")
        out[repository] = frozenset(answer)
    return out


def distinct(repositories: Sequence[Repository]) -> tuple[Repository, ...]:
    """Each repository once; ValueError where there is none, which is a bug of the caller."""
    if not repositories:
        raise ValueError("there is no repository to choose from")
    return tuple(dict.fromkeys(repositories))


def candidates(
    repositories: Sequence[Repository], judge: Callable[[str], T | Rejected]
) -> Asking[Candidates[T] | Unknown]:
    """The candidates by what `judge` says of a tag; Unknown where a list of tags is not to be had (SEMANTICS 5.2)."""
    answers = yield frozenset[Question](Tags(repository) for repository in repositories)
    failure = _failure(repositories, answers)
    if failure is not None:
        return failure
    listed = _listed(repositories, answers)
    accepted: list[tuple[T, str]] = []
    rejected: list[Considered] = []
    everywhere = frozenset[str].intersection(*listed.values())
    for tag in sorted(frozenset[str]().union(*listed.values()), reverse=True):
        judged = judge(tag)
        if tag not in everywhere and not isinstance(judged, Rejected):
            lacking = ", ".join(str(where) for where, tags in listed.items() if tag not in tags)
            judged = Rejected(f"missing in {lacking}")
        if isinstance(judged, Rejected):
            rejected.append(Considered(shown(tag), False, judged.why))
        else:
            accepted.append((judged, tag))
    rejected.reverse()
    return Candidates(tuple(accepted), tuple(rejected))
