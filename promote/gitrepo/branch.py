"""A branch's name on its way into a refspec: what git would take for more than a name is refused."""

from __future__ import annotations

import re

from promote.errors import UsageError

# git check-ref-format(1); `:`, `^` and `*` would make a refspec say something else.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|\.lock(/|$)|(^|/)\.|^-|^/|/$|\.$|^@$|^$|^HEAD$")


def ref_of(branch: str) -> str:
    """The full ref of `branch`; UsageError where it is no branch's name, or one that no message could show."""
    if branch.startswith("refs/heads/"):
        short = branch.removeprefix("refs/heads/")
        raise UsageError(f"{branch[:80]!r} is the name of a ref", cure=f"write the branch's own, {short[:80]!r}")
    if _FORBIDDEN.search(branch) or not branch.isprintable() or len(branch) > 240:
        raise UsageError(f"{branch[:80]!r} cannot be a branch's name", cure="name another, see `git check-ref-format`")
    return f"refs/heads/{branch}"
