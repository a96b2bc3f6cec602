"""Whether a store that another run has left can be used: it is cleared of what no fetch of ours needs, and looked over.

Everything in it can be had again. So whatever is not as it should be is a reason to make it anew, and no error.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import cast, get_args

from promote.errors import GitError
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.holdings import Form
from promote.gitrepo.store.origin import REMOTE
from promote.gitrepo.store.reader import Reader
from promote.gitrepo.store.scratch import drop

_MARK = "promote.json"
# A fetch adds a pack. What is above is made anew, which costs about as much as the first time.
PACKS, BYTES, SECONDS = 64, 256 << 20, 14 * 86_400
_CHUNK = 1 << 20
# So many commits are looked for: a remote that gives no part of a history has given all of it.
_COMMITS = 10_000
_TREE = re.compile(rb"tree ([0-9a-f]+)\n")
# Git's names of hashes, which are those of hashlib too.
_HASHES = ("sha1", "sha256")
_SHA256 = re.compile(rb"(?im)^\s*objectformat\s*=\s*sha256\s*$")
# Of whatever else may stand in a store git would heed some (another store's objects, an index of all packs), stumble
# over some, and leave the rest there for ever.
_NEEDED = re.compile(
    r"HEAD|config|shallow|packed-refs|promote\.json|refs|refs/heads|refs/heads/(?!.*\.lock$).*|"
    r"objects|objects/pack|objects/pack/pack-[0-9a-f]+\.(pack|idx|promisor)"
)
_CONFIG = f"""\
[core]
\trepositoryformatversion = 1
\tfilemode = true
\tbare = true
[remote "{REMOTE}"]
\turl = "%s"
\ttagOpt = --no-tags
[extensions]
\tobjectFormat = %s
"""


class Flaw(Exception):
    """Why a store cannot be used."""


def mark(store: Path, *, form: Form, now: float) -> None:
    """Says of a new store that it is whole, and what it is like."""
    hashed = _HASHES[_SHA256.search((store / "config").read_bytes()) is not None]
    (store / _MARK).write_text(json.dumps({"form": form, "made": now, "hash": hashed}))


def marked(store: Path) -> bool:
    """Whether there is a store that was once whole."""
    return (store / _MARK).is_file() and not store.is_symlink()


def clear(store: Path) -> None:
    """Removes what a killed run has left of a fetch, and all that no fetch writes: nobody is at work here now."""
    for path in list(store.rglob("*")):
        name = path.relative_to(store).as_posix()
        if path.is_symlink() or not _NEEDED.fullmatch(name):
            drop(path)
    for path in store.glob("objects/pack/*"):
        if not path.with_suffix(".pack").exists():
            drop(path)


def _seal(path: Path, hashed: str) -> tuple[bytes, bytes]:
    """What a pack or an index says at its end, and what it should say: the hash of all before it."""
    made = hashlib.new(hashed)
    left = path.stat().st_size - made.digest_size
    with path.open("rb") as file:
        # A pack may be larger than the memory that a run should take.
        while data := file.read(max(0, min(left, _CHUNK))):
            made.update(data)
            left -= len(data)
        return file.read(made.digest_size), made.digest()


def _check_packs(store: Path, hashed: str, *, is_partial: bool) -> None:
    packs = list((store / "objects" / "pack").glob("*.pack"))
    size = sum(pack.stat().st_size for pack in packs)
    if len(packs) > PACKS or size > BYTES:
        raise Flaw(f"it has grown to {len(packs)} packs and {size >> 20} MiB")
    for pack in packs:
        index = pack.with_suffix(".idx")
        seals = {path: _seal(path, hashed) for path in (pack, index)}
        for path, (told, true) in seals.items():
            if told != true:
                raise Flaw(f"{path.name} is damaged")
        with index.open("rb") as file:
            told = seals[pack][0]
            file.seek(-2 * len(told), os.SEEK_END)
            if file.read(len(told)) != told:
                raise Flaw(f"{index.name} is another pack's")
        if is_partial:
            # Without it git takes what was never fetched for lost. All that is here came from the one remote.
            pack.with_suffix(".promisor").touch()


def _ends(store: Path) -> set[str]:
    """The commits whose parents were not fetched."""
    found = (store / "shallow").read_text("ascii").split("\n") if (store / "shallow").exists() else []
    if not all(re.fullmatch(r"([0-9a-f]{40}|[0-9a-f]{64})?", line) for line in found):
        raise Flaw("its list of where history ends is damaged")
    return {line for line in found if line}


def _tips(git: Git, ends: set[str]) -> dict[str, str]:
    """The branches that are here, each with its commit, its root folder, and its history."""
    refs = git.attempt("for-each-ref", "--format=%(objectname) %(refname)")
    if refs.code != 0 or refs.stderr:
        raise Flaw("its branches cannot be read")
    pairs = [line.split(" ", 1) for line in refs.stdout.decode("utf-8", "surrogateescape").splitlines()]
    if not all(ref.startswith("refs/heads/") for _, ref in pairs):
        raise Flaw("it has refs that are no branches")
    found = {ref.removeprefix("refs/heads/"): oid for oid, ref in pairs}
    reader = Reader(git)
    try:
        commits = reader.read(list(set(found.values())))
        trees = {oid: _TREE.match(raw or b"") for oid, raw in commits.items()}
        wanted = {*found.values(), *ends, *(tree[1].decode("ascii") for tree in trees.values() if tree is not None)}
        if not found or wanted - reader.read(list(wanted), limit=0).keys():
            raise Flaw("objects are missing")
        if None in trees.values():
            raise Flaw("a branch is at what is no commit")
    finally:
        reader.close()
    if git.attempt("rev-list", "--quiet", f"--max-count={_COMMITS}", "--branches").code != 0:
        raise Flaw("it does not tell where history ends, or lacks some of it")
    return found


def look_over(store: Path, where: str, git: Git, now: float) -> tuple[Form, dict[str, str]]:
    """What a store is like, and where its branches were; Flaw where it cannot be used."""
    try:
        told = json.loads((store / _MARK).read_bytes())
        form, age = told["form"], now - float(told["made"])
        hashed = told.get("hash")
        if form not in get_args(Form) or hashed not in _HASHES or not 0 <= age < SECONDS:
            raise Flaw("it is old")
        _check_packs(store, hashed, is_partial=form != "whole")
        # What these say is known: what else may stand there is nobody's wish.
        (store / "HEAD").write_text("ref: refs/heads/main\n")
        quoted = where.replace("\\", "\\\\").replace('"', '\\"')
        (store / "config").write_text(_CONFIG % (quoted, hashed))
        return cast("Form", form), _tips(git, _ends(store))
    except (OSError, ValueError, KeyError, TypeError, GitError) as exc:
        raise Flaw(f"it is damaged ({type(exc).__name__}: {exc})") from exc
