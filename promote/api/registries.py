"""The registries of one session, opened when the first question goes out."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from promote.clock import Clock
from promote.registry.cache import open_cache
from promote.registry.registries import Registries
from promote.transport import Silence, Transport

if TYPE_CHECKING:  # an image that the command line names needs no promote.yaml
    from promote.config.model import Config
    from promote.registry.settings import HostSettings

_HTTP = logging.getLogger("promote.http")
_CACHE = logging.getLogger("promote.cache")


def _settings(config: Config | None, environ: Mapping[str, str], root: Path) -> Mapping[str, HostSettings]:
    if config is None:
        return {}
    from promote.hosts import host_settings

    return host_settings(config, environ, root)


def open_registries(
    config: Config | None,
    root: Path,
    *,
    environ: Mapping[str, str],
    clock: Clock,
    jobs: int,
    cache: bool,
    stack: ExitStack,
) -> Registries:
    """All registries, as `config` says that they are asked; open until `stack` ends, with their cache.

    Relative paths of `config` start at `root`.
    """
    transport = stack.enter_context(Transport(clock, jobs=jobs, log=_HTTP.info, silence=Silence()))
    kept = stack.enter_context(open_cache(clock, log=_CACHE.info)) if cache else None
    home = Path(environ.get("HOME", "/"))
    settings = _settings(config, environ, root)
    return Registries(settings, transport=transport, clock=clock, environ=environ, home=home, cache=kept)
