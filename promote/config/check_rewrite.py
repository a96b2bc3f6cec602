"""What `rewrite` must not say, alone and beside the images of the apps (SEMANTICS 2.1, 5.4)."""

from __future__ import annotations

from msgspec import UNSET

from promote.config.check_apps import images_of
from promote.config.marks import Marks, Path, quoted
from promote.config.registry_name import canonical_prefix
from promote.config.rewrite import Rewrite
from promote.config.settings import EnvironmentSettings, Settings, SharedKeys
from promote.image import parse_repository


def check_rewrite(keys: SharedKeys, marks: Marks, path: Path) -> None:
    """The `rewrite` at `path`, by itself."""
    seen: dict[str, str] = {}
    for old, new in () if keys.rewrite is UNSET else keys.rewrite.items():
        was, becomes = canonical_prefix(old), canonical_prefix(new)
        if was is None:
            marks.at_key((*path, old), f"{quoted(old)} is no registry, namespace or image; one is like ghcr.io/acme/")
        elif becomes is None or old.endswith("/") != new.endswith("/"):
            kind = "a registry or namespace that ends with / too" if old.endswith("/") else "one without a final /"
            marks.at_value((*path, old), f"{quoted(new)} cannot stand for {quoted(old)}; expected {kind}")
        elif was in seen:
            marks.at_key((*path, old), f"{quoted(old)} is the same as {quoted(seen[was])}")
        elif was == becomes:
            marks.at_value((*path, old), f"{quoted(new)} is what it is called anyway")
        else:
            seen[was] = old


def check_meeting(settings: Settings, name: str, environment: EnvironmentSettings, marks: Marks) -> None:
    """Images that are two and are called the same here: nothing would tell whose a place is."""
    said = settings.defaults.rewrite if environment.rewrite is UNSET else environment.rewrite
    if said is UNSET:
        return
    rewrite, owners = Rewrite.of(said), dict[str, tuple[str, str]]()
    for app, keys in settings.apps.items():
        for text in images_of(keys):
            repository = parse_repository(text) if "*" not in app else None
            here = str(repository) if repository is None else str(rewrite.repository(repository))
            first, other = owners.setdefault(here, (app, text))
            if repository is not None and first != app and parse_repository(other) != repository:
                own = ("environments", name, "rewrite")
                path = own if environment.rewrite is not UNSET else ("defaults", "rewrite")
                marks.at_value(path, f"{quoted(text)} and {quoted(other)} are both {quoted(here)} in {quoted(name)}")
                return
