"""Configuration and one tree → its Estates: one scan for all environments, then a join for each app in each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from promote.config.model import App, Config, Environment
from promote.config.placeholder import placeholders
from promote.config.scope import claims_of, globs_for
from promote.errors import UsageError
from promote.estate.aims import Aims, aims_in
from promote.estate.estate import Estate
from promote.estate.gathering import Gathering, joined
from promote.estate.scan import Scan, scan
from promote.estate.ties import Files, Layers, Paths, layer_of
from promote.image import parse_repository
from promote.outcome import Place
from promote.sites import target
from promote.sites.join import Joined
from promote.sites.site import Barred, Fragment, where
from promote.sites.wanted import Wanted
from promote.text.part import Part
from promote.tree import Globs, Tree

# With more apps named than this their folders are listed together: each path is compared with every pattern.
_MANY = 40


class _Builder:
    """Estates of one tree, all environments of it at once."""

    def __init__(
        self,
        config: Config,
        tree: Tree,
        place: Place,
        apps: Sequence[str] | None,
        *,
        everything: bool,
        below: Mapping[str, Globs],
    ) -> None:
        self._config = config
        self._tree = tree
        self._place = place
        self._named = None if apps is None else dict.fromkeys(apps)
        self._everything = everything
        self._below = below
        self._apps: dict[tuple[str, str], App] = {}
        self._layers: dict[tuple[str, str | None], Layers] = {}

    def app(self, environment: Environment, name: str) -> App:
        """The app as this environment has it; an image's own name makes an app where everything counts."""
        key = (environment.name, name)
        if key not in self._apps:
            image = parse_repository(name) if self._everything and name not in self._config.apps else None
            own = App(name, (image,)) if image is not None else None
            self._apps[key] = own or self._config.app_in(environment.name, name)
        return self._apps[key]

    def layers(self, environment: Environment, name: str | None) -> Layers:
        """What each layer takes for this app, or for all; compiled once where the app makes no difference."""
        app = None if name is None else self.app(environment, name)
        key = (environment.name, name if app is not None and _depend(environment, app) else None)
        if key not in self._layers:
            own = globs_for(self._config, environment, None if key[1] is None else app)
            below = self._below.get(environment.name)
            self._layers[key] = own if below is None else (below, *own)
        return self._layers[key]

    def globs(self, environment: Environment) -> Globs:
        """Every file that could matter: only the named apps' folders where apps are named (SEMANTICS 1.2)."""
        few = self._named is not None and len(self._named) <= _MANY
        names: Iterable[str | None] = self._named if self._named is not None and few else (None,)
        return Globs.union(globs for name in names for globs in self.layers(environment, name))

    def wanted(self, environment: Environment) -> Wanted:
        """The claims of all apps in one environment; of fewer where apps are named, since fewer names parse less."""
        claims = claims_of(self._config, environment)
        if self._named is not None:
            # A family keeps its claim beside an explicit app's: which of the two owns an image, both tell together.
            claims = tuple(claim for claim in claims if claim.pattern or _is_named(claim.app, self._named))
        return Wanted(claims, everything=self._everything)

    def build(self, environments: Sequence[Environment]) -> dict[str, Estate]:
        wanted = {each.name: self.wanted(each) for each in environments}
        aims = {each.name: aims_in(self._config, self._tree, each, self._named) for each in environments}
        globs = {each.name: self.globs(each) for each in environments}
        claims = tuple(dict.fromkeys(claim for one in wanted.values() for claim in one.claims))
        scanned = scan(
            self._tree,
            Globs.union(globs.values()),
            Wanted(claims, everything=self._everything),
            Aims.union(aims.values()),
        )
        paths = Paths(scanned.found)
        gathered = {
            (each.name, gathering.app): gathering
            for each in environments
            for gathering in self._gather(each, scanned, paths, globs[each.name], wanted[each.name], aims[each.name])
        }
        found = zip(gathered, joined(gathered.values(), scanned, Files(scanned.entries)), strict=True)
        by_name: dict[str, dict[str, Joined]] = {each.name: {} for each in environments}
        for (name, app), one in found:
            by_name[name][app] = one
        paths = Paths((*scanned.entries, *(item.entry.path for item in scanned.unread)))
        return {
            each.name: self._estate(each, scanned, paths, globs[each.name], aims[each.name], by_name[each.name])
            for each in environments
        }

    def _gather(
        self, environment: Environment, scanned: Scan, paths: Paths, globs: Globs, wanted: Wanted, aims: Aims
    ) -> list[Gathering]:
        gathered: dict[str, Gathering] = {}
        for path in paths.near(globs, aims.listing):
            aimed = bool(aims.at(path))
            if not aimed and not globs.matches(path):
                continue
            own = aims.hits(scanned.streams[path]) if aimed and path in scanned.streams else frozenset()
            for hit in scanned.found[path]:
                for app in self._owners(environment, wanted, aims, path, hit, own):
                    layers = self.layers(environment, app)
                    layer = layer_of(layers, path)
                    # A target's file may lie outside; it stands above every layer.
                    gathered.setdefault(app, Gathering(app, layers)).keep(hit, len(layers) if layer is None else layer)
        return [gathered[app] for app in sorted(gathered)]

    def _owners(
        self,
        environment: Environment,
        wanted: Wanted,
        aims: Aims,
        path: bytes,
        hit: Fragment | Barred,
        own: frozenset[Fragment | Barred],
    ) -> tuple[str, ...]:
        """The app that a hit belongs to here, if any; raises UsageError where two claim it (SEMANTICS 2.1)."""
        if hit.app is not None:
            # What another environment's target found in the same file is not this one's.
            aimed = hit in own if hit.format == target.FORMAT else any(aim.app == hit.app for aim in aims.at(path))
            return (hit.app,) if aimed or self._claims(environment, wanted, path, hit) else ()
        if hit.repository is None:
            return ()
        apps = tuple(
            app
            for app in wanted.apps_of(hit.repository, path)
            if layer_of(self.layers(environment, app), path) is not None
        )
        if len(apps) > 1:
            raise UsageError(
                f"{hit.repository} belongs to two apps here, {apps[0]} and {apps[1]}",
                where=where(hit if isinstance(hit, Barred) else _first(hit)),
                cure="give one of them a `path` that tells them apart",
            )
        return tuple(app for app in apps if self._named is None or app in self._named)

    def _claims(self, environment: Environment, wanted: Wanted, path: bytes, hit: Fragment | Barred) -> bool:
        """Whether a hit that names its app by itself stands in that app's part of the environment."""
        return (
            hit.format != target.FORMAT
            and any(claim.app == hit.app and claim.covers(path) for claim in wanted.claims)
            and layer_of(self.layers(environment, hit.app), path) is not None
        )

    def _estate(
        self,
        environment: Environment,
        scanned: Scan,
        paths: Paths,
        globs: Globs,
        aims: Aims,
        found: Mapping[str, Joined],
    ) -> Estate:
        taken = dict.fromkeys(
            path for path in paths.near(globs, aims.listing) if globs.matches(path) or aims.at(path)
        )
        explicit = self._named if self._named is not None else self._config.apps
        names = {*found, *(name for name in explicit if "*" not in name)}
        return Estate(
            environment,
            self._place,
            self._tree.oid,
            {name: self.app(environment, name) for name in sorted(names)},
            found,
            scanned.streams,
            {path: scanned.entries[path] for path in taken if path in scanned.entries},
            tuple(item for item in scanned.unread if item.entry.path in taken),
        )


def _depend(environment: Environment, app: App) -> bool:
    """Whether the paths of this environment mean something else for this app than for another."""
    texts = (*environment.layers, *environment.excludes, *environment.ignore)
    names = {name for text in texts if "{" in text for name in placeholders(text)} - {"environment"}
    return any(name in app.vars or name not in environment.vars for name in names)


def _is_named(claimed: str, named: Mapping[str, None]) -> bool:
    return claimed in named or ("*" in claimed and any(fnmatchcase(name, claimed) for name in named))


def _first(fragment: Fragment) -> Part:
    return next(part for part in (fragment.tag, fragment.digest, fragment.name) if part is not None)


def load(
    config: Config,
    tree: Tree,
    place: Place,
    environments: Sequence[Environment],
    apps: Sequence[str] | None = None,
    *,
    everything: bool = False,
    below: Mapping[str, Globs] | None = None,
) -> dict[str, Estate]:
    """The estates of these environments, which all lie in `tree`: of all apps, or of those that are named.

    With `everything` each well-formed image counts as an app of its own name (a repository without promote.yaml).
    `below` adds a weakest layer to the environments that it names.
    """
    return _Builder(config, tree, place, apps, everything=everything, below=below or {}).build(environments)
