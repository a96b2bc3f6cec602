"""Where in a collection's bytes new members go, in the file's own style, indentation and line ending."""

from __future__ import annotations

import re
from dataclasses import dataclass

from promote.text.addition import (
    Tree,
    block_lines,
    events,
    flow_pairs,
    flow_text,
    item_lines,
    lines_below,
    pair_events,
)
from promote.text.change import Change, Counted
from promote.text.document import BOM, Stream
from promote.text.edit import Edit
from promote.text.layout import Layout, column, content_end, layout_of
from promote.text.node import Mapping, Node, Pair, Scalar, Sequence
from promote.text.numbers import size
from promote.text.proof import Come, Intended

_LAST = re.compile(rb"[ \t]*(,)?[ \t]*(?:#[^\r\n]*)?(?=\r|\n)")
_MARKER = re.compile(rb"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_DASH = re.compile(rb" *- +")


@dataclass(frozen=True, slots=True)
class Extending:
    """The document of a file that takes additions."""

    counted: Counted
    number: int

    @property
    def stream(self) -> Stream:
        return self.counted.stream

    def _nothing(self, tree: dict[str, Tree]) -> Change:
        """What makes `tree` the first document of a file that has none: at its end, behind its comments."""
        come: tuple[Come, ...] = ("DocumentStartEvent", *events(tree), "DocumentEndEvent")
        start = len(BOM) if self.stream.data.startswith(BOM) else 0
        edit = self._last_line(start, len(self.stream.data), [*block_lines(tree, 0, Layout())])
        return Change(self.number, 0, (edit,), Intended(1, 0, come))

    def host(self, node: Node, parent: tuple[Mapping, Pair] | None, tree: Tree) -> Change | None:
        """What adds `tree` to a node: pairs to a mapping, items to a list, or all of it where nothing stands."""
        if isinstance(node, Mapping) and isinstance(tree, dict):
            edits = self._into_flow(node, flow_pairs(tree, _pad(self.stream, node))) if node.flow else None
            if not node.flow:
                margin = column(self.stream, node.pairs[0].key.start)
                lines = None if margin is None else [*block_lines(tree, margin, self._layout())]
                edits = self._behind(node, lines)
            last = node.pairs[-1].key.start if node.pairs else node.start
            return self._change(node, last, edits, size(node) - 1, 0, (*pair_events(tree),))
        if isinstance(node, Sequence) and isinstance(tree, list):
            come = tuple(event for pairs in tree for event in events(dict(pairs)))
            pad = _pad(self.stream, node.items[-1]) if node.items else ""
            texts = [flow_text(dict(pairs), pad) for pairs in tree]
            edits = self._into_flow(node, texts) if node.flow else self._behind(node, self._items(node, tree))
            last = node.items[-1].start if node.items else node.start
            return self._change(node, last, edits, size(node) - 1, 0, come)
        if not self.stream.documents:
            return self._nothing(tree) if isinstance(tree, dict) else None
        if parent is None:
            edits = self._below_marker(node, tree) if isinstance(tree, dict) else None
        else:
            edits = self._value(*parent, tree)
        return self._change(node, node.start, edits, 0, 1, (*events(tree),))

    def _change(
        self, node: Node, at: int, edits: list[Edit] | None, behind: int, gone: int, come: tuple[Come, ...]
    ) -> Change | None:
        if edits is None:
            return None
        number = self.counted.numbers[self.number].of(node) + behind
        return Change(self.number, at, tuple(edits), Intended(number, gone, come))

    def _layout(self) -> Layout:
        return layout_of(self.stream, self.stream.documents[self.number].root)

    def _items(self, node: Sequence, tree: list[tuple[tuple[str, str], ...]]) -> list[str] | None:
        """The lines of new items below those that are there: the dash as far in, and as much space behind it."""
        data, last = self.stream.data, node.items[-1]
        dash: int | None = None
        if data[node.start : node.start + 1] == b"-":
            dash = column(self.stream, node.start)
        elif _DASH.fullmatch(data, self.stream.line_bounds(node.items[0].start)[0], node.items[0].start):
            dash = data.index(b"-", self.stream.line_bounds(node.items[0].start)[0])
            dash -= self.stream.line_bounds(dash)[0]
        if dash is None:
            return None
        indent = column(self.stream, last.start)
        start = self.stream.line_bounds(last.start)[0]
        own = indent is not None and data[start + dash : start + dash + 1] == b"-"
        return [*item_lines(tree, dash, indent - dash - 1 if own and indent is not None else 1)]

    def _behind(self, node: Node, lines: list[str] | None) -> list[Edit] | None:
        """New lines behind the last line of a block collection."""
        end = content_end(self.stream, node)
        return None if end is None or lines is None else [self._insert(end, lines)]

    def _insert(self, at: int, lines: list[str]) -> Edit:
        """Whole lines at the end of a line, or at the beginning of one."""
        start, _, ending = self.stream.line_bounds(at)
        ending = ending or self.stream.ending
        text = ending.join(line.encode() for line in lines)
        begins = at == start or self.stream.data[start:at] == BOM
        new = text + ending if begins else ending + text
        return Edit(self.stream.span(at, at), b"", new)

    def _value(self, mapping: Mapping, pair: Pair, tree: Tree) -> list[Edit] | None:
        """A value behind a key that has none."""
        at = pair.value.start
        if isinstance(tree, str) or mapping.flow:
            return [Edit(self.stream.span(at, at), b"", b" " + flow_text(tree).encode())]
        margin = column(self.stream, pair.key.start)
        end = content_end(self.stream, pair.value)
        if margin is None or end is None:
            return None
        return [self._insert(end, [*lines_below(tree, margin, self._layout())])]

    def _below_marker(self, root: Node, tree: dict[str, Tree]) -> list[Edit] | None:
        """The root of a document that holds only its marker and comments."""
        document = self.stream.documents[self.number]
        found = _MARKER.search(self.stream.data, document.start, document.end)
        if found is None or not isinstance(root, Scalar):
            return None
        end = document.end
        if self.stream.data[:end].endswith(b"..."):
            end -= 3
        return [self._last_line(found.start(), end, [*block_lines(tree, 0, Layout())])]

    def _last_line(self, start: int, end: int, lines: list[str]) -> Edit:
        """New lines behind the last line of [start, end) that is not blank."""
        filled = start + len(self.stream.data[start:end].rstrip())
        return self._insert(self.stream.line_bounds(filled)[1] if filled > start else start, lines)

    def _into_flow(self, node: Mapping | Sequence, texts: list[str]) -> list[Edit]:
        """New members behind the last one: on lines of their own where that stands on one, else on its line."""
        data, close = self.stream.data, node.end - 1
        last = node.pairs[-1].value if isinstance(node, Mapping) and node.pairs else None
        first = node.pairs[-1].key if isinstance(node, Mapping) and node.pairs else None
        if isinstance(node, Sequence) and node.items:
            first = last = node.items[-1]
        if first is None or last is None:
            head = len(data[:close].rstrip())
            at = head if data[head - 1 : head] in (b"{", b"[") else close
            return [Edit(self.stream.span(at, at), b"", ", ".join(texts).encode())]
        start, _, _ = self.stream.line_bounds(first.start)
        lead = data[start : first.start]
        span = self.stream.span(last.end, last.end)
        if lead.strip(b" ") or start <= node.start:
            return [Edit(span, b"", b"".join(b", " + text.encode() for text in texts))]
        own = [self.stream.ending + lead + text.encode() for text in texts]
        found = _LAST.match(data, last.end, close)
        if found is None:
            return [Edit(span, b"", b"".join(b"," + text for text in own))]
        behind = self.stream.span(found.end(), found.end())
        if found[1] is not None:
            return [Edit(behind, b"", b",".join(own) + b",")]
        return [Edit(span, b"", b","), Edit(behind, b"", b",".join(own))]


def _pad(stream: Stream, node: Node) -> str:
    """What stands inside of the braces of a flow mapping."""
    padded = isinstance(node, Mapping) and node.flow and stream.data[node.end - 2 : node.end - 1] == b" "
    return " " if padded else ""
