"""Environments for each folder that exists: `"prod-{cluster}": {path: "clusters/{cluster}/**"}` (SEMANTICS 1.3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from types import MappingProxyType

from msgspec import UNSET, structs

from promote.config import fault
from promote.config.check_environments import MAX_ENVIRONMENTS
from promote.config.graph import cycles
from promote.config.marks import quoted
from promote.config.model import Config, Environment
from promote.config.request_branch import is_kept
from promote.config.scope import spread
from promote.errors import ConfigError, Mistake
from promote.gates.commit_status import CommitStatusSettings
from promote.gates.settings import GateSettings
from promote.placeholder import capture, fill, is_segment, placeholders
from promote.tree import Tree
from promote.tree.glob import Globs, segments_of

_WILD = {"*": "[^/]*", "?": "[^/]"}
Values = tuple[tuple[str, str], ...]


def _expression(segments: tuple[str, ...], names: frozenset[str]) -> re.Pattern[str]:
    """What the beginning of a path must look like, down to the last segment that holds one of `names`."""
    seen: set[str] = set()
    out = []
    for segment in segments:
        if segment == "**":
            out.append("(?:[^/]+/)*")
            continue
        piece = ""
        for text, name in re.findall(r"([^{}]+)|\{([^{}]*)\}", segment):
            if name in names:
                piece += f"(?P={name})" if name in seen else f"(?P<{name}>[^/]+)"
                seen.add(name)
            else:
                piece += "[^/]+" if name else "".join(_WILD.get(char, re.escape(char)) for char in text)
        out.append(piece + "/")
    # `clusters/{cluster}` is a folder; `values/{cluster}.yaml` may be a file.
    end = r"(?:/|\Z)" if "." in segments[-1] else "/"
    return re.compile("".join(out).removesuffix("/") + end)


def _folders(environment: Environment, tree: Tree) -> Iterator[Values]:
    names = frozenset(placeholders(environment.name))
    fixed = {**environment.vars}
    left_out = (*environment.excludes, *environment.ignore)
    excludes = tuple(f"!{filled}" for text in left_out for filled in spread(text, fixed))
    for layer in environment.layers:
        if not names <= set(placeholders(layer)):
            continue
        segments = segments_of(fill(layer, {name: value for name, value in fixed.items() if name not in names}))
        last = max(place for place, segment in enumerate(segments) if names & set(placeholders(segment)))
        expression = _expression(segments[: last + 1], names)
        for entry in tree.list(Globs((*spread(layer, fixed), *excludes))):
            found = expression.match(entry.path.decode("utf-8", "surrogateescape"))
            if found is not None:
                yield tuple(sorted(found.groupdict().items()))


def _mistake(config: Config, environment: Environment, what: str) -> Mistake:
    return Mistake(config.file, *environment.at, what)


def _one(environment: Environment, values: dict[str, str], known: frozenset[str]) -> Environment:
    def filled(text: str) -> str:
        # An environment that is called so already is meant by its name as it stands.
        return text if text in known and not placeholders(text) else fill(text, values)

    return replace(
        environment,
        name=fill(environment.name, values),
        sources=tuple(filled(each) for each in environment.sources),
        gates=tuple(_gate(each, filled) for each in environment.gates),
        shared_with=tuple(filled(each) for each in environment.shared_with),
        vars=MappingProxyType({**environment.vars, **values}),
    )


def _gate(gate: GateSettings, filled: Callable[[str], str]) -> GateSettings:
    """A gate that speaks of one of the sources speaks of it by its name."""
    said = gate.commit_status
    if not isinstance(said, CommitStatusSettings) or said.environment is UNSET:
        return gate
    return structs.replace(gate, commit_status=structs.replace(said, environment=filled(said.environment)))


def _meant(texts: Iterable[str], names: list[str]) -> Iterator[str]:
    """`["prod-{cluster}"]` of an environment without that placeholder means every one of them."""
    for text in texts:
        expression = capture(text)
        yield from (name for name in names if expression.match(name))


def _shared(environment: Environment, names: list[str]) -> Environment:
    others = (name for name in _meant(environment.shared_with, names) if name != environment.name)
    sources = dict.fromkeys(_meant(environment.sources, names))
    return replace(environment, shared_with=tuple(dict.fromkeys(others)), sources=tuple(sources))


def expand(config: Config, tree: Tree) -> Config:
    """The same with an environment for each folder of `tree`, sorted; ConfigError where two come to one name."""
    if not any(each.is_template for each in config.environments.values()):
        return config
    known = frozenset(config.environments)
    found: dict[str, Environment] = {}
    mistakes: list[Mistake] = []
    for environment in config.environments.values():
        ways = [()] if not environment.is_template else sorted(set(_folders(environment, tree)))
        for way in ways:
            one = _one(environment, dict(way), known) if way else environment
            unfit = [value for _, value in way if not is_segment(value)]
            wrong = "is no name" if unfit else fault.of_name(one.name)
            if wrong is not None:
                what = f"a folder makes {quoted(environment.name)} the environment {quoted(one.name)}, which {wrong}"
                mistakes.append(_mistake(config, environment, what))
            elif one.deliver == "pull-request" and is_kept(one.request_branch("x")):
                branch = quoted(one.request_branch("x"))
                what = f"a folder makes the environment {quoted(one.name)}, whose pull requests' branch {branch}"
                what += " is kept for holds and rollbacks"
                mistakes.append(_mistake(config, environment, what))
            elif one.name in found:
                line = found[one.name].at[0]
                what = f"two environments come to the name {quoted(one.name)}, the other in line {line}"
                mistakes.append(_mistake(config, environment, what))
            else:
                found[one.name] = one
        if len(found) > MAX_ENVIRONMENTS:
            raise ConfigError(
                (_mistake(config, environment, f"folders make more than {MAX_ENVIRONMENTS} environments"),)
            )
    names = list(found)
    for one in found.values():
        for source in one.sources:
            if not any(_meant([source], names)):
                what = f"{quoted(one.name)} takes from {quoted(source)}, which no folder makes"
                mistakes.append(_mistake(config, one, what))
    meant = {name: _shared(each, names) for name, each in found.items()}
    for circle in cycles({name: each.sources for name, each in meant.items()}):
        what = f"environments take from each other in a circle: {' → '.join(circle)}"
        mistakes.append(_mistake(config, found[circle[0]], what))
    if mistakes:
        raise ConfigError(tuple(sorted(mistakes, key=lambda mistake: (mistake.line, mistake.column))))
    return replace(config, environments=MappingProxyType(meant))
