"""Whether a store that another run has left can be used: it is looked over, and what a killed run left is cleared away.

Everything in it can be had again. So whatever is not as it should be is a reason to make it anew, and no error.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
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
# Git's names of hashes, which are those of hashlib too.
_HASHES = ("sha1", "sha256")
_SHA256 = re.compile(rb"(?im)^\s*objectformat\s*=\s*sha256\s*$")
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
    # A remote that gives no part of a history has given all of it.
    is_cut = (store / "shallow").exists()
    (store / _MARK).write_text(json.dumps({"form": form, "made": now, "hash": hashed, "cut": is_cut}))


def marked(store: Path) -> bool:
    """Whether there is a store that was once whole."""
    return (store / _MARK).is_file()


def clear(store: Path) -> None:
    """Removes what a killed run has left of a fetch: nobody is at work here now."""
    for path in [*store.rglob("*.lock"), *store.glob("objects/**/tmp_*"), *store.glob("objects/pack/*.keep")]:
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


def _packs(store: Path) -> Iterator[Path]:
    for path in (store / "objects").iterdir():
        if path.name not in ("pack", "info"):
            raise Flaw(f"{path.name} in objects was put there by no fetch of ours")
    yield from (store / "objects" / "pack").glob("*.pack")


def _check_packs(store: Path, hashed: str) -> None:
    packs = list(_packs(store))
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


def _ends(store: Path) -> set[str]:
    """The commits whose parents were not fetched."""
    found = (store / "shallow").read_text("ascii").split("\n") if (store / "shallow").exists() else []
    if not all(re.fullmatch(r"([0-9a-f]{40}|[0-9a-f]{64})?", line) for line in found):
        raise Flaw("its list of where history ends is damaged")
    return {line for line in found if line}


def _tips(git: Git, ends: set[str], *, is_cut: bool) -> dict[str, str]:
    """The branches that are here, each with its commit and what that one leads to."""
    refs = git.attempt("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads/")
    if refs.code != 0 or refs.stderr:
        raise Flaw("its branches cannot be read")
    pairs = (line.split(" ", 1) for line in refs.stdout.decode("utf-8", "surrogateescape").splitlines())
    found = {ref.removeprefix("refs/heads/"): oid for oid, ref in pairs}
    wanted = set(found.values())
    reader = Reader(git)
    try:
        commits = {oid: raw for oid, raw in reader.read(list(wanted)).items() if raw is not None}
        for oid, raw in commits.items():
            heads = [line.split(b" ") for line in raw.partition(b"\n\n")[0].splitlines()]
            wanted |= {words[1].decode("ascii") for words in heads if words[0] == b"tree"}
            parents = [words for words in heads if words[0] == b"parent"]
            if parents and is_cut and not ends:
                raise Flaw("nothing says where history ends")
            if oid not in ends:
                wanted |= {words[1].decode("ascii") for words in parents}
        if not found or wanted - reader.read(list(wanted), limit=0).keys():
            raise Flaw("objects are missing")
    finally:
        reader.close()
    return found


def look_over(store: Path, where: str, git: Git, now: float) -> tuple[Form, dict[str, str]]:
    """What a store is like, and where its branches were; Flaw where it cannot be used."""
    try:
        told = json.loads((store / _MARK).read_bytes())
        form, age = told["form"], now - float(told["made"])
        hashed, is_cut = told.get("hash"), told.get("cut")
        if form not in get_args(Form) or hashed not in _HASHES or not 0 <= age < SECONDS:
            raise Flaw("it is old")
        _check_packs(store, hashed)
        # What these say is known: what else may stand there is nobody's wish.
        (store / "HEAD").write_text("ref: refs/heads/main\n")
        quoted = where.replace("\\", "\\\\").replace('"', '\\"')
        (store / "config").write_text(_CONFIG % (quoted, hashed))
        return cast("Form", form), _tips(git, _ends(store), is_cut=bool(is_cut))
    except (OSError, ValueError, KeyError, TypeError, GitError) as exc:
        raise Flaw(f"it is damaged ({type(exc).__name__}: {exc})") from exc
