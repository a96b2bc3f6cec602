"""Generated YAML files: all styles, comments everywhere, odd spacing; each is one that libyaml can read."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st

from promote.text.scalar import spell


def examples(count: int) -> settings:
    """So many examples in a usual run; a profile that looks further (`fuzz`) multiplies them."""
    usual = settings.get_profile("promote").max_examples
    return settings(max_examples=count * max(1, settings().max_examples // usual))


TAGS = st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,30}\Z")
VALUES = st.one_of(
    TAGS,
    st.sampled_from(
        [
            "nginx",
            "1.10",
            "0e1",
            "2024-06-27",
            "ghcr.io/acme/web:1.5.0",
            "it's",
            'a "b"',
            "é",
            "🚀 up",
            "a b",
            "x" * 300,
        ]
    ),
)
KEYS = ["image", "tag", "repository", "name", "newTag", "a b", "ключ", "🚀", "'single'", '"double"', "long" * 30]
COMMENTS = ["# c", "#", "# tag: 1.2.3", "# 'x", '# "', "# é🚀 ", "# {a: [", "#\t|"]
ENDINGS = ["\n", "\r\n"]
# Legal, and read differently by one parser or another: where they differ nothing may be edited.
ODD_COMMENTS = ["# c\u2028", "# c\u2028# d", "# \u0085", "# \u0085  # e", "#\tc\t", "# " + "long " * 400, "# \u2029# f"]
ODD_VALUES = ["'a\u2028b'", '"a\u0085b"', "'a\u2029'", '"a\tb"', "'\t'", '"\\u2028"', "a\tb", "'" + "long " * 400 + "'"]
ODD_BLANKS = ["\t", " \t ", "    ", "\u2028", ""]


@dataclass
class _Writer:
    """Draws one document, a line at a time."""

    draw: st.DrawFn
    lines: list[str] = field(default_factory=list)
    anchors: int = 0
    odd: bool = False

    def one(self, *choices: str) -> str:
        return self.draw(st.sampled_from(choices))

    def often(self, of: int) -> bool:
        return self.draw(st.integers(1, of)) == of

    def between(self) -> None:
        """Comments and blank lines, which belong nowhere."""
        if self.odd and self.often(4):
            self.lines.append(self.one(*ODD_BLANKS, *ODD_COMMENTS))
        while self.often(6):
            self.lines.append(self.one("", "   ", *(" " * self.draw(st.integers(0, 6)) + each for each in COMMENTS)))

    def trailing(self) -> str:
        if self.odd and self.often(4):
            return self.one(" ", "\t") + self.one("", *ODD_COMMENTS)
        return self.one("", "", "", "  ", *(" " + each for each in COMMENTS[:4]))

    def properties(self) -> str:
        out = ""
        if self.often(8):
            self.anchors += 1
            out += f"&a{self.anchors} "
        if self.often(8):
            out += "!!str "
        return out

    def scalar(self, *, flow: bool) -> str:
        """One value on one line, with what may stand before it."""
        if self.anchors and self.often(10):
            return f"*a{self.draw(st.integers(1, self.anchors))} "
        if not flow and self.often(12):
            return ""
        if self.odd and self.often(5):
            return self.one(*ODD_VALUES)
        value = self.draw(VALUES)
        return (
            self.properties()
            + spell(value, self.draw(st.sampled_from(["plain", "plain", "single", "double"]))).decode()
        )

    def keys(self) -> list[str]:
        return self.draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True))

    def flow(self, depth: int) -> str:
        kind = self.one("scalar", "scalar", "list", "map") if depth else "scalar"
        gap = self.one("", " ")
        if kind == "scalar":
            return self.scalar(flow=True)
        items = [self.flow(depth - 1) for _ in range(self.draw(st.integers(0, 3)))]
        if kind == "map":
            keys = self.draw(st.lists(st.sampled_from(KEYS[:9]), min_size=len(items), max_size=len(items), unique=True))
            items = [f"{key}: {item}" for key, item in zip(keys, items, strict=True)]
            return "{" + gap + ("," + self.one(" ", "  ")).join(items) + gap + "}"
        return "[" + gap + f"{gap}, ".join(items) + gap + "]"

    def block_scalar(self, head: str, indent: int) -> None:
        self.lines.append(head + self.one("|", ">-", "|+", ">") + self.one("", " # c"))
        for _ in range(self.draw(st.integers(1, 3))):
            self.lines.append(" " * (indent + 3) + self.one("tag: 1.2.3", "# no comment", "é", "x: {", "- 'y"))

    def quoted_over_lines(self, head: str, indent: int) -> None:
        self.lines.append(head + self.one("'one", "'one  "))
        self.lines.append(" " * (indent + self.draw(st.integers(1, 4))) + "two' " + self.one("", "# c"))

    def value(self, head: str, indent: int, depth: int) -> None:
        """The value behind `head`, which ends in `:` or `-`."""
        kind = self.one("scalar", "scalar", "scalar", "flow", "map", "list", "block", "quoted") if depth else "scalar"
        gap = " " * self.draw(st.integers(1, 3))
        if self.odd and self.often(8):
            gap = self.one("\t", " \t", "\t ")
        if kind == "scalar":
            self.lines.append(head + gap + self.scalar(flow=False) + self.trailing())
        elif kind == "flow":
            self.lines.append(head + gap + self.flow(2) + self.trailing())
        elif kind == "block":
            self.block_scalar(head + gap, indent)
        elif kind == "quoted":
            self.quoted_over_lines(head + gap, indent)
        else:
            self.lines.append(head + self.trailing())
            if kind == "map":
                self.mapping(indent + self.draw(st.integers(1, 4)), depth - 1)
            else:
                # A list may stand as far left as its key, but not as far left as the dash above it.
                least = 1 if head.endswith("-") else 0
                self.sequence(indent + self.draw(st.integers(least, 4)), depth - 1)

    def mapping(self, indent: int, depth: int, first: str | None = None) -> None:
        for key in self.keys():
            head = first if first is not None else " " * indent
            if first is None:
                self.between()
            first = None
            self.value(f"{head}{key}:", indent, depth)

    def sequence(self, indent: int, depth: int) -> None:
        for _ in range(self.draw(st.integers(1, 3))):
            self.between()
            head = " " * indent + "-"
            if depth and self.often(2):
                gap = " " * self.draw(st.integers(1, 3))
                self.mapping(len(head + gap), depth - 1, first=head + gap)
            else:
                self.value(head, indent, depth)


@st.composite
def files(draw: st.DrawFn, *, odd: bool = False) -> bytes:
    """A whole file: one to three documents, any line endings, a byte-order mark, perhaps no final newline.

    An `odd` one also has characters that parsers differ on; not even libyaml may be able to read it.
    """
    lines: list[str] = []
    for number in range(draw(st.integers(1, 3))):
        writer = _Writer(draw, odd=odd)
        writer.between()
        if number or writer.often(3):
            lines += draw(st.sampled_from([["---"], ["--- # c"], ["..." if number else "# c", "---"], ["---", ""]]))
        if writer.often(2):
            writer.mapping(draw(st.sampled_from([0, 0, 2])), 3)
        else:
            writer.sequence(draw(st.sampled_from([0, 0, 2])), 3)
        writer.between()
        lines += writer.lines
    ending = draw(st.sampled_from([*ENDINGS, "mixed"]))
    text = "".join(line + (draw(st.sampled_from(ENDINGS)) if ending == "mixed" else ending) for line in lines)
    if draw(st.booleans()):
        text = text.rstrip("\r\n")
    return draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + text.encode()


@st.composite
def blocks(draw: st.DrawFn) -> bytes:
    """A file with YAML in a literal block at `spec.values`; what stands around it has any style."""
    inside = draw(files()).removeprefix(b"\xef\xbb\xbf").decode()
    lines = inside.replace("\r\n", "\n").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    step = draw(st.integers(1, 4))
    header = draw(st.sampled_from(["|", "|-", "|+", "| # c", "|  ", f"|{step}", f"|{step}-", f"|+{step} # c"]))
    if next((line for line in lines if line.strip()), "").startswith(" "):
        header = f"|{step}"  # the first line would be taken for the indentation of all
    indent = 2 + step
    blank = st.sampled_from(["", " ", " " * indent])
    text: list[str] = []
    for line in lines:
        # ruamel.yaml cannot read spaces on a line before the first that has text.
        short = "" if not any(text) else draw(blank)
        text.append(" " * indent + line if line.strip() else short)
    before = draw(st.sampled_from([[], ["# c"], ["", "---"], ["é: 🚀", "a: [b]"]]))
    behind = draw(st.sampled_from([[], [""], ["", "  more: 1"], ["  # c", "z: 1"], ["---", "- x"]]))
    written = [*before, "spec:", f"  values: {header}", *text, *behind]
    ending = draw(st.sampled_from([*ENDINGS, "mixed"]))
    out = "".join(line + (draw(st.sampled_from(ENDINGS)) if ending == "mixed" else ending) for line in written)
    return draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + out.encode()
