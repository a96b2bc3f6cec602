"""A repository without a promote.yaml: a folder is the environment, and each image an app."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from promote.api.where import Opened
from promote.config import FILE
from promote.errors import UsageError
from promote.image import parse_repository
from promote.tree import Globs

if TYPE_CHECKING:
    from promote.config.model import Config
    from promote.estate.estate import Estate


IS_IT_THIS = (
    "name the GitOps repository by -C, --repo or PROMOTE_REPO; "
    "or write one here (promote init), or name one by --config"
)


def require(opened: Opened, path: str) -> None:
    """UsageError where there is no file at or below `path`."""
    if not opened.home.list(Globs((path,))):
        raise UsageError("there is no file there", where=path, cure="name a path from the repository's root")


def _implicit(folder: str) -> Config:
    from promote.config.load import implicit

    return implicit(folder)


def everything(opened: Opened, folder: str) -> Estate:
    """What a folder runs: each image is an app of its own name; UsageError where there is no such folder."""
    from promote.estate.world import World

    config = _implicit(folder)
    require(opened, folder)
    world = World(config, opened.trees, everything=True)
    return next(iter(world.estates(list(config.environments)).values()))


def configured(opened: Opened, folder: str, words: Sequence[str]) -> Config:
    """The configuration that would say so: `folder` is its environment, each word an app.

    A word is an image, or the last segment of its path where one image alone has it; else UsageError.
    """
    from promote.config.model import App

    config = _implicit(folder)
    if not opened.home.list(Globs((folder,))):
        what = f"there is no {FILE}, and no folder {folder[:60]!r}, which could be ENV without one"
        raise UsageError(what, where=opened.where, cure=IS_IT_THIS)
    apps = {}
    for word in words:
        repository = parse_repository(word) if "/" in word else None
        found = repository or parse_repository(_only_image(opened, folder, word))
        if found is not None:
            apps[word] = App(word, (found,))
    return replace(config, apps=MappingProxyType(apps))


def _only_image(opened: Opened, folder: str, word: str) -> str:
    """The one image below `folder` whose last path segment is `word`; UsageError where there is not just one."""
    estate = everything(opened, folder)
    found = sorted(name for name in estate.joined if name.rpartition("/")[2] == word)
    if len({str(parse_repository(name)) for name in found}) == 1:
        return found[0]
    what = f"{len(found)} images end" if found else "no image ends"
    raise UsageError(f"{what} in /{word} below {folder}", cure="name the image as the files do, with its registry")
