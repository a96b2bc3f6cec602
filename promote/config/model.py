"""What the rest of promote knows of promote.yaml: frozen values, with defaults and overrides applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Literal

from promote.config.placeholder import fill, placeholders
from promote.config.settings import CommitSettings, Pin, RegistrySettings
from promote.errors import UsageError
from promote.image import Repository, parse_repository
from promote.policy.settings import PolicySettings

OverrideKey = Literal["image", "aliases", "path", "policy", "pin", "vars"]


@dataclass(frozen=True, slots=True)
class App:
    """What moves as one. A family has `patterns`, images with {app}, in the place of repositories.

    `family` is the key of the family: of itself, or of the one that this app is a member of.
    """

    name: str
    repositories: tuple[Repository, ...]
    family: str | None = None
    patterns: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    policy: PolicySettings | None = None
    pin: Pin = "keep"
    vars: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_family(self) -> bool:
        return self.family == self.name

    def member(self, name: str) -> App:
        """The member `name` of this family."""
        found = (parse_repository(fill(pattern, {"app": name})) for pattern in self.patterns)
        return replace(self, name=name, repositories=tuple(each for each in found if each is not None), patterns=())


@dataclass(frozen=True, slots=True)
class Override:
    """An app's keys for one environment: of `app` only the fields named in `keys` count."""

    keys: frozenset[OverrideKey]
    app: App

    def over(self, app: App) -> App:
        """`app` with these keys replaced as wholes (SEMANTICS 11.1)."""
        new = self.app
        if "image" in self.keys:
            app = replace(app, repositories=new.repositories, patterns=new.patterns)
        return replace(
            app,
            aliases=new.aliases if "aliases" in self.keys else app.aliases,
            path=new.path if "path" in self.keys else app.path,
            policy=new.policy if "policy" in self.keys else app.policy,
            pin=new.pin if "pin" in self.keys else app.pin,
            vars=new.vars if "vars" in self.keys else app.vars,
        )


@dataclass(frozen=True, slots=True)
class Environment:
    """Where, whence and how. `layers` and `excludes` still hold placeholders; `at` is its line and column."""

    name: str
    layers: tuple[str, ...]
    excludes: tuple[str, ...] = ()
    source: Literal["registry", "none", "environment"] = "registry"
    from_: str | None = None
    deliver: Literal["commit"] = "commit"
    repo: str | None = None
    branch: str | None = None
    ignore: tuple[str, ...] = ()
    shared_with: tuple[str, ...] = ()
    vars: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, Override] = field(default_factory=dict)
    at: tuple[int, int] = field(default=(1, 1), compare=False)

    @property
    def is_template(self) -> bool:
        """Whether it stands for one environment a folder, and is still to be expanded (SEMANTICS 1.3)."""
        return bool(placeholders(self.name))


@dataclass(frozen=True, slots=True)
class Target:
    """A file and a YAML path that hold an app's tag."""

    app: str
    file: str
    path: str

    def filled(self, environment: Environment, app: App) -> Target | None:
        """The same with its placeholders filled in; None where this environment or app has no value for one."""
        values = {**environment.vars, **app.vars, "environment": environment.name, "app": app.name}
        if any(name not in values for name in placeholders(self.file + self.path)):
            return None
        return Target(app.name, fill(self.file, values), fill(self.path, values))


def _unknown(kind: str, name: str, known: Sequence[str]) -> UsageError:
    close = get_close_matches(name[:60], known, n=1)
    cure = f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(sorted(known)) or 'none'}"
    return UsageError(f"there is no {kind} {name[:60]!r}", cure=cure)


@dataclass(frozen=True, slots=True)
class Config:
    """promote.yaml as a value; `file` is where it was read, for messages."""

    file: str
    apps: Mapping[str, App]
    environments: Mapping[str, Environment]
    targets: tuple[Target, ...] = ()
    registries: Mapping[str, RegistrySettings] = field(default_factory=dict)
    commit: CommitSettings = field(default_factory=CommitSettings)

    def environment(self, name: str) -> Environment:
        """The environment of this name; UsageError where there is none."""
        if name not in self.environments:
            raise _unknown("environment", name, list(self.environments))
        return self.environments[name]

    def choose(self, patterns: Sequence[str]) -> tuple[Environment, ...]:
        """The environments that ENV arguments mean, globs among them, in the order of the file (SEMANTICS 1.3)."""
        chosen: set[str] = set()
        for pattern in patterns:
            found = {name for name in self.environments if name == pattern or fnmatchcase(name, pattern)}
            if not found:
                raise _unknown("environment", pattern, list(self.environments))
            chosen |= found
        return tuple(each for name, each in self.environments.items() if name in chosen)

    def family_of(self, app: str) -> App | None:
        """The family that an app of this name is a member of, or None; an explicit app is in no family (2.1)."""
        if app in self.apps:
            return None
        return next((each for each in self.apps.values() if each.is_family and fnmatchcase(app, each.name)), None)

    def app(self, name: str) -> App:
        """The app, or member of a family, as it is apart from any environment; UsageError where there is none."""
        family = self.family_of(name)
        if family is not None:
            return family.member(name)
        if name not in self.apps:
            raise _unknown("app", name, list(self.apps))
        return self.apps[name]

    def app_in(self, environment: str, app: str) -> App:
        """The app as this environment has it: its overrides over its own keys over `defaults` (SEMANTICS 11.1)."""
        overrides = self.environment(environment).overrides
        family = self.family_of(app)
        if family is not None:
            known = overrides[family.name].over(family) if family.name in overrides else family
            known = known.member(app)
        else:
            known = self.app(app)
        return overrides[app].over(known) if app in overrides else known
