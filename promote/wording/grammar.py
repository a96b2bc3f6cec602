"""Which part of Jinja a template may use, and the hooks that are put in where its code would do work unseen."""

from __future__ import annotations

from typing import cast

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from promote.wording.budget import Budget

# Names that no template can write.
PAID = "(paid)"
TURNS = "(turns)"
JOINED = "(joined)"

FILTERS = frozenset(
    {
        "capitalize", "count", "d", "default", "dictsort", "first", "groupby", "indent", "int", "items", "join", "last",
        "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace", "reverse", "select",
        "selectattr", "sort", "string", "title", "trim", "truncate", "unique", "upper", "urlencode",
    }
)  # fmt: skip

# No macro, block or import: without these nothing calls itself, and a loop hands nothing on to its next turn.
_STATEMENTS = (nodes.Output, nodes.If, nodes.For, nodes.Assign, nodes.AssignBlock, nodes.With, nodes.FilterBlock)
_EXPRESSIONS = (
    nodes.TemplateData, nodes.Const, nodes.Name, nodes.Tuple, nodes.List, nodes.Dict, nodes.Pair, nodes.Keyword,
    nodes.CondExpr, nodes.Filter, nodes.Test, nodes.Call, nodes.Getitem, nodes.Getattr, nodes.Slice, nodes.Concat,
    nodes.Compare, nodes.Operand, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Add, nodes.Sub, nodes.Mod, nodes.Pow,
    nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Pos,
)  # fmt: skip
_CALLED = {nodes.For: "recursive", nodes.CallBlock: "call", nodes.NSRef: "namespace", nodes.FromImport: "from"}
_KNOWN = frozenset((nodes.Template, *_STATEMENTS, *_EXPRESSIONS))


def _hooked(node: nodes.Node, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


class Grammar(NodeTransformer):
    """A parsed template with its hooks; UsageError where it has what no template may.

    Filters, tests, calls and arithmetic come to the environment by themselves. What does not: text as it stands,
    comparisons, `~`, literals, what is taken by `[ ]`, and loops.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def visit(self, node: nodes.Node, *_: object, **__: object) -> nodes.Node:
        if type(node) not in _KNOWN or (isinstance(node, nodes.For) and node.recursive):
            what = _CALLED.get(type(node), type(node).__name__.lower())
            self._budget.refuse(
                f"has `{what}` in its line {node.lineno}, which is not offered",
                "it can use if, for, set, with and filter",
            )
        if isinstance(node, nodes.Filter) and node.name not in FILTERS:
            known = ", ".join(sorted(FILTERS))
            self._budget.refuse(
                f"has the filter {node.name[:40]!r} in its line {node.lineno}, which is not offered",
                f"there are {known}",
            )
        return cast("nodes.Node", super().visit(node))

    def visit_TemplateData(self, node: nodes.TemplateData) -> nodes.Node:  # noqa: N802 - named after its node
        return nodes.Const(node.data, lineno=node.lineno)

    def visit_Const(self, node: nodes.Const) -> nodes.Node:  # noqa: N802
        if isinstance(node.value, int):
            self._budget.bits(node.value.bit_length())
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _hooked(nodes.List(node.nodes, lineno=node.lineno), JOINED)

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.expr = _hooked(node.expr, PAID)
        return node

    def visit_Operand(self, node: nodes.Operand) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.expr = _hooked(node.expr, PAID)
        return node

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.iter = _hooked(node.iter, TURNS)
        return node

    def _made(self, node: nodes.Expr) -> nodes.Node:
        self.generic_visit(node)
        # What is on the left of `=` or `for` is no value.
        return node if getattr(node, "ctx", "load") != "load" else _hooked(node, PAID)

    visit_List = visit_Tuple = visit_Dict = visit_Getitem = _made  # noqa: N815
