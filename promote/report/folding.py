"""What is wrong with one registry, told once and not of each of its images; JSON keeps each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

# How `registry` begins what it says of a host: at the host itself, or with what was asked of its API.
_HOST = re.compile(r"(https?://[^/\s]+?)(?:/v2/\S*)?: ")
# So many apps are named where the same is to be said of all of them.
_NAMED = 5


def named(names: Sequence[str]) -> str:
    """Apps or environments by their names; of many only the first."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence, and the environments and apps that it holds for."""

    environments: tuple[str, ...]
    apps: tuple[str, ...]
    sentence: str

    @property
    def subject(self) -> str:
        return f"{named(self.environments)}: {named(self.apps)}"


def of_host(sentence: str) -> tuple[str, str] | None:
    """The one host that a sentence tells of, and what is wrong with it whatever was asked; None where it tells more."""
    found = list(_HOST.finditer(sentence))
    said = [sentence[each.end() :] for each in found]
    # Of several images one host may say the same again and again.
    if not said or len({each[1] for each in found}) > 1 or not all(each.startswith(said[-1]) for each in said):
        return None
    return found[-1][1], said[-1]


def together(told: Iterable[tuple[str, str, str]]) -> Iterator[Told]:
    """Each sentence once for all (environment, app, sentence) of one environment that say it, in their order.

    What several sentences say of one host is one, whatever environments they are of.
    """
    found: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for environment, app, sentence in told:
        host = of_host(sentence)
        key = (environment, sentence) if host is None else ("", ": ".join(host))
        found.setdefault(key, []).append((environment, app, sentence))
    for (where, common), several in found.items():
        sentences = {sentence for _, _, sentence in several}
        environments, apps = (tuple(dict.fromkeys(each[number] for each in several)) for number in (0, 1))
        yield Told(environments, apps, common if where or len(sentences) > 1 else sentences.pop())
