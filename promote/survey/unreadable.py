"""The files of environments that could not be read: each with where, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from promote.estate.estate import Estate
from promote.sites.cure import CURES, OF_UNREAD
from promote.text.document import Broken, parse
from promote.tree import Tree, show

# What a file that matters has in it, in any case and in UTF-16 too.
_TELLS = b"image"


def _broken(estate: Estate, tree: Tree) -> Iterator[str]:
    """A sentence for each file that may name an image and is no YAML that can be read."""
    for entry, data in tree.read(entry for path, entry in estate.entries.items() if path not in estate.streams):
        if isinstance(data, bytes) and _TELLS in data.replace(b"\0", b"").lower():
            found = parse(entry.path, data)
            if isinstance(found, Broken):
                where = f"{show(entry.path)}:{found.span.line}:{found.span.column}"
                yield f"{where}: is not read: {found.why}; {CURES[found.code]}"


def unreadable(estates: Mapping[str, Estate], trees: Mapping[str | None, Tree]) -> Iterator[str]:
    """A sentence for each file that an environment has and that was not read; `trees` are those of the branches."""
    for estate in estates.values():
        for item in estate.unread:
            yield f"{show(item.entry.path)}: is not read: {item.why}; {OF_UNREAD[item.why]}"
        yield from _broken(estate, trees[estate.environment.branch])
