"""Which images a run looks for, all apps at once, and whose a found image is (SEMANTICS §2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

from promote.image import DOCKER_HUB, Repository, parse_repository
from promote.tree.glob import Globs

_TOKEN = re.compile(rb"[A-Za-z0-9._-]+")
# In double quotes a letter may be written as its number, and a word broken over two lines.
_ESCAPE = re.compile(rb"\\[xuU\r\n]")
_FEW = 12


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

    def covers(self, path: bytes) -> bool:
        return self.path is None or self.path.matches(path)


@dataclass(frozen=True, slots=True)
class _Family:
    claim: Claim
    expression: re.Pattern[str]
    words: tuple[bytes, ...]

    @classmethod
    def of(cls, claim: Claim) -> _Family:
        host, _, path = _canonical(claim.pattern or "").partition("/")
        before, _, after = path.partition("{app}")
        expression = re.compile(f"{re.escape(host)}/{re.escape(before)}(?P<app>[a-z0-9._-]+){re.escape(after)}")
        # `nginx` says library/nginx on Docker Hub without the word.
        said = before.removeprefix("library/") if host == DOCKER_HUB else before
        words = tuple(word for part in (said, after) for word in _TOKEN.findall(part.encode()))
        return cls(claim, expression, words)

    def app_of(self, repository: Repository) -> str | None:
        found = self.expression.fullmatch(str(repository))
        if found is None or not fnmatchcase(found["app"], self.claim.app):
            return None
        return found["app"]


def _canonical(pattern: str) -> str:
    """The pattern with its host as references have it: `acme/{app}` is on Docker Hub."""
    repository = parse_repository(pattern.replace("{app}", "x0app0x"))
    if repository is None:
        return pattern
    return str(repository).replace("x0app0x", "{app}")


@dataclass(frozen=True)
class Wanted:
    """All claims of a run; with `everything` any well-formed image is wanted and belongs to the app of its own name."""

    claims: tuple[Claim, ...]
    everything: bool = False

    @cached_property
    def _owners(self) -> dict[Repository, tuple[Claim, ...]]:
        owners: dict[Repository, tuple[Claim, ...]] = {}
        for claim in self.claims:
            for repository in claim.repositories:
                owners[repository] = (*owners.get(repository, ()), claim)
        return owners

    @cached_property
    def _aliases(self) -> dict[str, Repository]:
        return {alias: claim.repositories[0] for claim in self.claims if claim.repositories for alias in claim.aliases}

    @cached_property
    def _families(self) -> tuple[_Family, ...]:
        return tuple(_Family.of(claim) for claim in self.claims if claim.pattern is not None)

    @cached_property
    def _words(self) -> frozenset[bytes]:
        """One word for each name, which every file that says the name holds; b"" where an alias has none."""
        words = {repository.last_segment.encode() for repository in self._owners}
        words |= {(_TOKEN.findall(alias.encode()) or [b""])[-1] for alias in self._aliases}
        return frozenset(words)

    def may_name(self, data: bytes) -> bool:
        """Whether a file could name a wanted image: a screen over its bytes, never wrong when it says no."""
        if self.everything or _ESCAPE.search(data) is not None:
            return True
        for family in self._families:
            if all(word in data for word in family.words):
                return True
        if len(self._words) <= _FEW or b"" in self._words:
            return any(word in data for word in self._words)
        return not self._words.isdisjoint(_TOKEN.findall(data))

    def match(self, written: str) -> Repository | None:
        """The wanted repository that a name in a file means, as it is written there; None where it is not wanted."""
        repository = parse_repository(written)
        if repository is not None and (repository in self._owners or self.everything or self._family(repository)):
            return repository
        alias = self._aliases.get(written)
        return Repository(alias.host, alias.path, written) if alias is not None else None

    def _family(self, repository: Repository) -> bool:
        return any(family.app_of(repository) is not None for family in self._families)

    def apps_of(self, repository: Repository, path: bytes) -> tuple[str, ...]:
        """The apps that a site of this repository in this file belongs to; more than one is a mistake (2.1)."""
        claims = self._owners.get(repository)
        if claims is not None:
            return tuple(claim.app for claim in claims if claim.covers(path))
        found = [(family.app_of(repository), family.claim) for family in self._families]
        apps = tuple(app for app, claim in found if app is not None and claim.covers(path))
        if not apps and self.everything:
            return (repository.written or str(repository),)
        return apps

    def named_in(self, data: bytes, path: bytes) -> tuple[str, ...]:
        """The apps of which a whole image name or alias stands in `data`: for files that cannot be read as YAML."""
        apps = []
        for claim in self.claims:
            names = [repository.path for repository in claim.repositories]
            names += [*claim.aliases]
            if claim.covers(path) and any(_stands_alone(name.encode(), data) for name in names if name):
                apps.append(claim.app)
        return tuple(apps)


def _stands_alone(name: bytes, data: bytes) -> bool:
    return re.search(rb"(?<![A-Za-z0-9._-])" + re.escape(name) + rb"(?![A-Za-z0-9._/-])", data) is not None


