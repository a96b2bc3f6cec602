"""What an app's keys must not say, alone and beside other apps (SEMANTICS 2.1, 2.2, 2.4, 2.6, 11.2)."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET, UnsetType

from promote.config import fault
from promote.config.graph import overlap
from promote.config.marks import Marks, Path, quoted
from promote.config.settings import AppKeys, Settings
from promote.image import Repository, parse_repository

# More than anybody has; what is compared pair by pair stays cheap with them.
MAX_APPS = 10_000
MAX_FAMILIES = 100


def images_of(keys: AppKeys) -> list[str]:
    """The images that these keys name, as written."""
    return [keys.image] if keys.image is not UNSET else [] if keys.images is UNSET else keys.images


def _images(keys: AppKeys, marks: Marks, path: Path) -> list[tuple[Path, str]]:
    if keys.image is not UNSET:
        return [((*path, "image"), keys.image)]
    return list(marks.items((*path, "images"), keys.images))


def patterns_in(paths: str | list[str] | UnsetType, marks: Marks, path: Path) -> list[tuple[Path, str]]:
    """The patterns that a `path` key at `path` holds, each with its own path."""
    return [(path, paths)] if isinstance(paths, str) else list(marks.items(path, paths))


def check_vars(values: Mapping[str, str], marks: Marks, path: Path) -> None:
    """Each of the `vars` at `path`."""
    for name, value in values.items():
        wrong = fault.of_var(name, value)
        if wrong is not None:
            marks.at_value((*path, name), f"the var {quoted(name)} {wrong}")


def check_keys(name: str, keys: AppKeys, marks: Marks, path: Path) -> None:
    """The keys of an app, or of its override, that stand at `path`."""
    judge = fault.of_pattern if "*" in name else fault.of_image
    seen: set[Repository] = set()
    if keys.images is not UNSET and not keys.images:
        marks.at_value((*path, "images"), "expected at least one image")
    for way, text in _images(keys, marks, path):
        wrong = judge(text)
        repository = parse_repository(text)
        if wrong is not None:
            marks.at_value(way, f"the image {quoted(text)} {wrong}")
        elif repository is not None and repository in seen:
            marks.at_value(way, f"the image {quoted(text)} stands here twice")
        elif repository is not None:
            seen.add(repository)
    for way, alias in marks.items((*path, "aliases"), keys.aliases):
        if not alias.strip() or "\n" in alias:
            marks.at_value(way, "an alias cannot be empty or hold a line break")
        elif "*" in name:
            marks.at_value(way, "a family cannot have aliases: they would mean all its members")
    if keys.imagepolicy is not UNSET:
        wrong = fault.of_imagepolicy(keys.imagepolicy, family="*" in name)
        if wrong is not None:
            marks.at_value((*path, "imagepolicy"), f"the imagepolicy {quoted(keys.imagepolicy)} {wrong}")
    for way, ref in marks.items((*path, "refs"), keys.refs):
        wrong = fault.of_ref(ref, family="*" in name)
        if wrong is not None:
            marks.at_value(way, f"the ref {quoted(ref)} {wrong}")
    if keys.path is not UNSET:
        patterns = patterns_in(keys.path, marks, (*path, "path"))
        for way, text in patterns:
            wrong = fault.of_path(text.removeprefix("!"))
            if wrong is not None:
                marks.at_value(way, f"the path {quoted(text)} {wrong}")
        if all(text.startswith("!") for _, text in patterns):
            marks.at_value((*path, "path"), "takes nothing: every path begins with !")
    if keys.vars is not UNSET:
        check_vars(keys.vars, marks, (*path, "vars"))


def _has_path(name: str, settings: Settings) -> bool:
    if settings.apps[name].path is not UNSET:
        return True
    overrides = [each.apps for each in settings.environments.values()]
    return bool(overrides) and all(
        each is not UNSET and name in each and each[name].path is not UNSET for each in overrides
    )


def _claims(settings: Settings, marks: Marks) -> None:
    owners: dict[object, str] = {}
    for name, app in settings.apps.items():
        path = ("apps", name)
        said: list[tuple[Path, str, object]] = [
            (way, text, parse_repository(text)) for way, text in _images(app, marks, path) if "*" not in name
        ]
        said += [(way, alias, alias) for way, alias in marks.items((*path, "aliases"), app.aliases)]
        said += [(way, ref, ("ref", ref)) for way, ref in marks.items((*path, "refs"), app.refs) if "*" not in name]
        for way, text, what in said:
            if what is None:
                continue
            owner = owners.setdefault(what, name)
            if owner == name or (_has_path(owner, settings) and _has_path(name, settings)):
                continue
            line = marks.line(("apps", owner))
            marks.at_value(
                way,
                f"{quoted(text)} is claimed by the app {quoted(owner)} too (line {line}); "
                "give each of them a `path` that tells them apart",
            )


_Said = dict[str, tuple[Path, str | UnsetType]]


def _policies(settings: Settings, marks: Marks) -> None:
    """Markers name a policy and nothing else, so one policy means one app in each environment."""
    own: _Said = {name: (("apps", name), app.imagepolicy) for name, app in settings.apps.items() if "*" not in name}
    places = [own]
    for environment, said in settings.environments.items():
        there: _Said = {
            name: (("environments", environment, "apps", name), each.imagepolicy)
            for name, each in ({} if said.apps is UNSET else said.apps).items()
            if each.imagepolicy is not UNSET and "*" not in name
        }
        if there:
            places.append(own | there)
    told: set[Path] = set()
    for place in places:
        owners: dict[str, str] = {}
        for name, (path, policy) in sorted(place.items(), key=lambda item: marks.place(item[1][0])):
            if policy is UNSET:
                continue
            owner = owners.setdefault(policy, name)
            if owner != name and path not in told:
                told.add(path)
                line = marks.line(place[owner][0])
                marks.at_value(
                    (*path, "imagepolicy"), f"{quoted(policy)} is claimed by the app {quoted(owner)} too (line {line})"
                )


def _families(settings: Settings, marks: Marks) -> None:
    before: list[str] = []
    for name in settings.apps:
        if "*" not in name or fault.of_name(name, family=True) is not None:
            continue
        for other in before:
            if overlap(name, other):
                marks.at_key(
                    ("apps", name),
                    f"the families {quoted(other)} and {quoted(name)} can mean the same app; let their names differ",
                )
                break
        before.append(name)


def _pins(settings: Settings, marks: Marks) -> None:
    """A policy that follows a digest, where what is written would never hold one."""
    defaults = settings.defaults
    places: list[tuple[Path, list[AppKeys]]] = [(("apps", name), [app]) for name, app in settings.apps.items()]
    for name, environment in settings.environments.items():
        overrides = {} if environment.apps is UNSET else environment.apps
        places += [
            (("environments", name, "apps", app), [keys, settings.apps[app]])
            for app, keys in overrides.items()
            if app in settings.apps and (keys.pin is not UNSET or keys.policy is not UNSET)
        ]
    for path, layers in places:
        pins = (*(keys.pin for keys in layers), defaults.pin)
        policies = (*(keys.policy for keys in layers), defaults.policy)
        pin = next((each for each in pins if each is not UNSET), None)
        policy = next((each for each in policies if each is not UNSET), None)
        if pin == "tag" and policy is not None and policy.kind == "digest":
            key = "pin" if marks.has(*path, "pin") else "policy"
            marks.at_value((*path, key), "`pin: tag` writes no digest, and a digest is all that this policy follows")


def check_apps(settings: Settings, marks: Marks) -> None:
    """Every app, and what several of them claim."""
    for name in marks.names("apps"):
        wrong = fault.of_name(name, family="*" in name)
        if wrong is not None:
            marks.at_key(("apps", name), f"{quoted(name)} {wrong}")
    for name, app in settings.apps.items():
        check_keys(name, app, marks, ("apps", name))
    _claims(settings, marks)
    _policies(settings, marks)
    _pins(settings, marks)
    _families(settings, marks)
