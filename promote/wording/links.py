"""The links of what a commit carries: asked of the registries by labels, and left out where these do not tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from promote.forge.address import Kind
from promote.image import Repository, Version
from promote.question import Answers, Asking, Carried, Facts, Known
from promote.wording.source import Source, compare_page, release_of, release_page, revision_of, source_of

Shows = Literal["compare", "release notes", "commit"]


@dataclass(frozen=True, slots=True)
class Origins:
    """Where what is carried comes from: the images of each item, and what forge a source is at, None for any other."""

    images: Callable[[Carried], Sequence[Repository]]
    kind: Callable[[Source], Kind | None]


@dataclass(frozen=True, slots=True)
class Link:
    """A page of an app in an environment: what it ran beside what it runs now, the notes on that, or its commit."""

    environment: str
    app: str
    url: str
    shows: Shows = "compare"

    def __str__(self) -> str:
        return self.url


def _asked(repository: Repository, version: Version | None) -> Facts | None:
    reference = None if version is None else version.digest or version.tag
    return None if reference is None else Facts(repository, reference, frozenset({"labels"}))


def _labels(question: Facts | None, answers: Answers) -> Mapping[str, str]:
    answer = None if question is None else answers[question]
    return dict(answer.labels) if isinstance(answer, Known) else {}


def _pages(
    old: Mapping[str, str], new: Mapping[str, str], tag: str | None, origins: Origins
) -> Iterator[tuple[Shows, str | None]]:
    """What the labels of what ran and of what comes, which has this tag, lead to."""
    source = source_of(new)
    if source is None:
        return
    kind, before, after, release = origins.kind(source), revision_of(old), revision_of(new), release_of(new, tag)
    if source == source_of(old) and before is not None and after is not None and before != after:
        yield "compare", compare_page(source, kind, before, after)
    if release is not None:
        yield "release notes", release_page(source, kind, release)


def links(carried: Sequence[Carried], origins: Origins) -> Asking[tuple[Link, ...]]:
    """One link of each sort an app, by the first of its images whose labels tell.

    What is new is compared with nothing. A fact that cannot be had costs a link and nothing else: no choice depends on
    it.
    """
    asked: list[tuple[Carried, Facts | None, Facts]] = []
    for item in carried:
        for repository in origins.images(item):
            question = _asked(repository, item.new)
            asked += [] if question is None else [(item, _asked(repository, item.old), question)]
    if not asked:
        return ()
    answers = yield frozenset(question for _, *both in asked for question in both if question is not None)
    found: dict[tuple[str, str, Shows], Link] = {}
    for item, *both in asked:
        old, new = (_labels(each, answers) for each in both)
        for shows, url in _pages(old, new, item.new.tag, origins):
            if url is not None:
                found.setdefault((item.environment, item.app, shows), Link(item.environment, item.app, url, shows))
    return tuple(found.values())


def by_pair(found: Iterable[Link]) -> Mapping[tuple[str, str], Sequence[Link]]:
    """The links of each (environment, app), in their order."""
    several: dict[tuple[str, str], list[Link]] = {}
    for each in found:
        several.setdefault((each.environment, each.app), []).append(each)
    return several
