"""What the generators of an Argo CD ApplicationSet yield, as far as files tell: sets of parameters for its template.

Lists, directories and files of this repository, and matrices of these. A generator that asks a cluster or a forge
yields one set that says nothing. Source: the Argo CD documentation, "Generators" and "Go Template".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from promote.sites.reading import Reading, Spot
from promote.survey.ground import Ground, Patterns
from promote.text.document import Mapping as MappingNode
from promote.text.document import Node, Scalar, Sequence

Params = Mapping[str, str]

# Of the sets of one generator and of all in it: a matrix multiplies.
MOST = 5_000
_FIELD = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}")
_INDEX = re.compile(r"index\s+\.([\w.]+)\s+([0-9]+)\Z")
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9.-]")
# What stands beside the one key that says what a generator is.
_BESIDE = frozenset({"selector", "template"})
_OF_FILES = frozenset({"list", "git", "matrix"})


def filled(text: str, params: Params) -> str | None:
    """A text of the template with its fields filled in; None where one of them is not known, or is more than a name."""
    out, end = [], 0
    for field in _FIELD.finditer(text):
        index = _INDEX.match(field[1])
        value = params.get(f"{index[1]}[{index[2]}]" if index else field[1].removeprefix("."))
        if value is None:
            return None
        out += [text[end : field.start()], value]
        end = field.end()
    return "".join((*out, text[end:]))


def _flat(node: Node, lead: str = "") -> Iterator[tuple[str, str]]:
    """The values of a mapping, by their keys joined with dots."""
    for pair in node.pairs if isinstance(node, MappingNode) else ():
        if isinstance(pair.key, Scalar):
            key = f"{lead}{pair.key.value}"
            if isinstance(pair.value, Scalar):
                yield key, pair.value.value
            else:
                yield from _flat(pair.value, f"{key}.")


def _of_path(folder: str, prefix: str, filename: str | None = None) -> Params:
    """What is said of a folder: as plain templates name it, and as Go templates do."""
    segments = folder.split("/")
    out = {"path": folder, "path.path": folder, "path.basename": segments[-1]}
    out["path.basenameNormalized"] = _NOT_IN_A_NAME.sub("-", segments[-1].lower())
    for number, segment in enumerate(segments):
        out[f"path[{number}]"] = out[f"path.segments[{number}]"] = segment
    if filename is not None:
        out["path.filename"] = filename
        out["path.filenameNormalized"] = _NOT_IN_A_NAME.sub("-", filename.lower())
    return {f"{prefix}.{key}" if prefix else key: value for key, value in out.items()}


def _patterns(reading: Reading, listed: Spot, known: Params) -> tuple[Patterns, Patterns]:
    """What a list of paths takes, and what it excludes."""
    out: tuple[list[tuple[str, ...]], list[tuple[str, ...]]] = ([], [])
    for item in reading.items(listed):
        pattern = filled(reading.said(item, "path") or "", known)
        if pattern:
            out[reading.said(item, "exclude") == "true"].append(tuple(pattern.strip("/").split("/")))
    return tuple(out[0]), tuple(out[1])


def _of_files(reading: Reading, listed: Spot, ground: Ground, known: Params, prefix: str) -> Iterator[Params]:
    for path, stream in ground.files_at(*_patterns(reading, listed, known)):
        folder, _, name = path.rpartition("/")
        for document in stream.documents:
            root = document.root
            for node in root.items if isinstance(root, Sequence) else (root,):
                yield {**dict(_flat(node)), **_of_path(folder, prefix, name)}


def _git(reading: Reading, git: Spot, ground: Ground, known: Params) -> Iterator[Params]:
    prefix = reading.said(git, "pathParamPrefix") or ""
    directories, files, values = (reading.child(git, key) for key in ("directories", "files", "values"))
    sets: Iterator[Params] = iter(())
    if directories is not None:
        found = ground.folders_at(*_patterns(reading, directories, known))
        sets = (_of_path(each, prefix) for each in found)
    elif files is not None:
        sets = _of_files(reading, files, ground, known, prefix)
    for own in sets:
        params = {**known, **own}
        more = dict(_flat(values.node, "values.")) if values is not None else {}
        yield params | {key: value for key, text in more.items() if (value := filled(text, params)) is not None}


def kinds(spot: Spot) -> tuple[str, ...]:
    """What a generator is, by its key, but for what only stands beside it."""
    pairs = spot.node.pairs if isinstance(spot.node, MappingNode) else ()
    return tuple(
        pair.key.value for pair in pairs if isinstance(pair.key, Scalar) and pair.key.value not in _BESIDE
    )


def is_told_by_files(reading: Reading, spot: Spot) -> bool:
    """Whether files alone tell all that a generator yields."""
    inner = reading.items(reading.child(spot, "matrix", "generators"))
    return set(kinds(spot)) <= _OF_FILES and all(is_told_by_files(reading, each) for each in inner)


def parameters(reading: Reading, spot: Spot, ground: Ground) -> Iterator[Params]:
    """The sets of parameters that one generator yields, as many as can be had within MOST sets of all that is in it."""
    yield from _every(reading, spot, ground, {}, iter(range(MOST)))


def _every(reading: Reading, spot: Spot, ground: Ground, known: Params, room: Iterator[int]) -> Iterator[Params]:
    """The sets of a generator, each with what is `known` by then; each takes one of `room`."""
    for kind in kinds(spot):
        inner = reading.child(spot, kind)
        sets: Iterator[Params] = iter((known,))
        if inner is not None and kind == "list":
            elements = reading.items(reading.child(inner, "elements"))
            sets = ({**known, **dict(_flat(element.node))} for element in elements)
        elif inner is not None and kind == "git":
            sets = _git(reading, inner, ground, known)
        elif inner is not None and kind == "matrix":
            sets = _product(reading, tuple(reading.items(reading.child(inner, "generators"))), ground, known, room)
        for one, _ in zip(sets, room, strict=False):
            yield one


def _product(
    reading: Reading, spots: tuple[Spot, ...], ground: Ground, known: Params, room: Iterator[int]
) -> Iterator[Params]:
    """The sets of several generators, each multiplied by those behind it, which may use what it says."""
    if not spots:
        yield known
        return
    for one in _every(reading, spots[0], ground, known, room):
        yield from _product(reading, spots[1:], ground, one, room)
