"""Names of environments and apps for a shell that completes words: from the promote.yaml of the working files alone.

No remote is asked, and nothing is said of what is wrong: whoever presses TAB is in the middle of a line.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from promote.errors import PromoteError

if TYPE_CHECKING:
    from promote.config.model import Config


def _config(context: click.Context) -> Config | None:
    """The configuration that --config names, or that stands in the folder of -C or above it; None where none does."""
    from promote.config import FILE, MAX_SIZE
    from promote.config.expand import expand
    from promote.config.load import load
    from promote.ordinary import read_ordinary
    from promote.tree.folder import FolderTree

    named, folder = context.params.get("config"), Path(context.params.get("directory") or "").absolute()
    above = (each / FILE for each in (folder, *folder.parents))
    path = Path(named) if named is not None else next((each for each in above if each.is_file()), None)
    if path is None:
        return None
    config = load(FILE, read_ordinary(path, MAX_SIZE + 1), environ=os.environ)
    if any(each.is_template for each in config.environments.values()):
        config = expand(config, FolderTree(path.parent))
    return config


def _names(context: click.Context, incomplete: str, kind: str) -> list[str]:
    try:
        config = _config(context)
    except (PromoteError, OSError):
        return []
    if config is None:
        return []
    if kind == "app":
        found = [name for name, app in config.apps.items() if not app.is_family]
    else:
        found = [name for name, each in config.environments.items() if not each.is_template]
    return sorted(name for name in found if name.startswith(incomplete))


def environments(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The environments whose names begin so."""
    return _names(context, incomplete, "environment")


def apps(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The apps whose names begin so."""
    return _names(context, incomplete, "app")


def apps_to_set(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The same with the `=` that a tag follows."""
    return [f"{name}=" for name in _names(context, incomplete, "app")]
