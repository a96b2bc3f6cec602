"""Files that `.gitattributes` marks as `linguist-generated` are never scanned (SEMANTICS 1.5).

Read as Git reads them (gitattributes(5), gitignore(5) for the patterns): a deeper file counts more, a later line more
than an earlier one. Macros are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from promote.estate.wildmatch import compiled
from promote.tree import Entry, Globs, Tree, Unread

NAME = ".gitattributes"
_ATTRIBUTE = b"linguist-generated"
_VALID = re.compile(rb"(?!-)[-A-Za-z0-9_.]+\Z")
_BLANK = b" \t\r"
_BOM = b"\xef\xbb\xbf"
# As Git has it: what is longer is no line of anybody's.
_MAX_LINE = 2048
_ESCAPES = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_QUOTED = re.compile(rb'"((?:[^"\\]|\\[abfnrtv"\\]|\\[0-3][0-7][0-7])*)"')
_ESCAPED = re.compile(rb"\\(?:([0-3][0-7][0-7])|(.))", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Rule:
    """One line that speaks of the attribute: of basenames, or of paths below the folder of its file."""

    expression: re.Pattern[bytes]
    by_name: bool
    generated: bool


def attribute_files(globs: Globs) -> Globs:
    """The `.gitattributes` that could speak of what `globs` takes: below its folders, and on the way to them."""
    folders: dict[str, None] = {"": None}
    below: dict[str, None] = {}
    for root in globs.roots:
        here = root.decode("utf-8", "replace")
        below[here] = None
        while here:
            here = here.rpartition("/")[0]
            folders[here] = None
    exact = [f"{folder}/{NAME}".lstrip("/") for folder in folders]
    deep = [f"{folder}/**/{NAME}".lstrip("/") for folder in below]
    return Globs.union(Globs((pattern,)) for pattern in (*exact, *deep))


def is_attributes(path: bytes) -> bool:
    """Whether a file of this name holds attributes."""
    return path.rpartition(b"/")[2] == NAME.encode()


class Generated:
    """What all `.gitattributes` of a tree say of the one attribute."""

    def __init__(self, rules: dict[bytes, tuple[_Rule, ...]]) -> None:
        self._rules = rules

    def __contains__(self, path: bytes) -> bool:
        if not self._rules:
            return False
        folder, _, name = path.rpartition(b"/")
        while True:
            below = path[len(folder) + 1 :] if folder else path
            for rule in reversed(self._rules.get(folder, ())):
                if rule.expression.match(name if rule.by_name else below) is not None:
                    return rule.generated
            if not folder:
                return False
            folder = folder.rpartition(b"/")[0]


def generated(tree: Tree, entries: Iterable[Entry]) -> tuple[Generated, tuple[Unread, ...]]:
    """What the attributes in these files say, and which of them could not be read; without any nothing is read."""
    found: dict[bytes, tuple[_Rule, ...]] = {}
    unread: list[Unread] = []
    files = list(entries)
    for entry, data in tree.read(files) if files else ():
        if isinstance(data, Unread):
            # Git does not follow a link there either: it says nothing.
            unread += [data] if data.why not in ("symlink", "submodule") else []
            continue
        rules = tuple(_rules(data))
        if rules:
            found[entry.path.rpartition(b"/")[0]] = rules
    return Generated(found), tuple(unread)


def _rules(data: bytes) -> Iterator[_Rule]:
    if _ATTRIBUTE not in data:
        return
    for line in data.removeprefix(_BOM).split(b"\n"):
        pattern, attributes = _split(line.lstrip(_BLANK))
        said = _said(attributes)
        # A leading ! is refused in attributes; what ends with a slash is a folder, and attributes are of files.
        if said is None or not pattern or pattern.startswith(b"!") or pattern.endswith(b"/"):
            continue
        by_name = b"/" not in pattern
        expression = compiled(pattern if by_name else pattern.removeprefix(b"/"))
        if expression is not None:
            yield _Rule(expression, by_name, said)


def _split(line: bytes) -> tuple[bytes, list[bytes]]:
    """The pattern of a line and its attributes; nothing of a comment, a macro or a line that is too long."""
    if not line or line.startswith((b"#", b"[attr]")) or len(line) >= _MAX_LINE:
        return b"", []
    quoted = _QUOTED.match(line)
    if quoted is not None:
        return _ESCAPED.sub(_unescaped, quoted[1]), line[quoted.end() :].split()
    pattern, *attributes = line.split()
    return pattern, attributes


def _unescaped(found: re.Match[bytes]) -> bytes:
    if found[1] is not None:
        return bytes([int(found[1], 8)])
    return _ESCAPES.get(found[2], found[2])


def _said(attributes: list[bytes]) -> bool | None:
    """What a line says of the attribute, the last word counting; None for one that says nothing, or is no line."""
    said: bool | None = None
    for text in attributes:
        name, equals, value = text.partition(b"=")
        sign, bare = (name[:1], name[1:]) if name[:1] in (b"-", b"!") else (b"", name)
        if _VALID.match(bare) is None:
            return None
        if bare == _ATTRIBUTE:
            said = not sign and (not equals or value == b"true")
    return said
