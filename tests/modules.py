"""The modules of promote and what each imports, read from the source with `ast`: nothing is imported to know it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.shared import ROOT


@dataclass(frozen=True, slots=True)
class Module:
    """One file of promote, by its dotted name (`promote.text`, `promote.text.edit`)."""

    name: str
    path: Path

    @property
    def room(self) -> str:
        """What has a floor: the package or module just below promote, or `promote` itself."""
        return room(self.name)


def room(name: str) -> str:
    """`promote.text.edit` lives in `text`; `promote` in itself."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


@cache
def modules() -> dict[str, Module]:
    """Every module of promote by its name."""
    found = {}
    for path in sorted((ROOT / "promote").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = Module(name, path)
    return found


def imported(source: str, known: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Line and dotted name of each import in `source`, at whatever depth: in functions, under TYPE_CHECKING, in try.

    `from promote.text import edit` is an import of `promote.text.edit` where that is a module of `known`, else of
    `promote.text`. A name handed to `import_module` or `__import__` as a literal counts too.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield node.lineno, full if full in known else base
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__") and isinstance(node.args[0].value, str):
                yield node.lineno, node.args[0].value


@cache
def imports_of(name: str) -> tuple[tuple[int, str], ...]:
    """Line and dotted name of each import of the module `name`, in the order of the file."""
    return tuple(sorted(set(imported(modules()[name].path.read_text(encoding="utf-8"), frozenset(modules())))))
