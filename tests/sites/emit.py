"""Files of YAML as people write them: any tree of mappings, lists and strings, in all styles at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from hypothesis import strategies as st

from promote.text.scalar import spell


@dataclass(frozen=True)
class Block:
    """A tree that is written as text in a literal block scalar."""

    tree: Tree


Tree: TypeAlias = "str | Block | dict[str, Tree] | list[Tree]"

COMMENTS = ["# c", "#", "#x: 1", "# it's", '# "', "# é🚀 ", "# {a: [", "# - a", "#\t|", "# &a *a !!x"]
# Line breaks to some readers and none to others: what stands behind one is text to those, and still reads the same.
ODD_BREAKS = ["# a\u2028# b", "# a\u0085# b", "# a\u2029"]
OTHERS = [
    "other: x\n",
    "- 1\n- [a, {b: c}]\n",
    "# nothing\n",
    "a: &a {x: y}\nb: *a\nc: {<<: *a}\n",
    "'just text'\n",
    "text: |\n  image: registry.example.com/x:1\n  # no comment\nfolded: >-\n  a\n\n   b\n",
    "? k\n: v\n",
    "",
]


@dataclass
class Emitter:
    """Draws the style of each node as it comes to it."""

    draw: st.DrawFn
    odd: bool = False
    embedded: bool = False
    lines: list[str] = field(default_factory=list)
    anchors: int = 0

    def one(self, *choices: str) -> str:
        return self.draw(st.sampled_from(choices))

    def often(self, of: int) -> bool:
        return self.draw(st.integers(1, of)) == of

    def between(self, indent: int) -> None:
        """Comments and blank lines; in a block scalar no comment may stand further left than the text."""
        while self.often(7):
            comments = [*COMMENTS, *(ODD_BREAKS if self.odd else ())]
            margin = " " * (indent if self.embedded else self.draw(st.integers(0, 6)))
            self.lines.append(self.one("", "" if self.embedded else "   ", *(margin + each for each in comments)))

    def trailing(self) -> str:
        return self.one("", "", "", "  ", *(f" {each}" for each in COMMENTS[:6]))

    def key(self, name: str) -> str:
        return name if not self.often(8) else spell(name, "single" if self.often(2) else "double").decode()

    def scalar(self, value: str) -> str:
        style = self.draw(st.sampled_from(["plain", "plain", "single", "double"]))
        text = spell(value, style).decode()  # type: ignore[arg-type]
        self.anchors += 1
        anchor = f"&{'i' if self.embedded else 'k'}{self.anchors} " if self.often(12) else ""
        return anchor + ("!!str " if self.often(14) else "") + text

    def flow(self, tree: Tree) -> str:
        gap = self.one("", " ")
        if isinstance(tree, dict):
            items = [f"{self.key(key)}: {self.flow(value)}" for key, value in tree.items()]
            return "{" + gap + ("," + self.one(" ", "  ")).join(items) + gap + "}"
        if isinstance(tree, list):
            return "[" + gap + ", ".join(self.flow(item) for item in tree) + gap + "]"
        assert isinstance(tree, str)
        return self.scalar(tree)

    def value(self, head: str, tree: Tree, indent: int) -> None:
        """A value behind `head`, which ends in `:` or `-`."""
        gap = " " * self.draw(st.integers(1, 3))
        if isinstance(tree, Block):
            self.block(head + gap, tree, indent)
        elif isinstance(tree, str):
            self.lines.append(head + gap + self.scalar(tree) + self.trailing())
        elif not tree or (not has_block(tree) and self.often(4)):
            self.lines.append(head + gap + self.flow(tree) + self.trailing())
        elif isinstance(tree, dict):
            self.lines.append(head + self.trailing())
            self.mapping(tree, indent + self.draw(st.integers(1, 4)))
        else:
            self.lines.append(head + self.trailing())
            # A list may stand as far left as its key, but not as far left as the dash above it.
            least = 1 if head.endswith("-") else 0
            self.sequence(tree, indent + self.draw(st.integers(least, 4)))

    def mapping(self, tree: dict[str, Tree], indent: int, first: str | None = None) -> None:
        for key, value in tree.items():
            head = first
            if head is None:
                self.between(indent)
                head = " " * indent
            first = None
            self.value(f"{head}{self.key(key)}:", value, indent)

    def sequence(self, tree: list[Tree], indent: int) -> None:
        for item in tree:
            self.between(indent)
            head = " " * indent + "-"
            if isinstance(item, dict) and item and not self.often(5):
                gap = " " * self.draw(st.integers(1, 3))
                self.mapping(item, len(head + gap), first=head + gap)
            else:
                self.value(head, item, indent)

    def block(self, head: str, block: Block, indent: int) -> None:
        inner = Emitter(self.draw, embedded=True)
        inner.top(block.tree)
        margin = indent + self.draw(st.integers(1, 5))
        text = [line for line in inner.lines if line.strip() or not line]
        while text and not text[-1].strip():
            text.pop()
        # Nothing before the first line may be further right than it is.
        while text and not text[0].strip():
            text.pop(0)
        hint = str(margin - indent) if text[0].startswith(" ") or self.often(6) else ""
        if hint and not indent and head.lstrip() == head and head.endswith("- "):
            hint = ""
        self.lines.append(head + "|" + hint + self.one("", "-", "+") + self.one("", " # block"))
        self.lines += [" " * margin + line if line else line for line in text]

    def top(self, tree: Tree) -> None:
        if isinstance(tree, dict):
            self.mapping(tree, 0)
        elif isinstance(tree, list):
            self.sequence(tree, 0)
        else:
            self.lines.append(self.scalar(str(tree)))


def has_block(tree: Tree) -> bool:
    below: Sequence[Tree] = list(tree.values()) if isinstance(tree, dict) else tree if isinstance(tree, list) else []
    return isinstance(tree, Block) or any(map(has_block, below))


@st.composite
def files(draw: st.DrawFn, tree: Tree) -> bytes:
    """A file with the tree as one of its documents: any line endings, a byte-order mark, perhaps no final newline."""
    emitter = Emitter(draw, odd=draw(st.integers(1, 10)) == 10)
    emitter.between(0)
    emitter.top(tree)
    emitter.between(0)
    documents = ["\n".join(emitter.lines) + "\n"]
    if draw(st.integers(1, 3)) == 3:
        documents.insert(draw(st.integers(0, 1)), draw(st.sampled_from(OTHERS)))
    text = ""
    for number, document in enumerate(documents):
        marked = number > 0 or draw(st.integers(1, 3)) == 3
        # The end of a document needs a document before it.
        ended = "...\n---\n" if text.lstrip()[:1] not in ("", "#") else "---\n"
        text += (draw(st.sampled_from(["---\n", "--- # c\n", ended])) if marked else "") + document
    ending = draw(st.sampled_from(["\n", "\n", "\r\n", "mixed"]))
    if ending != "\n":
        pieces = text.split("\n")
        ends = [draw(st.sampled_from(["\n", "\r\n"])) if ending == "mixed" else ending for _ in pieces[1:]]
        text = "".join(piece + end for piece, end in zip(pieces, [*ends, ""], strict=True))
    if draw(st.booleans()):
        text = text.rstrip("\r\n")
    return draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + text.encode()
