"""What readers of YAML make of bytes, told without promote's own parser: PyYAML's pure one (1.1) and ruamel's (1.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from ruamel.yaml import YAML

from promote.sites.finders import read_file
from promote.sites.site import Barred, Charted, Fragment
from promote.sites.target import Aim
from promote.sites.wanted import Wanted
from promote.text.document import Broken, Document, Node, Scalar, Stream, parse
from promote.text.document import Mapping as MappingNode
from promote.text.document import Sequence as SequenceNode
from promote.text.part import Part
from promote.text.proof import Disagreement
from promote.text.rewrite import rewrite

STR = "tag:yaml.org,2002:str"
EVERYTHING = Wanted((), everything=True)
Path = tuple[str | int, ...]
Leaf = tuple[str, str]
Leaves = dict[Path, Leaf]


def _walk(node: Any, path: Path) -> Iterator[tuple[Path, Leaf]]:
    if isinstance(node.value, str):
        yield path, (str(node.tag), node.value)
        return
    yield path, (str(node.tag), "")
    for place, item in enumerate(node.value):
        if isinstance(item, tuple):
            key = (*path, str(item[0].value))
            # The place tells twice the same key apart.
            yield (*path, place), (str(item[0].tag), str(item[0].value))
            yield from _walk(item[1], key)
        else:
            yield from _walk(item, (*path, place))


def _pyyaml(text: str) -> Iterator[Any]:
    yield from yaml.compose_all(text, Loader=yaml.SafeLoader)


def _ruamel(text: str) -> Iterator[Any]:
    reader = YAML(typ="safe", pure=True)
    reader.allow_duplicate_keys = True
    yield from reader.compose_all(text)


def leaves(data: bytes) -> tuple[Leaves, Leaves]:
    """Every scalar of a file by document, keys and indexes, with its type: as PyYAML has it, and as ruamel has it."""
    text = data.decode("utf-8").removeprefix("\ufeff")
    pair = []
    for reader in (_pyyaml, _ruamel):
        found: Leaves = {}
        for number, root in enumerate(reader(text)):
            if root is not None:
                found.update(_walk(root, (number,)))
        pair.append(found)
    return pair[0], pair[1]


def stream_of(data: bytes, path: bytes = b"values.yaml") -> Stream:
    stream = parse(path, data)
    assert isinstance(stream, Stream), stream
    return stream


def node_at(document: Document, keys: Path) -> Node:
    """The node that keys and indexes lead to."""
    node = document.root
    for key in keys:
        if isinstance(node, MappingNode):
            found = node.get(str(key))
            assert found is not None, keys
            node = found
        else:
            assert isinstance(node, SequenceNode)
            assert isinstance(key, int)
            node = node.items[key]
    return node


def part_at(stream: Stream, *keys: str | int, document: int = 0) -> Part:
    """The whole scalar at these keys as a Part, whatever a finder would say of it."""
    node = node_at(stream.documents[document], keys)
    assert isinstance(node, Scalar)
    assert node.style in ("plain", "single", "double")
    insert = (b" ", b"") if node.start == node.end else None
    return Part(stream.path, stream.span(node.start, node.end), keys, node.value, node.style, node.start, insert)


def check_refused(stream: Stream, wishes: Sequence[tuple[Part, str | None]], code: str) -> None:
    made = rewrite(stream, wishes)
    assert isinstance(made, Disagreement), made
    assert made.code == code, made


def check_noop(stream: Stream, wishes: Sequence[tuple[Part, str | None]]) -> None:
    """These values stand there already: not a byte changes."""
    made = rewrite(stream, wishes)
    assert not isinstance(made, Disagreement), made
    assert made.after == stream.data
    assert made.edits == ()


def check_rewritten(stream: Stream, wishes: Sequence[tuple[Part, str | None]]) -> bytes:
    """The new bytes, after it is sure that nothing outside the spans moved and that a second time changes nothing."""
    made = rewrite(stream, wishes)
    assert not isinstance(made, Disagreement), made
    before, after, moved = 0, 0, []
    for edit in sorted(made.edits, key=lambda edit: edit.span.start):
        keep = edit.span.start - before
        moved.append(made.after[after : after + keep] == stream.data[before : edit.span.start])
        assert made.after[after + keep :].startswith(edit.new)
        before, after = edit.span.end, after + keep + len(edit.new)
    assert all(moved)
    assert made.after[after:] == stream.data[before:]
    return made.after


def check_values(before: bytes, after: bytes, changed: Mapping[Path, str]) -> None:
    """For two independent readers exactly these values differ, and are strings now."""
    for old, new in zip(leaves(before), leaves(after), strict=True):
        expected = {path: leaf for path, leaf in old.items() if path not in changed}
        expected.update({path: (STR, value) for path, value in changed.items()})
        assert new == expected


def hits(
    data: bytes, path: bytes = b"values.yaml", wanted: Wanted = EVERYTHING, aims: Sequence[Aim] = ()
) -> tuple[Fragment | Barred, ...]:
    """All that a file says, but for charts whose registry another file has to tell."""
    return tuple(hit for hit in read_file(path, data, wanted, aims)[1] if not isinstance(hit, Charted))


def told(hit: Fragment | Barred) -> str:
    """A hit in one line: `CODE` of what is barred, else `NAME TAG DIGEST` with `-` for a part that is missing."""
    if isinstance(hit, Barred):
        return hit.code
    return " ".join(
        "-" if part is None else "+" if part.insert else part.value for part in (hit.name, hit.tag, hit.digest)
    )


def broken(data: bytes) -> Broken:
    found = parse(b"values.yaml", data)
    assert isinstance(found, Broken), found
    return found
