"""What environments run while somebody waits: their branches are looked at anew each time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from promote.api.trees import FolderTrees
from promote.api.where import Opened
from promote.errors import RemoteUnreachable, UsageError

if TYPE_CHECKING:
    from promote.clock import Clock
    from promote.estate.estate import Estate

_GIT = logging.getLogger("promote.git")
# A look at a branch takes no longer: the next one comes soon.
_SECONDS = 30.0


def following(
    opened: Opened, environments: Sequence[str], load: Callable[[Sequence[str]], Mapping[str, Estate]], clock: Clock
) -> Callable[[], Mapping[str, Estate]]:
    """A look at what these environments run now; where a remote does not answer, what it held when it last did.

    UsageError for an environment without `verify` checks: there is nothing to wait for.
    """
    trees, config = opened.trees, opened.config
    if config is None:
        raise TypeError("there are no environments without a configuration")
    for name in environments:
        if not config.environment(name).verify:
            cure = "say under `verify` how it can be told that it runs"
            raise UsageError(f"{name} has no `verify` checks", where=config.file, cure=cure)

    def look() -> Mapping[str, Estate]:
        if not isinstance(trees, FolderTrees):
            for place in dict.fromkeys(trees.place(config.environment(name)) for name in environments):
                try:
                    with trees.remotes.until(clock.monotonic() + _SECONDS):
                        trees.remotes.refresh(place)
                except RemoteUnreachable as exc:
                    _GIT.info("%s", exc)
        return load(environments)

    return look
