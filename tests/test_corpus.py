"""Real repositories: every file is read or named, and every site is edited alone and back to the byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from promote.sites.finders import is_scanned, read_file
from promote.sites.site import Fragment
from promote.text.document import Broken, Stream, parse
from promote.text.part import Part
from promote.text.plain import PlainText
from promote.text.proof import Disagreement
from promote.text.rewrite import rewrite
from promote.text.scalar import spell
from promote.tree import MAX_FILE, Globs
from promote.tree.folder import FolderTree
from tests import goyaml
from tests.readback import EVERYTHING, leaves
from tests.shared import shared_data

TAG = "2024-06-27"
# Go reads every edit of the corpus; the two slow readers about so many, at even distances.
SAMPLE = 220


def _files(root: Path) -> Iterator[tuple[bytes, bytes]]:
    tree = FolderTree(root)
    for entry, data in tree.read(tree.list(Globs((".",)))):
        if isinstance(data, bytes) and is_scanned(entry.path):
            yield entry.path, data


@pytest.fixture(scope="module")
def corpus() -> list[tuple[bytes, bytes]]:
    return list(_files(shared_data("corpus")))


def _fragments(path: bytes, data: bytes) -> tuple[Stream | None, list[Fragment]]:
    stream, hits = read_file(path, data, EVERYTHING, ())
    assert not isinstance(stream, PlainText)
    return stream, [hit for hit in hits if isinstance(hit, Fragment) and hit.repository is not None]


def test_every_file_is_read_or_named(corpus: list[tuple[bytes, bytes]]) -> None:
    assert len(corpus) > 500
    read = [parse(path, data) for path, data in corpus]
    broken = [stream for stream in read if isinstance(stream, Broken)]
    assert all(len(stream.data) <= MAX_FILE for stream in read if isinstance(stream, Stream))
    assert {stream.code for stream in broken} <= {"not-yaml"}
    # The rest are templates with YAML endings.
    assert len(broken) < len(corpus) / 10
    for stream in broken:
        assert b"{{" in dict(corpus)[stream.path] or b"{%" in dict(corpus)[stream.path], stream


def test_2_3_the_values_that_stand_there_change_nothing(corpus: list[tuple[bytes, bytes]]) -> None:
    sites = 0
    for path, data in corpus:
        stream, found = _fragments(path, data)
        if stream is None:
            continue
        parts = [
            part
            for hit in found
            for part in (hit.name, hit.tag, hit.digest)
            if part is not None and part.insert is None
        ]
        same = [part for part in parts if spell(part.value, part.style) == data[part.span.start : part.span.end]]
        made = rewrite(stream, [(part, part.value) for part in same])
        assert not isinstance(made, Disagreement)
        assert made.after == data
        sites += len(found)
    assert sites > 500


def _alone(path: bytes, data: bytes, number: int, *, slowly: bool) -> None:
    """The site with this number gets a new tag, other readers see that and nothing else, and it is set back."""
    stream, found = _fragments(path, data)
    assert stream is not None
    part = found[number].tag
    assert isinstance(part, Part)
    made = rewrite(stream, [(part, TAG)])
    assert not isinstance(made, Disagreement), (path, made)
    _check_go(path, goyaml.read(data), goyaml.read(made.after))
    if slowly:
        _check_leaves(path, data, made.after, part)
    again, later = _fragments(path, made.after)
    assert again is not None
    assert len(later) == len(found)
    now = later[number].tag
    assert isinstance(now, Part)
    assert now.value == TAG
    if part.insert is None:
        back = rewrite(again, [(now, part.value)])
        assert not isinstance(back, Disagreement)
        kept = spell(part.value, now.style) == data[part.span.start : part.span.end]
        assert (back.after == data) is kept


def _check_leaves(path: bytes, data: bytes, after: bytes, part: Part) -> None:
    for before, now in zip(leaves(data), leaves(after), strict=True):
        changed = {place for place in before.keys() | now.keys() if before.get(place) != now.get(place)}
        if part.key is None or part.nested is not None:
            assert len(changed) == 1, (path, changed)
            assert TAG in now[changed.pop()][1]
        else:
            assert all(place not in before or place[-1] != part.key for place in changed)


def _differing(before: Any, after: Any) -> Iterator[tuple[Any, Any]]:
    """The values in which two readings differ, and what each has there; None for what is not there."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() | after.keys():
            yield from _differing(before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for old, new in zip(before, after, strict=True):
            yield from _differing(old, new)
    elif type(before) is not type(after) or before != after:
        yield before, after


def _check_go(path: bytes, before: Any, after: Any) -> None:
    if isinstance(before, goyaml.Unreadable):
        assert isinstance(after, goyaml.Unreadable)
        return
    ((_, new),) = _differing(before, after)
    assert isinstance(new, str), (path, new)
    assert TAG in new


def test_every_site_is_edited_alone_and_back(corpus: list[tuple[bytes, bytes]]) -> None:
    places = [
        (path, data, number)
        for path, data in corpus
        for number, hit in enumerate(_fragments(path, data)[1])
        if hit.tag is not None
    ]
    assert len(places) > 500
    every = max(1, len(places) // SAMPLE)
    for count, (path, data, number) in enumerate(places):
        _alone(path, data, number, slowly=count % every == 0)
