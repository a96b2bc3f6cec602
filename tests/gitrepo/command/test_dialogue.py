"""A child that is asked again and again, and what comes of one that does not answer."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from promote.errors import GitError
from promote.gitrepo.command.dialogue import Dialogue, Ended
from promote.gitrepo.command.git import Git
from promote.gitrepo.store.reader import Reader
from tests.gitrepo.person import Person
from tests.servers.processes import interrupted_at_start

ENV = {"PATH": os.environ["PATH"]}


def sh(script: str, *, seconds: float = 10.0) -> Dialogue:
    return Dialogue(["sh", "-c", script], cwd=None, env=ENV, deadline_seconds=seconds)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_one_that_ends_says_why() -> None:
    with sh("echo half; echo oh no >&2; exit 3") as dialogue, pytest.raises(Ended) as caught:
        dialogue.ask(b"", lines=2)
    assert caught.value.finished.stderr == b"oh no\n"
    assert caught.value.finished.code != 0


def test_one_that_does_not_answer_meets_the_deadline_and_is_gone() -> None:
    began = time.monotonic()
    with sh("echo $$; exec sleep 60", seconds=0.5) as dialogue:
        pid = int(dialogue.ask(b"", lines=1))
        with pytest.raises(Ended) as caught:
            dialogue.ask(b"?\n", lines=1)
    assert caught.value.finished.cut == "deadline"
    assert time.monotonic() - began < 5
    assert is_gone(pid)


def test_there_is_no_such_program() -> None:
    with pytest.raises(GitError, match="no program"):
        Dialogue(["no-such-program"], cwd=None, env=ENV, deadline_seconds=1)


def test_an_interrupt_as_it_is_started_leaves_no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    started = interrupted_at_start(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        sh("exec sleep 60")
    assert is_gone(started[0])


def test_a_closed_one_is_gone_and_can_be_closed_again() -> None:
    dialogue = sh("echo $$; exec cat")
    pid = int(dialogue.ask(b"", lines=1))
    dialogue.close()
    dialogue.close()
    assert is_gone(pid)


def test_questions_and_answers_larger_than_any_pipe() -> None:
    with sh("exec cat") as dialogue:
        for number in range(3):
            said = (b"%d" % number) * 3_000_000
            assert dialogue.ask(said, size=len(said)) == said
        assert dialogue.ask(b"a\nb\n", lines=2) == b"a\nb\n"


def test_objects_of_all_sizes_are_read_as_they_are(other: Person, bare: Path, environ: Mapping[str, str]) -> None:
    files = {f"f{size}": os.urandom(size) for size in (0, 1, 70_000, 5_000_000)} | {"lines": b"\n\n\nx blob 3\n"}
    commit = other.push(files)
    git = Git(environ, directory=bare)
    oids = {name: other.git("rev-parse", f"HEAD:{name}") for name in files}
    reader = Reader(git)
    try:
        assert reader.read([]) == {}
        found = reader.read([*oids.values(), "1" * 40, commit])
        assert {name: found[oid] for name, oid in oids.items()} == files
        assert "1" * 40 not in found
        assert found[commit] == other.git("cat-file", "commit", commit).encode() + b"\n"
        capped = reader.read(list(oids.values()), limit=70_000)
        assert [name for name, oid in oids.items() if capped[oid] is None] == ["f5000000"]
        # What comes in later is found.
        other.push({"new": b"new"})
        new = other.git("rev-parse", "HEAD:new")
        assert reader.read([new]) == {new: b"new"}
    finally:
        reader.close()


def test_a_broken_object_is_an_error_and_the_next_reading_starts_anew(
    other: Person, bare: Path, environ: Mapping[str, str]
) -> None:
    other.push({"a": b"content of a", "b": b"content of b"})
    broken, whole = other.git("rev-parse", "HEAD:a"), other.git("rev-parse", "HEAD:b")
    path = bare / "objects" / broken[:2] / broken[2:]
    data = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(data[: len(data) - 9])
    reader = Reader(Git(environ, directory=bare))
    try:
        with pytest.raises(GitError):
            reader.read([broken])
        assert reader.read([whole]) == {whole: b"content of b"}
    finally:
        reader.close()
