"""The compare links of what a commit carries: asked of the registries, and left out where they do not tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from promote.image import Repository, Version
from promote.question import Answers, Asking, Carried, Facts, Known
from promote.wording.compare import compare_link

Images = Callable[[Carried], Sequence[Repository]]


@dataclass(frozen=True, slots=True)
class Link:
    """The page that compares what an app ran in an environment with what it runs now."""

    environment: str
    app: str
    url: str

    def __str__(self) -> str:
        return self.url


def _asked(repository: Repository, version: Version) -> Facts | None:
    reference = version.digest or version.tag
    return None if reference is None else Facts(repository, reference, frozenset({"labels"}))


def _labels(question: Facts, answers: Answers) -> dict[str, str]:
    answer = answers[question]
    return dict(answer.labels) if isinstance(answer, Known) else {}


def links(carried: Sequence[Carried], images: Images) -> Asking[tuple[Link, ...]]:
    """One link an app, by the first of its `images` whose labels tell; none for what is new or nobody knows of.

    A fact that cannot be had costs a link and nothing else: no choice depends on it.
    """
    pairs: list[tuple[Carried, Facts, Facts]] = []
    for item in carried:
        if item.old is None:
            continue
        for repository in images(item):
            old, new = _asked(repository, item.old), _asked(repository, item.new)
            if old is not None and new is not None:
                pairs.append((item, old, new))
    if not pairs:
        return ()
    answers = yield frozenset(question for _, *both in pairs for question in both)
    found: dict[tuple[str, str], Link] = {}
    for item, old, new in pairs:
        url = compare_link(_labels(old, answers), _labels(new, answers))
        if url is not None:
            found.setdefault((item.environment, item.app), Link(item.environment, item.app, url))
    return tuple(found.values())
