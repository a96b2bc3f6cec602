"""Which paths a commit of ours may write: none that leads out of a checkout, or into Git's own folder, anywhere."""

from __future__ import annotations

import re

# What HFS+ leaves out when it compares names; git's own list, of CVE-2014-9390.
_IGNORED = dict.fromkeys((*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF))
# Windows drops dots and spaces at the end, calls `.git` `git~1` too, and takes a `:` for a stream of the file.
_GIT = re.compile(r"(\.git|git~1)[ .]*(:.*)?", re.IGNORECASE | re.DOTALL)


def is_inside(path: bytes) -> bool:
    """Whether `path` names a file of a checkout, on every file system that git checks out to."""
    if b"\0" in path:
        return False
    for part in path.split(b"/"):
        # A backslash divides a name on Windows.
        for name in part.decode("utf-8", "replace").translate(_IGNORED).split("\\"):
            if _GIT.fullmatch(name) or name in (".", ".."):
                return False
        if not part:
            return False
    return True
