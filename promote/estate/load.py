"""Configuration and one tree → its Estates: one scan for all environments, then a join for each app in each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from promote.config.model import App, Config, Environment
from promote.config.scope import claims_of, globs_for
from promote.estate.aims import Aims, Own, aims_in
from promote.estate.charted import Found
from promote.estate.estate import Estate
from promote.estate.gathering import Gathering, joined
from promote.estate.generated import attribute_files
from promote.estate.holds import path_of
from promote.estate.holds_file import read_holds
from promote.estate.owners import Owners, is_meant, within
from promote.estate.scan import Readings, Scan, scan
from promote.estate.ties import Files, Layers, Paths, layer_of
from promote.image import parse_repository
from promote.place import Place
from promote.placeholder import fill, placeholders
from promote.sites import marker
from promote.sites.join import Joined
from promote.sites.site import Barred, Fragment
from promote.sites.wanted import Wanted
from promote.tree import Globs, Tree

# With more apps named than this their folders are listed together: each path is compared with every pattern.
_MANY = 40


@dataclass(frozen=True, slots=True)
class _Owned:
    """Whose the hits of one file are in one environment, and in which layers; it holds while these are its hits."""

    hits: Found
    own: frozenset[Own]
    owned: tuple[tuple[str, Fragment | Barred, int], ...]
    unbound: tuple[Barred, ...]


class _Builder:
    """Estates of one tree, all environments of it at once; built again, files that are the same are not read again."""

    def __init__(
        self,
        config: Config,
        tree: Tree,
        place: Place,
        apps: Sequence[str] | None,
        *,
        everything: bool,
        below: Mapping[str, Globs],
        with_holds: bool = False,
    ) -> None:
        self._config = config
        self._tree = tree
        self._place = place
        self._named = None if apps is None else dict.fromkeys(apps)
        self._everything = everything
        self._below = below
        self._with_holds = with_holds
        self._readings = Readings()
        self._wanted: dict[str, Wanted] = {}
        self._owned: dict[tuple[str, bytes], _Owned] = {}
        self._apps: dict[tuple[str, str], App] = {}
        self._layers: dict[tuple[str, str | None], Layers] = {}
        self._unbound: dict[str, list[Barred]] = {}

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
        claims = known = claims_of(self._config, environment)
        if self._named is not None:
            # A family keeps its claim beside an explicit app's: which of the two owns an image, both tell together.
            claims = tuple(claim for claim in claims if claim.pattern or is_meant(claim.app, self._named))
        layered = len(environment.layers) > 1 or environment.name in self._below
        return Wanted(claims, self._everything, known, layered=layered)

    def build(self, environments: Sequence[Environment]) -> dict[str, Estate]:
        self._unbound.clear()
        for each in environments:
            if each.name not in self._wanted:
                self._wanted[each.name] = self.wanted(each)
        wanted = {each.name: self._wanted[each.name] for each in environments}
        aims = {each.name: aims_in(self._config, self._tree, each, self._named) for each in environments}
        globs = {each.name: self.globs(each) for each in environments}
        scanned = scan(
            self._tree,
            Globs.union(globs.values()),
            Wanted.union(wanted.values()),
            Aims.union(aims.values()),
            Globs.union(map(_overrides, environments)),
            self._readings,
            [path_of(each.name) for each in environments] if self._with_holds else (),
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
        owners = Owners(wanted, aims, self._named, lambda app: self.layers(environment, app))
        for path in paths.near(globs, aims.listing):
            aimed = bool(aims.at(path))
            if not aimed and not globs.matches(path):
                continue
            own = aims.hits(scanned.streams[path]) if aimed and path in scanned.streams else frozenset[Own]()
            known = self._owned.get((environment.name, path))
            if known is None or known.hits is not scanned.found[path] or known.own != own:
                hits = within(environment.part, scanned.streams.get(path), scanned.found[path], own)
                known = self._own(environment, path, scanned.found[path], hits, own, owners)
                self._owned[environment.name, path] = known
            if known.unbound:
                self._unbound.setdefault(environment.name, []).extend(known.unbound)
            for app, hit, layer in known.owned:
                if app not in gathered:
                    gathered[app] = Gathering(app, self.layers(environment, app), self._override(environment, app))
                gathered[app].keep(hit, layer)
        return [gathered[app] for app in sorted(gathered)]

    def _own(
        self,
        environment: Environment,
        path: bytes,
        found: Found,
        hits: Iterable[Fragment | Barred],
        own: frozenset[Own],
        owners: Owners,
    ) -> _Owned:
        owned: list[tuple[str, Fragment | Barred, int]] = []
        unbound: list[Barred] = []
        for hit in hits:
            if isinstance(hit, Barred) and marker.is_noted(hit):
                unbound.append(hit)
            for app in owners.of(path, hit, own):
                layers = self.layers(environment, app)
                layer = layer_of(layers, path)
                # A target's file may lie outside; it stands above every layer.
                owned.append((app, hit, len(layers) if layer is None else layer))
        return _Owned(found, own, tuple(owned), tuple(unbound))

    def _override(self, environment: Environment, app: str) -> bytes | None:
        text = environment.override_for(self.app(environment, app))
        return None if text is None else text.encode()

    def _estate(
        self,
        environment: Environment,
        scanned: Scan,
        paths: Paths,
        globs: Globs,
        aims: Aims,
        found: Mapping[str, Joined],
    ) -> Estate:
        overrides, attributes = _overrides(environment), attribute_files(globs)
        taken = dict.fromkeys(
            path
            for path in paths.near(globs, aims.listing, overrides, attributes)
            if globs.matches(path) or aims.at(path) or overrides.matches(path) or attributes.matches(path)
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
            unbound=tuple(self._unbound.get(environment.name, ())),
            misses=aims.misses(scanned.streams, taken),
            holds=read_holds(path_of(environment.name), scanned.apart),
        )


def _overrides(environment: Environment) -> Globs:
    """The files that the environment's `override` can be, whatever the app."""
    return Globs(() if environment.override is None else (fill(environment.override, environment.values(), "*"),))


def _depend(environment: Environment, app: App) -> bool:
    """Whether the paths of this environment mean something else for this app than for another."""
    texts = (*environment.layers, *environment.excludes, *environment.ignore)
    names = {name for text in texts if "{" in text for name in placeholders(text)} - {"environment"}
    return any(name in app.vars or name not in environment.vars for name in names)


def load(
    config: Config,
    tree: Tree,
    place: Place,
    environments: Sequence[Environment],
    apps: Sequence[str] | None = None,
    *,
    everything: bool = False,
    below: Mapping[str, Globs] | None = None,
    with_holds: bool = False,
) -> dict[str, Estate]:
    """The estates of these environments, which all lie in `tree`: of all apps, or of those that are named.

    With `everything` each well-formed image counts as an app of its own name (a repository without promote.yaml).
    `below` adds a weakest layer to the environments that it names. What they hold back is read `with_holds`.
    """
    builder = _Builder(config, tree, place, apps, everything=everything, below=below or {}, with_holds=with_holds)
    return builder.build(environments)


def reloading(
    config: Config, tree: Tree, place: Place, environments: Sequence[Environment], apps: Sequence[str]
) -> Callable[[], dict[str, Estate]]:
    """What `load` gives, whenever it is asked for, of a tree that shows another revision each time."""
    builder = _Builder(config, tree, place, apps, everything=False, below={})
    return lambda: builder.build(environments)
