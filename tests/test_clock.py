"""Time comes from the one clock: no module asks for it by itself (docs/architecture.md, "The clock")."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.modules import Module, imported, modules

CLOCK = "promote.clock"
# Who waits for what is real whatever clock a run is given, and for what: only they count by `REAL`.
REAL = {
    "promote.process": "child processes",
    "promote.gitrepo.command.dialogue": "a child that is asked again and again",
    "promote.transport.deadline": "sockets",
}
# Who makes the clock of a run: the command line, for what it calls. The API hands it on to programs that do so too.
MAKERS = {"promote.api", "promote.cli.run", "promote.cli.tags"}
_MODULES = {"time", "sched", "timeit"}
_NOW = {"now", "utcnow", "today"}
_OTHER = {"localtime", "formatdate", "clock_gettime", "getitimer", "uuid1"}


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def asked(source: str) -> Iterator[str]:
    """Where `source` asks for the time otherwise than by a clock that it was given."""
    for line, target in imported(source, frozenset()):
        if target.split(".")[0] in _MODULES:
            yield f"{line}: imports {target}"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            if node.attr in _OTHER or (node.attr in _NOW and _name(node.value) in ("datetime", "date")):
                yield f"{node.lineno}: {_name(node.value)}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.lineno}: imports {alias.name}" for alias in node.names if alias.name in _OTHER)


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("from promote.clock import Clock\ndef f(clock: Clock): return clock.now(), clock.monotonic()", 0),
        ("from datetime import UTC, datetime\nx = datetime.fromtimestamp(0, UTC)", 0),
        ("self._clock.now()", 0),
        ("import time", 1),
        ("def f():\n    from time import monotonic as m", 1),
        ("__import__('time')", 1),
        ("import datetime as d\nd.datetime.now()", 1),
        ("from datetime import datetime\nf = datetime.now", 1),
        ("from datetime import date\ndate.today()", 1),
        ("from email.utils import formatdate", 1),
        ("import email.utils\nemail.utils.localtime()", 1),
    ],
)
def test_the_reader_of_clocks(source: str, count: int) -> None:
    assert len(list(asked(source))) == count


@pytest.mark.parametrize("module", modules().values(), ids=lambda module: module.name)
def test_nobody_asks_for_the_time_by_himself(module: Module) -> None:
    source = module.path.read_text(encoding="utf-8")
    assert module.name == CLOCK or list(asked(source)) == []


def _of_the_clock(source: str) -> Iterator[str]:
    """What `source` takes of `promote.clock`; `*` where it takes the whole module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ("*" for alias in node.names if alias.name == CLOCK)
        elif isinstance(node, ast.ImportFrom) and node.module == CLOCK:
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "promote":
            yield from ("*" for alias in node.names if alias.name == "clock")


def _takes(name: str) -> set[str]:
    sources = {each.name: each.path.read_text(encoding="utf-8") for each in modules().values()}
    return {module for module, source in sources.items() if {name, "*"} & set(_of_the_clock(source))}


@pytest.mark.parametrize(
    ("source", "taken"),
    [
        ("from promote.errors import Refused", []),
        ("from promote.clock import Clock, REAL as r", ["Clock", "REAL"]),
        ("def f():\n    from promote import clock", ["*"]),
        ("import promote.clock", ["*"]),
    ],
)
def test_the_reader_of_what_is_taken(source: str, taken: list[str]) -> None:
    assert list(_of_the_clock(source)) == taken


def test_real_seconds_are_counted_by_who_waits_for_what_is_real() -> None:
    assert _takes("REAL") == set(REAL)


def test_a_clock_is_made_where_a_run_begins() -> None:
    assert _takes("SystemClock") == MAKERS
