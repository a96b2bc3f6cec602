"""What is looked over in a store that another run has left: what is cleared away, and what makes it unfit."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from promote.gitrepo.command.git import Git
from promote.gitrepo.store.inspect import Flaw, clear, look_over, marked
from promote.gitrepo.store.opening import open_store
from promote.gitrepo.url import parse
from promote.tree import Globs
from tests.gitrepo.person import OTHER, Person

NOW = 1_800_000_000.0
NOWHERE = "1" * 40
Harm = Callable[[Path], object]


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("inspected")
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }


@pytest.fixture(scope="module")
def left(environ: dict[str, str], model: Path) -> Path:
    """A store as two runs have left it, with a commit between them."""
    folder = Path(environ["HOME"])
    shutil.copytree(model / "served", folder / "served")
    shutil.copytree(model / "other", folder / "other")
    person = Person({**environ, **OTHER}, folder / "other", count=1)
    url = parse((folder / "served/gitops.git").as_uri(), base=folder)
    for number in range(2):
        person.push({"envs/dev/x.yaml": f"{number}".encode(), "envs/prod/x.yaml": f"{number}".encode()})
        with open_store(Git(environ).to(url, secrets=frozenset()), cache=folder / "cache", now=NOW) as store:
            tree = store.need("main")
            assert len(list(tree.read(tree.list(Globs(("envs/dev",)))))) == 2
    return next((folder / "cache").glob("repositories-1/*/store"))


@pytest.fixture
def store(left: Path, tmp_path: Path) -> Path:
    """A copy of that, to do harm to."""
    return Path(shutil.copytree(left, tmp_path / "store"))


def looked_over(store: Path, environ: dict[str, str]) -> dict[str, str]:
    clear(store)
    form, tips = look_over(store, "file:///served/gitops.git", Git(environ, directory=store), NOW)
    assert form == "treeless"
    return tips


def written(name: str, data: bytes = b"\0garbage") -> Harm:
    def harm(store: Path) -> None:
        (store / name).parent.mkdir(parents=True, exist_ok=True)
        (store / name).write_bytes(data)

    return harm


def a_folder(name: str) -> Harm:
    def harm(store: Path) -> None:
        (store / name).unlink(missing_ok=True)
        (store / name).mkdir(parents=True)

    return harm


def linked(name: str, target: str = "/nowhere") -> Harm:
    def harm(store: Path) -> None:
        if (store / name).is_dir():
            shutil.rmtree(store / name)
        (store / name).unlink(missing_ok=True)
        (store / name).parent.mkdir(parents=True, exist_ok=True)
        (store / name).symlink_to(target)

    return harm


def each(pattern: str, harm: Harm) -> Harm:
    def harmed(store: Path) -> None:
        found = sorted(store.glob(pattern))
        assert found
        for path in found:
            path.chmod(0o600)
            harm(path)

    return harmed


def zeroed(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def file_for_refs(store: Path) -> None:
    shutil.rmtree(store / "refs")
    (store / "refs").write_bytes(b"")


def loose_tip(store: Path) -> None:
    oid = (store / "refs/heads/main").read_text().strip()
    written(f"objects/{oid[:2]}/{oid[2:]}", bytes(50))(store)


def ref_to(kind: str) -> Harm:
    def harm(store: Path) -> None:
        git = Git({"PATH": os.environ["PATH"]}, directory=store)
        listed = git.output("cat-file", "--batch-all-objects", "--batch-check").decode().splitlines()
        oid = next(line.split()[0] for line in listed if line.split()[1] == kind)
        (store / "refs/heads/main").write_text(f"{oid}\n")

    return harm


def more(name: str, text: str) -> Harm:
    return lambda store: (store / name).write_text((store / name).read_text() + text)


# what was done to it: why it cannot be used then
UNFIT: dict[str, tuple[Harm, str]] = {
    "a pack of zeros": (each("objects/pack/*.pack", zeroed), "is damaged"),
    "an index of zeros": (each("objects/pack/*.idx", zeroed), "is damaged"),
    "indices without packs": (each("objects/pack/*.pack", Path.unlink), "objects are missing"),
    "a folder for a pack": (a_folder("objects/pack/pack-1.pack"), "is damaged"),
    "packs behind a link": (linked("objects/pack"), "objects are missing"),
    "garbage in packed refs": (written("packed-refs", b"garbage\n"), "branches cannot be read"),
    "zeros in packed refs": (written("packed-refs", bytes(100)), "branches cannot be read"),
    "a folder for packed refs": (a_folder("packed-refs"), "branches cannot be read"),
    "a packed ref to nothing": (
        written("packed-refs", f"# pack-refs with: peeled fully-peeled sorted \n{NOWHERE} refs/heads/x\n".encode()),
        "objects are missing",
    ),
    "a packed tag": (
        written("packed-refs", f"# pack-refs with: peeled fully-peeled sorted \n{NOWHERE} refs/tags/x\n".encode()),
        "refs that are no branches",
    ),
    "a second branch to nothing": (written("refs/heads/x", f"{NOWHERE}\n".encode()), "objects are missing"),
    "a branch that leads to itself": (written("refs/heads/main", b"ref: refs/heads/main\n"), "objects are missing"),
    "a branch at a file": (ref_to("blob"), "at what is no commit"),
    "a branch at a folder": (ref_to("tree"), "at what is no commit"),
    "no folder of refs": (lambda store: shutil.rmtree(store / "refs"), "branches cannot be read"),
    "a file for refs": (file_for_refs, "branches cannot be read"),
    "a folder for the config": (a_folder("config"), "is damaged"),
    "a folder for HEAD": (a_folder("HEAD"), "is damaged"),
    "a folder for shallow": (a_folder("shallow"), "is damaged"),
    "nothing in shallow": (written("shallow", b""), "does not tell where history ends"),
    "a link for shallow": (linked("shallow"), "does not tell where history ends"),
    "a commit in shallow that is not here": (more("shallow", f"{NOWHERE}\n"), "objects are missing"),
    "only such a commit in shallow": (written("shallow", f"{NOWHERE}\n".encode()), "objects are missing"),
}
# what was done to it, and is put right
FIT: dict[str, Harm] = {
    "nothing": lambda store: None,
    "no mark of what the remote keeps": each("objects/pack/*.promisor", Path.unlink),
    "a loose object of zeros": loose_tip,
    "an empty HEAD": written("HEAD", b""),
    "a folder for FETCH_HEAD": a_folder("FETCH_HEAD"),
    "a link for FETCH_HEAD": linked("FETCH_HEAD"),
    "a broken commit-graph": written("objects/info/commit-graph", b"CGPH\1\1"),
    "a broken chain of commit-graphs": written("objects/info/commit-graphs/commit-graph-chain"),
    "a broken index of all packs": written("objects/pack/multi-pack-index", b"MIDX\1\1" + bytes(100)),
    "broken bitmaps": written("objects/pack/pack-1.bitmap", b"BITM\0\1"),
    "an index without its pack": written("objects/pack/pack-1.idx"),
    "objects of another store": written("objects/info/alternates", b"/nowhere/objects\n"),
    "a folder for the list of other stores": a_folder("objects/info/alternates"),
    "another common folder": written("commondir", b"/nowhere\n"),
    "settings of a worktree": written("config.worktree", b"[zz"),
    "a hook": written("hooks/reference-transaction", b"#!/bin/sh\nexit 1\n"),
    "a graft": written("info/grafts", b"zzz\n"),
    "a replaced object": written(f"refs/replace/{NOWHERE}", b"2" * 40 + b"\n"),
    "a tag to nothing": written("refs/tags/x", f"{NOWHERE}\n".encode()),
    "garbage for a tag": written("refs/tags/x"),
    "a folder for a lock": a_folder("refs/heads/main.lock"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_cannot_be_used(name: str, store: Path, environ: dict[str, str]) -> None:
    harm, why = UNFIT[name]
    harm(store)
    with pytest.raises(Flaw, match=why):
        looked_over(store, environ)


@pytest.mark.parametrize("name", FIT)
def test_what_is_put_right_is_whole_then(name: str, left: Path, store: Path, environ: dict[str, str]) -> None:
    FIT[name](store)
    assert looked_over(store, environ) == {"main": (left / "refs/heads/main").read_text().strip()}
    checked = Git(environ, directory=store).attempt("fsck", "--no-dangling", config=(("remote.origin.promisor", "1"),))
    assert (checked.code, checked.stdout, checked.stderr) == (0, b"", b"")


def test_what_is_behind_a_link_is_left_alone(store: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "letter").write_text("dear")
    linked("objects/pack", str(theirs))(store)
    clear(store)
    (tmp_path / "link").symlink_to(store)
    assert (theirs / "letter").read_text() == "dear"
    assert not marked(tmp_path / "link")
