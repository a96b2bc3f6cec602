"""Which images a run looks for, all apps at once, and whose a found image is (SEMANTICS §2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property

from promote.image import Repository, parse_repository
from promote.sites.claim import TOKEN, Claim, Family, Names, captured
from promote.sites.mention import Mentions

# In double quotes a letter may be written as its number, and a word broken over two lines.
_ESCAPE = re.compile(rb"\\[xuU\r\n]")
# YAML may be UTF-16 too. We do not read it; but that is to be said where it names an image.
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_FEW = 12
_MARKS = (b"$imagepolicy", b"promote:")


@dataclass(frozen=True)
class Wanted:
    """All claims of a run; with `everything` any well-formed image is wanted and belongs to the app of its own name.

    `known` are the claims of all apps there are, for markers of apps that this run does not ask for; `layered` says
    that values which name no image may lie over others (SEMANTICS 3.1).
    """

    claims: tuple[Claim, ...]
    everything: bool = False
    known: tuple[Claim, ...] = ()
    layered: bool = False

    @classmethod
    def union(cls, each: Iterable[Wanted]) -> Wanted:
        """What any of these wants."""
        every = list(each)
        claims = tuple(dict.fromkeys(claim for one in every for claim in one.claims))
        known = tuple(dict.fromkeys(claim for one in every for claim in one.known))
        everything, layered = any(one.everything for one in every), any(one.layered for one in every)
        return cls(claims, everything, known, layered)

    @cached_property
    def whole(self) -> Wanted:
        """The same with the claims of all apps there are."""
        return replace(self, claims=self.known) if self.known else self

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
    def _families(self) -> tuple[Family, ...]:
        return tuple(Family.of(claim) for claim in self.claims if claim.pattern is not None)

    @cached_property
    def _words(self) -> frozenset[bytes]:
        """One word for each name, which every file that says the name holds; b"" where an alias has none."""
        words = {repository.last_segment.encode() for repository in self._owners}
        words |= {(TOKEN.findall(alias.encode()) or [b""])[-1] for alias in self._aliases}
        words |= {(TOKEN.findall(ref.encode()) or [b""])[-1] for claim in self.claims for ref in claim.refs}
        return frozenset(words)

    @cached_property
    def _refs(self) -> dict[str, str]:
        return {ref.casefold(): claim.app for claim in self.claims for ref in claim.refs if "{app}" not in ref}

    @cached_property
    def _open_refs(self) -> tuple[re.Pattern[str], ...]:
        return tuple(
            captured(ref.casefold()) for claim in self.claims for ref in claim.refs if "{app}" in ref
        )

    @cached_property
    def _hints(self) -> tuple[bytes, ...]:
        """What stands in files that may matter although they name no image."""
        if not self.claims:
            return ()
        return _MARKS

    @cached_property
    def _telling(self) -> tuple[bytes, ...]:
        """What is looked for by itself: the hints, and the words where they are few."""
        return self._hints if self._many else (*self._hints, *self._words)

    @cached_property
    def _many(self) -> frozenset[bytes]:
        """The words where they are too many to look for each by itself; b"" is in every file."""
        return frozenset() if len(self._words) <= _FEW or b"" in self._words else self._words

    def _brings(self, data: bytes) -> bool:
        """Whether a file may hold a chart's source, or an object that gives a chart its tag alone: over its values."""
        if b"elm" not in data:
            return False  # most files: one search for all that follows
        if b"HelmRepository" in data:
            return True
        if b"HelmRelease" in data:
            return self.layered or b"GitRepository" in data
        if b"argoproj.io" in data:
            return b"helm:" in data
        return b"helm.cattle.io" in data or (b"helm:" in data and b"values:" in data)

    def may_name(self, data: bytes) -> bool:
        """Whether a file could name a wanted image: a screen over its bytes, never wrong when it says no."""
        if self.everything or (b"\\" in data and _ESCAPE.search(data) is not None):
            return True
        # Plain loops: most files get no further, and a generator for each would cost more than the searches.
        for word in self._telling:
            if word in data:
                return True
        if data.startswith(_UTF_16) or (self.claims and self._brings(data)):
            return True
        for family in self._families:
            if all(word in data for word in family.words):
                return True
        return bool(self._many) and not self._many.isdisjoint(TOKEN.findall(data))

    @cached_property
    def spelled_out(self) -> bool:
        """Whether a wanted image's word stands wherever it is named: nothing lies over it, or completes its name."""
        return not (self.everything or self.layered or self._families or self._aliases)

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

    @cached_property
    def _by_app(self) -> dict[str, tuple[Claim, ...]]:
        by_app: dict[str, tuple[Claim, ...]] = {}
        for claim in self.claims:
            by_app[claim.app] = (*by_app.get(claim.app, ()), claim)
        return by_app

    def claims_of(self, app: str) -> tuple[Claim, ...]:
        """The claims that an app may have by its name: its own, and those of families."""
        families = (family.claim for family in self._families if fnmatchcase(app, family.claim.app))
        return (*self._by_app.get(app, ()), *families)

    def images_of(self, app: str) -> tuple[Repository, ...]:
        """All images of an app, the first one first, or the one of a member of a family."""
        for claim in self._by_app.get(app, ()):
            if claim.repositories:
                return claim.repositories
        return next(((found,) for family in self._families if (found := family.member(app)) is not None), ())

    def first_of(self, app: str) -> Repository | None:
        """The first image of an app, or of a member of a family."""
        return next(iter(self.images_of(app)), None)

    def app_of_ref(self, place: str) -> str | None:
        """The app whose code lies at `host/path` of a Git server, or in a folder of a repository there."""
        here = place.casefold().replace(".git/", "/").removesuffix(".git")
        while here:
            if here in self._refs:
                return self._refs[here]
            found = next((match for each in self._open_refs if (match := each.fullmatch(here)) is not None), None)
            if found is not None and self.marked(found["app"]) is not None:
                return found["app"]
            here = here.rpartition("/")[0]
        return None

    def marked(self, name: str) -> str | None:
        """The app that a marker calls by its name (SEMANTICS 2.6)."""
        return name if name in self._named else None

    def bound(self, policy: str) -> str | None:
        """The app that a Flux marker's `namespace:name` means: one that says so, else the one of that name."""
        exact, families = self._policies
        if policy in exact:
            return exact[policy]
        for expression, family in families:
            found = expression.fullmatch(policy)
            if found is not None and fnmatchcase(found["app"], family):
                return found["app"]
        return self.marked(policy.partition(":")[2])

    @cached_property
    def _policies(self) -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
        """The apps by the policy that they say, and families with the policies that theirs are."""
        said = [(claim.imagepolicy, claim.app) for claim in self.known or self.claims if claim.imagepolicy]
        exact = {policy: app for policy, app in reversed(said) if "{app}" not in policy}
        return exact, [(captured(policy), app) for policy, app in said if "{app}" in policy]

    @cached_property
    def _named(self) -> Names:
        return Names(claim.app for claim in self.known or self.claims)

    def named_in(self, data: bytes, path: bytes) -> tuple[str, ...]:
        """The apps of which a whole image name or alias stands in `data`: for files that cannot be read as YAML."""
        if data.startswith(_UTF_16):
            data = data.decode("utf-16", "replace").encode("utf-8", "replace")
        return self._mentions.of(data, path)

    @cached_property
    def _mentions(self) -> Mentions:
        return Mentions(self.claims, self._families, frozenset(self._owners))
