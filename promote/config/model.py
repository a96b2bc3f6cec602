"""What the rest of promote knows of promote.yaml: frozen values, with defaults and overrides applied."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Literal

from promote.config.host_settings import GitSettings, RegistrySettings
from promote.config.notify_settings import NotifySettings
from promote.config.request_branch import branch_of
from promote.config.request_settings import Deliver, ForgeSettings, PullRequestSettings
from promote.config.rewrite import Rewrite
from promote.config.settings import CommitSettings, Pin
from promote.errors import UsageError
from promote.gates.settings import GateSettings, VerifySettings
from promote.image import Repository, parse_repository
from promote.placeholder import fill, fill_expression, fill_steps, placeholders
from promote.policy import Policy, build
from promote.policy.settings import PolicySettings
from promote.text.yamlpath import Step, compile_path

OverrideKey = Literal["image", "aliases", "path", "imagepolicy", "refs", "policy", "pin", "immutable_tags", "vars"]


@dataclass(frozen=True, slots=True)
class App:
    """What moves as one. A family has `patterns`, images with {app}, in the place of repositories.

    `family` is the key of the family: of itself, or of the one that this app is a member of. A family's `imagepolicy`
    and `refs` hold {app} too. `pinned` is the pin as it was said, if it was. `originals` are the repositories before an
    environment's `rewrite`, in the same order.
    """

    name: str
    repositories: tuple[Repository, ...]
    family: str | None = None
    patterns: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    policy: PolicySettings | None = None
    pinned: Pin | None = None
    immutable_tags: bool = False
    vars: Mapping[str, str] = field(default_factory=dict)
    imagepolicy: str | None = None
    refs: tuple[str, ...] = ()
    originals: tuple[Repository, ...] = ()

    @property
    def is_family(self) -> bool:
        return self.family == self.name

    @property
    def pin(self) -> Pin:
        """What is written of a version: by default what is there (5.3), and what a policy follows where it does."""
        follows = self.policy is not None and self.policy.kind == "digest"
        return self.pinned or ("digest" if follows else "keep")

    @property
    def chooser(self) -> Policy | None:
        """Its policy, ready to be asked; None where it has none (5.1)."""
        return None if self.policy is None else build(self.policy, immutable=self.immutable_tags)

    def rewritten(self, rewrite: Rewrite) -> App:
        """The app with its images as an environment calls them (5.4)."""
        return replace(
            self,
            repositories=tuple(map(rewrite.repository, self.repositories)),
            originals=self.repositories,
            patterns=tuple(map(rewrite.pattern, self.patterns)),
        )

    def member(self, name: str) -> App:
        """The member `name` of this family."""
        found = (parse_repository(fill(pattern, {"app": name})) for pattern in self.patterns)
        return replace(
            self,
            name=name,
            repositories=tuple(each for each in found if each is not None),
            patterns=(),
            imagepolicy=None if self.imagepolicy is None else fill(self.imagepolicy, {"app": name}),
            refs=tuple(fill(each, {"app": name}) for each in self.refs),
        )


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
            pinned=new.pinned if "pin" in self.keys else app.pinned,
            immutable_tags=new.immutable_tags if "immutable_tags" in self.keys else app.immutable_tags,
            vars=new.vars if "vars" in self.keys else app.vars,
            imagepolicy=new.imagepolicy if "imagepolicy" in self.keys else app.imagepolicy,
            refs=new.refs if "refs" in self.keys else app.refs,
        )


@dataclass(frozen=True, slots=True)
class Environment:
    """Where, whence and how; `at` is its line and column.

    `sources` are the environments that versions come from; with `needs_all` only what all of them have had. `auto` lets
    `promote auto` change it, `max_changes` apps at most. Days and hours in `gates` are those of `timezone`.
    `layers`, `excludes`, `ignore`, `within` and `override` still hold placeholders. `title_at` and `body_at` are where
    the templates of its pull requests stand, for messages.
    """

    name: str
    layers: tuple[str, ...]
    excludes: tuple[str, ...] = ()
    source: Literal["registry", "none", "environment"] = "registry"
    sources: tuple[str, ...] = ()
    needs_all: bool = True
    deliver: Deliver = "commit"
    pull_request: PullRequestSettings = field(default_factory=PullRequestSettings)
    forge: ForgeSettings | None = None
    repo: str | None = None
    branch: str | None = None
    ignore: tuple[str, ...] = ()
    shared_with: tuple[str, ...] = ()
    vars: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, Override] = field(default_factory=dict)
    within: str | None = None
    override: str | None = None
    rewrite: Rewrite = field(default_factory=Rewrite)
    gates: tuple[GateSettings, ...] = ()
    verify: tuple[VerifySettings, ...] = ()
    auto: bool = False
    max_changes: int | None = None
    timezone: str = "UTC"
    at: tuple[int, int] = field(default=(1, 1), compare=False)
    title_at: str = field(default="", compare=False)
    body_at: str = field(default="", compare=False)

    @property
    def is_template(self) -> bool:
        """Whether it stands for one environment a folder, and is still to be expanded (SEMANTICS 1.3)."""
        return bool(placeholders(self.name))

    @property
    def from_(self) -> str | None:
        """The first of its sources; None where it has none."""
        return self.sources[0] if self.sources else None

    def values(self, app: App | None = None) -> dict[str, str]:
        """What placeholders stand for here; where environment and app have a var of one name, the app's is taken."""
        values = {**self.vars, "environment": self.name}
        return values if app is None else {**values, **app.vars, "app": app.name}

    @property
    def part(self) -> tuple[Step, ...] | None:
        """The steps of `within`, filled in; None where all of each file is this environment's (SEMANTICS 1.4)."""
        return None if self.within is None else fill_steps(compile_path(self.within), self.values())

    def request_branch(self, app: str) -> str:
        """The branch that a pull request with this app comes from (SEMANTICS 7.1)."""
        return branch_of(self.pull_request, self.name, app)

    def override_for(self, app: App) -> str | None:
        """The file of `override` for this app, filled in; None without `override` (SEMANTICS 3.2)."""
        return None if self.override is None else fill(self.override, self.values(app))


