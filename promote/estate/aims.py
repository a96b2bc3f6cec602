"""The targets of one environment as finders take them: placeholders filled in, families enumerated by their files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from promote.config.model import Config, Environment, Target
from promote.placeholder import capture, fill
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


Own = tuple[str | None, int]


def starts_of(hit: Fragment | Barred) -> tuple[int, ...]:
    """Where the parts of a hit begin: its tag first, then its digest."""
    if isinstance(hit, Barred):
        return (hit.span.start,)
    return tuple(part.span.start for part in (hit.tag, hit.digest, hit.name) if part is not None)


class Aims:
    """Aims by the file that they speak of; `listing` takes all of these files, and maybe others beside them."""

    def __init__(self, aims: Sequence[Aim], listing: Globs) -> None:
        self.all = tuple(aims)
        self.listing = listing
        self._read: dict[bytes, tuple[tuple[Aim, Fragment | Barred], ...]] = {}
        self._at: dict[bytes, tuple[Aim, ...]] = {}
        self._apps: dict[bytes, frozenset[str]] = {}
        self._exact: dict[bytes, list[Aim]] = {}
        wild: list[tuple[Aim, list[bytes]]] = []
        for aim in aims:
            (pattern,) = aim.files.patterns
            if has_wildcard(pattern):
                wild.append((aim, [each.encode() for each in segments_of(pattern) if not has_wildcard(each)]))
            else:
                self._exact.setdefault("/".join(segments_of(pattern)).encode(), []).append(aim)
        # Each by the rarest of its own segments, which every path that it takes has: few are left to compare.
        times = Counter(segment for _, segments in wild for segment in segments)
        self._wild: dict[bytes, list[Aim]] = {}
        for aim, segments in wild:
            self._wild.setdefault(min(segments, key=lambda each: times[each], default=b""), []).append(aim)

    @classmethod
    def union(cls, aims: Iterable[Aims]) -> Aims:
        known = list(aims)
        every = dict.fromkeys(aim for one in known for aim in one.all)
        return cls(list(every), Globs.union(one.listing for one in known))

    def at(self, path: bytes) -> tuple[Aim, ...]:
        """The aims whose file this is, or whose folder it lies in."""
        if not (self._wild or self._exact):
            return ()
        if path not in self._at:
            words = dict.fromkeys((b"", *path.split(b"/"))) if self._wild else ()
            out = [aim for word in words for aim in self._wild.get(word, ()) if aim.files.matches(path)]
            here = path
            while here and self._exact:
                out += self._exact.get(here, ())
                here = here.rpartition(b"/")[0]
            self._at[path] = tuple(out)
        return self._at[path]

    def apps_at(self, path: bytes) -> frozenset[str]:
        """The apps whose targets speak of a file."""
        if path not in self._apps:
            self._apps[path] = frozenset(aim.app for aim in self.at(path))
        return self._apps[path]

    def hits(self, text: Text) -> frozenset[Own]:
        """The app and the first byte of what these aims alone find in a file: others may aim at other places of it."""
        return frozenset((hit.app, starts_of(hit)[0]) for _, hit in self._hits(text))

    def _hits(self, text: Text) -> Sequence[tuple[Aim, Fragment | Barred]]:
        if text.path not in self._read:
            aims = self.at(text.path)
            found = list(pattern.find(text, aims))
            if isinstance(text, Stream):
                for document in text.documents:
                    found += target_finder.find(Reading(text, document, target_finder.FORMAT), aims)
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
                first, *more = app.repositories
                way = filled.steps or (), first, filled.expression, filled.shown, tuple(more)
                out.append(Aim(name, Globs((filled.file,)), *way))
                # One pattern for all apps of a target: with one an app, each path would be compared with all of them.
                wide = "*" in target.app and apps is None
                listing[fill(target.file, {"environment": environment.name}, "*") if wide else filled.file] = None
    return Aims(out, Globs.union(Globs((text,)) for text in listing))
