"""What single values cannot tell: whether the parts of promote.yaml fit together; no mistake ends the search."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET

from promote.config import fault
from promote.config.check_apps import MAX_APPS, MAX_FAMILIES, check_apps
from promote.config.check_commit import check_commit
from promote.config.check_environments import MAX_ENVIRONMENTS, check_environments
from promote.config.check_gates import check_gates
from promote.config.check_git import check_git
from promote.config.check_notify import check_notify
from promote.config.check_request import check_requests
from promote.config.host_settings import RegistrySettings
from promote.config.marks import Marks, Path, meant, quoted
from promote.config.registry_name import canonical_host, mirror_of
from promote.config.settings import Settings
from promote.placeholder import OWN, Names, placeholders
from promote.secret import fault_of, name_of

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def _targets(settings: Settings, marks: Marks) -> None:
    apps = Names(marks.names("apps"))
    known = set(OWN).union(*map(placeholders, settings.environments))
    said = [each.vars for each in settings.apps.values()] + [each.vars for each in settings.environments.values()]
    for values in (*said, settings.defaults.vars):
        known |= set(() if values is UNSET else values)
    for path, target in marks.items(("targets",), settings.targets):
        if target.app not in apps:
            marks.at_value((*path, "app"), f"there is no app {quoted(target.app)}{meant(target.app, apps.names)}")
        wrong = fault.of_path(target.file) or ("cannot begin with !" if target.file.startswith("!") else None)
        if wrong is not None:
            marks.at_value((*path, "file"), f"the path {quoted(target.file)} {wrong}")
        for key, text, judge in (
            ("path", target.path, fault.of_yaml_path),
            ("regex", target.regex, fault.of_expression),
        ):
            if text is not UNSET and (wrong := judge(text)) is not None:
                marks.at_value((*path, key), f"{quoted(text)} {wrong}")
        for key, said_there in (("file", target.file), ("path", target.path), ("regex", target.regex)):
            for each in () if said_there is UNSET else placeholders(said_there):
                if each not in known:
                    marks.at_value((*path, key), f"unknown placeholder {quoted(f'{{{each}}}')}{meant(each, known)}")


def _registry(host: str, registry: RegistrySettings, marks: Marks, environ: Mapping[str, str]) -> None:
    path: Path = ("registries", host)
    if (registry.username is UNSET) != (registry.password is UNSET):
        given, lacks = ("username", "password") if registry.password is UNSET else ("password", "username")
        if not marks.has(*path, lacks):
            marks.at_key((*path, given), f"`{given}` needs a `{lacks}` beside it")
    if registry.password is not UNSET:
        wrong = fault_of(registry.password, environ)
        if wrong is not None:
            key, name = name_of(registry.password)
            marks.at_value((*path, "password", key), f"{quoted(name)} {wrong}")
        if registry.plain_http and host.rpartition(":")[0] not in _LOOPBACK and host not in _LOOPBACK:
            marks.at_key((*path, "plain_http"), "a password is never sent without TLS; leave out one of them")
    for number, name in enumerate(registry.token_hosts):
        if canonical_host(name) is None or ":" in name:
            marks.at_value((*path, "token_hosts", number), f"{quoted(name)} is no host's name without a port")
    for key, file, what in (
        ("ca", registry.ca, "PEM certificates"),
        ("client_cert", registry.client_cert, "a PEM certificate"),
        ("client_key", registry.client_key, "a PEM key"),
    ):
        if file is UNSET:
            continue
        if not file.strip() or "\n" in file:
            marks.at_value((*path, key), f"expected a file of {what}")
        elif registry.plain_http:
            marks.at_key((*path, key), f"`{key}` says nothing with `plain_http: true`; leave out one of them")
    if registry.client_key is not UNSET and registry.client_cert is UNSET and not marks.has(*path, "client_cert"):
        marks.at_key((*path, "client_key"), "`client_key` needs a `client_cert` beside it")
    # It may lie outside of the repository, as the files above may: images are no part of it.
    if registry.layout is not UNSET and (not registry.layout.strip() or "\n" in registry.layout):
        marks.at_value((*path, "layout"), "expected the path of a folder")
    alone = next((key for key in ("mirror", "layout") if marks.has(*path, key)), None)
    others = [name for name in marks.names(*path) if name != alone]
    if alone is not None and others:
        marks.at_key((*path, others[0]), f"{quoted(others[0])} says nothing beside `{alone}`; leave out one of them")


def _mirror(host: str, text: str, settings: Settings, marks: Marks) -> None:
    path: Path = ("registries", host, "mirror")
    found = mirror_of(text)
    if found is None:
        marks.at_value(path, f"{quoted(text)} is no registry; expected one like harbor.example.com/dockerhub")
    elif found[0] == canonical_host(host):
        marks.at_value(path, "a registry cannot be its own mirror")
    else:
        for other, said in settings.registries.items():
            if canonical_host(other) == found[0] and said.mirror is not UNSET:
                marks.at_value(path, f"{quoted(other)} has a mirror itself; name the one that is to be asked")


def _registries(settings: Settings, marks: Marks, environ: Mapping[str, str]) -> None:
    seen: dict[str, str] = {}
    for host in marks.names("registries"):
        canonical = canonical_host(host)
        if canonical is None:
            marks.at_key(("registries", host), f"{quoted(host)} is no registry's host; expected one like ghcr.io")
        elif canonical in seen:
            marks.at_key(("registries", host), f"{quoted(host)} is the same registry as {quoted(seen[canonical])}")
        else:
            seen[canonical] = host
    for host, registry in settings.registries.items():
        _registry(host, registry, marks, environ)
        if registry.mirror is not UNSET:
            _mirror(host, registry.mirror, settings, marks)


def _too_many(marks: Marks) -> bool:
    apps, environments = marks.names("apps"), marks.names("environments")
    families = [name for name in apps if "*" in name]
    for names, most, what in (
        (apps, MAX_APPS, "apps"),
        (families, MAX_FAMILIES, "families"),
        (environments, MAX_ENVIRONMENTS, "environments"),
    ):
        if len(names) > most:
            marks.at_key(("environments" if what == "environments" else "apps",), f"more than {most} {what} stand here")
            return True
    return False


def check(settings: Settings, marks: Marks, environ: Mapping[str, str]) -> None:
    """Everything that several keys must agree on; mistakes go to `marks`."""
    if _too_many(marks):
        return
    check_apps(settings, marks)
    check_environments(settings, marks)
    check_gates(settings, marks, environ)
    _targets(settings, marks)
    _registries(settings, marks, environ)
    check_git(settings, marks, environ)
    check_requests(settings, marks, environ)
    check_commit(settings, marks, environ)
    check_notify(settings, marks, environ)
