"""What of a repository's folders somebody wants to see, and so which missing ones are fetched, and how."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from promote.tree import Globs
from promote.tree.glob import has_wildcard, segments_of

# all: what is below, with its files · trees: what is below, without files · direct: one folder, the files in it, and
# the folders in it · near: that, of the files only small ones · around: as direct, and what is in these folders · one:
# one folder
Kind = Literal["all", "trees", "near", "direct", "around", "one"]


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder of a commit. `root` is the one, here or above, from which anything may be wanted, as far as one is.

    `cover` is the one, here or above, of which all is fetched once anything is.
    """

    path: bytes
    oid: str
    root: str | None = None
    cover: str | None = None


def _plain_roots(globs: Globs) -> Iterable[bytes]:
    """The folders that are wanted with all that is in them, or with all but a few exceptions."""
    for each in globs.either or (globs,):
        for text in each.patterns:
            parts = list(segments_of(text))
            while parts and parts[-1] == "**":
                parts.pop()
            if not text.startswith("!") and not any(map(has_wildcard, parts)):
                yield "/".join(parts).encode()


class Interest:
    """Which folders lead to what is wanted, and which are wanted themselves.

    A folder called like one of `apps` is taken for that app's own, and for small.
    """

    def __init__(
        self, roots: Iterable[bytes], *, plain: Iterable[bytes] = (), apps: AbstractSet[bytes] = frozenset()
    ) -> None:
        self._roots = frozenset(roots)
        self._plain = frozenset(plain)
        self._apps = apps
        self._next: dict[bytes, set[bytes]] = {}
        self._far: dict[bytes, int] = {}
        for root in self._roots:
            segments = root.split(b"/")
            for place, segment in enumerate(segments):
                folder = b"/".join(segments[:place])
                self._next.setdefault(folder, set()).add(segment)
                self._far[folder] = max(self._far.get(folder, 0), len(segments) - place)

    @classmethod
    def of(cls, globs: Globs, apps: AbstractSet[bytes]) -> Interest:
        """What `globs` take."""
        return cls(globs.roots, plain=_plain_roots(globs), apps=apps)

    def top(self, oid: str) -> Folder:
        """The root of a commit's tree."""
        return self._entered(b"", oid, None, None)

    def below(self, folder: Folder, name: bytes, oid: str) -> Folder | None:
        """A folder in `folder`, if it leads to anything that is wanted."""
        if folder.root is None and name not in self._next.get(folder.path, ()):
            return None
        path = folder.path + b"/" + name if folder.path else name
        return self._entered(path, oid, folder.root, folder.cover)

    def _entered(self, path: bytes, oid: str, root: str | None, cover: str | None) -> Folder:
        if root is None and path in self._roots:
            root = oid
        if cover is None and (path in self._plain or path.rpartition(b"/")[2] in self._apps):
            cover = oid
        return Folder(path, oid, root, cover)

    def names(self, folder: Folder) -> AbstractSet[bytes] | None:
        """What is looked for in `folder`; None where anything in it may be wanted."""
        return self._next.get(folder.path, frozenset()) if folder.root is None else None

    def want(self, folder: Folder) -> tuple[Kind, str]:
        """How a folder that is missing is fetched, and by which object."""
        if folder.cover is not None:
            return "all", folder.cover
        if folder.root is not None:
            return "trees", folder.root
        far = self._far.get(folder.path, 1)
        if far == 1:
            return "direct", folder.oid
        # An app's own folder comes next: of its neighbours nothing is wanted.
        return ("trees" if self._apps.isdisjoint(self._next.get(folder.path, ())) else "one"), folder.oid
