"""Which files an environment's layers take, and which part of them is an app's (SEMANTICS 1.1 to 1.5, 2.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from promote.config.model import App, Config, Environment
from promote.config.placeholder import fill
from promote.sites.wanted import Claim
from promote.tree.glob import Globs, has_wildcard, segments_of

_NEVER = ("promote.yaml", ".promote", "**/.git*", "**/.git*/**")
# Charts' templates and CRDs are known by their folder's name: a layer that itself names such a folder means it.
_UNLESS_NAMED = ("templates", "crds")


def _values(environment: Environment, app: App | None) -> dict[str, str]:
    values = {**environment.vars, "environment": environment.name}
    return values if app is None else {**values, **app.vars, "app": app.name}


def spread(text: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """A path filled in, with * for what has no value; the folder that it was is still one with its whole subtree."""
    filled = fill(text, values, "*")
    if has_wildcard(filled) and not has_wildcard(text):
        return filled, f"{filled}/**"
    return (filled,)


def _exclusions(file: str, layer: str, environment: Environment, values: dict[str, str]) -> Iterable[str]:
    for text in (*environment.excludes, *environment.ignore):
        yield from spread(text, values)
    yield from _NEVER
    if not has_wildcard(file):
        yield file
    for folder in _UNLESS_NAMED:
        if folder not in segments_of(layer):
            yield f"**/{folder}/**"


def globs_for(config: Config, environment: Environment, app: App | None = None) -> tuple[Globs, ...]:
    """What each layer takes, weakest first; without an app `{app}` and what only apps know are wildcards.

    An app's own `path` is no part of it: see `part_of`.
    """
    values = _values(environment, app)
    return tuple(
        Globs(
            (
                *spread(layer, values),
                *(f"!{text}" for text in _exclusions(config.file, layer, environment, values)),
            )
        )
        for layer in environment.layers
    )


def part_of(environment: Environment, app: App) -> Globs | None:
    """The part of the environment that is the app's by its `path`, or None where all of it is (SEMANTICS 2.4)."""
    if not app.path:
        return None
    values = _values(environment, app)
    return Globs(
        tuple(
            f"!{filled}" if text.startswith("!") else filled
            for text in app.path
            for filled in spread(text.removeprefix("!"), values)
        )
    )


def claims_of(config: Config, environment: Environment) -> tuple[Claim, ...]:
    """What every app and family claims in this environment; a family has one claim a pattern."""
    out: list[Claim] = []
    for name in config.apps:
        app = config.app_in(environment.name, name)
        path = part_of(environment, app)
        if app.is_family:
            out += [Claim(name, aliases=app.aliases, pattern=pattern, path=path) for pattern in app.patterns]
        else:
            out.append(Claim(name, app.repositories, app.aliases, path=path))
    return tuple(out)
