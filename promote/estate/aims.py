"""The targets of one environment as finders take them: placeholders filled in, families enumerated by their files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from promote.config.model import Config, Environment, Target
from promote.config.placeholder import capture, fill
from promote.sites import pattern
from promote.sites import target as target_finder
from promote.sites.pattern import Text
from promote.sites.reading import Reading
from promote.sites.site import Barred, Fragment
from promote.sites.target import Aim
from promote.text.document import Stream
from promote.tree import Globs, Tree
from promote.tree.glob import has_wildcard, segments_of


@dataclass(frozen=True, slots=True)
class Miss:
    """A target whose file is there and which leads nowhere in it; `shown` is its way as promote.yaml has it."""

    app: str
    path: bytes
    shown: str


class Aims:
    """Aims by the file that they speak of; `listing` takes all of these files, and maybe others beside them."""

    def __init__(self, aims: Sequence[Aim], listing: Globs) -> None:
        self.all = tuple(aims)
        self.listing = listing
        self._read: dict[bytes, tuple[tuple[Aim, Fragment | Barred], ...]] = {}
        self._exact: dict[bytes, list[Aim]] = {}
        self._wild: list[Aim] = []
        for aim in aims:
            (pattern,) = aim.files.patterns
            if has_wildcard(pattern):
                self._wild.append(aim)
            else:
                self._exact.setdefault("/".join(segments_of(pattern)).encode(), []).append(aim)

    @classmethod
    def union(cls, aims: Iterable[Aims]) -> Aims:
        known = list(aims)
        return cls([aim for one in known for aim in one.all], Globs.union(one.listing for one in known))

    def at(self, path: bytes) -> list[Aim]:
        """The aims whose file this is, or whose folder it lies in."""
        out = [aim for aim in self._wild if aim.files.matches(path)]
        here = path
        while here and self._exact:
            out += self._exact.get(here, ())
            here = here.rpartition(b"/")[0]
        return out

    def hits(self, text: Text) -> frozenset[Fragment | Barred]:
        """What these aims alone find in a file: others may aim at other places of it."""
        return frozenset(hit for _, hit in self._hits(text))

    def _hits(self, text: Text) -> Sequence[tuple[Aim, Fragment | Barred]]:
        if text.path not in self._read:
            aims = self.at(text.path)
            found = list(pattern.find(text, aims))
            if isinstance(text, Stream):
                readings = [Reading(text, document, target_finder.FORMAT) for document in text.documents]
                by_path = [(reading, aim) for reading in readings for aim in aims if aim.expression is None]
                found += [(aim, hit) for reading, aim in by_path for hit in target_finder.find(reading, aim)]
            self._read[text.path] = tuple(found)
        return self._read[text.path]

    def misses(self, texts: Mapping[bytes, Text], paths: Iterable[bytes]) -> tuple[Miss, ...]:
        """The aims that lead nowhere in any of these files, by the first of them that each speaks of."""
        first: dict[Aim, bytes] = {}
        hit: set[Aim] = set()
        for path in paths:
            aims = self.at(path) if path in texts else ()
            for aim in aims:
                # A file that is no YAML bars the apps of those that lead through it as such.
                if aim.expression is not None or isinstance(texts[path], Stream):
                    first.setdefault(aim, path)
            hit.update(aim for aim, _ in (self._hits(texts[path]) if aims else ()))
        return tuple(Miss(aim.app, path, aim.shown) for aim, path in first.items() if aim not in hit)


def _members(config: Config, tree: Tree, environment: Environment, target: Target) -> list[str]:
    """The members of families that the files of a target name, whatever their ending (SEMANTICS 2.1)."""
    text = fill(target.file, {**environment.vars, "environment": environment.name, "app": "{app}"})
    expression = capture(text)
    listed = tree.list(Globs((text.replace("{app}", "*"),)))
    found = (expression.match(entry.path.decode("utf-8", "replace")) for entry in listed)
    names = {match["app"] for match in found if match is not None}
    return sorted(name for name in names if config.family_of(name) is not None and fnmatchcase(name, target.app))


def _apps(config: Config, tree: Tree, environment: Environment, target: Target) -> list[str]:
    """The apps that a target speaks of: one, or all that fit."""
    if "*" not in target.app:
        return [target.app]
    named = [name for name in config.apps if "*" not in name and fnmatchcase(name, target.app)]
    if "{app}" in target.file and any("*" in name for name in config.apps):
        return list(dict.fromkeys((*named, *_members(config, tree, environment, target))))
    return named


def aims_in(config: Config, tree: Tree, environment: Environment, apps: Collection[str] | None) -> Aims:
    """Every target that means something here, of all apps or of those that are named."""
    out: list[Aim] = []
    listing: dict[str, None] = {}
    for target in config.targets:
        for name in _apps(config, tree, environment, target):
            if apps is not None and name not in apps:
                continue
            app = config.app_in(environment.name, name)
            filled = target.filled(environment, app)
            if filled is not None and app.repositories:
                way = filled.steps or (), app.repositories[0], filled.expression, filled.shown
                out.append(Aim(name, Globs((filled.file,)), *way))
                # One pattern for all apps of a target: with one an app, each path would be compared with all of them.
                wide = "*" in target.app and apps is None
                listing[fill(target.file, {"environment": environment.name}, "*") if wide else filled.file] = None
    return Aims(out, Globs.union(Globs((text,)) for text in listing))
