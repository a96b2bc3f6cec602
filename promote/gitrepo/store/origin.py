"""How a store of ours names its remote, and how objects are asked for and told."""

from __future__ import annotations

import re
from collections.abc import Sequence

REMOTE = "origin"
# A store's config does not say that it is partial, so that git's local commands report a missing object instead of
# asking for it one by one (before 2.39.4 there is no other way to stop that). The commands that talk to the remote do
# have to know, and are told so here.
PROMISOR: tuple[tuple[str, str], ...] = (
    (f"remote.{REMOTE}.promisor", "true"),
    (f"remote.{REMOTE}.partialclonefilter", "blob:none"),
)
# Protocol v0 without uploadpack.allowAnySHA1InWant, and servers that lost the object since.
NOT_BY_NAME = re.compile(r"unadvertised object|not our ref|no such remote ref|[Ss]erver does not allow request for")


def lines(oids: Sequence[str]) -> bytes:
    """Objects as git's commands are told of many on stdin."""
    return "".join(f"{oid}\n" for oid in oids).encode()
