"""The repository's files at hand for commands, without what leads away from them (SEMANTICS 10.2)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from promote.errors import Refused
from promote.probe.files import Files, export
from promote.tree import Entry, Globs, Unread

PLAIN, RUNS, LINK, MODULE = 0o100644, 0o100755, 0o120000, 0o160000


@dataclass(frozen=True)
class Crafted:
    """A tree as somebody may push it past every check: pairs of path and (mode, bytes), in this order."""

    items: Sequence[tuple[bytes, tuple[int, bytes]]]
    oid: str | None = "c0ffee"

    def list(self, globs: Globs) -> Sequence[Entry]:
        return [
            Entry(path, mode, str(place))
            for place, (path, (mode, _)) in enumerate(self.items)
            if globs.matches(path) or path.startswith(b".")
        ]

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | Unread]]:
        for entry in entries:
            data = self.items[int(entry.oid or "")][1][1]
            if entry.mode == MODULE:
                yield entry, Unread(entry, "submodule")
            elif entry.mode == LINK:
                yield entry, Unread(entry, "symlink")
            else:
                yield entry, Unread(entry, "too large") if data == b"HUGE" else data


def written(folder: Path) -> Mapping[str, bytes | str]:
    out: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            out[name] = os.fspath(path.readlink())
        elif path.is_file():
            out[name] = path.read_bytes()
    return out


def exported(tmp_path: Path, *items: tuple[bytes, tuple[int, bytes]]) -> Mapping[str, bytes | str]:
    folder = tmp_path / "out" / "files"
    folder.mkdir(parents=True)
    (tmp_path / "out" / "secret").write_text("x")
    export(Crafted(items), folder)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["files", "secret"]
    return written(folder)


@pytest.mark.parametrize(
    "item",
    [
        (b"../evil", (PLAIN, b"x")),
        (b"a/../../evil", (PLAIN, b"x")),
        (b"./a", (PLAIN, b"x")),
        (b".git/config", (PLAIN, b"x")),
        (b"a/.GIT/hooks/pre-commit", (RUNS, b"x")),
        (b"module", (MODULE, b"")),
        (b"big", (PLAIN, b"HUGE")),
        (b"out", (LINK, b"../secret")),
        (b"out", (LINK, b"/etc/passwd")),
        (b"a/out", (LINK, b"../../secret")),
    ],
)
def test_what_is_left_out(
    item: tuple[bytes, tuple[int, bytes]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "promote.probe")
    assert exported(tmp_path, item, (b"kept", (PLAIN, b"y"))) == {"kept": b"y"}
    assert f"{item[0].decode()} is not at hand for commands" in caplog.text


def test_a_link_that_leads_out_by_way_of_another_is_left_out(tmp_path: Path) -> None:
    items = (
        (b"a/b/up", (LINK, b"../..")),
        (b"by", (LINK, b"a/b/up/../secret")),
        (b"on", (LINK, b"by")),
    )
    assert exported(tmp_path, *items) == {"a/b/up": "../.."}


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    items = ((b"d", (LINK, b"..")), (b"d/evil", (LINK, b"x")), (b"d/e/evil", (LINK, b"x")))
    assert exported(tmp_path, *items) == {}


def test_what_is_both_a_file_and_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="the repository's files cannot be written here: "):
        exported(tmp_path, (b"a", (PLAIN, b"x")), (b"a/b", (PLAIN, b"x")))


def test_files_links_and_what_may_be_executed(tmp_path: Path) -> None:
    items = (
        (b"a/b c\xff", (PLAIN, b"x")),
        (b"run.sh", (RUNS, b"y")),
        (b"to", (LINK, b"run.sh")),
        (b"a/up", (LINK, b"../run.sh")),
        (b".promote/holds/a.yaml", (PLAIN, b"z")),
    )
    assert exported(tmp_path, *items) == {
        "a/b c\udcff": b"x",
        "run.sh": b"y",
        "to": "run.sh",
        "a/up": "../run.sh",
        ".promote/holds/a.yaml": b"z",
    }
    modes = {
        path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "out" / "files").glob("*") if path.is_file()
    }
    assert modes == {"run.sh": 0o700, "to": 0o700}


def test_they_are_written_once_and_when_they_are_wanted(tmp_path: Path) -> None:
    asked: list[int] = []

    def tree() -> Crafted:
        asked.append(1)
        return Crafted(((b"a", (PLAIN, b"x")),))

    files = Files(tree, lambda: nullcontext(tmp_path))
    assert asked == []
    folder = files.at_hand()
    assert files.at_hand() == folder
    assert (asked, written(folder)) == ([1], {"a": b"x"})


def test_working_files_are_used_in_place(tmp_path: Path) -> None:
    files = Files(lambda: Crafted(()), lambda: nullcontext(tmp_path / "never"), tmp_path)
    assert files.at_hand() == tmp_path
