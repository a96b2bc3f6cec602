"""What apps and families claim: images, markers, repositories of code (SEMANTICS §2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from promote.image import DOCKER_HUB, Repository, parse_repository
from promote.tree.glob import Globs

TOKEN = re.compile(rb"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Claim:
    """One app's, or one family's, claim on images.

    A family has a `*` in its name and `{app}` in its `pattern`; `repositories` is then empty. `path` narrows the claim
    to a part of the tree (SEMANTICS 2.4).
    """

    app: str
    repositories: tuple[Repository, ...] = ()
    aliases: tuple[str, ...] = ()
    pattern: str | None = None
    path: Globs | None = None
    imagepolicy: str | None = None
    refs: tuple[str, ...] = ()

    def covers(self, path: bytes) -> bool:
        return self.path is None or self.path.matches(path)


@dataclass(frozen=True, slots=True)
class Family:
    """A family's claim by one of its patterns; `words` stand in every file that names a member."""

    claim: Claim
    expression: re.Pattern[str]
    words: tuple[bytes, ...]

    @classmethod
    def of(cls, claim: Claim) -> Family:
        host, _, path = _canonical(claim.pattern or "").partition("/")
        before, _, after = path.partition("{app}")
        expression = re.compile(f"{re.escape(host)}/{re.escape(before)}(?P<app>[a-z0-9._-]+){re.escape(after)}")
        # `nginx` says library/nginx on Docker Hub without the word.
        said = before.removeprefix("library/") if host == DOCKER_HUB else before
        words = tuple(word for part in (said, after) for word in TOKEN.findall(part.encode()))
        return cls(claim, expression, words)

    def app_of(self, repository: Repository) -> str | None:
        """The member whose image this is, if it is one of the family."""
        found = self.expression.fullmatch(str(repository))
        if found is None or not fnmatchcase(found["app"], self.claim.app):
            return None
        return found["app"]

    def member(self, app: str) -> Repository | None:
        """The image of the app of this name, if it is one of the family."""
        if not fnmatchcase(app, self.claim.app):
            return None
        return parse_repository((self.claim.pattern or "").replace("{app}", app))


def captured(pattern: str | None) -> re.Pattern[str]:
    """What a text with {app} in it may become."""
    before, _, after = (pattern or "").partition("{app}")
    return re.compile(f"{re.escape(before)}(?P<app>[A-Za-z0-9._-]+){re.escape(after)}")


class Names:
    """Names of apps, those of families among them."""

    def __init__(self, names: Iterable[str]) -> None:
        every = frozenset(names)
        self._exact = frozenset(name for name in every if "*" not in name)
        self._families = sorted(every - self._exact)

    def __contains__(self, name: str) -> bool:
        return name in self._exact or any(fnmatchcase(name, family) for family in self._families)


def _canonical(pattern: str) -> str:
    """The pattern with its host as references have it: `acme/{app}` is on Docker Hub."""
    repository = parse_repository(pattern.replace("{app}", "x0app0x"))
    if repository is None:
        return pattern
    return str(repository).replace("x0app0x", "{app}")
