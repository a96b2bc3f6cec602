"""Whether `gates`, `verify` and `timezone` fit the environments that they stand in (SEMANTICS 6.7, 10.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import UNSET, Struct

from promote.config.marks import Marks, Path, meant, quoted
from promote.config.settings import DefaultSettings, EnvironmentSettings, Settings, SharedKeys, sources_of
from promote.gates.commit_status import CommitStatusSettings
from promote.gates.probing import OF_THE_VERSION
from promote.gates.settings import GateSettings, VerifySettings
from promote.gates.zone import zone_of
from promote.placeholder import OWN, placeholders
from promote.secret import SecretSettings, fault_of, name_of

# They ask about the environment that the version comes from.
_OF_THE_SOURCE = frozenset({"soak", "commit_status", "argocd"})
# Where each check is filled in.
_FILLED = {
    "argocd": ("server", "app", "namespace", "project"),
    "http": ("url", "json", "equals"),
    "run": ("command",),
    "signature": ("key", "identity"),
}

_Item = tuple[Path, GateSettings | VerifySettings]


def _items(keys: SharedKeys, marks: Marks, path: Path) -> Iterator[_Item]:
    """Each with its path; those whose kind had a mistake of its own are not among them."""
    said: list[_Item] = [*marks.items((*path, "gates"), keys.gates), *marks.items((*path, "verify"), keys.verify)]
    yield from ((way, item) for way, item in said if any(getattr(item, kind) is not UNSET for kind in item.ONE_OF))


def _secrets(said: Struct, path: Path) -> Iterator[tuple[Path, SecretSettings]]:
    """The secrets that a check names, by the keys that lead there."""
    for key in said.__struct_fields__:
        value = getattr(said, key)
        if isinstance(value, SecretSettings):
            yield (*path, key), value
        elif isinstance(value, dict):
            yield from (((*path, key, name), each) for name, each in value.items() if isinstance(each, SecretSettings))


def _filled(kind: str, said: object, path: Path) -> Iterator[tuple[Path, str]]:
    """The texts of a check that placeholders are filled into."""
    if isinstance(said, str):
        yield path, said
        return
    for key in _FILLED[kind]:
        value = getattr(said, key)
        if isinstance(value, tuple):
            yield from (((*path, key, place), text) for place, text in enumerate(value))
        elif value is not UNSET:
            yield (*path, key), value


def _vars(settings: Settings) -> frozenset[str]:
    """Every placeholder that some environment or app has a value for."""
    said = [each.vars for each in settings.apps.values()] + [settings.defaults.vars]
    for name, environment in settings.environments.items():
        said += [environment.vars, dict.fromkeys(placeholders(name), "")]
        said += [each.vars for each in ({} if environment.apps is UNSET else environment.apps).values()]
    return OWN.union(OF_THE_VERSION, *(values for values in said if values is not UNSET))


def _alone(keys: SharedKeys, known: frozenset[str], marks: Marks, path: Path, environ: Mapping[str, str]) -> None:
    """What each item says by itself."""
    if keys.timezone is not UNSET:
        try:
            zone_of(keys.timezone)
        except ValueError as exc:
            marks.at_value((*path, "timezone"), str(exc))
    for way, item in _items(keys, marks, path):
        here = (*way, item.kind)
        if isinstance(item.said, Struct):
            for where, secret in _secrets(item.said, here):
                if (wrong := fault_of(secret, environ)) is not None:
                    key, name = name_of(secret)
                    marks.at_value((*where, key), f"{quoted(name)} {wrong}")
        for where, text in _filled(item.kind, item.said, here) if item.kind in _FILLED else ():
            for each in placeholders(text):
                if each not in known:
                    marks.at_value(where, f"unknown placeholder {quoted(f'{{{each}}}')}{meant(each, known)}")


def _there(name: str, said: EnvironmentSettings, defaults: DefaultSettings, gate: GateSettings) -> str | None:
    """Why a gate cannot stand in this environment, or None."""
    sources = sources_of(said.from_)
    if gate.kind in _OF_THE_SOURCE and not sources:
        return f"`{gate.kind}` asks about the environment that versions come from, and {quoted(name)} has no `from`"
    deliver = defaults.deliver if said.deliver is UNSET else said.deliver
    if gate.kind == "approval" and deliver != "pull-request":
        return (
            f"`approval` counts reviews of pull requests, and {quoted(name)} makes none; "
            "write `deliver: pull-request`, or take the gate away"
        )
    status = gate.commit_status
    asked = status.environment if isinstance(status, CommitStatusSettings) else UNSET
    if asked is not UNSET and asked not in sources:
        return f"{quoted(name)} does not take from {quoted(asked)}{meant(asked, sources)}"
    return None


def check_gates(settings: Settings, marks: Marks, environ: Mapping[str, str]) -> None:
    """Each item alone, and each gate in the environments that have it; mistakes go to `marks`."""
    known = _vars(settings)
    defaults = settings.defaults
    _alone(defaults, known, marks, ("defaults",), environ)
    told: set[Path] = set()
    for name, said in settings.environments.items():
        own: Path = ("environments", name)
        _alone(said, known, marks, own, environ)
        keys, path = (defaults, ("defaults",)) if said.gates is UNSET else (said, own)
        for way, gate in _items(keys, marks, path):
            wrong = _there(name, said, defaults, gate) if isinstance(gate, GateSettings) else None
            # Of `defaults` one environment is enough to tell.
            if wrong is not None and way not in told:
                told.add(way)
                marks.at_key((*way, gate.kind), wrong)
