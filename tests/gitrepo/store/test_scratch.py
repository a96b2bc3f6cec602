"""The folder of a run: its own alone, gone at the end, and what killed runs left is gone with the next one."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from promote.errors import GitError
from promote.gitrepo.store.scratch import scratch

# A run that has its folder, with something in it, and then does nothing.
RUN = """
import sys, time
from promote.gitrepo.store.scratch import scratch
with scratch({"TMPDIR": sys.argv[1]}) as folder:
    (folder / "store" / "objects").mkdir(parents=True)
    (folder / "store" / "objects" / "pack").write_bytes(b"x")
    print(folder, flush=True)
    sys.stdin.read()
"""


def run(environ: Mapping[str, str]) -> tuple[subprocess.Popen[str], Path]:
    child = subprocess.Popen(
        [sys.executable, "-c", RUN, environ["TMPDIR"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    return child, Path(child.stdout.readline().strip())


def ended(child: subprocess.Popen[str]) -> None:
    child.communicate(timeout=20)


@pytest.mark.parametrize(
    "name",
    [
        "promote-git-0123",  # too short
        "promote-git-ABCDEFGH",
        "promote-git-abcdefghi",
        "promote-demo.abcdefgh",
        "another",
    ],
)
def test_what_is_named_otherwise_stays(environ: Mapping[str, str], name: str) -> None:
    other = Path(environ["TMPDIR"]) / name
    other.mkdir()
    (other / "lock").touch()
    with scratch(environ):
        pass
    assert (other / "lock").exists()


@pytest.mark.parametrize("kind", ["file", "link", "link as its lock", "full and never locked"])
def test_what_is_no_folder_of_a_killed_run_stays(environ: Mapping[str, str], tmp_path: Path, kind: str) -> None:
    there = Path(environ["TMPDIR"]) / "promote-git-abcdefgh"
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "lock").write_bytes(b"kept")
    if kind == "file":
        there.write_bytes(b"kept")
    elif kind == "link":
        there.symlink_to(mine)
    else:
        there.mkdir()
        if kind == "link as its lock":
            (there / "lock").symlink_to(mine / "lock")
        else:
            (there / "file").touch()
    with scratch(environ):
        pass
    assert os.path.lexists(there)
    assert (mine / "lock").read_bytes() == b"kept"


def test_the_folder_of_a_run_that_is_under_way_stays(environ: Mapping[str, str]) -> None:
    child, folder = run(environ)
    with scratch(environ):
        pass
    assert (folder / "store" / "objects" / "pack").exists()
    ended(child)
    assert not folder.exists()


def test_it_is_its_owners_alone_and_gone_at_the_end(
    environ: Mapping[str, str], leftovers: Callable[[], Sequence[str]]
) -> None:
    def interrupted() -> None:
        with scratch(environ) as folder:
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            (folder / "a" / "b").mkdir(parents=True)
            (folder / "link").symlink_to("a")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert leftovers() == []


def test_killed_runs_do_not_pile_up(environ: Mapping[str, str], leftovers: Callable[[], Sequence[str]]) -> None:
    """Each run that was killed left a repository in the temporary folder, and nobody ever removed it."""
    for _ in range(2):
        child, _ = run(environ)
        child.send_signal(signal.SIGKILL)
        ended(child)
    assert len(leftovers()) == 1  # the second has removed the first
    with scratch(environ) as folder:
        assert leftovers() == [folder.name]
    assert leftovers() == []


def test_what_was_killed_before_it_had_its_lock_goes_too(
    environ: Mapping[str, str], leftovers: Callable[[], Sequence[str]]
) -> None:
    for name, has_lock in (("promote-git-abcdefgh", True), ("promote-git-bbcdefgh", False)):
        (Path(environ["TMPDIR"]) / name).mkdir()
        if has_lock:
            (Path(environ["TMPDIR"]) / name / "lock").touch()
    with scratch(environ):
        pass
    assert leftovers() == []


def test_a_new_folder_that_is_taken_for_an_abandoned_one_is_made_again(
    environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a folder and its lock another run may come by."""
    real, made = tempfile.mkdtemp, []

    def overtaken(prefix: str, dir: str) -> str:  # noqa: A002  # the names are tempfile's
        made.append(real(prefix=prefix, dir=dir))
        monkeypatch.undo()
        with scratch(environ):
            pass
        return made[0]

    monkeypatch.setattr(tempfile, "mkdtemp", overtaken)
    with scratch(environ) as folder:
        assert (folder / "lock").exists()
        assert not Path(made[0]).exists()


def test_nobody_takes_a_new_folder_for_an_abandoned_one(environ: Mapping[str, str]) -> None:
    lost = []

    def runs() -> None:
        for _ in range(25):
            with scratch(environ) as folder:
                (folder / "mine").touch()
                if not (folder / "lock").exists() or not (folder / "mine").exists():
                    lost.append(folder)

    threads = [threading.Thread(target=runs) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lost == []
    assert list(Path(environ["TMPDIR"]).iterdir()) == []


def test_what_cannot_be_removed_is_told(environ: Mapping[str, str], caplog: pytest.LogCaptureFixture) -> None:
    there = Path(environ["TMPDIR"]) / "promote-git-abcdefgh"
    (there / "lock").mkdir(parents=True)
    with scratch(environ):
        pass
    assert "promote-git-abcdefgh is left: " in caplog.text
    assert "; remove it by hand" in caplog.text
    assert "[Errno" not in caplog.text


def test_nowhere_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="set TMPDIR"), scratch({"TMPDIR": str(tmp_path / "absent")}):
        pass
