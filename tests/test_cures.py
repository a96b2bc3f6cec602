"""Every error names its cure, but where it ends with somebody else's words, which say more than we know."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from promote import errors
from tests.modules import Module, modules

# These are made of sentences that have cures of their own, or tell of what needs none.
_WITHOUT = {"ConfigError", "Interrupted", "PromoteError"}
ERRORS = {
    name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, errors.PromoteError)
} - _WITHOUT


def _quotes(what: ast.expr) -> bool:
    """Whether a sentence ends with what somebody else has said."""
    if isinstance(what, ast.JoinedStr):
        return isinstance(what.values[-1], ast.FormattedValue)
    return isinstance(what, ast.Attribute)


def _curless(source: str) -> Iterator[int]:
    """The lines where an error of ours is made that names no cure."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS:
            named = any(keyword.arg in ("cure", None) for keyword in node.keywords)
            if not named and not (node.args and _quotes(node.args[0])):
                yield node.lineno


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('raise UsageError("no")', [1]),
        ('raise Refused(f"{name} is no app", where=name)', [1]),
        ("raise GitError(what, where=place)", [1]),
        ('x = 1\nraise ForgeDenied("no", where=place)', [2]),
        ('raise UsageError("no", cure="say yes")', []),
        ("raise UsageError(what, **told)", []),
        ('raise ForgeRefused(f"refused: {told.said}", where=place)', []),
        ("raise GitError(past.why)", []),
        ("raise ConfigError(mistakes)", []),
        ("def f(kind: UsageError): raise ValueError(kind)", []),
    ],
)
def test_the_finder_of_errors_without_a_cure(source: str, lines: list[int]) -> None:
    assert list(_curless(source)) == lines


@pytest.mark.parametrize("module", modules().values(), ids=lambda module: module.name)
def test_every_error_names_its_cure(module: Module) -> None:
    assert list(_curless(module.path.read_text(encoding="utf-8"))) == []


def test_there_are_errors_to_look_at() -> None:
    text = "".join(module.path.read_text(encoding="utf-8") for module in modules().values())
    assert sum(text.count(f"raise {name}(") for name in ERRORS) > 150
