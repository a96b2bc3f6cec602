"""Files as GitHub's API takes them into a commit: ordinary ones, by paths that are text (GraphQL, FileChanges)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

from promote.errors import ForgeRefused
from promote.text.edit import FileChange

_ORDINARY = 0o100644
_CURE = "write commit: {via: git}"


def as_taken(files: Sequence[FileChange], where: str) -> dict[str, list[dict[str, str]]]:
    """The files as GitHub takes them; ForgeRefused for what it cannot express."""
    additions: list[dict[str, str]] = []
    deletions: list[dict[str, str]] = []
    for file in files:
        try:
            path = file.path.decode()
        except UnicodeDecodeError:
            shown = file.path.decode("utf-8", "backslashreplace")
            raise ForgeRefused(
                f"{shown}: GitHub's API takes no path that is not UTF-8", where=where, cure=_CURE
            ) from None
        if file.after is None:
            deletions.append({"path": path})
            continue
        if file.mode != _ORDINARY:
            raise ForgeRefused(
                f"{path}: GitHub's API commits ordinary files only, and this one has the mode {file.mode:06o}",
                where=where,
                cure=_CURE,
            )
        additions.append({"path": path, "contents": b64encode(file.after).decode()})
    return {"additions": additions, "deletions": deletions}
