"""The bytes of a file of holds → its holds, or one sentence that says what in it cannot be understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from promote.estate.holds import EVERY, KEY, MOST_BYTES, Hold, Holds
from promote.image import Version, parse_version
from promote.moment import parse_moment
from promote.question import Reason
from promote.text.document import Broken, Stream, parse
from promote.text.edit import Span
from promote.text.node import Mapping as MappingNode
from promote.text.node import Node, Scalar, Sequence
from promote.text.place import is_missing
from promote.tree import Entry, Unread, show

_KEYS = ("app", "version", "by", "at", "reason", "until")
_CURE = "correct the file"
SHORTER = "take out by hand what need not be held back any more; one hold of version '*' stands for all of an app"
_EXAMPLE = "- {app: web, version: 1.5.0, reason: it fails}"
_Texts = Mapping[str, tuple[str, Node]]


class _FaultError(Exception):
    def __init__(self, node: Node | None, what: str) -> None:
        super().__init__(what)
        self.node = node
        self.what = what


@dataclass(frozen=True, slots=True)
class _Reader:
    stream: Stream

    def where(self, node: Node | None) -> str:
        at = 0 if node is None else node.start
        return _where(self.stream.path, self.stream.span(at, at))

    def read(self) -> tuple[Hold, ...]:
        documents = self.stream.documents
        if len(documents) > 1:
            raise _FaultError(documents[1].root, "one document is expected")
        if not documents or is_missing(documents[0].root):
            return ()
        root = documents[0].root
        if not isinstance(root, MappingNode):
            raise _FaultError(root, f"`{KEY}` and a list below it are expected")
        pairs = self._pairs(root, (KEY,))
        if KEY not in pairs or is_missing(pairs[KEY]):
            return ()
        found = pairs[KEY]
        if not isinstance(found, Sequence):
            raise _FaultError(found, f"a list of holds is expected, such as `{_EXAMPLE}`")
        return tuple(self._hold(item) for item in found.items)

    def _pairs(self, node: MappingNode, known: tuple[str, ...]) -> dict[str, Node]:
        out: dict[str, Node] = {}
        for key, value in node.pairs:
            name = key.value if isinstance(key, Scalar) else None
            if name is None or name not in known:
                close = get_close_matches(name or "", known, n=1)
                hint = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(known)}"
                raise _FaultError(key, f"there is no such key: {hint}")
            if name in out:
                raise _FaultError(key, f"`{name}` stands here twice")
            out[name] = value
        return out

    def _hold(self, item: Node) -> Hold:
        if not isinstance(item, MappingNode):
            raise _FaultError(item, f"a hold is a mapping, such as `{_EXAMPLE}`")
        nodes = self._pairs(item, _KEYS)
        for name, node in nodes.items():
            if not isinstance(node, Scalar):
                raise _FaultError(node, f"`{name}` is a text")
        texts = {name: (node.value.strip(), node) for name, node in nodes.items() if isinstance(node, Scalar)}
        for name in ("app", "version"):
            if name not in texts:
                raise _FaultError(item, f"`{name}` is missing; `{EVERY}` means every {name}")
        app, node = texts["app"]
        if not app or (app != EVERY and set(app) & set("*?[")):
            raise _FaultError(node, f"`app` is the name of one app, or `{EVERY}` for every one")
        return Hold(
            app,
            _version(texts),
            texts.get("by", ("", node))[0],
            _moment(texts, "at"),
            " ".join(texts.get("reason", ("", node))[0].split()),
            _moment(texts, "until"),
            self.where(item),
        )


def _version(texts: _Texts) -> Version | None:
    text, node = texts["version"]
    if text == EVERY:
        return None
    version = parse_version(text)
    if version is None:
        raise _FaultError(node, f"{text[:60]!r} is no version; write TAG, TAG@sha256:DIGEST, @sha256:DIGEST or '*'")
    return version


def _moment(texts: _Texts, key: str) -> datetime | None:
    if key not in texts:
        return None
    text, node = texts[key]
    try:
        return parse_moment(text)
    except ValueError as exc:
        raise _FaultError(node, f"`{key}`: {exc}") from exc


def _where(path: bytes, span: Span) -> str:
    return f"{show(path)}:{span.line}:{span.column}"


def _faulty(path: bytes, told: str, cure: str = _CURE) -> Holds:
    return Holds(path, fault=Reason(f"{told}; {cure}", cure=cure))


def read_holds(path: bytes, found: Mapping[bytes, tuple[Entry, bytes | Unread]]) -> Holds:
    """The holds that the file at `path` names, of what was found there and below; none where there is no such file."""
    for name in found:
        if name != path and (name + b"/").startswith(path + b"/"):
            return _faulty(path, f"{show(path)}: is a folder", "holds stand in a file of that name")
        if path.startswith(name + b"/"):
            return _faulty(path, f"{show(name)}: is no folder, and {show(path)} would lie in it")
    if path not in found:
        return Holds(path)
    entry, data = found[path]
    if isinstance(data, Unread) and data.why != "too large":
        return _faulty(path, f"{show(path)}: cannot be read ({data.why})", "make it a plain file")
    if isinstance(data, Unread) or len(data) > MOST_BYTES:
        return _faulty(path, f"{show(path)}: is larger than {MOST_BYTES >> 20} MiB", SHORTER)
    stream = parse(path, data)
    if isinstance(stream, Broken):
        return _faulty(path, f"{_where(path, stream.span)}: {stream.why}")
    reader = _Reader(stream)
    try:
        return Holds(path, reader.read(), None, entry.mode, stream)
    except _FaultError as exc:
        return _faulty(path, f"{reader.where(exc.node)}: {exc.what}")
