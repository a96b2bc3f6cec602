"""Whose images are named in bytes that nobody can read as YAML: each word is looked up, none is searched for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from promote.image import DOCKER_HUB, Repository, parse_repository
from promote.sites.claim import Claim, Family

_WORD = re.compile(rb"[A-Za-z0-9._/-]+")
_LIBRARY = "library/"
_APP = "x0app0x"
_LONGEST = 512  # no name is longer, and what looks like a word may be a megabyte of base64


class Mentions:
    """The names of apps' images and their aliases, and the patterns of families."""

    def __init__(self, claims: Sequence[Claim], families: Sequence[Family], owned: Collection[Repository]) -> None:
        self._owned = owned
        self._families = [(family, _pattern(family)) for family in families]
        self._names: dict[bytes, list[Claim]] = {}
        # Names that only count by themselves: `nginx` is on Docker Hub, and `bitnami/nginx` is another.
        self._short: dict[bytes, list[Claim]] = {}
        self._odd: list[tuple[bytes, Claim]] = []
        self._order = {id(claim): place for place, claim in enumerate(claims)}
        for claim in claims:
            for repository in claim.repositories:
                short = repository.path.removeprefix(_LIBRARY)
                if repository.host == DOCKER_HUB and short != repository.path:
                    self._short.setdefault(short.encode(), []).append(claim)
                    self._names.setdefault(f"{DOCKER_HUB}/{short}".encode(), []).append(claim)
                self._names.setdefault(repository.path.encode(), []).append(claim)
            for alias in filter(None, claim.aliases):
                if _WORD.fullmatch(alias.encode()) is None:
                    self._odd.append((alias.encode(), claim))
                else:
                    self._names.setdefault(alias.encode(), []).append(claim)

    def of(self, data: bytes, path: bytes) -> tuple[str, ...]:
        """The apps that the bytes of the file at `path` name, in the order of their claims."""
        found: list[Claim] = []
        members: set[str] = set()
        for word in set(_WORD.findall(data)):
            found += self._short.get(word, ())
            for name in _endings(word):
                found += self._names.get(name, ())
                members.update(self._members(name, path, alone=name == word))
        found += [claim for alias, claim in self._odd if alias in data and _stands_alone(alias, data)]
        known = sorted({id(claim): claim for claim in found}.values(), key=lambda claim: self._order[id(claim)])
        apps = dict.fromkeys(claim.app for claim in known if claim.covers(path))
        return tuple(dict.fromkeys((*apps, *sorted(members))))

    def _members(self, name: bytes, path: bytes, *, alone: bool) -> Iterator[str]:
        for family, (expression, whole) in self._families:
            match = expression.fullmatch(name) if alone or not whole else None
            app = None if match is None else match["app"].decode()
            member = None if app is None else family.member(app)
            # An explicit app's image is no member's (SEMANTICS 2.1).
            if app is not None and member is not None and member not in self._owned and family.claim.covers(path):
                yield app


def _endings(word: bytes) -> Iterator[bytes]:
    """The word and what stands behind each of its slashes: a name may have a registry before it."""
    if len(word) <= _LONGEST:
        yield word
    at = word.find(b"/", max(0, len(word) - _LONGEST))
    while at >= 0:
        yield word[at + 1 :]
        at = word.find(b"/", at + 1)


def _pattern(family: Family) -> tuple[re.Pattern[bytes], bool]:
    """What the name of a member looks like, and whether it has to stand by itself: a short name of Docker Hub."""
    host, _, path = str(parse_repository((family.claim.pattern or "").replace("{app}", _APP))).partition("/")
    short = path.removeprefix(_LIBRARY) if host == DOCKER_HUB else path
    before, _, after = map(re.escape, short.partition(_APP))
    lead = ""
    if short != path:
        # Any word at all would be a member of `{app}`.
        lead = r"(?:docker\.io/(?:library/)?|library/)" + ("" if short == _APP else "?")
    elif short == _APP:
        lead = f"{re.escape(host)}/"
    return re.compile(f"{lead}{before}(?P<app>[a-z0-9._-]+){after}".encode()), short != path


def _stands_alone(name: bytes, data: bytes) -> bool:
    return re.search(rb"(?<![A-Za-z0-9._-])" + re.escape(name) + rb"(?![A-Za-z0-9._/-])", data) is not None
