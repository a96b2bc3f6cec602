"""Every error names its cure, but where it ends with somebody else's words, which say more than we know.

So does every finding of `check` that is not well, without that exception.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import get_args, get_type_hints

import pytest

from promote import errors
from promote.check import Finding, Level
from promote.check.gates import OF_STATES
from promote.sites.cure import CURES, OF_UNREAD
from promote.tree import WhyUnread
from promote.verdict import Verdict
from tests.modules import Module, modules
from tests.test_docs import BARS, codes_in

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


def _findings(source: str) -> Iterator[tuple[int, bool]]:
    """The lines where a finding is made that may not be well, each with whether its cure is given."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        of_error = isinstance(node.func, ast.Attribute) and node.func.attr == "of_error"
        if of_error or (isinstance(node.func, ast.Name) and node.func.id == "Finding"):
            is_well = isinstance(node.args[0], ast.Constant) and node.args[0].value == "ok"
            if not is_well:
                yield node.lineno, len(node.args) == 5


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('Finding("ok", name, "sites", what)', []),
        ('Finding("error", name, "sites", what, exit_code=3)', [(1, False)]),
        ('Finding(level, name, "sites", what)', [(1, False)]),
        ('Finding("warning", name, "sites", what, "write it out")', [(1, True)]),
        ('Finding.of_error("warning", name, "push", exc)', [(1, False)]),
        ('Finding.of_error("warning", name, "push", exc, "see to it")', [(1, True)]),
    ],
)
def test_the_finder_of_findings_without_a_cure(source: str, found: list[tuple[int, bool]]) -> None:
    assert list(_findings(source)) == found


def test_every_finding_that_is_not_well_names_its_cure() -> None:
    made = {
        (module.name, line): cured
        for module in modules().values()
        for line, cured in _findings(module.path.read_text(encoding="utf-8"))
    }
    assert [place for place, cured in made.items() if not cured] == []
    assert len(made) > 20


@pytest.mark.parametrize(("level", "cure"), [("error", ""), ("warning", ""), ("ok", "do something")])
def test_a_finding_has_a_cure_if_and_only_if_it_is_not_well(level: Level, cure: str) -> None:
    with pytest.raises(ValueError, match="and its cure is"):
        Finding(level, "dev", "sites", "one", cure)


@pytest.mark.parametrize(
    ("error", "what", "cure"),
    [
        (errors.GitError("denied", where="a", cure="sign in"), "a: denied", "sign in"),
        (errors.GitError("denied: they say so", where="a"), "a: denied: they say so", "see to it"),
    ],
)
def test_a_finding_of_an_error_has_a_cure_of_its_own_where_that_has_none(
    error: errors.PromoteError, what: str, cure: str
) -> None:
    found = Finding.of_error("error", "dev", "push", error, "see to it")
    assert (found.what, found.cure, found.exit_code) == (what, cure, 5)
    assert found.sentence == f"{what}; {cure}"
    assert Finding.of_error("warning", "dev", "push", error, "see to it").exit_code == 0


def test_whatever_keeps_a_place_or_a_file_from_being_used_has_its_cure() -> None:
    """The tables that findings take their cures from: an entry that is missing would end `check` with a traceback."""
    assert set(OF_UNREAD) == set(get_args(WhyUnread))
    assert {"passed", "waiting", *OF_STATES} == set(get_args(get_type_hints(Verdict)["state"]))
    source = "".join(module.path.read_text(encoding="utf-8") for module in modules().values())
    assert set(codes_in(source, BARS)) == set(CURES)
    assert all((*OF_UNREAD.values(), *OF_STATES.values(), *CURES.values()))
