"""From the tip of a branch back: what apps of one environment ran, as far as it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from promote.config.model import Config
from promote.errors import UsageError
from promote.estate.estate import Estate
from promote.estate.load import reloading
from promote.gitrepo.past.branch_history import History
from promote.gitrepo.write.identity import Author
from promote.history.brought import Said, brought, said
from promote.history.trail import UNREADABLE, Ran, Trail, ran
from promote.place import Place
from promote.question import Past, Stretch


def _robot(config: Config) -> str | None:
    """By whom promote.yaml has commits, as commits spell it; None where it does not say."""
    author = config.commit.author
    return str(Author.parse(author)) if isinstance(author, str) else None


@dataclass
class _Walk:
    """One way back. Paths and apps are those of today's configuration, whatever promote.yaml said then."""

    config: Config
    history: History
    place: Place
    environment: str
    trails: Mapping[str, Trail]
    ends: str = ""
    root: str | None = None
    parents: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def run(self, tip: str, most: int | None) -> None:
        """Walks until every trail is long enough, `most` commits are seen, or history ends."""
        tree = self.history.tree(tip)
        environment = self.config.environment(self.environment)
        load = reloading(self.config, tree, self.place, [environment], [*self.trails])
        matters, newer = True, None
        for batch in self.history.batches(tip):
            tree.expect(batch.coming)
            for commit in batch.commits:
                if len(self.parents) == most:
                    self.ends = f"no more than {most} commits were looked at"
                    return
                if matters:
                    tree.begin()
                    self._see(load, newer)
                    if all(trail.is_long for trail in self.trails.values()):
                        return
                self.parents[commit.oid] = commit.parents
                newer = commit.oid
                if commit.parents:
                    matters = tree.back(commit.parents[0], commit.turned)
            self.root = newer if batch.is_root else None
            self.ends = batch.ends and f"history ends at commit {(newer or tip)[:12]}: {batch.ends}"

    def _see(self, load: Callable[[], Mapping[str, Estate]], newer: str | None) -> None:
        """Takes down what the apps ran at the commit below `newer`; at the tip that is None."""
        try:
            estate = load()[self.environment]
        except UsageError:
            # Two apps that claimed one place, for one: of an old commit nobody can mend that any more.
            if newer is None:
                raise
            estate = None
        for app, trail in self.trails.items():
            trail.see(UNREADABLE if estate is None else ran(estate, app), newer=newer)

    def pasts(self) -> dict[str, Past]:
        """What was seen of each app."""
        ended = {app: trail.end(self.root) for app, trail in self.trails.items()}
        begins = {oid for found, _ in ended.values() for _, oid in found if oid is not None}
        told, robot = self._told(begins), _robot(self.config)
        out: dict[str, Past] = {}
        for app, (found, is_whole) in ended.items():
            stretches = tuple(self._stretch(app, its, oid, told, robot) for its, oid in found)
            seen = bool(stretches) and stretches[-1].brought is not None
            # Where all that was asked for was seen, it does not matter where history ends.
            short = not is_whole and not (seen and self.trails[app].is_long)
            out[app] = Past(stretches, is_whole, self.ends if short else "")
        return out

    def _told(self, oids: Iterable[str]) -> dict[str, Said]:
        """What these commits say, and those that they merge, which a branch of promote's own may have as one commit."""
        merged = {self.parents[oid][1] for oid in oids if len(self.parents[oid]) == 2}
        raws = self.history.raw(sorted({*oids, *merged}))
        return {oid: said(raw) for oid, raw in raws.items() if raw is not None}

    def _stretch(
        self, app: str, its: Ran, oid: str | None, told: Mapping[str, Said], robot: str | None
    ) -> Stretch:
        if oid is None:
            return Stretch(its.runs, its.images, None)
        parents = self.parents[oid]
        merged = told.get(parents[1]) if len(parents) == 2 else None
        made = brought(oid, told[oid], merged, environment=self.environment, app=app, runs=its.runs, robot=robot)
        return Stretch(its.runs, its.images, made)


def walk(
    config: Config,
    history: History,
    place: Place,
    tip: str,
    environment: str,
    apps: Mapping[str, int],
    *,
    most: int | None = None,
) -> dict[str, Past]:
    """What each of `apps` ran, as many stretches as it says; GitError where the history cannot be read."""
    one = _Walk(config, history, place, environment, {app: Trail(least) for app, least in apps.items()})
    one.run(tip, most)
    return one.pasts()
