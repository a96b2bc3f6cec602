"""The targets of one environment as finders take them: placeholders filled in, families enumerated by their files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from promote.config.model import Config, Environment, Target
from promote.config.placeholder import capture, fill
from promote.sites import target as target_finder
from promote.sites.reading import Reading
from promote.sites.site import Barred, Fragment
from promote.sites.target import Aim
from promote.text.document import Stream
from promote.text.yamlpath import compile_path
from promote.tree import Globs, Tree
from promote.tree.glob import has_wildcard, segments_of


class Aims:
    """Aims by the file that they speak of; `listing` takes all of these files, and maybe others beside them."""

    def __init__(self, aims: Sequence[Aim], listing: Globs) -> None:
        self.all = tuple(aims)
        self.listing = listing
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

    def hits(self, stream: Stream) -> frozenset[Fragment | Barred]:
        """What these aims alone find in a file: others may aim at other places of it."""
        return frozenset(self._hits(stream))

    def _hits(self, stream: Stream) -> Iterator[Fragment | Barred]:
        for aim in self.at(stream.path):
            for document in stream.documents:
                yield from target_finder.find(Reading(stream, document, target_finder.FORMAT), aim)


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
                out.append(Aim(name, Globs((filled.file,)), compile_path(filled.path), app.repositories[0]))
                # One pattern for all apps of a target: with one an app, each path would be compared with all of them.
                wide = "*" in target.app and apps is None
                listing[fill(target.file, {"environment": environment.name}, "*") if wide else filled.file] = None
    return Aims(out, Globs.union(Globs((text,)) for text in listing))
