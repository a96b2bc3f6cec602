"""The targets of one environment as finders take them: placeholders filled in, families enumerated by their files."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from promote.config.model import Config, Environment, Target
from promote.config.placeholder import capture, fill
from promote.sites.target import Aim
from promote.text.yamlpath import compile_path
from promote.tree import Globs, Tree


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
        named += [name for name in _members(config, tree, environment, target) if name not in named]
    return named


def aims_in(config: Config, tree: Tree, environment: Environment, apps: Sequence[str] | None) -> tuple[Aim, ...]:
    """Every target that means something here, of all apps or of those that are named."""
    out: list[Aim] = []
    for target in config.targets:
        for name in _apps(config, tree, environment, target):
            app = config.app_in(environment.name, name)
            filled = target.filled(environment, app)
            if filled is not None and app.repositories and (apps is None or name in apps):
                out.append(Aim(name, Globs((filled.file,)), compile_path(filled.path), app.repositories[0]))
    return tuple(out)