@dataclass(frozen=True, slots=True)
class FilledTarget:
    """A target of one app in one environment: either `steps` or `expression` leads to the place.

    `shown` is the path or the expression as promote.yaml has it, for messages.
    """

    app: str
    file: str
    shown: str
    steps: tuple[Step, ...] | None
    expression: re.Pattern[bytes] | None


@dataclass(frozen=True, slots=True)
class Target:
    """A file, and a YAML path or a regular expression that leads to an app's tag in it; one of the two is None."""

    app: str
    file: str
    path: str | None = None
    regex: str | None = None

    def filled(self, environment: Environment, app: App) -> FilledTarget | None:
        """The same with its placeholders filled in; None where this environment or app has no value for one."""
        values = environment.values(app)
        shown = self.path if self.regex is None else self.regex
        if shown is None or any(name not in values for name in placeholders(f"{self.file}/{shown}")):
            return None
        steps = None if self.path is None else fill_steps(compile_path(self.path), values)
        expression = None if self.regex is None else fill_expression(self.regex, values)
        return FilledTarget(app.name, fill(self.file, values), shown, steps, expression)


def _unknown(kind: str, name: str, known: Sequence[str]) -> UsageError:
    close = get_close_matches(name[:60], known, n=1)
    told = [*sorted(known)[:20], *([f"and {len(known) - 20} more"] if len(known) > 20 else [])]
    cure = f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(told) or 'none'}"
    return UsageError(f"there is no {kind} {name[:60]!r}", cure=cure)


@dataclass(frozen=True, slots=True)
class Config:
    """promote.yaml as a value; `file` is where it was read, and `message_at` where `commit.message` stands."""

    file: str
    apps: Mapping[str, App]
    environments: Mapping[str, Environment]
    targets: tuple[Target, ...] = ()
    registries: Mapping[str, RegistrySettings] = field(default_factory=dict)
    git: Mapping[str, GitSettings] = field(default_factory=dict)
    commit: CommitSettings = field(default_factory=CommitSettings)
    forge: ForgeSettings | None = None
    notify: tuple[NotifySettings, ...] = ()
    message_at: str = field(default="", compare=False)

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
                unknown = _unknown("environment", pattern, list(self.environments))
                if pattern in self.apps and "*" not in pattern:
                    unknown.cure += f"; {pattern} is an app: --app {pattern}, of a command that has it"
                raise unknown
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
        there = self.environment(environment)
        overrides = there.overrides
        family = self.family_of(app)
        if family is not None:
            known = overrides[family.name].over(family) if family.name in overrides else family
            known = known.member(app)
        else:
            known = self.app(app)
        known = overrides[app].over(known) if app in overrides else known
        return known.rewritten(there.rewrite) if there.rewrite.rules else known
