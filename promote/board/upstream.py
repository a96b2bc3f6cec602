"""The environments that versions come through on their way: those that one takes from, and so on to the first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from promote.config.model import Config


def upstream(config: Config, names: Iterable[str], *, whole: bool) -> tuple[str, ...]:
    """These environments and those that they take from; with `whole` also what those take from, up to the first."""
    found = dict.fromkeys(names)
    left = list(found)
    while left:
        sources = config.environment(left.pop()).sources
        left += [each for each in sources if whole and each not in found]
        found |= dict.fromkeys(sources)
    return tuple(found)


def firsts(sources: Mapping[str, Sequence[str]], name: str) -> tuple[str, ...]:
    """The environments in which what comes here begins; none for one of those."""
    seen, left, found = {name}, [name], []
    while left:
        one = left.pop()
        further = [each for each in sources.get(one, ()) if each not in seen]
        seen.update(further)
        left += further
        if not sources.get(one) and one != name:
            found.append(one)
    return tuple(found)
