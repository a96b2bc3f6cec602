"""promote.yaml's bytes into a Config, or a ConfigError with all that is wrong (issue 2, "Bad input")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from msgspec import UNSET

from promote.config import FILE, MAX_SIZE, fault
from promote.config.check import check
from promote.config.check_apps import images_of
from promote.config.check_git import canonical_address
from promote.config.convert import convert
from promote.config.marks import Marks, Path
from promote.config.model import App, Config, Environment, Override, OverrideKey, Target
from promote.config.registry_name import canonical_host
from promote.config.request_settings import PullRequestSettings
from promote.config.rewrite import Rewrite
from promote.config.settings import (
    AppKeys,
    AppSettings,
    DefaultSettings,
    EnvironmentSettings,
    OverrideSettings,
    Settings,
    TargetSettings,
    sources_of,
)
from promote.errors import ConfigError, Mistake, UsageError
from promote.image import Repository, parse_repository
from promote.placeholder import fill
from promote.text.document import Broken, parse
from promote.tree import show
from promote.tree.glob import has_wildcard


def _images(keys: AppKeys, *, family: bool) -> tuple[tuple[Repository, ...], tuple[str, ...]]:
    texts = images_of(keys)
    if family:
        return (), tuple(texts)
    found = (parse_repository(text) for text in texts)
    return tuple(each for each in found if each is not None), ()


def _tuple(said: str | list[str]) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else tuple(said)


def _app(name: str, keys: AppSettings | OverrideSettings, defaults: DefaultSettings) -> App:
    family = "*" in name
    repositories, patterns = _images(keys, family=family)
    policy = defaults.policy if keys.policy is UNSET else keys.policy
    pin = defaults.pin if keys.pin is UNSET else keys.pin
    immutable = defaults.immutable_tags if keys.immutable_tags is UNSET else keys.immutable_tags
    return App(
        name=name,
        repositories=repositories,
        family=name if family else None,
        patterns=patterns,
        aliases=() if keys.aliases is UNSET else tuple(keys.aliases),
        path=() if keys.path is UNSET else _tuple(keys.path),
        policy=None if policy is UNSET else policy,
        pinned=None if pin is UNSET else pin,
        immutable_tags=immutable is True,
        vars=MappingProxyType({} if keys.vars is UNSET else keys.vars),
        imagepolicy=None if keys.imagepolicy is UNSET else keys.imagepolicy,
        refs=() if keys.refs is UNSET else tuple(keys.refs),
    )


def _override(name: str, keys: OverrideSettings) -> Override:
    given: set[OverrideKey] = set()
    if keys.image is not UNSET or keys.images is not UNSET:
        given.add("image")
    names: tuple[OverrideKey, ...] = (
        "aliases", "path", "imagepolicy", "refs", "policy", "pin", "immutable_tags", "vars"
    )  # fmt: skip
    given.update(each for each in names if getattr(keys, each) is not UNSET)
    return Override(frozenset(given), _app(name, keys, DefaultSettings()))


def _environment(name: str, said: EnvironmentSettings, defaults: DefaultSettings, marks: Marks) -> Environment:
    paths = _tuple(said.path)
    source = defaults.source if said.source is UNSET else said.source
    ignore = defaults.ignore if said.ignore is UNSET else said.ignore
    repo = defaults.repo if said.repo is UNSET else said.repo
    branch = defaults.branch if said.branch is UNSET else said.branch
    shared = defaults.shared_with if said.shared_with is UNSET else said.shared_with
    values = defaults.vars if said.vars is UNSET else said.vars
    rewrite = defaults.rewrite if said.rewrite is UNSET else said.rewrite
    overrides = {} if said.apps is UNSET else said.apps
    deliver = defaults.deliver if said.deliver is UNSET else said.deliver
    here: Path = ("environments", name)
    worded: Path = (*(("defaults",) if said.pull_request is UNSET else here), "pull_request")
    request = defaults.pull_request if said.pull_request is UNSET else said.pull_request
    forge = defaults.forge if said.forge is UNSET else said.forge
    gates = defaults.gates if said.gates is UNSET else said.gates
    verify = defaults.verify if said.verify is UNSET else said.verify
    auto = defaults.auto if said.auto is UNSET else said.auto
    limits = defaults.limits if said.limits is UNSET else said.limits
    timezone = defaults.timezone if said.timezone is UNSET else said.timezone
    return Environment(
        name=name,
        layers=tuple(text for text in paths if not text.startswith("!")),
        excludes=tuple(text.removeprefix("!") for text in paths if text.startswith("!")),
        source="registry" if source is UNSET else source,
        deliver="commit" if deliver is UNSET else deliver,
        pull_request=PullRequestSettings() if request is UNSET else request,
        forge=None if forge is UNSET else forge,
        repo=None if repo is UNSET else repo,
        branch=None if branch is UNSET else branch,
        ignore=() if ignore is UNSET else tuple(ignore),
        # An environment never shares with itself: what `defaults` say of all leaves it out.
        shared_with=() if shared is UNSET else tuple(each for each in shared if each != name),
        vars=MappingProxyType({} if values is UNSET else values),
        overrides=MappingProxyType({app: _override(app, keys) for app, keys in overrides.items()}),
        within=None if said.within is UNSET else said.within,
        override=None if said.override is UNSET else said.override,
        rewrite=Rewrite() if rewrite is UNSET else Rewrite.of(rewrite),
        gates=() if gates is UNSET else tuple(gates),
        verify=() if verify is UNSET else tuple(verify),
        # What `defaults` say of all leaves out what `set` alone feeds (SEMANTICS 5.1).
        auto=auto is True and (source != "none" or said.from_ is not UNSET),
        max_changes=None if limits is UNSET else limits.changes,
        timezone="UTC" if timezone is UNSET else timezone,
        at=marks.place(here),
        title_at=marks.where((*worded, "title")),
        body_at=marks.where((*worded, "body")),
    )


def _from(environment: Environment, said: EnvironmentSettings) -> Environment:
    if said.from_ is UNSET:
        return environment
    sources = tuple(sources_of(said.from_))
    needs_all = isinstance(said.from_, str) or said.from_.all is not UNSET
    return replace(environment, source="environment", sources=sources, needs_all=needs_all)


def _target(said: TargetSettings) -> Target:
    path = None if said.path is UNSET else said.path
    return Target(said.app, said.file, path, None if said.regex is UNSET else said.regex)


def _config(file: str, settings: Settings, marks: Marks) -> Config:
    defaults = settings.defaults
    environments = {
        name: _from(_environment(name, said, defaults, marks), said) for name, said in settings.environments.items()
    }
    return Config(
        file=file,
        apps=MappingProxyType({name: _app(name, keys, defaults) for name, keys in settings.apps.items()}),
        environments=MappingProxyType(environments),
        targets=tuple(_target(each) for each in settings.targets),
        registries=MappingProxyType({canonical_host(host) or host: each for host, each in settings.registries.items()}),
        git=MappingProxyType({canonical_address(host) or host: each for host, each in settings.git.items()}),
        commit=settings.commit,
        forge=None if settings.forge is UNSET else settings.forge,
        notify=tuple(settings.notify),
        message_at=marks.where(("commit", "message")),
    )


def load(path: bytes | str, data: bytes, *, environ: Mapping[str, str]) -> Config:
    """The configuration in `data`; ConfigError carries every mistake. `environ` tells which secrets may be named."""
    name = path.encode() if isinstance(path, str) else path
    file = show(name)
    if len(data) > MAX_SIZE:
        raise ConfigError((Mistake(file, 1, 1, f"is larger than {MAX_SIZE >> 20} MiB"),))
    stream = parse(name, data)
    if isinstance(stream, Broken):
        raise ConfigError((Mistake(file, stream.span.line, stream.span.column, stream.why),))
    settings, marks = convert(stream, Settings)
    if settings is not None:
        check(settings, marks, environ)
    mistakes = marks.mistakes()
    if mistakes or settings is None:
        raise ConfigError(mistakes)
    return _config(file, settings, marks)


def implicit(folder: str) -> Config:
    """Without a promote.yaml ENV is a folder: a Config of that one environment, fed by `set`, without apps."""
    wrong = fault.of_path(folder)
    if wrong is None and (has_wildcard(folder) or folder.startswith(("!", "-")) or fill(folder, {}, "") != folder):
        wrong = "is no folder's path"
    if wrong is not None:
        raise UsageError(f"the environment {folder[:100]!r} {wrong}", cure="without a promote.yaml it is a folder")
    name = folder.rstrip("/")
    environment = Environment(name=name, layers=(name,), source="none")
    return Config(file=FILE, apps=MappingProxyType({}), environments=MappingProxyType({name: environment}))
