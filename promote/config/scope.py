"""Which files an environment's layers take, and which part of them is an app's (SEMANTICS 1.1 to 1.5, 2.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from promote.config.model import App, Config, Environment
from promote.placeholder import fill
from promote.sites.claim import Claim
from promote.tree.glob import Globs, has_wildcard, segments_of

_NEVER = ("promote.yaml", ".promote", "**/.git*", "**/.git*/**")
# Charts' templates and CRDs are known by their folder's name: a layer that itself names such a folder means it.
_UNLESS_NAMED = ("templates", "crds")


def spread(text: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """A path filled in, with * for what has no value; the folder that it was is still one with its whole subtree."""
    filled = fill(text, values, "*")
    if has_wildcard(filled) and not has_wildcard(text):
        return filled, f"{filled}/**"
    return (filled,)


def _exclusions(file: str, layer: str, left_out: Iterable[str], values: Mapping[str, str]) -> Iterator[str]:
    for text in left_out:
        yield from spread(text, values)
    yield from _NEVER
    if not has_wildcard(file):
        yield file
    for folder in _UNLESS_NAMED:
        if folder not in segments_of(layer):
            yield f"**/{folder}/**"


def layer_globs(file: str, layer: str, left_out: Iterable[str], values: Mapping[str, str]) -> Globs:
    """What one layer takes, but for what is left out and what is never scanned; `file` is promote.yaml's own path."""
    exclusions = (f"!{text}" for text in _exclusions(file, layer, left_out, values))
    return Globs((*spread(layer, values), *exclusions))


def globs_for(config: Config, environment: Environment, app: App | None = None) -> tuple[Globs, ...]:
    """What each layer takes, weakest first; without an app `{app}` and what only apps know are wildcards.

    An app's own `path` is no part of it: see `part_of`.
    """
    values = environment.values(app)
    left_out = (*environment.excludes, *environment.ignore)
    return tuple(layer_globs(config.file, layer, left_out, values) for layer in environment.layers)


def part_of(environment: Environment, app: App) -> Globs | None:
    """The part of the environment that is the app's by its `path`, or None where all of it is (SEMANTICS 2.4)."""
    if not app.path:
        return None
    values = environment.values(app)
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
            out += [
                Claim(name, (), app.aliases, pattern, path, app.imagepolicy, app.refs) for pattern in app.patterns
            ]
        else:
            out.append(Claim(name, app.repositories, app.aliases, None, path, app.imagepolicy, app.refs))
    return tuple(out)
