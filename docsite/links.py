"""Links of pages that lead out of docs/: to a page of the site where there is one, else to nowhere, as plain words."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

# Pages of the checkout that are on the site, by their paths from its root.
OUTSIDE = {"README.md": "readme.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}

_FENCE = re.compile(r"(^(?:```|~~~).*?^(?:```|~~~)[ ]*$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[(?P<words>[^\]\n]*)\]\((?P<to>[^)\s#]+)(?P<anchor>#[^)\s]*)?\)")


def relinked(text: str, place: str, shown: str, *, outside: Mapping[str, str] = OUTSIDE) -> str:
    """`text` of the file at `place` in the checkout, with its links as they hold on the page `shown` of the site."""

    def follow(found: re.Match[str]) -> str:
        to = found["to"]
        if re.match(r"[a-z][a-z0-9+.-]*:", to):
            return found[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(place), to))
        if path in outside:
            target = outside[path]
        elif path.startswith("docs/"):
            target = path.removeprefix("docs/")
        else:
            return found["words"]
        relative = posixpath.relpath(target, posixpath.dirname(shown) or ".")
        return f"[{found['words']}]({relative}{found['anchor'] or ''})"

    parts = _FENCE.split(text)
    return "".join(part if at % 2 else _LINK.sub(follow, part) for at, part in enumerate(parts))
