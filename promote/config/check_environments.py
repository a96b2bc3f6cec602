"""What environments must not say, alone and of each other (SEMANTICS §1, 2.5, 3.2)."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET

from promote.config import fault
from promote.config.check_apps import check_keys, check_vars, patterns_in
from promote.config.check_rewrite import check_meeting, check_rewrite
from promote.config.graph import cycles
from promote.config.marks import Marks, Path, meant, quoted
from promote.config.scope import layer_globs
from promote.config.settings import EnvironmentSettings, Settings, SharedKeys, sources_of
from promote.placeholder import OWN, Names, fill, placeholders
from promote.tree.glob import segments_of

# More than anybody has; what is compared pair by pair stays cheap with them.
MAX_ENVIRONMENTS = 1_000


def _vars_of(settings: Settings, name: str, environment: EnvironmentSettings) -> set[str]:
    own = environment.vars if environment.vars is not UNSET else settings.defaults.vars
    return {*OWN, *(() if own is UNSET else own), *placeholders(name)}


def _app_vars(settings: Settings, environment: EnvironmentSettings) -> Iterator[tuple[str, set[str]]]:
    overrides = {} if environment.apps is UNSET else environment.apps
    for name, app in settings.apps.items():
        override = overrides.get(name)
        values = override.vars if override is not None and override.vars is not UNSET else app.vars
        yield name, set(() if values is UNSET else values)


def _shared(keys: SharedKeys, known: Names, marks: Marks, path: Path) -> None:
    if keys.repo is not UNSET and (wrong := fault.of_repo(keys.repo)) is not None:
        marks.at_value((*path, "repo"), f"`repo` {wrong}")
    if keys.branch is not UNSET and (wrong := fault.of_branch(keys.branch)) is not None:
        marks.at_value((*path, "branch"), f"{quoted(keys.branch)} {wrong}")
    for way, text in marks.items((*path, "ignore"), keys.ignore):
        wrong = "needs no !: what stands here is left out anyway" if text.startswith("!") else fault.of_path(text)
        if wrong is not None:
            marks.at_value(way, f"the path {quoted(text)} {wrong}")
    for way, text in marks.items((*path, "shared_with"), keys.shared_with):
        if text not in known:
            marks.at_value(way, f"there is no environment {quoted(text)}{meant(text, known.names)}")
    check_rewrite(keys, marks, (*path, "rewrite"))
    if keys.vars is not UNSET:
        check_vars(keys.vars, marks, (*path, "vars"))


def _layers(settings: Settings, name: str, environment: EnvironmentSettings, marks: Marks) -> None:
    base = ("environments", name)
    own = _vars_of(settings, name, environment)
    patterns = patterns_in(environment.path, marks, (*base, "path"))
    said = [*patterns, *marks.items((*base, "ignore"), environment.ignore)]
    if environment.override is not UNSET:
        said.append(((*base, "override"), environment.override))
    # Apps are only asked where the environment does not know a placeholder itself: there may be thousands of them.
    asked = any(each not in own for _, text in said for each in placeholders(text))
    apps = list(_app_vars(settings, environment)) if asked else []
    anywhere = own.union(*(values for _, values in apps))
    for path, text in said:
        wrong = fault.of_file(text) if path[2] == "override" else fault.of_path(text.removeprefix("!"))
        if wrong is not None:
            if path[2] != "ignore":
                marks.at_value(path, f"the path {quoted(text)} {wrong}")
            continue
        for each in placeholders(text):
            if each not in anywhere:
                marks.at_value(path, f"unknown placeholder {quoted(f'{{{each}}}')}{meant(each, anywhere)}")
            elif each not in own:
                without = next((app for app, values in apps if each not in values), None)
                if without is not None:
                    marks.at_value(path, f"{quoted(f'{{{each}}}')} has no value for the app {quoted(without)}")
    layers = [text for _, text in patterns if not text.startswith("!")]
    if not layers:
        marks.at_value((*base, "path"), "takes nothing: it needs one path without a leading !")
    elif placeholders(name) and not any(set(placeholders(name)) <= set(placeholders(text)) for text in layers):
        marks.at_value((*base, "path"), f"no path holds the placeholders of {quoted(name)}: nothing tells its folders")


def _override(settings: Settings, name: str, environment: EnvironmentSettings, marks: Marks) -> None:
    """The file of `override` must be one that the environment runs, as far as its path tells before apps are known."""
    if environment.override is UNSET or fault.of_file(environment.override) is not None:
        return
    own = environment.vars if environment.vars is not UNSET else settings.defaults.vars
    values = {**({} if own is UNSET else own), **({} if placeholders(name) else {"environment": name})}
    file = fill(environment.override, values)
    said = [text for _, text in patterns_in(environment.path, marks, ("environments", name, "path"))]
    ignore = environment.ignore if environment.ignore is not UNSET else settings.defaults.ignore
    left_out = [text.removeprefix("!") for text in said if text.startswith("!")]
    left_out += [] if ignore is UNSET else ignore
    layers = [layer_globs(marks.file, text, left_out, values) for text in said if not text.startswith("!")]
    path = "/".join(segments_of(file)).encode()
    if not placeholders(file) and not any(layer.matches(path) for layer in layers):
        what = f"the file {quoted(file)} is in none of the paths of {quoted(name)}; add it to `path`, as the last"
        marks.at_value(("environments", name, "override"), what)


def _within(settings: Settings, name: str, environment: EnvironmentSettings, marks: Marks) -> None:
    if environment.within is UNSET:
        return
    path = ("environments", name, "within")
    wrong = fault.of_yaml_path(environment.within)
    if wrong is not None:
        marks.at_value(path, f"{quoted(environment.within)} {wrong}")
    known = _vars_of(settings, name, environment) - {"app"}
    for each in placeholders(environment.within):
        if each not in known:
            marks.at_value(path, f"unknown placeholder {quoted(f'{{{each}}}')}{meant(each, known)}")


def _app_paths(settings: Settings, marks: Marks) -> None:
    environments = [(name, _vars_of(settings, name, each)) for name, each in settings.environments.items()]
    anywhere = OWN.union(*(values for _, values in environments))
    for name, app in settings.apps.items():
        own = set(() if app.vars is UNSET else app.vars)
        for way, text in patterns_in(app.path, marks, ("apps", name, "path")):
            for each in placeholders(text):
                if each in own or each in OWN:
                    continue
                without = next((environment for environment, values in environments if each not in values), None)
                if each not in anywhere:
                    hint = meant(each, own | anywhere)
                    marks.at_value(way, f"unknown placeholder {quoted(f'{{{each}}}')}{hint}")
                elif without is not None:
                    marks.at_value(
                        way,
                        f"{quoted(f'{{{each}}}')} has no value in the environment {quoted(without)}",
                    )


def _source(name: str, environment: EnvironmentSettings, known: Names, marks: Marks) -> None:
    if environment.from_ is UNSET:
        return
    if environment.source is not UNSET:
        marks.at_key(
            ("environments", name, "source"), "`source` and `from` both say whence versions come; keep one of them"
        )
    seen: set[str] = set()
    for path, source in _sources(name, environment, marks):
        if source not in known:
            marks.at_value(path, f"there is no environment {quoted(source)}{meant(source, known.names)}")
        elif source in seen:
            marks.at_value(path, f"{quoted(source)} stands here twice")
        seen.add(source)
        # In a list it means all the environments that folders make.
        for each in placeholders(source) if isinstance(environment.from_, str) else ():
            if source in known and each not in placeholders(name):
                cure = "for all that folders make, write {all: […]} or {any: […]}"
                marks.at_value(path, f"{quoted(f'{{{each}}}')} is no placeholder of {quoted(name)}; {cure}")


def _auto(settings: Settings, name: str, environment: EnvironmentSettings, marks: Marks) -> None:
    source = settings.defaults.source if environment.source is UNSET else environment.source
    if environment.auto is True and environment.from_ is UNSET and source == "none":
        what = "`auto` has nothing to bring in where `source: none` leaves that to `set`; drop one of them"
        marks.at_key(("environments", name, "auto"), what)


def _sources(name: str, environment: EnvironmentSettings, marks: Marks) -> Iterator[tuple[Path, str]]:
    path: Path = ("environments", name, "from")
    if isinstance(environment.from_, str):
        yield path, environment.from_
    elif environment.from_ is not UNSET:
        yield from marks.items((*path, "all"), environment.from_.all)
        yield from marks.items((*path, "any"), environment.from_.any)


def check_environments(settings: Settings, marks: Marks) -> None:
    """Every environment, what it says of others and of apps, and circles among them."""
    known, apps = Names(marks.names("environments")), Names(marks.names("apps"))
    _shared(settings.defaults, known, marks, ("defaults",))
    for name in marks.names("environments"):
        wrong = fault.of_name(name, template=True)
        if wrong is None and OWN & set(placeholders(name)):
            wrong = "cannot hold {app} or {environment}: no folder tells their value"
        if wrong is not None:
            marks.at_key(("environments", name), f"{quoted(name)} {wrong}")
    for name, environment in settings.environments.items():
        _shared(environment, known, marks, ("environments", name))
        _layers(settings, name, environment, marks)
        _override(settings, name, environment, marks)
        _within(settings, name, environment, marks)
        check_meeting(settings, name, environment, marks)
        _source(name, environment, known, marks)
        _auto(settings, name, environment, marks)
        for app, override in ({} if environment.apps is UNSET else environment.apps).items():
            path = ("environments", name, "apps", app)
            if app not in apps:
                marks.at_key(path, f"there is no app {quoted(app)}{meant(app, apps.names)}")
            if override.image is not UNSET and override.images is not UNSET:
                marks.at_key((*path, "images"), "only one of `image`, `images` may be given")
            check_keys(app, override, marks, path)
    _app_paths(settings, marks)
    for circle in cycles({name: sources_of(each.from_) for name, each in settings.environments.items()}):
        shown = circle if len(circle) <= 12 else (*circle[:10], "…", circle[-1])
        marks.at_value(
            ("environments", circle[0], "from"), f"environments take from each other in a circle: {' → '.join(shown)}"
        )
