"""Configuration and one tree → its Estates: one scan for all environments, then a join for each app in each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from promote.config.model import App, Config, Environment
from promote.config.scope import claims_of, globs_for
from promote.errors import UsageError
from promote.estate.aims import aims_in
from promote.estate.estate import Estate
from promote.estate.reach import reach
from promote.estate.scan import Scan, scan
from promote.estate.ties import Files, Layers, Ties, layer_of
from promote.image import parse_repository
from promote.outcome import Place
from promote.sites import helm, kustomize, manifest
from promote.sites.join import Joined, Layered, Reach, join
from promote.sites.site import Barred, Fragment
from promote.sites.target import Aim
from promote.sites.wanted import Wanted
from promote.text.edit import Span
from promote.tree import Globs, Tree, show


@dataclass
class _Gathering:
    """What one app has in one environment, before the join."""

    layers: Layers
    named: list[Layered] = field(default_factory=list)
    overlays: list[Layered] = field(default_factory=list)
    barred: list[Barred] = field(default_factory=list)


class _Builder:
    """Estates of one tree, all environments of it at once."""

    def __init__(
        self, config: Config, tree: Tree, place: Place, apps: Sequence[str] | None, *, everything: bool
    ) -> None:
        self._config = config
        self._tree = tree
        self._place = place
        self._apps = apps
        self._everything = everything
        self._layers: dict[tuple[str, str | None], Layers] = {}

    def app(self, environment: Environment, name: str) -> App:
        """The app as this environment has it; an image's own name makes an app where everything counts."""
        repository = parse_repository(name)
        if self._everything and name not in self._config.apps and repository is not None:
            return App(name, (repository,))
        return self._config.app_in(environment.name, name)

    def _asked(self, app: str) -> bool:
        return self._apps is None or app in self._apps

    def layers(self, environment: Environment, app: str | None) -> Layers:
        key = (environment.name, app)
        if key not in self._layers:
            found = None if app is None else self.app(environment, app)
            self._layers[key] = globs_for(self._config, environment, found)
        return self._layers[key]

    def globs(self, environment: Environment) -> Globs:
        """Every file that could matter: only the named apps' folders where apps are named (SEMANTICS 1.2)."""
        names: Iterable[str | None] = (None,) if self._apps is None else self._apps
        return Globs.union(globs for name in names for globs in self.layers(environment, name))

    def wanted(self, environment: Environment) -> Wanted:
        """The claims of all apps in one environment; of fewer where apps are named, since fewer names parse less."""
        claims = claims_of(self._config, environment)
        if self._apps is not None:
            # A family keeps its claim beside an explicit app's: which of the two owns an image, both tell together.
            claims = tuple(
                claim for claim in claims if any(fnmatchcase(app, claim.app) for app in self._apps) or claim.pattern
            )
        return Wanted(claims, everything=self._everything)

    def build(self, environments: Sequence[Environment]) -> dict[str, Estate]:
        wanted = {environment.name: self.wanted(environment) for environment in environments}
        aims = {each.name: aims_in(self._config, self._tree, each, self._apps) for each in environments}
        claims = tuple(dict.fromkeys(claim for one in wanted.values() for claim in one.claims))
        scanned = scan(
            self._tree,
            Globs.union(self.globs(environment) for environment in environments),
            Wanted(claims, everything=self._everything),
            [aim for environment in environments for aim in aims[environment.name]],
        )
        files = Files(scanned.entries)
        return {
            each.name: self._estate(each, scanned, files, wanted[each.name], aims[each.name]) for each in environments
        }

    def _estate(
        self, environment: Environment, scanned: Scan, files: Files, wanted: Wanted, aims: Sequence[Aim]
    ) -> Estate:
        mine = self.globs(environment)
        gathered: dict[str, _Gathering] = {}
        for path, hits in sorted(scanned.found.items()):
            if mine.matches(path) or any(aim.files.matches(path) for aim in aims):
                for hit in hits:
                    for app in self._owners(environment, wanted, aims, path, hit):
                        self._keep(gathered, environment, app, path, hit)
        for gathering in gathered.values():
            self._add_overlays(gathering, scanned, files)
        joined = {
            app: self._join(app, gathering, scanned, Ties(gathering.layers, files))
            for app, gathering in sorted(gathered.items())
        }
        names = [*gathered, *(name for name in self._config.apps if "*" not in name and self._asked(name))]
        return Estate(
            environment,
            self._place,
            self._tree.oid,
            {name: self.app(environment, name) for name in sorted(set(names))},
            joined,
            scanned.streams,
            scanned.entries,
            tuple(item for item in scanned.unread if mine.matches(item.entry.path)),
        )

    def _owners(
        self,
        environment: Environment,
        wanted: Wanted,
        aims: Sequence[Aim],
        path: bytes,
        hit: Fragment | Barred,
    ) -> tuple[str, ...]:
        """The app that a hit belongs to here, if any; raises UsageError where two claim it (SEMANTICS 2.1)."""
        if hit.app is not None:
            aimed = any(aim.app == hit.app and aim.files.matches(path) for aim in aims)
            claimed = any(claim.app == hit.app for claim in wanted.claims)
            return (hit.app,) if aimed or claimed else ()
        if hit.repository is None:
            return ()
        apps = tuple(
            app
            for app in wanted.apps_of(hit.repository, path)
            if layer_of(self.layers(environment, app), path) is not None
        )
        if len(apps) > 1:
            start = hit.span if isinstance(hit, Barred) else _first(hit)
            raise UsageError(
                f"{hit.repository} belongs to two apps here, {apps[0]} and {apps[1]}",
                where=f"{show(path)}:{start.line}:{start.column}",
                cure="give one of them a `path` that tells them apart",
            )
        return apps

    def _keep(
        self, gathered: dict[str, _Gathering], environment: Environment, app: str, path: bytes, hit: Fragment | Barred
    ) -> None:
        layers = self.layers(environment, app)
        layer = layer_of(layers, path)
        if layer is None:
            layer = len(layers)  # a target's file may lie outside; it stands above every layer
        gathering = gathered.setdefault(app, _Gathering(layers))
        if isinstance(hit, Barred):
            gathering.barred.append(hit)
        else:
            gathering.named.append(Layered(layer, hit))

    def _add_overlays(self, gathering: _Gathering, scanned: Scan, files: Files) -> None:
        """Values files that name no image and set its tag: they are read only where an image is named below them."""
        values = [item for item in gathering.named if item.fragment.format == helm.FORMAT]
        if not values or len(gathering.layers) < 2:
            return
        ties = Ties(gathering.layers, files)
        paths = sorted({path for item in values for path in ties.overlays_of(item.fragment.path)})
        scanned.parse_more(paths)
        for path in paths:
            layer = layer_of(gathering.layers, path)
            for hit in scanned.found.get(path, ()):
                if hit.repository is not None or hit.app is not None or layer is None:
                    continue
                if isinstance(hit, Barred):
                    gathering.barred.append(hit)
                else:
                    gathering.overlays.append(Layered(layer, hit))

    def _join(self, app: str, gathering: _Gathering, scanned: Scan, ties: Ties) -> Joined:
        reached: Reach = {}
        entries = [item.fragment.path for item in gathering.named if item.fragment.format == kustomize.FORMAT]
        strings = [item for item in gathering.named if item.fragment.format == manifest.FORMAT]
        if entries and (strings or len(entries) > 1):
            reached = reach(scanned.tree, entries)
        return join(app, gathering.named, gathering.overlays, gathering.barred, tied=ties, reach=reached)


def _first(fragment: Fragment) -> Span:
    return next(part.span for part in (fragment.tag, fragment.digest, fragment.name) if part is not None)


def load(
    config: Config,
    tree: Tree,
    place: Place,
    environments: Sequence[Environment],
    apps: Sequence[str] | None = None,
    *,
    everything: bool = False,
) -> dict[str, Estate]:
    """The estates of these environments, which all lie in `tree`: of all apps, or of those that are named.

    With `everything` each well-formed image counts as an app of its own name (a repository without promote.yaml).
    """
    return _Builder(config, tree, place, apps, everything=everything).build(environments)


def neighbours(config: Config, estates: Iterable[Estate], candidates: Iterable[Environment]) -> list[Environment]:
    """Those of `candidates` whose paths take a file in which one of `estates` has a site: they may share it (3.2)."""
    paths = {site.anchor.path for estate in estates for joined in estate.joined.values() for site in joined.sites}
    out = []
    for environment in candidates:
        layers = Globs.union(globs_for(config, environment))
        if any(layers.matches(path) for path in paths):
            out.append(environment)
    return out
