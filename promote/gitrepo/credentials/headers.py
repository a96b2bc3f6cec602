"""The user's own headers (`http.extraHeader`): where a credential was given, none of them may sign in as somebody else.

curl sends such a header in the place of what it would make of a name and a password, and with the first request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from promote.gitrepo.url import RemoteUrl

# A regular expression for `git config --get-regexp`, and for us; git writes the last part in lower case.
PATTERN = r"^http\.(.*\.)?extraheader$"
_KEY = re.compile(r"http\.(?:(?P<url>.*)\.)?extraheader", re.DOTALL)
_LOGIN = re.compile(r"\s*(proxy-)?authorization\s*:", re.IGNORECASE)

Setting = tuple[str, str]


def _is_login(setting: Setting) -> bool:
    match = _LOGIN.match(setting[1])
    return _KEY.fullmatch(setting[0]) is not None and match is not None and match[1] is None


def _is_for(setting: Setting, remote: RemoteUrl) -> bool:
    match = _KEY.fullmatch(setting[0])
    if match is None or match["url"] is None:
        return match is not None
    # By whole segments, as git does it: `https://host` is not `https://host.elsewhere`.
    return f"{remote.public}/".startswith(f"{match['url'].rstrip('/')}/")


def without_login(config: Iterable[Setting], own: Sequence[Setting], remote: RemoteUrl) -> tuple[Setting, ...]:
    """`config` without headers that sign in, and with what takes such headers out of the user's `own` settings."""
    kept = [setting for setting in config if not _is_login(setting)]
    if any(map(_is_login, own)):
        # Nothing is more specific than the whole URL; an empty value ends the list that stood before it.
        key = f"http.{remote.public}.extraheader"
        harmless = [each for each in (*own, *kept) if _is_for(each, remote) and not _is_login(each)]
        kept += [(key, ""), *((key, value) for _, value in harmless)]
    return tuple(kept)
