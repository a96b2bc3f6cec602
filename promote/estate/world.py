"""The trees of a run's places, and the estates that stand on them; seen again after somebody else has pushed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from promote.config.model import Config, Environment
from promote.estate.adding import adding
from promote.estate.estate import Estate
from promote.estate.foresight import Foresight
from promote.estate.load import load
from promote.estate.sharing import bases, neighbours
from promote.place import Place
from promote.tree import Tree


class Trees(Protocol):
    """Where trees come from: remotes by their tips, or the one folder."""

    def place(self, environment: Environment) -> Place:
        """The repository and branch of an environment."""
        ...

    def tree(self, place: Place) -> Tree:
        """The place's files as this run last saw them."""
        ...

    def at(self, environment: Environment, place: Place) -> bool:
        """Whether an environment lies in this place, which has been read; no other remote is asked for it."""
        ...


class World:
    """What all environments of a configuration run, as far as a command needs to know it."""

    def __init__(self, config: Config, trees: Trees, *, everything: bool = False) -> None:
        self._config = config
        self._trees = trees
        self._everything = everything

    def estates(
        self, names: Sequence[str], apps: Sequence[str] | None = None, *, adding_to: str | None = None
    ) -> Mapping[str, Estate]:
        """The estates of these environments, and of those that share a file with one of them (SEMANTICS 3.2).

        That of `adding_to` knows where apps that it lacks could be added, if they are named in another one.
        """
        places: dict[Place, list[Environment]] = {}
        others: list[Environment] = []
        for name, environment in self._config.environments.items():
            if environment.is_template:
                continue
            if name in names:
                places.setdefault(self._trees.place(environment), []).append(environment)
            else:
                others.append(environment)
        out: dict[str, Estate] = {}
        for place, environments in places.items():
            tree = self._trees.tree(place)
            found = load(self._config, tree, place, environments, apps, everything=self._everything, with_holds=True)
            near = [each for each in others if self._trees.at(each, place)]
            beside = neighbours(self._config, tree, found.values(), near, apps)
            below = bases(self._config, tree, found.values(), (*environments, *near))
            if beside:
                found |= load(self._config, tree, place, beside, apps, everything=self._everything)
            if below:
                reaching = [self._config.environments[name] for name in below]
                wider = load(self._config, tree, place, reaching, apps, everything=self._everything, below=below)
                found |= {name: replace(found.get(name, each), beyond=each.spots) for name, each in wider.items()}
            out |= found
            gaining = [name for name, each in found.items() if name == adding_to or each.environment.override]
            if gaining:
                every = [each for each in self._config.environments.values() if self._lies(each, place)]
                again = Foresight(self._config, tree, place, every, everything=self._everything)
                out |= {name: replace(found[name], again=again) for name in gaining}
        if adding_to is not None:
            out[adding_to] = self._adding(out, adding_to)
        return out

    def _adding(self, estates: Mapping[str, Estate], name: str) -> Estate:
        estate = estates[name]
        others = {app for each in estates.values() for app in each.apps} - estate.apps.keys()
        apps = {**estate.apps, **{app: self._config.app_in(name, app) for app in sorted(others)}}
        tree = self._trees.tree(estate.place)
        every = self._config.environments.values()
        beside = [each for each in every if each.name != name and self._lies(each, estate.place)]
        return adding(self._config, tree, estate.environment, replace(estate, apps=apps), beside)

    def _lies(self, environment: Environment, place: Place) -> bool:
        return not environment.is_template and self._trees.at(environment, place)
