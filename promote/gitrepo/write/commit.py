"""A commit made of spliced files: a child of the tip, by one `git fast-import`, without an index or a checkout."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from promote.errors import GitError, UsageError
from promote.gitrepo.store.store import Store
from promote.gitrepo.store.walk import reach
from promote.gitrepo.write.identity import Identity
from promote.gitrepo.write.paths import is_inside
from promote.gitrepo.write.signing import sign
from promote.text.edit import FileChange
from promote.tree import show

_MODES = frozenset({0o100644, 0o100755})


def _quoted(path: bytes) -> bytes:
    return b'"' + path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'


def _checked(change: FileChange) -> None:
    if not is_inside(change.path):
        raise GitError("is not a path inside a repository", where=show(change.path), cure="have it taken out")
    if change.mode not in _MODES:
        raise GitError(f"is no plain file (mode {change.mode:o})", where=show(change.path), cure="name the file itself")


def _proven(store: Store, parent: str, oid: str, files: Sequence[FileChange]) -> None:
    """GitError unless nothing but `files` differs from `parent`.

    fast-import puts a folder in the place of a link, a submodule or a file that is in the way of a new file, and drops
    one of two entries of the same name.
    """
    ours = {change.path for change in files}
    out = store.git.output("diff-tree", "-r", "-z", "--no-renames", "--name-only", parent, oid)
    for path in out.split(b"\0")[:-1]:
        if path not in ours:
            below = next((one for one in sorted(ours) if one.startswith(path + b"/")), None)
            if below is not None:
                why = f"cannot be written: {show(path)} is in the way, which is a link, a submodule or a file"
                raise GitError(why, where=show(below), cure="name another place")
            raise GitError("would change as well: its tree is malformed", where=show(path), cure="see `git fsck`")


def stream(
    ref: str, parent: str, files: Sequence[FileChange], message: bytes, identity: Identity, when: datetime
) -> bytes:
    """What fast-import is given. It begins with `feature done`: cut anywhere, it makes no commit."""
    stamp = f"{int(when.timestamp())} +0000"
    out = [
        b"feature done\n",
        f"commit {ref}\nmark :1\n".encode(),
        f"author {identity.author} {stamp}\n".encode(),
        f"committer {identity.committer} {stamp}\n".encode(),
        b"data %d\n" % len(message) + message + b"\n",
        f"from {parent}\n".encode(),
    ]
    for change in files:
        _checked(change)
        if change.after is None:
            out.append(b"D " + _quoted(change.path) + b"\n")
        else:
            out.append(b"M %o inline " % change.mode + _quoted(change.path) + b"\n")
            out.append(b"data %d\n" % len(change.after) + change.after + b"\n")
    out.append(b"get-mark :1\ndone\n")
    return b"".join(out)


def make_commit(
    store: Store, parent: str, files: Sequence[FileChange], message: bytes, *, identity: Identity, when: datetime
) -> str:
    """The OID of a new commit in `store`, a child of `parent` with `files` as they are to be; on no branch yet."""
    if b"\0" in message:
        raise UsageError("a commit's message cannot hold a NUL", cure="remove it")
    # What follows fetches nothing: a folder that leads to a change has to be here.
    reach(store.objects, parent, [change.path for change in files])
    data = stream("refs/promote/made", parent, files, message, identity, when)
    with store.lock:
        # --force: a second try has another parent, and this ref is only there to name what was made last.
        out = store.git.output("fast-import", "--quiet", "--force", "--date-format=raw", stdin=data)
        oid = out.decode("ascii").strip()
        _proven(store, parent, oid, files)
        # fast-import cannot sign: it makes the tree, and the commit that is then made again.
        return sign(store.git, oid, parent, message, identity=identity, when=when)
