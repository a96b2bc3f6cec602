"""Go as a third reader of YAML, in this process: what Helm and kubectl make of bytes, at some 50 µs a document.

It is the reader of Helm's values (sigs.k8s.io/yaml over go-yaml), which knows YAML 1.1: `yes` and `on` are booleans.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from helm_python.chart import values_from_yaml
from helm_python.errors import HelmValuesError

# Where a document begins: whatever stands above, a line with these three at its start is a marker and no content.
_MARKER = re.compile(rb"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_END = re.compile(rb"^\.\.\.(?=[ \t\r\n]|\Z)", re.MULTILINE)
_NOTHING = re.compile(rb"(?:[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n)|%[^\r\n]*(?:\r\n|\r|\n))*[ \t]*(?:#[^\r\n]*)?\Z")
_BOM = b"\xef\xbb\xbf"
# Helm takes a mapping only; what else a document is stands under this key then.
_KEY = "goyaml"
_NO_MAPPING = "cannot unmarshal"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Go cannot read it, and says why."""

    why: str


def _chunks(data: bytes) -> list[bytes]:
    """The documents of a stream, each from its marker: Helm's reader looks at the first one of its text only."""
    data = data.removeprefix(_BOM)
    starts = [found.start() for found in _MARKER.finditer(data)]
    bounds = [0, *starts, len(data)]
    chunks = [data[begin:end] for begin, end in itertools.pairwise(bounds)]
    # Comments and directives above the first marker are no document.
    return chunks[1:] if starts and _NOTHING.match(chunks[0]) else chunks


def _under_key(text: str) -> str:
    body = re.sub(r"\A---[ \t]?", "", _END.split(text.encode())[0].decode())
    return f"{_KEY}:\n " + re.sub(r"(?s)(\r\n|\r|\n)(?=.)", r"\1 ", body)


def _document(chunk: bytes) -> Any:
    if b"\0" in chunk:
        return Unreadable("control characters are not allowed")
    try:
        text = chunk.decode("utf-8")
    except UnicodeDecodeError as exc:
        return Unreadable(f"invalid UTF-8: {exc.reason}")
    try:
        values = values_from_yaml(text)
        if values:
            return values
    except HelmValuesError as exc:
        if _NO_MAPPING not in str(exc):
            return Unreadable(str(exc))
    try:
        return values_from_yaml(_under_key(text))[_KEY]
    except HelmValuesError as exc:
        return Unreadable(str(exc))


def read(data: bytes) -> list[Any] | Unreadable:
    """The value of every document of a file, as JSON has it; Unreadable where Go cannot read one of them."""
    out = []
    for chunk in _chunks(data):
        value = _document(chunk)
        if isinstance(value, Unreadable):
            return value
        out.append(value)
    return out


def read_all(files: Iterable[bytes]) -> list[list[Any] | Unreadable]:
    """The same of many files, in their order."""
    return [read(data) for data in files]
