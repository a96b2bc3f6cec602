"""What comes with the first files that are read: one request less, wherever what follows can be guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from promote.gitrepo.command.git import Git
from promote.gitrepo.store.holdings import Holdings
from promote.gitrepo.store.interest import Folder, Kind
from promote.gitrepo.store.walk import items

# More folders than this in the root are not fetched unasked; nor are folders with more files than this.
_FOLDERS, _FILES = 1000, 400


def _bearing(listing: Sequence[bytes], words: Iterable[str]) -> list[str]:
    """Of a listing by `ls-tree -rt` the folders whose paths name all of these words, if there is not too much in them.

    None of them lies in another.
    """
    lines = list(listing)
    for word in words:
        text = word.encode()
        # To look for a word first is ten times faster than an expression that does not match.
        lines = [line for line in lines if text in line]
        whole = re.compile(rb"[/\t]" + re.escape(text) + rb"(?:/|\Z)")
        lines = [line for line in lines if whole.search(line)]
    found: list[str] = []
    last = b"\0"
    for line in lines:
        head, _, path = line.partition(b"\t")
        if not path.startswith(last) and head.startswith(b"040000"):
            found.append(head.split(b" ")[2].decode("ascii"))
            last = path + b"/"
    return found if len(lines) <= _FILES else []


def _guessed(git: Git, commit: str, environments: Sequence[str], apps: Sequence[str]) -> list[str]:
    listing = git.output("ls-tree", "-r", "-t", "-z", "--full-tree", commit).split(b"\0")[:-1]
    found: list[str] = []
    for environment in environments:
        # The app's word first: it is the rarer one, and leaves fewer paths to look at closely.
        own = [oid for app in apps for oid in _bearing(listing, (app, environment))]
        found += own or _bearing(listing, (environment,))
    return found


def prefetch(
    holdings: Holdings,
    git: Git,
    commit: str,
    files: Sequence[bytes],
    *,
    environments: Sequence[str],
    apps: Sequence[str],
) -> None:
    """Fetches `files` of the root of `commit`, if they are there, and by the same request what is likely to be next.

    That is the root's folders; or, where all folders are here, the files in those that bear the names of these
    environments and apps.
    """
    if holdings.form == "whole":
        return
    top = Folder(b"", holdings.top(commit))
    raw = holdings.folder(top)
    found = items(top, raw)
    named = [oid.hex() for mode, name, oid in found if name in files and mode.startswith(b"100")]
    kind: Kind = "one"
    if holdings.form == "treeless":
        folders = [oid.hex() for mode, _, oid in found if mode == b"40000"]
        wanted = holdings.missing([*named, *(folders if len(folders) <= _FOLDERS else ())])
    else:
        kind = "all"
        wanted = holdings.missing(named)
        # The folders are here, their files are not.
        wanted += _guessed(git, commit, environments, apps) if wanted else []
    if wanted:
        holdings.bring(wanted, kind)
